/**
 * `npm run operators-docs`: runs every command that the operators' documents show, in their order, on
 * real daemons, and writes what each printed into the document. A test runs them the same way and
 * fails where a document shows something else.
 *
 * A line `$ COMMAND` in a block of kind `console` is run; the lines up to the next one are what it
 * printed, without the progress.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const TQ = path.join(ROOT, "ts", "cli", "bin", "tq.js");
const FOLDER = path.join(ROOT, "docs", "operators");

/** The documents of one rack, in the order in which they are run. */
export const RACKS: readonly (readonly string[])[] = [
  ["first-rack.md", "replace-a-sled.md", "lost-sleds.md"],
  ["upgrade.md"],
  ["new-version.md"],
  ["original.md"],
];

/** Commands that only look: daemons do their part in their own time, so these are asked again. */
const LOOKING = /^npx tq (status|doctor)\b/;
/** How long a look may take to show what is expected, in milliseconds. */
const PATIENCE_MS = 60_000;
const SETTLE_MS = 3000;

/** One command of a document and what it printed. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

/** A document's text. */
export function readDocument(name: string): string {
  return readFileSync(path.join(FOLDER, name), "utf8");
}

/** The commands of a document. */
export function shownIn(document: string): Shown[] {
  return blocksOf(document).flatMap((block) => commandsOf(block));
}

/** A rack in a folder of its own, for the documents of one rack. */
export class Workshop {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "tqd-docs-"));

  constructor() {
    // The documents speak from the project's folder.
    symlinkSync(path.join(ROOT, "testdata"), path.join(this.#folder, "testdata"));
    mkdirSync(path.join(this.#folder, "bin"));
    const npx = path.join(this.#folder, "bin", "npx");
    writeFileSync(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${TQ}" "$@"\n`, {
      mode: 0o755,
    });
  }

  /**
   * What a command prints, without the progress.
   *
   * @param expected what a command that only looks is waited for to print; absent: it settles first
   */
  async run(command: string, expected?: string): Promise<string> {
    if (!LOOKING.test(command)) return this.#once(command);
    if (expected === undefined) await sleep(SETTLE_MS);
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const output = this.#once(command);
      const asWanted = expected === undefined || steady(output) === steady(expected);
      if (asWanted || Date.now() > deadline) return output;
    }
  }

  clean(): void {
    this.#once("npx tq down --force");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #once(command: string): string {
    const { TQ_RACK: _, ...env } = process.env;
    const { stdout } = spawnSync("sh", ["-c", `{ ${command}\n} 2>&1`], {
      cwd: this.#folder,
      env: { ...env, PATH: `${this.#folder}/bin:${env["PATH"] ?? ""}`, NO_COLOR: "1" },
      encoding: "utf8",
    });
    const lines = stdout.split("\n").filter((line) => !/^[❯›✔✖⚠] ?/.test(line));
    return lines.join("\n").replaceAll(`${this.#folder}/`, "").trimEnd();
  }
}

/** Text without what differs from run to run: times, random digests, days that pass. */
export function steady(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "<time>")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "<digest>")
    .replaceAll(/\b\d+ days\b/g, "# days");
}

/** The document with every block replaced by what its commands print now. */
export async function renewed(document: string, workshop: Workshop): Promise<string> {
  let text = document;
  for (const block of blocksOf(document)) {
    const lines: string[] = [];
    for (const { command, output: before } of commandsOf(block)) {
      const output = await workshop.run(command);
      // What only differs in times and digests stays, so that the document does not change for nothing.
      const kept = steady(output) === steady(before) ? before : output;
      lines.push(`$ ${command}`, ...(kept === "" ? [] : [kept]));
    }
    text = text.replace(block, () => `${lines.join("\n")}\n`);
  }
  return text;
}

function blocksOf(document: string): string[] {
  return [...document.matchAll(/```console\n([^]*?)```/g)].map(([, block]) => block ?? "");
}

function commandsOf(block: string): Shown[] {
  const shown: { command: string; lines: string[] }[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("$ ")) shown.push({ command: line.slice(2), lines: [] });
    else shown.at(-1)?.lines.push(line);
  }
  return shown.map(({ command, lines }) => ({ command, output: lines.join("\n").trimEnd() }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const names of RACKS) {
    const workshop = new Workshop();
    try {
      for (const name of names) {
        const text = await renewed(readDocument(name), workshop);
        writeFileSync(path.join(FOLDER, name), text);
      }
    } finally {
      workshop.clean();
    }
  }
}
