/** Worker processes, whose subjects are measured in the same rounds as those of this process. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Side, Subject } from "./measure.ts";

/** How long a process may take to end once it has nothing more to read. */
const CLOSE_MS = 5000;

/** What went wrong, in one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().replaceAll(/\s*\n\s*/g, "; ");
}

/** The first line of a worker process. */
export interface Greeting {
  /** The kernel of GF(2^8) that it uses, where it can tell. */
  readonly kernel?: string;
  readonly subjects: readonly { readonly case: string; readonly subject: string }[];
}

/**
 * The Rust program, or this package with another backend or kernel. A worker writes lines of JSON to its
 * standard output: first a {@link Greeting}, then, for each line
 * `CASE⇥SUBJECT⇥MILLISECONDS` that it reads from its standard input, one `{"ns": …}` with the nanoseconds of
 * one call (bytes in cases of memory) or `{"error": …}` with a reason. Requests are made one at a time.
 */
export class WorkerProcess {
  readonly greeting: Greeting;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #side: (subject: string) => Side;
  /** Resolves with how the process ended, once it has. */
  readonly #ended: Promise<string>;

  private constructor(
    child: ChildProcessWithoutNullStreams,
    options: {
      readonly lines: AsyncIterator<string>;
      readonly side: (subject: string) => Side;
      readonly greeting: Greeting;
      readonly ended: Promise<string>;
    },
  ) {
    this.#child = child;
    this.#lines = options.lines;
    this.#side = options.side;
    this.#ended = options.ended;
    this.greeting = options.greeting;
  }

  /**
   * Starts a program and waits for its greeting.
   *
   * @throws Error with the last line of the program's standard error, where it ends instead
   */
  static async start(
    command: readonly [string, ...string[]],
    options: { env?: Record<string, string>; side: (subject: string) => Side },
  ): Promise<WorkerProcess> {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let errorText = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errorText += text));
    const lastError = () => errorText.trim().split("\n").at(-1) ?? "";
    const ended = new Promise<string>((resolve) => {
      child.on("error", (error) => {
        errorText += error.message;
        resolve(error.message);
      });
      child.on("close", (code, signal) => {
        const reason = lastError();
        resolve(
          `${signal ?? `exit code ${code ?? "unknown"}`}${reason === "" ? "" : `: ${reason}`}`,
        );
      });
    });
    // Where the program has ended, the line that is read next is missing, and that is reported.
    child.stdin.on("error", () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) {
      const how = await ended;
      throw new Error(lastError() === "" ? `${program} ended at once (${how})` : lastError());
    }
    const greeting = JSON.parse(first.value) as Greeting;
    return new WorkerProcess(child, { lines, side: options.side, greeting, ended });
  }

  /** The worker's subjects of a case. */
  subjects(caseId: string): readonly Subject[] {
    return this.greeting.subjects
      .filter((one) => one.case === caseId)
      .map(({ subject }) => ({
        name: subject,
        side: this.#side(subject),
        sample: (milliseconds) => this.#sample(caseId, subject, milliseconds),
      }));
  }

  /** Ends the process: it stops where it has nothing more to read, and is killed where it does not. */
  close(): void {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill(), CLOSE_MS);
    void this.#ended.then(() => clearTimeout(timer));
  }

  async #sample(caseId: string, subject: string, milliseconds: number): Promise<number> {
    this.#child.stdin.write(`${[caseId, subject, Math.ceil(milliseconds)].join("\t")}\n`);
    const line = await this.#lines.next();
    if (line.done === true) {
      throw new Error(`the process that measures ${subject} ended (${await this.#ended})`);
    }
    const answer = JSON.parse(line.value) as { ns: number } | { error: string };
    if ("error" in answer) throw new Error(answer.error);
    return answer.ns;
  }
}
