/** Splitting a file into lines, parsing them as JSON, and validating them. */
import { EventLogError } from "./errors.ts";
import type { LogErrorCode, LogErrorDetails } from "./errors.ts";
import { schemaErrors } from "./validation.ts";
import type { Validator } from "./validation.ts";

/** The most bytes of one line: 64 MiB. */
export const LOG_LINE_BYTES_MAX = 64 * 1024 * 1024;

/** A line, numbered from 1: the value that it holds, or the error that parsing it gave. */
export type JsonLine = {
  readonly line: number;
  /** Whether a newline ends it. */
  readonly ended: boolean;
  /** The line itself, without its newline. */
  readonly bytes: Uint8Array;
} & ({ readonly value: unknown } | { readonly error: EventLogError });

/**
 * The lines of a file.
 *
 * @throws EventLogError `ERR_TQ_LOG_LINE_TOO_LONG`
 */
export function* jsonLines(bytes: Uint8Array): Generator<JsonLine, void> {
  const lines = new JsonLines();
  yield* lines.push(bytes);
  yield* lines.end();
}

/** Splits a file that arrives in pieces into lines. */
export class JsonLines {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The parts of a line whose end has not arrived yet. */
  readonly #begun: Uint8Array[] = [];
  #begunBytes = 0;
  #line = 1;

  /**
   * The lines that end in a piece. The piece is kept until its last line ends, so it must not change.
   *
   * @throws EventLogError `ERR_TQ_LOG_LINE_TOO_LONG`
   */
  *push(piece: Uint8Array): Generator<JsonLine, void> {
    let start = 0;
    for (;;) {
      const newline = piece.indexOf(0x0a, start);
      if (newline < 0) break;
      this.#keep(piece.subarray(start, newline));
      yield this.#take(true);
      start = newline + 1;
    }
    if (start < piece.length) this.#keep(piece.subarray(start));
  }

  /** The last line, where no newline ends it. */
  *end(): Generator<JsonLine, void> {
    if (this.#begunBytes > 0) yield this.#take(false);
  }

  #keep(part: Uint8Array): void {
    this.#begun.push(part);
    this.#begunBytes += part.length;
    const bytes = this.#begunBytes;
    if (bytes <= LOG_LINE_BYTES_MAX) return;
    failAt(this.#line, "ERR_TQ_LOG_LINE_TOO_LONG", { bytes, limit: LOG_LINE_BYTES_MAX });
  }

  #take(ended: boolean): JsonLine {
    const bytes = joined(this.#begun);
    const parsed = parseLine(this.#decoder, bytes, this.#line);
    const line = this.#line++;
    this.#begun.length = 0;
    this.#begunBytes = 0;
    return { line, ended, bytes, ...parsed };
  }
}

/** One array of several; where there is one only, that one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function parseLine(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Uint8Array,
  line: number,
): { value: unknown } | { error: EventLogError } {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    return { error: new EventLogError("ERR_TQ_LOG_BAD_UTF8", {}, { line, cause }) };
  }
  try {
    return { value: JSON.parse(text) };
  } catch (cause) {
    // The engine's own message quotes the line, which may hold secrets.
    const problem = text.trim() === "" ? "it is empty" : "it cannot be parsed";
    return { error: new EventLogError("ERR_TQ_LOG_BAD_JSON", { problem }, { line, cause }) };
  }
}

/**
 * Checks a line against its schema.
 *
 * @throws EventLogError `ERR_TQ_LOG_INVALID_FIELD`
 */
export function checkLine(validator: Validator, value: unknown, line: number): void {
  if (validator.check(value)) return;
  const errors = schemaErrors(value, validator.schema);
  // The deepest error is the most specific one: those above it only say that no variant fits.
  const error = errors.toSorted((a, b) => depth(b.path) - depth(a.path))[0];
  const field = error === undefined || error.path === "" ? "the line" : error.path;
  failAt(line, "ERR_TQ_LOG_INVALID_FIELD", { field, problem: error?.message ?? "is not valid" });
}

function depth(path: string): number {
  return path.split("/").length;
}

/** Throws the error of a line. */
export function failAt<C extends LogErrorCode>(
  line: number,
  code: C,
  details: LogErrorDetails[C],
): never {
  throw new EventLogError(code, details, { line });
}

/** A value of unknown origin for a message: short, and without control characters. */
export function shownName(value: unknown): string {
  if (typeof value !== "string") return "without a name";
  return JSON.stringify(value.slice(0, 40));
}
