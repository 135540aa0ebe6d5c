/**
 * The recipes of ARCHITECTURE.md work: in a copy of the tree all of them are applied, what they touch is
 * built, and the tests that they bring pass. Each one by itself applies by another test; they are built
 * together because the core is compiled once then.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyTree } from "./copy-tree.ts";
import { RECIPES, advice, apply, diffOf } from "./recipes.ts";
import type { Recipe } from "./recipes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TIMEOUT_MS = 600_000;

const run = promisify(execFile);

describe("the recipes, all applied", () => {
  // Beside the tree, so that its files can be linked.
  mkdirSync(path.join(ROOT, "target"), { recursive: true });
  const copy = mkdtempSync(path.join(ROOT, "target", "recipes-"));

  beforeAll(() => {
    copyTree(ROOT, copy);
    for (const recipe of RECIPES) {
      const { files, faults } = apply(copy, diffOf(ROOT, recipe));
      if (faults.length > 0) throw new Error(advice(recipe.name, faults));
      for (const [file, text] of files) {
        // A file that is a link to the tree's is replaced, never written to.
        rmSync(path.join(copy, file), { force: true });
        writeFileSync(path.join(copy, file), text);
      }
    }
  }, TIMEOUT_MS);
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  }, TIMEOUT_MS);

  test(
    "compile",
    async () => {
      const projects = new Set(RECIPES.flatMap((recipe) => recipe.projects));
      expect(await tool("typescript/bin/tsc", ["-b", ...projects])).toBe("");
    },
    TIMEOUT_MS,
  );

  test.each(batches())(
    "pass their tests: $names",
    async ({ files, title, count }) => {
      const only = title === undefined ? [] : ["-t", title];
      const output = await tool("vitest/vitest.mjs", ["run", ...files, ...only]);
      expect(output).toMatch(new RegExp(`Test Files\\s+${count} passed`, "u"));
    },
    TIMEOUT_MS,
  );

  /** Runs a tool in the copy; what it printed, also where it failed. */
  async function tool(file: string, args: readonly string[]): Promise<string> {
    const own = Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|TEST|NODE_ENV)/.test(name),
    );
    const env = { ...Object.fromEntries(own), NO_COLOR: "1" };
    const command = [path.join(copy, "node_modules", file), ...args];
    try {
      const { stdout } = await run(process.execPath, command, { cwd: copy, env });
      return stdout;
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      return `${file} failed\n${stdout}${stderr}`;
    }
  }
});

/** Files that are run whole go into one run. */
function batches() {
  const whole = RECIPES.filter(({ tests }) => tests.title === undefined);
  const parts = RECIPES.filter(({ tests }) => tests.title !== undefined);
  return [whole, ...parts.map((recipe): Recipe[] => [recipe])].map((recipes) => {
    const files = recipes.flatMap(({ tests }) => tests.files);
    const names = recipes.map(({ name }) => name).join(", ");
    return { names, files, title: recipes[0]?.tests.title, count: files.length };
  });
}
