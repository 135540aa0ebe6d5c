/**
 * The packages as a user gets them: packed, installed from the tarballs in an empty folder, imported
 * from JavaScript and from TypeScript, and judged by publint and Are The Types Wrong.
 */
import { cp, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, installTarballs, pack, runNode, stageNative, toolFile } from "./packing.ts";
import type { Packed } from "./packing.ts";

const require = createRequire(import.meta.url);
const TSC = toolFile(require.resolve("typescript/package.json"), "bin/tsc");
const CONSUMERS = fileURLToPath(new URL("packaging", import.meta.url));

/** Packing, installing and compiling take a while on a busy machine. */
const MINUTES_MAX = 5 * 60_000;

let work: string;
let core: Packed;
let native: Packed;
let platforms: Packed[];

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), "packaging-"));
  const [stage, tarballs] = [path.join(work, "stage"), path.join(work, "tarballs")];
  await stageCore(stage);
  const folders = await stageNative(stage);
  core = await pack(path.join(stage, "ts/core"), tarballs);
  native = await pack(folders.native, tarballs);
  platforms = await Promise.all(folders.platforms.map((folder) => pack(folder, tarballs)));
}, MINUTES_MAX);
afterAll(() => rm(work, { recursive: true, force: true }));

describe("the tarballs", () => {
  test("of trust-quorum hold what its sources compile to, and no more", async () => {
    const sources = (await filesBelow(path.join(ROOT, "ts/core/src"))).filter((file) =>
      file.endsWith(".ts"),
    );
    const compiled = sources.flatMap((file) =>
      [".d.ts", ".js", ".js.map"].map((suffix) => `dist/${file.slice(0, -3)}${suffix}`),
    );
    expect(core.files).toEqual(["LICENSE", "README.md", ...compiled, "package.json"].toSorted());
  });

  test("of @trust-quorum/native hold the loader and its types, and no addon", () => {
    expect(native.files).toEqual(
      ["LICENSE", "README.md", "index.d.ts", "index.js", "package.json"].toSorted(),
    );
  });

  test("of a platform hold its addon", () => {
    expect(platforms.length).toBeGreaterThan(0);
    for (const { files } of platforms) {
      const addons = files.filter((file) => /^trust-quorum\.[\w-]+\.node$/.test(file));
      expect(addons).toHaveLength(1);
      expect(files).toEqual([...addons, "LICENSE", "README.md", "package.json"].toSorted());
    }
  });

  test("run nothing when they are installed", async () => {
    const manifests = [path.join(ROOT, "ts/core"), path.join(ROOT, "bindings")];
    for (const folder of manifests) {
      const manifest = await readJson(path.join(folder, "package.json"));
      expect(manifest["scripts"]).toBeUndefined();
      expect(manifest["gypfile"]).toBeUndefined();
    }
  });

  test("bring the licence of the project", async () => {
    const licence = await readFile(path.join(ROOT, "LICENSE"), "utf8");
    expect(licence).toMatch(/^Mozilla Public License Version 2\.0\n/);
    for (const folder of ["ts/core", "bindings"]) {
      expect(await readFile(path.join(ROOT, folder, "LICENSE"), "utf8")).toBe(licence);
    }
  });

  test("find nothing wrong in publint's eyes", async () => {
    const lint = async ({ tarball }: Packed, level?: "warning") => {
      const bytes = await readFile(tarball);
      const pack = { tarball: new Uint8Array(bytes).buffer };
      return (await publint({ pack, ...(level === undefined ? {} : { level }) })).messages;
    };
    expect(await lint(core)).toEqual([]);
    expect(await lint(native)).toEqual([]);
    // Generated; that it should name its module format is only a suggestion, and it has no modules.
    for (const platform of platforms) expect(await lint(platform, "warning")).toEqual([]);
  });

  test.each(["trust-quorum", "@trust-quorum/native"])(
    "have the right types for every kind of import of %s",
    async (name) => {
      const esmOnly = name === "trust-quorum";
      const { tarball } = esmOnly ? core : native;
      const attw = toolFile(require.resolve("@arethetypeswrong/cli/package.json"), "dist/index.js");
      const profile = esmOnly ? "esm-only" : "strict";
      const report = await runNode([attw, tarball, "--profile", profile, "--format", "json"], work);
      const { analysis } = JSON.parse(report) as { analysis: { problems: { kind: string }[] } };
      // CommonJS cannot `require` an ESM package on every Node: that is what "ESM only" means.
      const expected = new Set(esmOnly ? ["CJSResolvesToESM", "NoResolution"] : []);
      expect(analysis.problems.filter(({ kind }) => !expected.has(kind))).toEqual([]);
    },
    MINUTES_MAX,
  );
});

