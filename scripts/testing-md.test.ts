/** docs/testing.md says what the long tests and the checks are, and how the last runs ended. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { LONG_TESTS, longResults } from "./long-tests.mjs";
import { TESTING_MD, longTable, testingDocument } from "./testing-md.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test("docs/testing.md has the tables that npm run testing-docs writes", async () => {
  expect(readFileSync(TESTING_MD, "utf8")).toBe(await testingDocument());
});

test("a failed run is told as one, and one that never was", () => {
  const table = longTable({ walks: { date: "2026-12-01", seconds: 7, passed: false } });
  expect(table).toContain("| 2026-12-01: **failed**, 7 s |");
  expect(table.match(/never by this command/gu)).toHaveLength(LONG_TESTS.length - 1);
});

test("each long test is started by a command that there is, and results are of tests that there are", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const { command } of LONG_TESTS) {
    if (command[0] === "npm") expect(Object.keys(scripts)).toContain(command[2]);
    else expect(() => readFileSync(path.join(ROOT, command[2] ?? ""))).not.toThrow();
  }
  const names = LONG_TESTS.map(({ name }) => name);
  expect(Object.keys(longResults(ROOT)).filter((name) => !names.includes(name))).toEqual([]);
});
