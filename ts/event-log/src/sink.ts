/** Where a recorder puts its lines. */

/** Takes the lines of logs. It must neither throw nor wait: a log never holds up a node. */
export interface LogSink {
  /**
   * Whether a new file should begin, at the next moment at which a node is at rest: the current one is
   * full, or lines of it were lost, which would make what follows unreadable.
   */
  readonly wantsHeader: boolean;
  /** Begins a log, or a new file of one, with its header. */
  begin(header: string): void;
  /** Takes a line, without its newline. */
  line(text: string): void;
}

/** Keeps the lines of one log in memory. */
export class LogLines implements LogSink {
  readonly #lines: string[] = [];
  readonly wantsHeader = false;

  begin(header: string): void {
    this.#lines.push(header);
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  /** The lines so far, the header first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The log as one text, each line ended. */
  text(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }
}
