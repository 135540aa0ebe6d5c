/** The recipes of ARCHITECTURE.md apply to the tree as it is. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RECIPES, advice, apply, diffOf } from "./recipes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("a recipe", () => {
  test.each(RECIPES)("applies to the tree as it is: $name", (recipe) => {
    const { faults } = apply(ROOT, diffOf(ROOT, recipe));
    expect(faults, advice(recipe.name, faults)).toEqual([]);
  });

  test("is in the list for each diff, and in ARCHITECTURE.md", () => {
    const diffs = RECIPES.map(({ name }) => `${name}.diff`).toSorted();
    expect(readdirSync(path.join(ROOT, "docs/recipes")).toSorted()).toEqual(diffs);
    const map = readFileSync(path.join(ROOT, "ARCHITECTURE.md"), "utf8");
    for (const diff of diffs) expect(map).toContain(`(docs/recipes/${diff})`);
  });

  test("that does not apply says which hunk, and how to mend it", () => {
    const root = mkdtempSync(path.join(os.tmpdir(), "tq-recipe-"));
    try {
      writeFileSync(path.join(root, "a.txt"), "1\n2\n3\n4\n5\n6\n7\nnine\n");
      const diff = `--- a/a.txt
+++ b/a.txt
@@ -1,2 +1,3 @@
 1
+1.5
 2
@@ -7,2 +8,3 @@
 7
+7.5
 8
`;
      const { files, faults } = apply(root, diff);
      expect([...files]).toEqual([]);
      const text = advice("metric", faults);
      expect(text).toContain("hunk 2 of 2 for a.txt does not apply:\n     7\n    +7.5\n     8");
      expect(text).toContain("`npm run recipe -- metric`");
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
