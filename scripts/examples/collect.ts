/**
 * The examples of the sources' comments and of the documents: each block of an `@example`, each other
 * fenced block of TypeScript or JavaScript in a comment, and each such block of a document.
 */
import { readFileSync } from "node:fs";
import path from "node:path";

/** Code that a comment or a document shows. */
export interface Example {
  /** The file that shows it, below the root, with `/` on every system. */
  readonly file: string;
  /** The line of its first line of code, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** The name of the markers around it (`<!-- name:begin -->`), in documents that a program prints into. */
  readonly marker?: string;
}

/** An example as the file, the line and, where there is one, the marker say it. */
export function nameOf({ file, line, marker }: Example): string {
  return marker === undefined ? `${file}:${String(line)}` : `${file} (${marker})`;
}

/**
 * What a source's comments show.
 *
 * @throws Error where an `@example` shows no code, or stands where no comment of its own is
 */
export function examplesOfSource(file: string, text: string): Example[] {
  const lines = text.split("\n");
  const found: Example[] = [];
  let comment: Line[] | undefined;
  for (const [i, line] of lines.entries()) {
    const start = /^\s*\/\*\*(?<rest>.*)$/u.exec(line);
    if (comment === undefined && start === null) {
      if (/^\s*(?:\/\/|\*|\/\*).*@example\b/u.test(line)) {
        throw new Error(`${file}:${String(i + 1)}: an @example needs a comment /** … */`);
      }
      continue;
    }
    comment ??= [];
    const body = start?.groups?.["rest"] ?? line;
    const end = body.indexOf("*/");
    const content = end < 0 ? body : body.slice(0, end);
    comment.push({ number: i + 1, text: content.replace(/^\s*\* ?/u, "") });
    if (end < 0) continue;
    found.push(...examplesOfComment(file, comment));
    comment = undefined;
  }
  return found;
}

/** A line of a file without what makes it a comment. */
interface Line {
  readonly number: number;
  readonly text: string;
}

function examplesOfComment(file: string, lines: readonly Line[]): Example[] {
  const parts: { tag: string; lines: Line[] }[] = [{ tag: "", lines: [] }];
  let fenced = false;
  for (const line of lines) {
    const tag = fenced ? undefined : /^@(?<tag>\w+)(?<rest>.*)$/u.exec(line.text)?.groups;
    if (/^\s*```/u.test(line.text)) fenced = !fenced;
    if (tag === undefined) parts.at(-1)?.lines.push(line);
    else {
      const rest = { number: line.number, text: tag["rest"] ?? "" };
      parts.push({ tag: tag["tag"] ?? "", lines: [rest] });
    }
  }
  return parts.flatMap((part) => {
    const blocks = fencedBlocks(file, part.lines);
    if (part.tag !== "example") return blocks;
    if (blocks.length > 0) return blocks;
    const code = part.lines.filter(({ text }) => text.trim() !== "");
    const [first] = code;
    if (first === undefined || part.lines.some(({ text }) => text.startsWith("```"))) {
      const at = String(part.lines[0]?.number);
      throw new Error(`${file}:${at}: an @example without TypeScript`);
    }
    // From the first line of code on, so that lines of the example are lines of the file.
    const from = part.lines.indexOf(first);
    return [{ file, line: first.number, code: joined(part.lines.slice(from)) }];
  });
}

/** What a document shows, by its fences. */
export function examplesOfDocument(file: string, text: string): Example[] {
  const lines = text.split("\n").map((line, i) => ({ number: i + 1, text: line }));
  const markers = markersOf(lines);
  return fencedBlocks(file, lines).map((example) => {
    const marker = markers.find(({ from, to }) => from < example.line && example.line < to);
    return marker === undefined ? example : { ...example, marker: marker.name };
  });
}

/** The sections that a program prints, or that a test reads, each between two markers. */
function markersOf(lines: readonly Line[]): { name: string; from: number; to: number }[] {
  return lines.flatMap(({ number, text }) => {
    const name = /^<!-- (?<name>[\w-]+):begin -->$/u.exec(text)?.groups?.["name"];
    if (name === undefined) return [];
    const end = lines.find((line) => line.text === `<!-- ${name}:end -->`);
    return end === undefined ? [] : [{ name, from: number, to: end.number }];
  });
}

const FENCE = /^\s*```(?<language>\w*)/u;
const LANGUAGES = ["ts", "typescript", "js", "javascript", "mjs"];

function fencedBlocks(file: string, lines: readonly Line[]): Example[] {
  const found: Example[] = [];
  let open: { language: string; lines: Line[] } | undefined;
  for (const line of lines) {
    const fence = FENCE.exec(line.text)?.groups;
    if (fence === undefined) open?.lines.push(line);
    else if (open === undefined) open = { language: fence["language"] ?? "", lines: [] };
    else {
      const [first] = open.lines;
      if (LANGUAGES.includes(open.language)) {
        if (open.lines.every(({ text }) => text.trim() === "")) {
          throw new Error(`${file}:${String(line.number)}: an example without code`);
        }
        found.push({ file, line: first?.number ?? line.number, code: joined(open.lines) });
      }
      open = undefined;
    }
  }
  return found;
}

function joined(lines: readonly Line[]): string {
  return `${lines
    .map(({ text }) => text)
    .join("\n")
    .trimEnd()}\n`;
}

/** Reads files below a root and collects their examples, in order. */
export function collect(
  root: string,
  sources: readonly string[],
  documents: readonly string[],
): Example[] {
  const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
  return [
    ...sources.flatMap((file) => examplesOfSource(file, read(file))),
    ...documents.flatMap((file) => examplesOfDocument(file, read(file))),
  ];
}