describe("installed in an empty folder", () => {
  let app: string;

  beforeAll(async () => {
    app = path.join(work, "app");
    await cp(CONSUMERS, app, { recursive: true });
    await writeFile(path.join(app, "package.json"), '{ "private": true, "type": "module" }');
    const packed = [core, native, ...platforms];
    await installTarballs(
      app,
      packed.map(({ tarball }) => tarball),
    );
  }, MINUTES_MAX);

  test("it brings its own packages and @noble's, and no others", async () => {
    const installed = (await readdir(path.join(app, "node_modules"))).filter(
      (name) => !name.startsWith("."),
    );
    expect(installed.toSorted()).toEqual(["@noble", "@trust-quorum", "trust-quorum"]);
    const noble = await readdir(path.join(app, "node_modules/@noble"));
    expect(noble.toSorted()).toEqual(["ciphers", "curves", "hashes"]);
  });

  test("it works in JavaScript", async () => {
    expect(await runNode([path.join(app, "consumer.mjs")], app)).toBe("native ok\nreference ok\n");
  });

  test(
    "it compiles and works in TypeScript, with every declaration checked",
    async () => {
      await runNode([TSC, "-p", app], app);
      expect(await runNode([path.join(app, "out/consumer.js")], app)).toBe("node ok\n");
    },
    MINUTES_MAX,
  );

  test("the program in TypeScript imports every entry point", async () => {
    const program = await readFile(path.join(CONSUMERS, "consumer.ts"), "utf8");
    const imported = [...program.matchAll(/ from "([^"]+)";$/gm)].map(([, name]) => name);
    expect([...new Set(imported)].toSorted()).toEqual(await entryPoints());
  });

  test("each name is exported by one entry point", async () => {
    const names = await Promise.all(
      (await entryPoints()).map(async (name) => {
        const code = `console.log(Object.keys(await import("${name}")).join("\\n"))`;
        return (await runNode(["--input-type=module", "--eval", code], app)).trim().split("\n");
      }),
    );
    expect(names.every((some) => some.length > 1)).toBe(true);
    expect(names.flat().toSorted()).toEqual([...new Set(names.flat())].toSorted());
  });

  test("nothing but the entry points can be imported", async () => {
    const code = 'await import("trust-quorum/dist/base/ids.js")';
    await expect(runNode(["--input-type=module", "--eval", code], app)).rejects.toThrow(
      "ERR_PACKAGE_PATH_NOT_EXPORTED",
    );
  });
});

/** A copy of the library, compiled anew: what lies in `dist` from earlier must not be packed. */
async function stageCore(stage: string): Promise<void> {
  const files = ["src", "tsconfig.json", "package.json", "README.md", "LICENSE"];
  for (const file of ["tsconfig.base.json", ...files.map((name) => `ts/core/${name}`)]) {
    await cp(path.join(ROOT, file), path.join(stage, file), { recursive: true });
  }
  await symlink(path.join(ROOT, "node_modules"), path.join(stage, "node_modules"), "junction");
  await runNode([TSC, "-b", "ts/core"], stage);
}

/** The names by which the package's modules are imported, in order. */
async function entryPoints(): Promise<string[]> {
  const manifest = await readJson(path.join(ROOT, "ts/core/package.json"));
  return Object.keys(manifest["exports"] as object)
    .filter((name) => name !== "./package.json")
    .map((name) => name.replace(/^\./, "trust-quorum"))
    .toSorted();
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join("/"));
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
}
