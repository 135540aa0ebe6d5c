/**
 * Reads JSON byte by byte, exactly in the form in which the writer writes it: no spaces, the fields
 * in their order, each character escaped in one way only. A share is copied from the file's bytes
 * into a buffer that the caller zeroes, never through a string or a JavaScript array. Errors never
 * quote the input.
 */
import { fromHex, fromUtf8 } from "../base/bytes.ts";
import { TrustQuorumError } from "../base/errors.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;

/** The characters behind the short escapes. */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x74, 0x09],
  [0x6e, 0x0a],
  [0x66, 0x0c],
  [0x72, 0x0d],
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
]);

export class JsonReader {
  readonly #bytes: Uint8Array;
  #offset: number;

  /** Reads from `offset` on. */
  constructor(bytes: Uint8Array, offset = 0) {
    // A plain view: `slice()` of a Node.js Buffer would not copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#offset = offset;
  }

  /** Where the next value starts. */
  get offset(): number {
    return this.#offset;
  }

  /** Exactly this ASCII text. */
  literal(text: string): void {
    if (!this.maybe(text)) throw corrupt(this.#offset, `${text} is expected`);
  }

  /** Reads this ASCII text, if it is next. */
  maybe(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      if (this.#bytes[this.#offset + i] !== text.charCodeAt(i)) return false;
    }
    this.#offset += text.length;
    return true;
  }

  /** Items between commas, up to the closing bracket, which is read too. */
  list(close: "]" | "}", readItem: () => void): void {
    if (this.maybe(close)) return;
    do readItem();
    while (this.maybe(","));
    this.literal(close);
  }

  /** An integer up to `max`, at most 2^53−1, without leading zeros. */
  uint(max: number): number {
    const at = this.#offset;
    let value = 0;
    let byte = this.#bytes[at] ?? 0;
    while (byte >= ZERO && byte <= NINE && value <= max) {
      value = value * 10 + (byte - ZERO);
      this.#offset += 1;
      byte = this.#bytes[this.#offset] ?? 0;
    }
    const digits = this.#offset - at;
    const leadingZero = digits > 1 && this.#bytes[at] === ZERO;
    if (digits === 0 || leadingZero || value > max) {
      throw corrupt(at, `an integer from 0 to ${max} is expected`);
    }
    return value;
  }

  /** An array of integers 0–255, one for each byte of `target` from `from` on. */
  byteArray(target: Uint8Array, from = 0): void {
    this.literal("[");
    for (let i = from; i < target.length; i++) {
      if (i > from) this.literal(",");
      target[i] = this.uint(0xff);
    }
    this.literal("]");
  }

  /** An array of integers 0–255 of any length. */
  bytes(): Uint8Array {
    let count = this.#bytes[this.#offset + 1] === CLOSE_ARRAY ? 0 : 1;
    for (let at = this.#offset; at < this.#bytes.length; at++) {
      if (this.#bytes[at] === CLOSE_ARRAY) break;
      if (this.#bytes[at] === COMMA) count += 1;
    }
    const target = new Uint8Array(count);
    this.byteArray(target);
    return target;
  }

  /** A string of lower-case hex, of `length` bytes where given. */
  hex(length?: number): Uint8Array {
    const at = this.#offset;
    const bytes = fromHex(this.text());
    if (bytes === undefined || (length !== undefined && bytes.length !== length)) {
      const size = length === undefined ? "whole" : String(length);
      throw corrupt(at, `lower-case hex of ${size} bytes is expected`);
    }
    return bytes;
  }

  /** A string. */
  text(): string {
    const at = this.#offset;
    this.literal('"');
    let end = this.#offset;
    while (end < this.#bytes.length && this.#bytes[end] !== QUOTE) {
      end += this.#bytes[end] === BACKSLASH ? 2 : 1;
    }
    const plain = new Uint8Array(Math.max(0, Math.min(end, this.#bytes.length) - this.#offset));
    let length = 0;
    while (this.#offset < end) plain[length++] = this.#character();
    this.literal('"');
    const text = fromUtf8(plain.subarray(0, length));
    if (text === undefined) throw corrupt(at, "the text is not valid UTF-8");
    return text;
  }

  /** Refuses any bytes after the value. */
  end(): void {
    if (this.#offset < this.#bytes.length) throw corrupt(this.#offset, "the file should end");
  }

  /** One byte of a string's text, escaped or not. */
  #character(): number {
    const at = this.#offset;
    const byte = this.#bytes[at] ?? 0;
    if (byte >= 0x20 && byte !== BACKSLASH) {
      this.#offset += 1;
      return byte;
    }
    const escaped = byte === BACKSLASH ? this.#escape(at + 1) : undefined;
    if (escaped === undefined) throw corrupt(at, "a character is not escaped as it should be");
    return escaped;
  }

  #escape(at: number): number | undefined {
    const kind = this.#bytes[at] ?? 0;
    const short = SHORT_ESCAPES.get(kind);
    if (short !== undefined) {
      this.#offset = at + 1;
      return short;
    }
    const digits = fromUtf8(this.#bytes.subarray(at, at + 5));
    const code = digits?.startsWith("u00") === true ? fromHex(digits.slice(3))?.[0] : undefined;
    // Each control character has one form: the short escape if there is one, else this.
    if (code === undefined || code >= 0x20 || SHORT_FORMS.has(code)) return undefined;
    this.#offset = at + 5;
    return code;
  }
}

const SHORT_FORMS: ReadonlySet<number> = new Set(SHORT_ESCAPES.values());

/** The error for a file that this writer cannot have written. */
export function corrupt(
  offset: number,
  problem: string,
): TrustQuorumError<"ERR_TQ_LEDGER_CORRUPT"> {
  return new TrustQuorumError("ERR_TQ_LEDGER_CORRUPT", { offset, problem });
}
