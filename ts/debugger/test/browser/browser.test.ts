/**
 * The packages that a page uses contain nothing of Node and compile no text: a log is opened, replayed and
 * explained with nothing but what browsers have.
 */
import vm from "node:vm";
import { describe, expect, test } from "vitest";
import { OPENS_A_LOG, PACKAGES, bundle } from "./bundle.ts";
import { LOG, expected } from "./rack-log.ts";

describe("bundled for browsers", () => {
  test.each(Object.entries(PACKAGES))(
    "%s has nothing of Node's and no TypeBox",
    async (name, module) => {
      const use = `globalThis.used = ${name};`;
      const { problems, modules } = await bundle(use, { packages: { [name]: module } });
      expect(problems).toEqual([]);
      expect(modules.filter((id) => id.includes("typebox"))).toEqual([]);
    },
  );

  test("a log opens, replays and is explained with nothing but the language and the web's globals", async () => {
    const { code } = await bundle(OPENS_A_LOG);
    const found = await new Promise<string>((resolve) => {
      const globals = { TextDecoder, TextEncoder, ReadableStream, DecompressionStream };
      const context = vm.createContext(
        { ...globals, source: LOG.toString("utf8"), done: resolve },
        // Compiling text is refused, as a page's strict Content-Security-Policy does.
        { codeGeneration: { strings: false, wasm: false } },
      );
      vm.runInContext(code, context);
    });
    expect(JSON.parse(found)).toEqual(expected());
  });
});
