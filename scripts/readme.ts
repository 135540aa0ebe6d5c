/**
 * `npm run readme`: runs what README.md shows and writes what it printed into the document. A test
 * fails where the document does not show what the programs print.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { blockOf, withBlock } from "../bench/src/report/block.ts";
import { readDocument, shownIn } from "./operators-docs.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The document's file. */
export const README_MD = path.join(ROOT, "README.md");

/** The sections of the document that programs print, each with how it is printed. */
export const SECTIONS: Readonly<Record<string, (document: string) => string>> = {
  demo: () => fenced(node(["ts/demo/dist/main.js"])),
  "example-output": (document) => fenced(example(document, "example")),
  "sharing-output": (document) => fenced(example(document, "sharing")),
  conformance: () =>
    fenced(
      [
        "$ npm run --silent conformance -- testdata/traces",
        last(node(["ts/conformance/dist/conformance.js", "testdata/traces"])),
        "$ npm run --silent vectors -- testdata",
        last(node(["ts/conformance/dist/vectors.js", "testdata"])),
      ].join("\n"),
    ),
  "first-rack": () => fenced(shown(["up", "upgrade", "member", "down", "up", "unlock", "status"])),
  why: () => {
    const command = 'npx tq-debug testdata/logs/rack.jsonl --exec "why BRM42229999 10"';
    const args = ["testdata/logs/rack.jsonl", "--exec", "why BRM42229999 10"];
    return fenced(`$ ${command}\n${node(["ts/debugger/bin/tq-debug.js", ...args])}`);
  },
};

/**
 * Commands of docs/operators/first-rack.md with what they print, in this order, each the first of its
 * kind after the one before. Another test runs them.
 */
function shown(kinds: readonly string[]): string {
  const all = shownIn(readDocument("first-rack.md"));
  let at = 0;
  const chosen = kinds.map((kind) => {
    at = all.findIndex(({ command }, i) => i >= at && command.startsWith(`npx tq ${kind}`));
    const found = all[at];
    if (found === undefined) throw new Error(`first-rack.md shows no further 'tq ${kind}'`);
    at += 1;
    return `$ ${found.command}\n${found.output}`;
  });
  return chosen.join("\n");
}

/** What stands between the markers of a section. */
export function section(document: string, name: string): string {
  const { start, end } = blockOf(document, name, "README.md");
  return document.slice(start, end).trim();
}

/** The document with every printed section replaced by what the programs print now. */
export function readmeDocument(document: string): string {
  let text = document;
  for (const [name, print] of Object.entries(SECTIONS)) {
    text = withBlock(text, name, print(text), "README.md");
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
  writeFileSync(README_MD, readmeDocument(readFileSync(README_MD, "utf8")));
}
