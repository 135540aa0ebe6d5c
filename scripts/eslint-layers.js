// @ts-check
/**
 * What lint rules hold of the layers, because the compiler cannot. Which layer of the core, and which package, may
 * import which other one is said by the references in the tsconfig files alone. The compiler accepts any package
 * that is installed, though, relative paths into `dist` or `node_modules`, and the clock and the random numbers
 * of the language itself. It knows no folders within a project either.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The layers that do nothing but compute: no I/O, no clock, no random numbers, no other package. */
const SANS_IO = ["base", "protocol", "wire", "ledger", "control", "driver"];

/**
 * The packages that a layer of the core may import.
 *
 * @type {Record<string, string[]>}
 */
const PACKAGES = {
  ...Object.fromEntries(SANS_IO.map((layer) => [layer, []])),
  // A share is shown by its digest instead of its bytes.
  base: ["^@noble/hashes/sha3\\.js$"],
  crypto: ["^node:", "^@noble/", "^@trust-quorum/native$"],
};

/** What browsers do not have. */
const NODE_GLOBALS = ["Buffer", "global", "process", "require"].map((name) => ({
  name,
  message: "Browsers do not have it, and this runs in them.",
}));

/** The files of the core that only Node runs. */
const NATIVE_BACKEND = ["native.ts", "native-*.ts"].map((name) => `ts/core/src/crypto/${name}`);

/**
 * The folders of a package, and single files that stand for themselves: what each may import besides
 * itself. Between packages the compiler's references say it.
 *
 * @type {Record<string, Record<string, string[]>>}
 */
const FOLDERS = {
  "sled-host": {
    "errors.ts": [],
    "id-schemas.ts": [],
    os: ["errors.ts"],
    pki: ["errors.ts", "os"],
    store: ["errors.ts", "os"],
    config: ["errors.ts", "id-schemas.ts"],
  },
  daemon: {
    mesh: [],
    sled: ["mesh"],
    http: ["sled"],
    "tqd.ts": ["sled", "http"],
  },
};

const SANS_IO_GLOBALS = [
  "Buffer",
  "Date",
  "Intl",
  "Temporal",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "eval",
  "fetch",
  "global",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

/** Packages that may use the simulator. */
const SIMULATING = ["simulator", "debugger", "explorer"];
/** Packages that only test or show others; like those above, none of them runs on a rack. */
const TESTING = ["random", "conformance", "demo"];

/** The simulator's cryptography draws from a seed: nothing that runs on a rack may reach it. */
const SIMULATOR = {
  regex: "^@trust-quorum/simulator|/simulator/",
  message: "Production code never reaches the simulator and its seeded cryptography.",
};
/** Whoever sees a few of its numbers can compute the others: tests of any package may use it. */
const RANDOM = {
  regex: "^@trust-quorum/random|/random/src",
  message: "Production code never draws repeatable random numbers.",
};

/**
 * `layers/imports`: an import stays within the named folders; a bare one names one of the packages.
 *
 * @type {import("eslint").Rule.RuleModule}
 */
const imports = {
  meta: {
    type: "problem",
    schema: [
      {
        type: "object",
        properties: {
          /** Folders from the root; a relative import must end up in one of them. */
          folders: { type: "array", items: { type: "string" } },
          /** Regular expressions for bare imports; absent where every package will do. */
          packages: { type: "array", items: { type: "string" } },
        },
        required: ["folders"],
        additionalProperties: false,
      },
    ],
    messages: {
      folder: "'{{source}}' is outside of what may be imported here: {{allowed}}.",
      package: "'{{source}}' may not be imported here: this layer's packages are: {{allowed}}.",
      computed: "The name of what is imported must be a plain string.",
    },
  },
  create(context) {
    const { folders, packages } = context.options[0];
    /** @param {import("eslint").Rule.Node} node @param {unknown} source */
    const check = (node, source) => {
      if (typeof source !== "string") {
        context.report({ node, messageId: "computed" });
      } else if (source.startsWith(".") || path.isAbsolute(source)) {
        const target = path.resolve(path.dirname(context.filename), source);
        if (folders.some((/** @type {string} */ folder) => isWithin(target, folder))) return;
        context.report({ node, messageId: "folder", data: { source, allowed: list(folders) } });
      } else if (packages?.every((/** @type {string} */ p) => !new RegExp(p, "u").test(source))) {
        context.report({ node, messageId: "package", data: { source, allowed: list(packages) } });
      }
    };
    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => {
        if (node.source) check(node, node.source.value);
      },
      ImportExpression: (node) =>
        check(node, node.source.type === "Literal" ? node.source.value : undefined),
      // `import("…").Name` as a type
      TSImportType: (/** @type {any} */ node) =>
        check(node, node.source?.value ?? node.argument?.literal?.value),
    };
  },
};

