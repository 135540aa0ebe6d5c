/**
 * `npm run readme`: runs what README.md and docs/demo.md show and writes what it printed into them. A
 * test fails where they do not show what the programs print.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { blockOf, withBlock } from "../bench/src/report/block.ts";
import { readDocument, shownIn } from "./operators-docs.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

type Printer = (document: string) => string;

/** The documents, each with the sections that programs print and how they are printed. */
export const DOCUMENTS: Readonly<Record<string, Readonly<Record<string, Printer>>>> = {
  "README.md": {
    conformance: () =>
      fenced(
        [
          "$ npm run --silent conformance -- testdata/traces",
          last(node(["ts/conformance/dist/conformance.js", "testdata/traces"])),
          "$ npm run --silent vectors -- testdata",
          last(node(["ts/conformance/dist/vectors.js", "testdata"])),
        ].join("\n"),
      ),
    "sharing-output": (document) => fenced(example(document, "sharing")),
    "example-output": (document) => fenced(example(document, "example")),
    "first-rack": () =>
      fenced(shown(["up", "upgrade", "member add", "down", "up", "unlock --wait"])),
  },
  "docs/demo.md": {
    demo: () => fenced(node(["ts/demo/dist/main.js"])),
  },
};

/** The text of one of {@link DOCUMENTS}. */
export function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), "utf8");
}

/**
 * Commands of docs/operators/first-rack.md, in this order, each the first of its kind after the one
 * before, with the last line that it prints. Another test runs them.
 */
function shown(kinds: readonly string[]): string {
  const all = shownIn(readDocument("first-rack.md"));
  let at = 0;
  const chosen = kinds.map((kind) => {
    at = all.findIndex(({ command }, i) => i >= at && command.startsWith(`npx tq ${kind}`));
    const found = all[at];
    if (found === undefined) throw new Error(`first-rack.md shows no further 'tq ${kind}'`);
    at += 1;
    return `$ ${found.command}\n${last(found.output)}`;
  });
  return chosen.join("\n");
}

/** What stands between the markers of a section. */
export function section(document: string, name: string): string {
  const { start, end } = blockOf(document, name, "the document");
  return document.slice(start, end).trim();
}

/** The text of one of {@link DOCUMENTS} with every printed section as the programs print it now. */
export function printed(file: string): string {
  let text = readText(file);
  for (const [name, print] of Object.entries(DOCUMENTS[file] ?? {})) {
    text = withBlock(text, name, print(text), file);
  }
  return text;
}

/** A section without what differs from run to run: sizes of random data, and times. */
export function steady(text: string): string {
  return text.replaceAll(/ *\d[\d,]* bytes/g, " # bytes").replaceAll(/\d+\.\d+ s\b/g, "# s");
}

/** Runs the JavaScript of a section as a user's module would run, in a folder of its own. */
function example(document: string, name: string): string {
  const code = /```js\n([^]*?)```/.exec(section(document, name))?.[1];
  if (code === undefined) throw new Error(`the section ${name} of README.md has no code`);
  // Within the workspace, so that the package is found by its name.
  const parent = path.join(ROOT, "ts", "demo", "dist");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, "readme-"));
  try {
    writeFileSync(path.join(folder, "example.mjs"), code);
    return node(["example.mjs"], folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function node(args: readonly string[], cwd = ROOT): string {
  const env = { ...process.env, NO_COLOR: "1", INIT_CWD: cwd };
  return execFileSync(process.execPath, args, { cwd, env, encoding: "utf8" });
}

function fenced(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\``;
}

function last(text: string): string {
  return text.trimEnd().split("\n").at(-1) ?? "";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const file of Object.keys(DOCUMENTS)) writeFileSync(path.join(ROOT, file), printed(file));
}
