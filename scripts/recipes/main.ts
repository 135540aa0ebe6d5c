/**
 * `npm run recipe -- NAME [--save]`: applies a recipe's diff to the working tree as far as it applies, or
 * writes the diff from the working tree's changes and takes them back. For when a recipe's surroundings
 * have changed.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { RECIPES, apply, diffOf } from "./recipes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

process.exitCode = main(process.argv.slice(2));

function main([name, flag]: readonly string[]): number {
  const recipe = RECIPES.find((one) => one.name === name);
  if (recipe === undefined || (flag !== undefined && flag !== "--save")) {
    const names = RECIPES.map((one) => one.name).join(", ");
    console.error(`npm run recipe -- NAME [--save]; NAME is one of ${names}`);
    return 2;
  }
  if (flag === "--save") return save(recipe.name);
  if (git("status", "--porcelain") !== "") {
    console.error(
      "There are changes that are not committed; the recipe's could not be told from them.",
    );
    return 1;
  }
  const { files, faults } = apply(ROOT, diffOf(ROOT, recipe));
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(ROOT, file)), { recursive: true });
    writeFileSync(path.join(ROOT, file), text);
  }
  for (const fault of faults) console.error(fault);
  console.log(`${files.size} files are changed; make the rest by hand, then --save`);
  return 0;
}

function save(name: string): number {
  git("add", "--all");
  const diff = git("diff", "--cached", "--no-color", "--", ":!docs/recipes");
  if (diff === "") {
    console.error("There is no change to save.");
    return 1;
  }
  git("reset", "--hard", "--quiet");
  writeFileSync(path.join(ROOT, "docs", "recipes", `${name}.diff`), diff);
  console.log(`docs/recipes/${name}.diff is written, and the change is taken back`);
  return 0;
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: ROOT, encoding: "utf8" });
}
