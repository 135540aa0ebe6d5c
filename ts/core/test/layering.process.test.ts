/**
 * The layers hold: the lint rules and the compiler refuse what would tie them together or to a
 * platform. Each snippet is one violation in a file that is otherwise fine.
 */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SANS_IO = ["base", "protocol", "wire", "ledger", "control", "driver"] as const;
const LAYERS = [...SANS_IO, "crypto"] as const;
type Layer = (typeof LAYERS)[number];

/** The layers that each may import, as the tsconfig files have to say. */
const BELOW: Record<Layer, readonly Layer[]> = {
  base: [],
  protocol: ["base"],
  wire: ["base", "protocol"],
  ledger: ["base", "protocol"],
  control: ["base", "protocol"],
  driver: ["base", "protocol"],
  crypto: ["base", "protocol"],
};

describe("the lint rules", () => {
  // The snippets are in no TypeScript project, so the rules that need types cannot look at them.
  const eslint = new ESLint({ cwd: ROOT, overrideConfig: tseslint.configs.disableTypeChecked });

  async function rulesBroken(file: string, code: string): Promise<string[]> {
    const results = await eslint.lintText(code, { filePath: path.join(ROOT, file) });
    return results.flatMap(({ messages }) =>
      messages.map(({ ruleId, message }) => ruleId ?? message),
    );
  }

  const CLEAN = `import type { Epoch } from "../base/id-types.ts";
import { next } from "./snippet-next.ts";

/** The epoch after the next. */
export function afterNext(epoch: Epoch): Epoch {
  return next(next(epoch));
}
`;

  test.each(SANS_IO)("let a clean file of %s pass", async (layer) => {
    expect(await rulesBroken(`ts/core/src/${layer}/snippet.ts`, CLEAN)).toEqual([]);
  });

  test.each(SANS_IO)("refuse %s a module of Node, in every way to import it", async (layer) => {
    for (const code of [
      'import "node:fs";',
      'import { readFileSync } from "node:fs";\nreadFileSync("x");',
      'import { readFileSync } from "fs";\nreadFileSync("x");',
      'export { readFileSync } from "node:fs";',
      'export * from "node:fs";',
      'export const fs = () => import("node:fs");',
      "export const load = (name: string) => import(name);",
      'export type Stats = import("node:fs").Stats;',
    ]) {
      const broken = await rulesBroken(`ts/core/src/${layer}/snippet.ts`, code);
      expect(broken, code).toContain("layers/imports");
    }
  });

  test.each(SANS_IO)("refuse %s the platform, the clock and random numbers", async (layer) => {
    for (const [code, rule] of [
      ["process.exitCode = 1;", "no-restricted-globals"],
      ['export const b = Buffer.from("x");', "no-restricted-globals"],
      ["setTimeout(() => {}, 1);", "no-restricted-globals"],
      ["setInterval(() => {}, 1);", "no-restricted-globals"],
      ["setImmediate(() => {});", "no-restricted-globals"],
      ["queueMicrotask(() => {});", "no-restricted-globals"],
      ["export const t = Date.now();", "no-restricted-globals"],
      ["export const t = new Date();", "no-restricted-globals"],
      ["export const t = performance.now();", "no-restricted-globals"],
      ["export const t = globalThis.Date.now();", "no-restricted-globals"],
      ['console.log("x");', "no-restricted-globals"],
      ['void fetch("x");', "no-restricted-globals"],
      ["export const r = crypto.randomUUID();", "no-restricted-globals"],
      ["export const r = Math.random();", "no-restricted-properties"],
      ["const { random } = Math;\nrandom();", "no-restricted-properties"],
    ] as const) {
      const broken = await rulesBroken(`ts/core/src/${layer}/snippet.ts`, code);
      expect(broken, code).toContain(rule);
    }
  });

  test.each([
    // What is compiled is no part of any project, so that the compiler lets it pass.
    ["wire", "../../dist/ledger/tq.js"],
    ["crypto", "../../dist/wire/frame.js"],
    ["crypto/reference", "../../../dist/ledger/tq.js"],
    ["protocol", "../../../../node_modules/@noble/hashes/sha2.js"],
    ["wire", "../../../demo/src/main.ts"],
    ["wire", "../../test/snippet.ts"],
    ["wire", "trust-quorum"],
    ["wire", "@noble/hashes/sha2.js"],
    ["crypto", "trust-quorum"],
    ["crypto", "node:crypto"],
    ["crypto/reference", "node:crypto"],
    ["crypto", "@trust-quorum/native"],
  ])("refuse %s an import of %s", async (layer, source) => {
    const code = `import { thing } from "${source}";\nthing();\n`;
    const broken = await rulesBroken(`ts/core/src/${layer}/snippet.ts`, code);
    expect(broken).toContain("layers/imports");
  });

  test.each([
    ["ts/demo/src/snippet.ts", "trust-quorum/dist/base/ids.js"],
    ["ts/demo/src/snippet.ts", "trust-quorum/wire/encode.js"],
    ["ts/demo/src/snippet.ts", "@trust-quorum/native/index.js"],
    ["ts/demo/src/snippet.ts", "../../core/src/base/ids.ts"],
    ["ts/conformance/src/snippet.ts", "../../demo/src/main.ts"],
    ["ts/core/test/snippet.test.ts", "../../demo/src/main.ts"],
  ])("refuse %s a way round the package's name: %s", async (file, source) => {
    const code = `import { thing } from "${source}";\nthing();\n`;
    expect(await rulesBroken(file, code)).toContain("layers/imports");
  });

  test.each([
    ["ts/core/src/crypto/native-snippet.ts", "node:crypto"],
    ["ts/core/src/crypto/snippet.ts", "@noble/hashes/sha3.js"],
    ["ts/core/src/snippet.ts", "#native-crypto"],
    ["ts/core/src/crypto/reference/snippet.ts", "../../protocol/crypto.ts"],
    ["ts/core/src/snippet.ts", "./wire/snippet.ts"],
    ["ts/core/test/wire/snippet.test.ts", "../../src/wire/snippet.ts"],
    ["ts/demo/src/snippet.ts", "trust-quorum"],
    ["ts/demo/src/snippet.ts", "trust-quorum/wire"],
    ["ts/demo/src/snippet.ts", "node:fs"],
  ])("let %s import %s", async (file, source) => {
    const code = `import { thing } from "${source}";\nthing();\n`;
    expect(await rulesBroken(file, code)).toEqual([]);
  });

  const FOLDERS = ["sled-host", "daemon"].flatMap((name) =>
    readdirSync(path.join(ROOT, "ts", name, "src"), { withFileTypes: true }).map(
      (entry) => [`ts/${name}/src/${entry.name}`, entry.isDirectory()] as const,
    ),
  );

  test.each(FOLDERS)("know of %s, whatever it may import", async (part, isFolder) => {
    const code = 'import { thing } from "./../none/such.ts";\nthing();\n';
    const file = isFolder ? `${part}/snippet.ts` : part;
    expect(await rulesBroken(file, code)).toContain("layers/imports");
  });

  test.each([
    ["ts/sled-host/src/errors.ts", "./os/lock.ts"],
    ["ts/sled-host/src/pki/snippet.ts", "../store/types.ts"],
    ["ts/sled-host/src/store/snippet.ts", "../config/load.ts"],
    ["ts/sled-host/src/config/snippet.ts", "../store/types.ts"],
    ["ts/daemon/src/mesh/snippet.ts", "../sled/sled.ts"],
    ["ts/daemon/src/sled/snippet.ts", "../http/server.ts"],
    ["ts/daemon/src/http/snippet.ts", "../mesh/mesh.ts"],
    ["ts/daemon/src/tqd.ts", "./mesh/mesh.ts"],
  ])("refuse %s an import of %s", async (file, source) => {
    const code = `import { thing } from "${source}";\nthing();\n`;
    expect(await rulesBroken(file, code)).toContain("layers/imports");
  });

  test.each([
    ["ts/sled-host/src/store/snippet.ts", "../os/lock.ts"],
    ["ts/daemon/src/sled/snippet.ts", "../mesh/mesh.ts"],
    ["ts/daemon/src/tqd.ts", "./sled/sled.ts"],
  ])("let %s import %s", async (file, source) => {
    const code = `import { thing } from "${source}";\nthing();\n`;
    expect(await rulesBroken(file, code)).toEqual([]);
  });

  test.each([
    ["a default export", "export default 1;"],
    ["a barrel", 'export * from "./other.ts";'],
    ["a re-export", 'export { other } from "./other.ts";'],
  ])("refuse %s", async (_what, code) => {
    const broken = await rulesBroken("ts/core/src/wire/snippet.ts", code);
    expect(broken).toEqual(["no-restricted-syntax"]);
  });
});

