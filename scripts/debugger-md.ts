/**
 * `npm run debugger-docs`: runs the commands that docs/debugger.md shows and writes what they
 * print into the document. Each block that begins with `$ npx tq-debug …` is such a command. A test
 * fails where the document does not show what the program prints.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The document's file. */
export const DEBUGGER_MD = path.join(ROOT, "docs", "debugger.md");

const BLOCK = /```text\n\$ npx tq-debug (.*)\n([^]*?)```/g;

/** The command lines that the document shows. */
export function commandLines(document: string): string[] {
  return [...document.matchAll(BLOCK)].map(([, line]) => line ?? "");
}

/** The document with what its commands print now. */
export function debuggerDocument(document: string): string {
  return document.replaceAll(BLOCK, (_block, line: string) => {
    return `\`\`\`text\n$ npx tq-debug ${line}\n${outputOf(line)}\`\`\``;
  });
}

/** What a command line prints, on a terminal of 100 columns. */
function outputOf(line: string): string {
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  const args = words.map((word) => word.replaceAll('"', ""));
  const program = path.join(ROOT, "ts/debugger/bin/tq-debug.js");
  const env = { ...process.env, NO_COLOR: "1", INIT_CWD: ROOT };
  const options = { cwd: ROOT, env, encoding: "utf8" } as const;
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], options);
  if (status !== 0) throw new Error(`tq-debug ${line}: exit code ${String(status)}: ${stderr}`);
  return stdout.replaceAll(/ +$/gm, "");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(DEBUGGER_MD, debuggerDocument(readFileSync(DEBUGGER_MD, "utf8")));
}
