/** Lines for a terminal: at most 100 columns, in colour only where someone looks at them. */
import { styleText } from "node:util";

/** The most columns a line has. */
const COLUMNS_MAX = 100;

const INDENT = "   ";
/** Runs of more rows than this that say the same are shortened. */
const ALIKE_ROWS_MAX = 8;

/** How a line is meant: it decides the colour, and the text says the same without it. */
export type Tone = "plain" | "good" | "bad" | "quiet" | "strong";

/** One line about one sled, or about the control plane. */
export interface Row {
  readonly who: string;
  /** One or two words: what happened. */
  readonly what: string;
  readonly text?: string;
  readonly tone?: Tone;
}

/** Where the demo tells its story; with `--json` nobody listens. */
export interface Story {
  /** Begins a phase. The note stands at the right edge. */
  phase(title: string, note?: string): void;
  /** A paragraph, wrapped. */
  say(text: string, tone?: Tone): void;
  /** Aligned lines, in which long runs of rows that say the same are shortened. */
  rows(rows: readonly Row[]): void;
}

/** Whether a stream wants colour: `FORCE_COLOR` decides, else `NO_COLOR`, else whether it is a TTY. */
export function wantsColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force !== "0" && force !== "false";
  if (no !== undefined && no !== "") return false;
  return stream.isTTY === true && term !== "dumb";
}

/** Tells nothing. */
export const silentStory: Story = { phase() {}, say() {}, rows() {} };

/** Tells the story line by line. */
export class TerminalStory implements Story {
  readonly #write: (text: string) => void;
  readonly #colour: boolean;
  #phases = 0;

  constructor(write: (text: string) => void, options: { colour: boolean }) {
    this.#write = write;
    this.#colour = options.colour;
  }

  phase(title: string, note = ""): void {
    const head = `${++this.#phases}  ${title}`;
    const aside = printable(note);
    const gap = " ".repeat(Math.max(2, COLUMNS_MAX - width(head) - width(aside)));
    const right = aside === "" ? "" : gap + this.#style("quiet", aside);
    this.#write(`\n${this.#style("strong", head)}${right}\n`);
  }

  say(text: string, tone: Tone = "plain"): void {
    for (const line of wrap(printable(text), COLUMNS_MAX - width(INDENT))) {
      this.#write(`${INDENT}${this.#style(tone, line)}\n`);
    }
  }

  rows(rows: readonly Row[]): void {
    const shown = shorten(rows);
    const whoWidth = Math.max(...shown.map(({ who }) => width(who)));
    const whatWidth = Math.max(...shown.map(({ what }) => width(what)));
    for (const { who, what, text = "", tone = "plain" } of shown) {
      const left = `${INDENT}${pad(who, whoWidth)}   `;
      const lines = wrap(text, COLUMNS_MAX - width(left) - whatWidth - 2);
      const first = `${left}${this.#style(tone, pad(what, whatWidth))}  ${lines[0] ?? ""}`;
      this.#write(`${first.trimEnd()}\n`);
      const hanging = " ".repeat(width(left) + whatWidth + 2);
      for (const line of lines.slice(1)) this.#write(`${hanging}${line}\n`);
    }
  }

  #style(tone: Tone, text: string): string {
    if (!this.#colour || tone === "plain") return text;
    // Whether to colour was decided already; newer versions of Node would decide once more.
    return styleText(STYLES[tone], text, { validateStream: false });
  }
}

const STYLES = { good: "green", bad: "red", quiet: "dim", strong: "bold" } as const;

/** Keeps the ends of each long run of rows that differ in nothing but the sled and its numbers. */
function shorten(rows: readonly Row[]): Row[] {
  const shown: Row[] = [];
  for (let start = 0, end = 0; start < rows.length; start = end) {
    while (end < rows.length && alike(rows[start], rows[end])) end++;
    const run = rows.slice(start, end);
    if (run.length <= ALIKE_ROWS_MAX) {
      shown.push(...run);
    } else {
      const who = `… ${run.length - 4} more …`;
      const { what = "", tone = "plain" } = run[0] ?? {};
      shown.push(...run.slice(0, 3), { who, what, text: "likewise", tone }, ...run.slice(-1));
    }
  }
  return shown;
}

function alike(a: Row | undefined, b: Row | undefined): boolean {
  return a?.what === b?.what && a?.tone === b?.tone && shape(a?.text) === shape(b?.text);
}

/** A text without the numbers in it, whether decimal or the first digits of a digest. */
function shape(text = ""): string {
  return text.replaceAll(/\b[0-9a-f]{8}\b|\d+/g, "0").replaceAll(/ +/g, " ");
}

/** A text in which nothing but letters and signs reaches the terminal: file names may hold anything. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\ufffd");
}

function wrap(text: string, columns: number): string[] {
  if (width(text) <= columns) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** Columns of a text: one for each code point. The demo's own texts have no wide characters. */
function width(text: string): number {
  return Array.from(text).length;
}