describe("the compiler", () => {
  let copy: string;

  beforeAll(async () => {
    copy = await mkdtemp(path.join(tmpdir(), "layering-"));
    await cp(path.join(ROOT, "tsconfig.base.json"), path.join(copy, "tsconfig.base.json"));
    await writeFile(path.join(copy, "package.json"), '{ "type": "module" }');
    await symlink(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"), "junction");
    for (const layer of LAYERS) {
      const folder = path.join("ts/core/src", layer);
      await cp(path.join(ROOT, folder, "tsconfig.json"), path.join(copy, folder, "tsconfig.json"), {
        recursive: true,
      });
      await source(layer, "clean.ts", `export const ${layer} = 1;\n`);
    }
    await writeFile(path.join(copy, "ts/core/src/index.ts"), "export const index = 1;\n");
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  function source(layer: string, name: string, code: string): Promise<void> {
    return writeFile(path.join(copy, "ts/core/src", layer, name), code);
  }

  /** The errors of a build of all layers, each as `file code`. */
  async function build(): Promise<string[]> {
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    const layers = LAYERS.map((layer) => `ts/core/src/${layer}`);
    const args = [tsc, "-b", "--pretty", "false", ...layers];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: copy }).catch(
      (error: unknown) => error as { stdout: string },
    );
    return [...stdout.matchAll(/^ts\/core\/src\/(\S+)\(\d+,\d+\): error (TS\d+)/gm)].map(
      ([, file, code]) => `${file ?? ""} ${code ?? ""}`,
    );
  }

  test("builds layers that import downwards alone", async () => {
    for (const layer of LAYERS) {
      for (const other of BELOW[layer]) {
        await source(layer, `${other}.ts`, `export { ${other} } from "../${other}/clean.ts";\n`);
      }
    }
    expect(await build()).toEqual([]);
  });

  test("refuses each layer any other one, and the entry points", async () => {
    const expected: string[] = [];
    for (const layer of LAYERS) {
      const others = LAYERS.filter((other) => other !== layer && !BELOW[layer].includes(other));
      for (const other of others) {
        await source(layer, `${other}.ts`, `export { ${other} } from "../${other}/clean.ts";\n`);
      }
      await source(layer, "index.ts", 'export { index } from "../index.ts";\n');
      // The file is neither in the project's folder nor in its list.
      for (const name of [...others, "index"]) {
        expected.push(`${layer}/${name}.ts TS6059`, `${layer}/${name}.ts TS6307`);
      }
    }
    const found = await build();
    const files = new Set(expected.map((error) => error.replace(/ .*/, "")));
    for (const file of files) await rm(path.join(copy, "ts/core/src", file));
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  test("refuses what a platform offers", async () => {
    await source("control", "buffer.ts", 'export const b = Buffer.from("x");\n');
    await source("control", "timer.ts", "setTimeout(() => {}, 1);\n");
    await source("control", "console.ts", 'console.log("x");\n');
    await source("control", "node.ts", 'import "node:fs";\nexport * from "node:fs";\n');
    expect(await build()).toEqual([
      // No such name, no such module
      "control/buffer.ts TS2591",
      "control/console.ts TS2584",
      "control/node.ts TS2882",
      "control/node.ts TS2591",
      "control/timer.ts TS2304",
    ]);
  });
});