const plugins = { layers: { rules: { imports } } };

/** @type {import("eslint").Linter.Config[]} */
export const layers = [
  ...Object.entries(PACKAGES).map(([layer, packages]) => ({
    files: [`ts/core/src/${layer}/**/*.ts`],
    plugins,
    rules: { "layers/imports": ["error", { folders: ["ts/core/src"], packages }] },
  })),
  {
    files: ["ts/core/src/*.ts"],
    plugins,
    rules: {
      "layers/imports": [
        "error",
        // What package.json maps to one file for Node and to another for browsers.
        { folders: ["ts/core/src"], packages: ["^#native-crypto$"] },
      ],
    },
  },
  {
    // Everything but the native backend runs in browsers, too.
    files: ["ts/core/src/crypto/**/*.ts"],
    ignores: NATIVE_BACKEND,
    plugins,
    rules: {
      "layers/imports": ["error", { folders: ["ts/core/src"], packages: ["^@noble/"] }],
      "no-restricted-globals": ["error", ...NODE_GLOBALS],
    },
  },
  ...Object.entries(FOLDERS).flatMap(([name, parts]) =>
    Object.entries(parts).map(([part, below]) => {
      const src = `ts/${name}/src`;
      const isFile = part.endsWith(".ts");
      return {
        files: [`${src}/${isFile ? part : `${part}/**/*.ts`}`],
        plugins,
        rules: {
          "layers/imports": [
            "error",
            { folders: [...(isFile ? [] : [part]), ...below].map((other) => `${src}/${other}`) },
          ],
        },
      };
    }),
  ),
  // Another package is reached by its names alone, never through a path into it.
  ...["ts/core/test", "ts/conformance", "ts/demo", "bench"].map((folder) => ({
    files: [`${folder}/**/*.ts`],
    plugins,
    rules: {
      "layers/imports": [
        "error",
        {
          folders: folder === "ts/core/test" ? ["ts/core", "scripts"] : [folder],
          packages: [
            "^(?!trust-quorum/(?!(control|ledger|protocol|secret-sharing|wire)$)|@trust-quorum/(?!(sled-host|api|control-plane)/)[^/]+/(?!files$))",
          ],
        },
      ],
    },
  })),
  {
    // A page opens, replays and explains logs, and simulates: what only Node has stands in files of its own.
    files: ["event-log", "replay", "explain", "simulator"].map((name) => `ts/${name}/src/**/*.ts`),
    ignores: [
      "ts/event-log/src/log-files.ts",
      "ts/replay/src/files.ts",
      ...["bugs", "cli", "mutation"].map((folder) => `ts/simulator/src/${folder}/**`),
    ],
    plugins,
    rules: {
      "layers/imports": ["error", { folders: ["ts"], packages: ["^(?!node:)"] }],
      "no-restricted-globals": ["error", ...NODE_GLOBALS],
    },
  },
  {
    files: ["ts/*/**/*.ts"],
    ignores: [...SIMULATING, ...TESTING].map((name) => `ts/${name}/**`),
    rules: { "no-restricted-imports": ["error", { patterns: [SIMULATOR] }] },
  },
  {
    files: ["ts/*/src/**/*.ts"],
    ignores: [...SIMULATING, ...TESTING].map((name) => `ts/${name}/**`),
    rules: { "no-restricted-imports": ["error", { patterns: [SIMULATOR, RANDOM] }] },
  },
  {
    files: ["ts/simulator/src/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex:
                "^trust-quorum/control$|/control/|^@trust-quorum/control-plane|/control-plane/src/",
              message:
                "The simulator's control plane is an independent model, to be compared with.",
            },
          ],
        },
      ],
    },
  },
  {
    files: SANS_IO.map((layer) => `ts/core/src/${layer}/**/*.ts`),
    rules: {
      "no-restricted-globals": [
        "error",
        ...SANS_IO_GLOBALS.map((name) => ({
          name,
          message: "The sans-io layers know no platform, no clock and no I/O: pass it in.",
        })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Random numbers come from the crypto." },
      ],
    },
  },
  {
    files: ["ts/core/src/*/**/*.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        { selector: "ExportAllDeclaration", message: "Only the entry points in src/ re-export." },
        {
          selector: "ExportNamedDeclaration[source]",
          message: "Only the entry points in src/ re-export: import from where it is declared.",
        },
        { selector: "ExportDefaultDeclaration", message: "Exports have names." },
      ],
    },
  },
];

/** @param {string} file @param {string} folder */
function isWithin(file, folder) {
  return `${file}${path.sep}`.startsWith(path.join(ROOT, folder) + path.sep);
}

/** @param {string[]} names */
function list(names) {
  return names.length === 0 ? "none" : names.join(", ");
}
