/**
 * The library in each runtime, installed from its tarballs, as docs/runtimes.md says: its recipes are run
 * as they stand there.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync } from "node:fs";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestContext } from "vitest";
import { ROOT, execute, installTarballs, pack, stageNative, toolFile } from "../packing.ts";
import {
  installRuntimes,
  installedRuntime,
  jestCommand,
  lockedVersions,
  mustBeThere,
} from "./runtimes.ts";
import type { RuntimeName } from "./runtimes.ts";

const require = createRequire(import.meta.url);
const APP = fileURLToPath(new URL("app", import.meta.url));
const DOCUMENT = readFileSync(path.join(ROOT, "docs/runtimes.md"), "utf8");
const NODES = ["node-22", "node-24", "node-26"] as const;
const RUNTIMES = [...NODES, "deno", "bun"] as const;

/** Packing, installing and compiling take a while on a busy machine. */
const MINUTES_MAX = 10 * 60_000;

const GOOD = "native and reference agree\n";
const PRINTED = /^native 75$/m;
const UNAVAILABLE = "the native addon cannot be used: ";
const REFERENCE = "; without it there is only referenceCrypto()\n";
const DISABLED = `${UNAVAILABLE}ERR_DLOPEN_DISABLED: Cannot load native addon because loading addons is disabled${REFERENCE}`;

let work: string;
/** Programs by the names that the document calls them by. */
let bin: string;
/** A folder with the library installed and the programs of `app/` in it, not to be changed. */
let app: string;
let notInstalled: string | undefined;

beforeAll(async () => {
  work = realpathSync(mkdtempSync(path.join(tmpdir(), "runtimes-")));
  app = path.join(work, "app");
  cpSync(APP, app, { recursive: true });
  writeFileSync(path.join(app, "app.mjs"), code("app"));
  writeFileSync(path.join(app, "package.json"), '{ "private": true }');
  const tarballs = path.join(work, "tarballs");
  const { native, platforms } = await stageNative(path.join(work, "stage"));
  const folders = [path.join(ROOT, "ts/core"), native, ...platforms];
  const packed = await Promise.all(folders.map((folder) => pack(folder, tarballs)));
  await installTarballs(
    app,
    packed.map(({ tarball }) => tarball),
  );
  notInstalled = await installRuntimes();
  bin = path.join(work, "bin");
  mkdirSync(bin);
  symlinkSync(
    toolFile(require.resolve("esbuild/package.json"), "bin/esbuild"),
    path.join(bin, "esbuild"),
  );
  symlinkSync(
    toolFile(require.resolve("vitest/package.json"), "vitest.mjs"),
    path.join(bin, "vitest"),
  );
}, MINUTES_MAX);
afterAll(() => {
  rmSync(work, { recursive: true, force: true });
});

describe("this Node", () => {
  test("loads the addon, also where `require` takes no ES modules", async () => {
    expect(await node(["main.mjs"])).toBe(GOOD);
    expect(await node(["--no-experimental-require-module", "main.mjs"])).toBe(GOOD);
  });

  test("loads it from CommonJS", async () => {
    const require = 'console.log(typeof require("@trust-quorum/native").createShares)';
    expect(await node(["--eval", require])).toBe("function\n");
  });

  test("is said to be forbidden to load addons where it is", async () => {
    expect(await node(["--no-addons", "main.mjs"])).toBe(DISABLED);
  });

  test("is said to lack the package where it was left out", async () => {
    const folder = copyOfApp("without-optional");
    rmSync(path.join(folder, "node_modules/@trust-quorum"), { recursive: true });
    cpSync(
      path.join(app, "node_modules/@trust-quorum/native"),
      path.join(folder, "node_modules/@trust-quorum/native"),
      { recursive: true },
    );
    expect(await node(["main.mjs"], folder)).toMatch(
      /MODULE_NOT_FOUND: Cannot find module '@trust-quorum\/native-\w+-\w+.*; without it .* referenceCrypto/,
    );
  });
});

