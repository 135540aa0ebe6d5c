/** Worker processes, whose subjects are measured in the same rounds as those of this process. */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Side, Subject } from "./measure.ts";

/** The first line of a worker process. */
export interface Greeting {
  /** The kernel of GF(2^8) that it uses, where it can tell. */
  readonly kernel?: string;
  readonly subjects: readonly { readonly case: string; readonly subject: string }[];
}

/**
 * The Rust program, or this package with another backend or kernel. A worker writes lines of JSON to its
 * standard output: first a {@link Greeting}, then one `{"ns": …}`, the nanoseconds of one call, for each
 * line `CASE⇥SUBJECT⇥MILLISECONDS` that it reads from its standard input. Requests are made one at a time.
 */
export class WorkerProcess {
  readonly greeting: Greeting;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #side: (subject: string) => Side;

  private constructor(
    child: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    side: (subject: string) => Side,
    greeting: Greeting,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.#side = side;
    this.greeting = greeting;
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
    child.on("error", (error) => (errorText += error.message));
    // Where the program has ended, the line that is read next is missing, and that is reported.
    child.stdin.on("error", () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) {
      const [reason = ""] = errorText.trim().split("\n").slice(-1);
      throw new Error(reason === "" ? `${program} ended at once` : reason);
    }
    return new WorkerProcess(child, lines, options.side, JSON.parse(first.value) as Greeting);
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

  /** Ends the process. */
  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }

  async #sample(caseId: string, subject: string, milliseconds: number): Promise<number> {
    this.#child.stdin.write(`${[caseId, subject, Math.ceil(milliseconds)].join("\t")}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`the process that measures ${subject} ended`);
    return (JSON.parse(line.value) as { ns: number }).ns;
  }
}
