/** What all strict readers of JSON lines have in common: lines, and lines against their schemas. */
import { EventLogError } from "./errors.ts";
import type { LogErrorCode, LogErrorDetails } from "./errors.ts";
import { schemaErrors } from "./validation.ts";
import type { Validator } from "./validation.ts";

/** The most bytes of one line: 64 MiB. */
export const LOG_LINE_BYTES_MAX = 64 * 1024 * 1024;

/** A line, from 1: its JSON, or why it has none. */
export type JsonLine = {
  readonly line: number;
  /** Whether a newline ends it. */
  readonly ended: boolean;
} & ({ readonly value: unknown } | { readonly error: EventLogError });

/**
 * The lines of a file.
 *
 * @throws EventLogError `ERR_TQ_LOG_LINE_TOO_LONG`
 */
export function* jsonLines(bytes: Uint8Array): Generator<JsonLine, void> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const length = end - start;
    if (length > LOG_LINE_BYTES_MAX) {
      failAt(line, "ERR_TQ_LOG_LINE_TOO_LONG", { bytes: length, limit: LOG_LINE_BYTES_MAX });
    }
    const parsed = parseLine(decoder, bytes.subarray(start, end), line);
    yield { line, ended: newline >= 0, ...parsed };
    start = end + 1;
  }
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
  // The deepest says most: those above it only say that no variant fits.
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
