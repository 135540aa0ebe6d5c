/** What a command prints: results on standard output, everything else on standard error. */
import { isatty } from "node:tty";
import { createInterface } from "node:readline/promises";
import { stripVTControlCharacters } from "node:util";
import { Listr, ListrLogger, ProcessOutput } from "listr2";
import type { ListrTask } from "listr2";
import pc from "picocolors";

/** Where a command prints to. */
export interface Output {
  /** Whether only JSON is to be printed. */
  readonly json: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;
  /** A line of the result. */
  line(text?: string): void;
  /** A result for programs: one JSON value on one line. */
  value(value: unknown): void;
  /** A line for people that is no result. */
  note(text: string): void;
  /** Rows under headings, without lines around them. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): string;
  /** Runs steps and shows how far they are. The first error ends them and is thrown. */
  steps(tasks: readonly ListrTask<unknown>[], options?: StepsOptions): Promise<void>;
  /** Asks a person on a terminal; null where there is none. */
  ask(question: string): Promise<string | null>;
}

/** How {@link Output.steps} runs its steps: without options one after the other. */
export interface StepsOptions {
  /** Whether the steps run at once; one that fails does not stop the others. */
  readonly concurrent?: boolean;
}

/** Output to this process's streams. */
export function processOutput(options: { readonly json: boolean }): Output {
  const { json } = options;
  // picocolors heeds NO_COLOR, FORCE_COLOR and whether standard output is a terminal.
  const colors = pc.createColors(pc.isColorSupported && isatty(1));
  return {
    json,
    colors,
    line(text = "") {
      if (!json) process.stdout.write(`${text}\n`);
    },
    value(value) {
      process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    note(text) {
      if (!json) process.stderr.write(`${text}\n`);
    },
    table,
    async steps(tasks, { concurrent = false } = {}) {
      const failures: unknown[] = [];
      const kept = tasks.map((given) => ({
        ...given,
        task: async (...args: Parameters<typeof given.task>) => {
          try {
            await given.task(...args);
          } catch (error) {
            failures.push(error);
            throw error;
          }
        },
      }));
      const list = new Listr<unknown>(kept, {
        concurrent,
        exitOnError: false,
        ...rendering(json),
      });
      await list.run();
      if (failures.length > 0) throw failures[0];
    },
    async ask(question) {
      if (!isatty(0) || !isatty(2)) return null;
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
  };
}

/** A redrawn list on a terminal, a line for each step elsewhere, nothing beside JSON. */
function rendering(json: boolean) {
  const logger = new ListrLogger({
    useIcons: true,
    processOutput: new ProcessOutput(process.stderr, process.stderr),
  });
  return {
    renderer: "default",
    rendererOptions: { logger },
    fallbackRenderer: "simple",
    fallbackRendererCondition: !isatty(2),
    fallbackRendererOptions: { logger },
    silentRendererCondition: json,
  } as const;
}

/** Columns as wide as their widest cell, two spaces apart; colours take no room. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => width(cells[column]))));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - width(cell) + 2))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}

function width(cell = ""): number {
  return stripVTControlCharacters(cell).length;
}
