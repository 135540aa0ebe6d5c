/**
 * The packages that a page uses contain nothing of Node and compile no text: a log is opened, replayed and
 * explained, and racks are simulated, with nothing but what browsers have.
 */
import vm from "node:vm";
import { describe, expect, test } from "vitest";
import { OPENS_A_LOG, PACKAGES, SIMULATES, bundle } from "./bundle.ts";
import { LOG, expected } from "./rack-log.ts";
import { RUNS, simulatedInNode } from "./simulated.ts";

/** Runs a program that has the language and these globals, and answers with what it calls `done` with. */
function runAlone(code: string, globals: object): Promise<unknown> {
  return new Promise<string>((resolve) => {
    const context = vm.createContext(
      { ...globals, TextDecoder, TextEncoder, done: resolve },
      // Compiling text is refused, as a page's strict Content-Security-Policy does.
      { codeGeneration: { strings: false, wasm: false } },
    );
    vm.runInContext(code, context);
  }).then((text) => JSON.parse(text) as unknown);
}

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
    const globals = { ReadableStream, DecompressionStream, source: LOG.toString("utf8") };
    expect(await runAlone(code, globals)).toEqual(expected());
  });

  test("whole racks are simulated with nothing but the language, to the byte as in Node", async () => {
    const { code } = await bundle(SIMULATES);
    expect(await runAlone(code, { runs: RUNS })).toEqual(simulatedInNode());
  });
});
