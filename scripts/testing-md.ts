/** Writes the tables of docs/testing.md: `npm run testing-docs`. A test fails where they are not these. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { CHECKS } from "./check.mjs";
import { LONG_TESTS, longResults } from "./long-tests.mjs";
import type { LongResult } from "./long-tests.mjs";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The document's file. */
export const TESTING_MD = path.join(ROOT, "docs/testing.md");

/** The document with its tables as they should be. */
export async function testingDocument(): Promise<string> {
  let text = readFileSync(TESTING_MD, "utf8");
  text = withBlock(text, "long tests", longTable(longResults(ROOT)));
  text = withBlock(text, "checks", checksTable());
  const options = await resolveConfig(TESTING_MD);
  return format(text, { ...options, parser: "markdown" });
}

/** The table of the long tests. */
export function longTable(results: Readonly<Record<string, LongResult>>): string {
  const rows = LONG_TESTS.map(({ name, holds, minutes }) => {
    const last = results[name];
    const run =
      last === undefined
        ? "never by this command"
        : `${last.date}: ${last.passed ? "passed" : "**failed**"}, ${last.seconds} s`;
    return `| \`${name}\` | ${holds} | ${minutes} | ${run} |`;
  });
  return ["| Name | What it holds | Minutes, about | Last run |", "| --- | --- | --- | --- |", ...rows].join("\n"); // prettier-ignore
}

function checksTable(): string {
  const rows = CHECKS.map(
    ({ group, name, command }) => `| ${group} | ${name} | \`${command.slice(0, 2).join(" ")}\` |`,
  );
  return ["| Part | Check | Program |", "| --- | --- | --- |", ...rows].join("\n");
}

function withBlock(text: string, name: string, content: string): string {
  const begin = `<!-- begin of the ${name}, written by \`npm run testing-docs\` -->`;
  const end = `<!-- end of the ${name} -->`;
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/testing.md has no place for the ${name}`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TESTING_MD, await testingDocument());
}
