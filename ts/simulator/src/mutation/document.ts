/** The tables of docs/mutation.md, from a report. */
import { percent, tally, undetected } from "./report.ts";
import type { Report, Undetected } from "./report.ts";
import { REASONS } from "./survivors.ts";

const BEGIN = "<!-- begin, written by `npm run mutation -- --no-run --write-document` -->";
const END = "<!-- end -->";

/** The document with its tables as the report has them. */
export function inDocument(document: string, report: Report): string {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from < 0 || to < from) throw new Error("docs/mutation.md has no place for the tables");
  const body = `${scores(report)}\n\n${survivors(undetected(report))}`;
  return `${document.slice(0, from)}${BEGIN}\n\n${body}\n\n${document.slice(to)}`;
}

function scores(report: Report): string {
  const rows = Object.entries(report.files).map(([path, file]) => {
    return row(`\`${path.split("/").at(-1) ?? path}\``, tally([file]));
  });
  return table(
    ["file", "mutants", "killed", "timed out", "survived", "without a test", "score"],
    [...rows, row("all", tally(Object.values(report.files)))],
  );
}

function row(name: string, counts: ReturnType<typeof tally>): string[] {
  const { mutants, killed, timeout, survived, noCoverage, score } = counts;
  return [name, ...[mutants, killed, timeout, survived, noCoverage].map(String), percent(score)];
}

function survivors(all: readonly Undetected[]): string {
  const groups = Object.entries(REASONS).map(([reason, what]) => {
    const rows = all
      .filter(({ explained }) => explained?.reason === reason)
      .map(({ file, where, original, replacement, explained }) => [
        `\`${file}\`${where === "" ? "" : ` \`${where}\``}`,
        `${code(original)} → ${code(replacement)}`,
        explained?.why ?? "",
      ]);
    if (rows.length === 0) return "";
    const head = `### ${what} (${rows.length})`;
    return `${head}\n\n${table(["where", "mutant", "why no test can or should notice"], rows)}`;
  });
  const missing = all.filter(({ explained }) => explained === undefined).length;
  if (missing > 0) groups.push(`${missing} are not explained.`);
  return groups.filter((group) => group !== "").join("\n\n");
}

function code(text: string): string {
  return text === "" ? "nothing" : `\`\` ${text.replaceAll("|", "\\|")} \`\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