describe.each(NODES)("%s", (name) => {
  test("loads the addon, also where `require` takes no ES modules", async (context) => {
    const program = runtime(name, context);
    const version = /^v(\d+)\./.exec(await run(program, ["--version"]))?.[1];
    expect(version).toBe(name.slice("node-".length));
    expect(await run(program, ["main.mjs"])).toBe(GOOD);
    expect(await run(program, ["--no-experimental-require-module", "main.mjs"])).toBe(GOOD);
  });

  test("says that its permission model forbids it, unless it is allowed", async (context) => {
    const program = runtime(name, context);
    const flags = ["--permission", `--allow-fs-read=${app}`];
    expect(await run(program, [...flags, "main.mjs"])).toBe(DISABLED);
    expect(await recipe("permission", app, { node: program })).toMatch(PRINTED);
  });
});

describe("deno", () => {
  test("loads the addon", async (context) => {
    const deno = runtime("deno", context);
    expect(await recipe("deno", app, { deno })).toMatch(PRINTED);
    const flags = ["run", "--no-prompt", "--allow-read", "--allow-ffi"];
    expect(await run(deno, [...flags, "main.mjs"])).toBe(GOOD);
  });

  test("says which permission is missing", async (context) => {
    const deno = runtime("deno", context);
    const said = await run(deno, ["run", "--no-prompt", "--allow-read", "main.mjs"]);
    expect(said).toContain(`${UNAVAILABLE}NotCapable: Requires ffi access to "${app}`);
    expect(said).toMatch(/--allow-ffi flag; without it there is only referenceCrypto\(\)\n$/);
  });
});

test("bun loads the addon", async (context) => {
  const bun = runtime("bun", context);
  expect(await recipe("bun", app, { bun })).toMatch(PRINTED);
  expect(await run(bun, ["main.mjs"])).toBe(GOOD);
});

test("Jest loads the addon, in its mode for ES modules", async (context) => {
  skipWhereMissing(notInstalled, "Jest", context);
  const folder = copyOfApp("jest");
  rmSync(path.join(folder, "vitest.test.mjs"));
  writeFileSync(path.join(folder, "jest.config.json"), code("jest-config"));
  expect(await recipe("jest", folder, { jest: jestCommand() })).toMatch(/^Tests: +1 passed, 1/m);
});

test("vitest loads the addon in its pool vmThreads", async () => {
  const folder = copyOfApp("vitest");
  rmSync(path.join(folder, "jest.test.mjs"));
  writeFileSync(path.join(folder, "vitest.config.mjs"), code("vitest-config"));
  expect(await recipe("vitest", folder)).toMatch(/^ *Tests +1 passed \(1\)/m);
});

describe("a bundle of esbuild", () => {
  test("in CommonJS takes the addon from its package", async () => {
    expect(await recipe("esbuild", copyOfApp("esbuild"))).toMatch(PRINTED);
  });

  test("runs anywhere with the addon's file beside it", async () => {
    const elsewhere = path.join(work, "elsewhere");
    const folder = copyOfApp("esbuild-beside");
    expect(await recipe("esbuild-beside", folder, {}, { ELSEWHERE: elsewhere })).toMatch(PRINTED);
  });

  test.each(["cjs", "esm"])("as %s says what is missing where it was moved", async (format) => {
    const folder = copyOfApp(`esbuild-${format}`);
    const elsewhere = path.join(work, `elsewhere-${format}`);
    const bundle = path.join(elsewhere, format === "cjs" ? "bundle.cjs" : "bundle.mjs");
    const options = ["--bundle", "--platform=node", `--format=${format}`, `--outfile=${bundle}`];
    await run(path.join(bin, "esbuild"), ["main.mjs", ...options], folder);
    const missing = "MODULE_NOT_FOUND: Cannot find module '@trust-quorum/native' from ";
    expect(await node([bundle])).toMatch(`${UNAVAILABLE}${missing}`);
    expect(await node([bundle])).toContain(bundle);

    // A file that is no addon is told apart from none, and one that is one is enough.
    const packages = path.join(folder, "node_modules/@trust-quorum");
    const addons = readdirSync(packages, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".node"),
    );
    expect(addons.length).toBeGreaterThan(0);
    for (const file of addons) {
      const beside = path.join(elsewhere, path.basename(file));
      writeFileSync(beside, "no library");
      expect(await node([bundle])).toContain(`${UNAVAILABLE}ERR_DLOPEN_FAILED: ${beside}`);
      cpSync(path.join(packages, file), beside);
    }
    expect(await node([bundle])).toBe(GOOD);
  });
});

