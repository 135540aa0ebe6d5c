/** A run's end names the slowest files, and each skipped test with its reason. */
import { expect, test } from "vitest";
import type { TestModule } from "vitest/node";
import { endOf } from "./end.ts";

function moduleOf(file: string, duration: number, skipped: readonly [string, string?][]) {
  const tests = skipped.map(([fullName, note]) => ({ fullName, result: () => ({ note }) }));
  return {
    moduleId: `/root/${file}`,
    diagnostic: () => ({ duration }),
    children: { allTests: () => tests.values() },
  } as unknown as TestModule;
}

test("the slowest file is first, and what was skipped has its reason", () => {
  const modules = [
    moduleOf("a.test.ts", 900, []),
    moduleOf("b.test.ts", 12_340, [["Deno > loads", "no Deno here"], ["on Windows"]]),
  ];
  expect(endOf(modules, "/root")).toEqual([
    "Slowest files:",
    "    12.3 s  b.test.ts",
    "     0.9 s  a.test.ts",
    "Skipped:",
    "  b.test.ts: Deno > loads: no Deno here",
    "  b.test.ts: on Windows",
  ]);
  expect(endOf(modules.slice(0, 1), "/root").at(-1)).toBe("Nothing was skipped.");
});
