/** What a daemon's log says last, for an error's text. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** How much of a log's end is read. */
export const LOG_TAIL_BYTES = 64 * 1024;

/** The text of the last fatal line of a log, else of its last line; it never throws. */
export function logTail(log: string): string {
  let lines: string[];
  try {
    lines = lastLines(log);
  } catch {
    return "it wrote no log";
  }
  const fatal = lines.findLast((line) => line.includes('"level":"fatal"')) ?? lines.at(-1) ?? "";
  try {
    const { msg, error } = JSON.parse(fatal) as { msg?: string; error?: { message?: string } };
    return error?.message ?? msg ?? fatal;
  } catch {
    return fatal === "" ? "it wrote nothing" : fatal;
  }
}

/**
 * The whole lines among a file's last bytes; of a line that is longer than these, its end. Nothing
 * before them is read: a log may have grown for months.
 *
 * @throws what the file system throws
 */
function lastLines(file: string): string[] {
  const descriptor = openSync(file, "r");
  try {
    const { size } = fstatSync(descriptor);
    const start = Math.max(0, size - LOG_TAIL_BYTES);
    const tail = Buffer.alloc(size - start);
    const bytes = tail.subarray(0, readSync(descriptor, tail, 0, tail.length, start));
    // What begins in the middle of a line may do so in the middle of a character.
    const newline = start === 0 ? -1 : bytes.indexOf(0x0a);
    const whole = newline < 0 || newline === bytes.length - 1 ? bytes : bytes.subarray(newline + 1);
    const first = start === 0 ? 0 : characterAt(whole);
    return whole.subarray(first).toString("utf8").trimEnd().split("\n");
  } finally {
    closeSync(descriptor);
  }
}

/** Where the first whole character of UTF-8 begins: one has at most three bytes after its first. */
function characterAt(bytes: Uint8Array): number {
  const at = bytes.subarray(0, 4).findIndex((byte) => (byte & 0xc0) !== 0x80);
  return Math.max(0, at);
}
