/**
 * Writes compact JSON as serde_json does, in UTF-8 and without intermediate strings: the output may contain
 * a share, and every buffer that the writer replaces is zeroed.
 */
import { utf8, writeHex } from "../base/bytes.ts";
import { invalidArgument } from "../base/arguments.ts";
import { requireLedgerLength } from "./limits.ts";

const CAPACITY_INITIAL = 4096;

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

/** What follows the backslash for the control characters that have a short escape. */
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x08, "b"],
  [0x09, "t"],
  [0x0a, "n"],
  [0x0c, "f"],
  [0x0d, "r"],
  [QUOTE, '"'],
  [BACKSLASH, "\\"],
]);

export class JsonWriter {
  #bytes = new Uint8Array(CAPACITY_INITIAL);
  #length = 0;

  /** A view of what was written so far; the next write may zero it. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** ASCII as it stands: punctuation and keys. */
  literal(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  /** An integer from 0 to 2^53−1. */
  uint(value: number, argument: string): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw invalidArgument(argument, "is not an integer from 0 to 2^53-1");
    }
    this.literal(String(value));
  }

  /** A string: quotes, backslashes and control characters escaped, all else as UTF-8. */
  text(text: string): void {
    this.literal('"');
    for (const byte of utf8(text)) {
      const short = SHORT_ESCAPES.get(byte);
      if (short !== undefined) this.literal(`\\${short}`);
      else if (byte < 0x20) this.literal(`\\u${byte.toString(16).padStart(4, "0")}`);
      else this.#byte(byte);
    }
    this.literal('"');
  }

  /** The hex text of public bytes. */
  hex(bytes: Uint8Array): void {
    this.literal('"');
    this.#reserve(2 * bytes.length);
    this.#length = writeHex(this.#bytes, this.#length, bytes);
    this.literal('"');
  }

  /** `[1,2,255]`: an array of integers, one for each byte from `start` on. */
  byteArray(bytes: Uint8Array, start = 0): void {
    this.#reserve(2 + 4 * bytes.length);
    const out = this.#bytes;
    let at = this.#length;
    out[at++] = 0x5b;
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      if (i > start) out[at++] = COMMA;
      if (byte >= 100) out[at++] = ZERO + Math.floor(byte / 100);
      if (byte >= 10) out[at++] = ZERO + (Math.floor(byte / 10) % 10);
      out[at++] = ZERO + (byte % 10);
    }
    out[at++] = 0x5d;
    this.#length = at;
  }

  /** Items between commas. */
  list<T>(items: Iterable<T>, write: (item: T) => void): void {
    let first = true;
    for (const item of items) {
      if (!first) this.#byte(COMMA);
      first = false;
      write(item);
    }
  }

  /** JSON made before. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /**
   * What was written, in a buffer of its own.
   *
   * @throws TrustQuorumError `ERR_TQ_LEDGER_TOO_LARGE`
   */
  finish(): Uint8Array {
    requireLedgerLength(this.#length);
    return this.#bytes.slice(0, this.#length);
  }

  /** Zeroes what was written. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    requireLedgerLength(needed);
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes.fill(0);
    this.#bytes = grown;
  }
}

/** What `write` writes, as bytes; all intermediate buffers are zeroed. */
export function writtenJson(write: (writer: JsonWriter) => void): Uint8Array {
  const writer = new JsonWriter();
  try {
    write(writer);
    return writer.finish();
  } finally {
    writer.wipe();
  }
}