test("code that is no file says that there is nowhere to look for the addon", async () => {
  const folder = copyOfApp("no-file");
  const options = ["--bundle", "--platform=node", "--format=esm", "--outfile=bundle.mjs"];
  await run(path.join(bin, "esbuild"), ["main.mjs", ...options], folder);
  const load =
    'import("data:text/javascript;base64," + fs.readFileSync("bundle.mjs").toString("base64"))';
  expect(await node(["--eval", load], folder)).toContain(`${UNAVAILABLE}ERR_INVALID_ARG_VALUE: `);
});

test("the document names the versions that are tested", () => {
  const row = (start: string) => DOCUMENT.split("\n").find((line) => line.startsWith(`| ${start}`));
  const versions = lockedVersions();
  for (const name of NODES) expect(row("Node 20")).toContain(versions[`${name}-linux-x64`]);
  expect(row("Deno ")).toContain(` ${versions["@deno/linux-x64-glibc"]} `);
  expect(row("Bun ")).toContain(` ${versions["@oven/bun-linux-x64-baseline"]} `);
  expect(row("Jest ")).toContain(` ${versions["jest"]} `);
  const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  expect(row("vitest ")).toContain(` ${devDependencies["vitest"]} `);
  expect(row("bundles ")).toContain(` esbuild ${devDependencies["esbuild"]} `);
  // One version of each, whatever the platform.
  const distinct = new Set(Object.values(versions));
  expect(distinct.size).toBe(RUNTIMES.length + 1);
});

/** The code between two markers of the document. */
function code(name: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const found = new RegExp(`${begin}\n\n\`\`\`\\w+\n(.*?\n)\`\`\`\n\n${end}`, "s").exec(DOCUMENT);
  if (found?.[1] === undefined) throw new Error(`docs/runtimes.md has no code called ${name}`);
  return found[1];
}

/** Runs a block of the document in a folder; what it printed, on either stream. */
function recipe(
  name: string,
  folder: string,
  programs: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const own = path.join(work, `bin-${name}-${path.basename(folder)}`);
  mkdirSync(own, { recursive: true });
  for (const [as, program] of Object.entries(programs)) {
    rmSync(path.join(own, as), { force: true });
    symlinkSync(program, path.join(own, as));
  }
  const search = [own, bin, path.dirname(process.execPath), process.env["PATH"]];
  const env = { ...environment(), ...variables, PATH: search.join(path.delimiter) };
  return execute("sh", ["-e", "-c", `{ ${code(name)} } 2>&1`], { cwd: folder, env });
}

/** A folder as {@link app}, to be changed. */
function copyOfApp(name: string): string {
  const folder = path.join(work, name);
  cpSync(app, folder, { recursive: true });
  return folder;
}

function node(args: readonly string[], cwd = app): Promise<string> {
  return run(process.execPath, args, cwd);
}

function run(program: string, args: readonly string[], cwd = app): Promise<string> {
  return execute(program, args, { cwd, env: environment() });
}

/** This process's, without what vitest has set for itself, and what keeps a runtime from asking home. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_|VITEST|TEST|VITE_|JEST)/.test(name),
  );
  return {
    ...Object.fromEntries(own),
    DENO_DIR: path.join(work, "deno"),
    DENO_NO_UPDATE_CHECK: "1",
    NO_COLOR: "1",
    NODE_NO_WARNINGS: "1",
  };
}

/** A runtime's program; skips the test where there is none. */
function runtime(name: RuntimeName, context: TestContext): string {
  skipWhereMissing(notInstalled, name, context);
  const { program, missing } = installedRuntime(name);
  skipWhereMissing(missing, name, context);
  return program;
}

/** In CI for Linux on x64 all of them can be had, and so none may be missing there. */
function skipWhereMissing(
  missing: string | undefined,
  what: string,
  context: TestContext,
): asserts missing is undefined {
  if (missing === undefined) return;
  if (mustBeThere()) throw new Error(`${what}: ${missing}`);
  context.skip(`${what}: ${missing}`);
}
