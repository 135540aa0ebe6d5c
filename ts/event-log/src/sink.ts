/** The destinations of a recorder's lines. */

/** Receives the lines of a log. Its methods must neither throw nor wait, so that a log never delays a node. */
export interface LogSink {
  /**
   * Whether the recorder should begin a new file as soon as the nodes have saved everything: the current
   * file is full, or lines of it were lost, without which the following ones cannot be read.
   */
  readonly wantsHeader: boolean;
  /** Begins the log, or a new file of it, with a header. */
  begin(header: string): void;
  /** Receives a line without its newline. */
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
