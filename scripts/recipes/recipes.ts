/**
 * The recipes of ARCHITECTURE.md, "To add X, touch Y": each is a real change in `docs/recipes`, which a
 * test applies to a copy of the tree, builds and tests.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { applyPatch, parsePatch } from "diff";
import type { StructuredPatch } from "diff";

/** One recipe. */
export interface Recipe {
  /** The name of its diff, `docs/recipes/<name>.diff`. */
  readonly name: string;
  /** The TypeScript projects that hold what it touches. */
  readonly projects: readonly string[];
  /** What shows that it works: files of tests, and a part of the titles where not all are meant. */
  readonly tests: { readonly files: readonly string[]; readonly title?: string };
}

/** All recipes. */
export const RECIPES: readonly Recipe[] = [
  {
    name: "metric",
    projects: ["ts/daemon"],
    tests: { files: ["ts/daemon/test/sled/metrics-computing.test.ts"] },
  },
  {
    name: "subcommand",
    projects: ["ts/cli"],
    tests: { files: ["ts/cli/test/sleds.test.ts"] },
  },
  {
    name: "message",
    projects: ["ts/core/test", "ts/explain", "ts/simulator"],
    tests: { files: ["ts/core/test/wire/codec.test.ts"] },
  },
  {
    name: "refusal-reason",
    projects: ["ts/core/test"],
    tests: { files: ["ts/core/test/protocol/diagnostics.test.ts"] },
  },
  {
    name: "invariant",
    projects: ["ts/simulator/test"],
    tests: { files: ["ts/simulator/test/writes-to-itself.test.ts"] },
  },
  {
    name: "seeded-bug",
    projects: ["ts/simulator/test"],
    tests: {
      files: ["ts/simulator/test/bugs.process.test.ts"],
      title: "prepare-not-acknowledged",
    },
  },
];

/** The text of a recipe's diff. */
export function diffOf(root: string, { name }: Recipe): string {
  return readFileSync(path.join(root, "docs", "recipes", `${name}.diff`), "utf8");
}

/** What a diff makes of a tree: its files with their new text. Nothing is written. */
export interface Applied {
  readonly files: ReadonlyMap<string, string>;
  /** Hunks that do not apply, one sentence each; their files are left out. */
  readonly faults: readonly string[];
}

/** Applies a diff to the files of a tree. Lines may have moved; what surrounds them must be as it was. */
export function apply(root: string, diff: string): Applied {
  const files = new Map<string, string>();
  const faults: string[] = [];
  for (const patch of parsePatch(diff)) {
    const file = (patch.newFileName ?? "").replace(/^b\//, "");
    const isNew = patch.oldFileName === "/dev/null";
    const at = path.join(root, file);
    if (isNew === existsSync(at)) {
      faults.push(isNew ? `${file} is there already` : `${file} is not there any more`);
      continue;
    }
    const before = isNew ? "" : readFileSync(at, "utf8");
    const after = applyPatch(before, patch, { fuzzFactor: 0 });
    if (after === false) faults.push(...failingHunks(file, before, patch));
    else files.set(file, after);
  }
  return { files, faults };
}

function failingHunks(file: string, before: string, patch: StructuredPatch): string[] {
  return patch.hunks.flatMap((hunk, i) => {
    if (applyPatch(before, { ...patch, hunks: [hunk] }, { fuzzFactor: 0 }) !== false) return [];
    const lines = hunk.lines.map((line) => `    ${line}`).join("\n");
    return [`hunk ${i + 1} of ${patch.hunks.length} for ${file} does not apply:\n${lines}`];
  });
}

/** What a developer is told whose change a recipe does not apply to any more. */
export function advice(name: string, faults: readonly string[]): string {
  return [
    `docs/recipes/${name}.diff does not apply any more:`,
    ...faults.map((fault) => `  ${fault}`),
    `Commit your work, then \`npm run recipe -- ${name}\` applies what applies; make the rest by hand, and`,
    `\`npm run recipe -- ${name} --save\` writes the diff anew and takes the change back.`,
  ].join("\n");
}
