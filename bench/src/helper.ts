/**
 * A second process that takes part in the rounds: the Rust program, or this package under another
 * kernel. Both speak lines: first a JSON object that names the kernel and the subjects, then for each
 * request `CASE⇥SUBJECT⇥MILLISECONDS` a JSON object with the nanoseconds of one call.
 */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import type { Side, Subject } from "./measure.ts";

/** What a helper says first. */
export interface Greeting {
  readonly kernel?: string;
  readonly subjects: readonly { readonly case: string; readonly subject: string }[];
}

/** See the head of this file. */
export class Helper {
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
   * Starts a program and waits until it is ready.
   *
   * @throws Error with what the program wrote on its standard error, if it ends instead
   */
  static async start(
    command: readonly [string, ...string[]],
    options: { env?: Record<string, string>; side: (subject: string) => Side },
  ): Promise<Helper> {
    const [program, ...args] = command;
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    child.on("error", (error) => (complaint += error.message));
    // A program that is gone shows at the next line that does not come.
    child.stdin.on("error", () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done === true) {
      const [reason = ""] = complaint.trim().split("\n").slice(-1);
      throw new Error(reason === "" ? `${program} ended at once` : reason);
    }
    return new Helper(child, lines, options.side, JSON.parse(first.value) as Greeting);
  }

  /** Its subjects of a case. */
  subjects(caseId: string): readonly Subject[] {
    return this.greeting.subjects
      .filter((one) => one.case === caseId)
      .map(({ subject }) => ({
        name: subject,
        side: this.#side(subject),
        sample: (milliseconds) => this.#sample(caseId, subject, milliseconds),
      }));
  }

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
