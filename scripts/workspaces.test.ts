/** What names the packages and commands of the workspace by hand agrees with the root's package.json. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CHECKS } from "./check.mjs";
import { workspaces } from "./workspaces.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const text = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
const folders = workspaces(ROOT).map(({ folder }) => path.relative(ROOT, folder));

test("tsc -b compiles every package and its tests", () => {
  const { references } = JSON.parse(text("tsconfig.json")) as { references: { path: string }[] };
  const projects = folders
    .flatMap((folder) => [folder, path.join(folder, "test")])
    .filter((folder) => existsSync(path.join(ROOT, folder, "tsconfig.json")));
  expect(references.map((reference) => reference.path).sort()).toEqual(
    [...projects, "scripts"].sort(),
  );
});

test("knip knows no package that is not there", () => {
  const { workspaces: known } = JSON.parse(text("knip.json")) as { workspaces: object };
  expect(Object.keys(known).filter((name) => name !== "." && !folders.includes(name))).toEqual([]);
});

test("circles are looked for in every package with TypeScript", () => {
  const { command } = CHECKS.find(({ name }) => name === "circular imports") ?? { command: [] };
  const compiled = folders.filter((folder) => existsSync(path.join(ROOT, folder, "tsconfig.json")));
  const left = compiled.filter(
    (folder) => !command.some((one) => folder === one || folder.startsWith(`${one}/`)),
  );
  expect(left).toEqual([]);
});

test("CONTRIBUTING names every command", () => {
  const contributing = text("CONTRIBUTING.md");
  const missing = Object.keys(scripts).filter(
    (name) => !new RegExp(`npm (?:run )?${name}(?![\\w:-])`, "u").test(contributing),
  );
  expect(missing).toEqual([]);
});

test("CONTRIBUTING names no command that is not there", () => {
  const named = [...text("CONTRIBUTING.md").matchAll(/`npm run ([\w:-]+)/gu)].map(
    ([, name]) => name,
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => name === undefined || !(name in scripts))).toEqual([]);
});
