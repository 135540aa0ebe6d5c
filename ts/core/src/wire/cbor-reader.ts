/**
 * Reads the subset of CBOR (RFC 8949) that the wire uses, and refuses everything else with an error code for
 * each case and the offset of the item. The caller asks for each item by its type and none is skipped, so
 * that input cannot cause recursion; no buffer is allocated before the bytes that fill it are known to be
 * in the input. Errors never quote the input.
 */
import { requireBytes } from "../base/arguments.ts";
import { fromUtf8, readHex } from "../base/bytes.ts";
import { TrustQuorumError } from "../base/errors.ts";
import type { BytesCache, RecentItems } from "./bytes-cache.ts";
import type { Name } from "./cbor-writer.ts";

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;

/** The names of an enum: those that stand alone, and those that have data. */
export interface Variants<N extends string> {
  /** What to call the enum in an error. */
  readonly type: string;
  readonly unit: readonly Name<N>[];
  readonly data: readonly Name<N>[];
}

export class CborReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    requireBytes("body", bytes);
    // A plain view: `slice()` of a Node.js Buffer would not copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Where the next item starts. */
  get offset(): number {
    return this.#offset;
  }

  /** An integer up to `max`, at most 2^53−1. */
  uint(type: string, max: number): number {
    const at = this.#offset;
    const value = this.#head(UINT, "an unsigned integer");
    if (value > max) throw new TrustQuorumError("ERR_TQ_WIRE_OUT_OF_RANGE", { offset: at, type });
    return value;
  }

  /** The head of an array of a fixed number of items. */
  arrayOf(count: number): void {
    this.#exactly(ARRAY, count, `an array of ${count}`);
  }

  /** The number of items of an array, each of which takes at least `itemBytesMin` bytes. */
  array(itemBytesMin: number): number {
    const count = this.#head(ARRAY, "an array");
    if (count > (this.#bytes.length - this.#offset) / itemBytesMin) throw this.#truncated();
    return count;
  }

  /** The head of a map of a fixed number of entries. */
  map(count: number): void {
    this.#exactly(MAP, count, count === 1 ? "a map of 1 entry" : `a map of ${count} entries`);
  }

  /** Exactly this key. */
  key(key: Name): void {
    const { item } = key;
    for (let i = 0; i < item.length; i++) {
      if (item[i] !== this.#bytes[this.#offset + i]) return this.#refuseKey(key, i);
    }
    this.#offset += item.length;
  }

  /** The name of an enum's variant; the data, where it has any, is the next item. */
  variant<N extends string>(variants: Variants<N>): N {
    const { type, unit, data } = variants;
    const major = (this.#bytes[this.#offset] ?? 0) >> 5;
    let names = unit;
    if (unit.length === 0 || (data.length > 0 && major === MAP)) {
      this.map(1);
      names = data;
    }
    const at = this.#offset;
    for (const candidate of names) if (this.#startsWith(candidate.item)) return candidate.name;
    this.#text(data.length > 0 && names === unit ? "text or a map of 1 entry" : "text");
    throw new TrustQuorumError("ERR_TQ_WIRE_UNKNOWN_VARIANT", { offset: at, type });
  }

  /** Reads text and returns where its bytes start; they end at {@link offset}. */
  textBytes(): number {
    const length = this.#text("text");
    return this.#offset - length;
  }

  /** The text of `bytes[start, end)`, read before by {@link textBytes}. */
  decodeText(start: number, end: number): string {
    const text = fromUtf8(this.#bytes.subarray(start, end));
    if (text === undefined) {
      throw new TrustQuorumError("ERR_TQ_WIRE_INVALID_UTF8", { offset: start });
    }
    return text;
  }

  /** The cached value of the bytes from `start` to {@link offset}, if there is one. */
  lookup<T>(cache: BytesCache<T>, start: number): T | undefined {
    return cache.lookup(this.#bytes, start, this.#offset);
  }

  /** Reads the next item at once, if it is one of these. */
  match<T>(recent: RecentItems<T>): T | undefined {
    const entry = recent.match(this.#bytes, this.#offset);
    if (entry !== undefined) this.#offset += entry.bytes.length;
    return entry?.value;
  }

  /** Caches the value of the bytes from `start` to {@link offset}; they must be public. */
  remember<T>(cache: BytesCache<T> | RecentItems<T>, start: number, value: T): void {
    cache.remember(this.#bytes, start, this.#offset, value);
  }

  /** A byte string of this length, as a view of the input. */
  byteString(length: number): Uint8Array {
    const start = this.#byteString(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A byte string of this length, copied into `target`. */
  copyByteString(target: Uint8Array, at: number, length: number): void {
    const start = this.#byteString(length);
    for (let i = 0; i < length; i++) target[at + i] = this.#bytes[start + i] ?? 0;
  }

  /** An array of integers 0–255, one for each byte of `target` from `from` on. */
  byteArray(target: Uint8Array, from: number): void {
    this.arrayOf(target.length - from);
    for (let i = from; i < target.length; i++) {
      const byte = this.#bytes[this.#offset] ?? 0xff;
      const next = this.#bytes[this.#offset + 1] ?? 0;
      if (byte < 24) {
        target[i] = byte;
        this.#offset += 1;
      } else if (byte === 0x18 && next >= 24) {
        target[i] = next;
        this.#offset += 2;
      } else {
        target[i] = this.uint("byte", 0xff);
      }
    }
  }

  /** An array of integers 0–255 of any length. */
  blob(): Uint8Array {
    const at = this.#offset;
    const target = new Uint8Array(this.array(1));
    this.#offset = at;
    this.byteArray(target, 0);
    return target;
  }

  /** The bytes of a text of lower-case hex. */
  hexText(type: string): Uint8Array {
    const at = this.#offset;
    const start = this.textBytes();
    const length = this.#offset - start;
    const out = new Uint8Array(length >> 1);
    if (!readHex(out, this.#bytes, start) || length % 2 !== 0) {
      throw invalidValue(at, type, "it is not lower-case hex of whole bytes");
    }
    return out;
  }

  boolean(): boolean {
    const at = this.#offset;
    const byte = this.#bytes[at];
    if (byte !== FALSE && byte !== TRUE) throw this.#unexpectedType(at, "a boolean");
    this.#offset = at + 1;
    return byte === TRUE;
  }

  /** Exactly null. */
  null(): void {
    if (!this.nullNext()) throw this.#unexpectedType(this.#offset, "null");
  }

  /** Reads null, if it is next. */
  nullNext(): boolean {
    if (this.#bytes[this.#offset] !== NULL) return false;
    this.#offset += 1;
    return true;
  }

  /** Refuses any bytes after the last item. */
  end(): void {
    if (this.#offset < this.#bytes.length) {
      throw new TrustQuorumError("ERR_TQ_WIRE_TRAILING_BYTES", { offset: this.#offset });
    }
  }

  /** Reads a head of this major type and returns its argument: a value, a length or a count. */
  #head(major: number, expected: string): number {
    const at = this.#offset;
    const initial = this.#bytes[at];
    if (initial === undefined || initial >> 5 !== major || (initial & 31) > 27) {
      throw this.#unexpectedType(at, expected);
    }
    const info = initial & 31;
    this.#offset = at + 1;
    return info < 24 ? info : this.#argument(at, 1 << (info - 24));
  }

  /** The argument of `size` bytes that follows an initial byte. Above 2^53 it is not exact. */
  #argument(at: number, size: number): number {
    if (at + 1 + size > this.#bytes.length) throw this.#truncated();
    let value = 0;
    for (let i = 1; i <= size; i++) value = value * 256 + (this.#bytes[at + i] ?? 0);
    const least = size === 1 ? 24 : 2 ** (4 * size);
    if (value < least) {
      throw new TrustQuorumError("ERR_TQ_WIRE_NON_CANONICAL_LENGTH", { offset: at });
    }
    this.#offset = at + 1 + size;
    return value;
  }

  #exactly(major: number, count: number, expected: string): void {
    const at = this.#offset;
    if (this.#head(major, expected) !== count) {
      throw new TrustQuorumError("ERR_TQ_WIRE_WRONG_LENGTH", { offset: at, expected });
    }
  }

  /** Skips a text and returns the length of its bytes. */
  #text(expected: string): number {
    const length = this.#head(TEXT, expected);
    if (length > this.#bytes.length - this.#offset) throw this.#truncated();
    this.#offset += length;
    return length;
  }

  /** Skips a byte string of this length and returns where its bytes start. */
  #byteString(length: number): number {
    this.#exactly(BYTES, length, `${length} bytes`);
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw this.#truncated();
    this.#offset = start + length;
    return start;
  }

  #startsWith(item: Uint8Array): boolean {
    for (let i = 0; i < item.length; i++) {
      if (item[i] !== this.#bytes[this.#offset + i]) return false;
    }
    this.#offset += item.length;
    return true;
  }

  #refuseKey(key: Name, matched: number): never {
    const at = this.#offset;
    if (at + matched >= this.#bytes.length) throw this.#truncated();
    this.#text("text");
    throw new TrustQuorumError("ERR_TQ_WIRE_UNEXPECTED_KEY", { offset: at, expected: key.name });
  }

  /** What is wrong with an initial byte that the caller did not expect. */
  #unexpectedType(at: number, expected: string): TrustQuorumError {
    const initial = this.#bytes[at];
    if (initial === undefined) return this.#truncated();
    const major = initial >> 5;
    const info = initial & 31;
    if (info === 31 && major >= BYTES && major <= MAP) {
      return new TrustQuorumError("ERR_TQ_WIRE_INDEFINITE_LENGTH", { offset: at });
    }
    const simple = initial === FALSE || initial === TRUE || initial === NULL;
    const known = major === UINT || (major >= BYTES && major <= MAP) || simple;
    if (!known || info > 27) {
      return new TrustQuorumError("ERR_TQ_WIRE_UNSUPPORTED_TYPE", { offset: at });
    }
    return new TrustQuorumError("ERR_TQ_WIRE_UNEXPECTED_TYPE", { offset: at, expected });
  }

  #truncated(): TrustQuorumError {
    return new TrustQuorumError("ERR_TQ_WIRE_TRUNCATED", { offset: this.#bytes.length });
  }
}

/** The error for a value that has the right shape and the wrong content. */
export function invalidValue(offset: number, type: string, problem: string): TrustQuorumError {
  return new TrustQuorumError("ERR_TQ_WIRE_INVALID_VALUE", { offset, type, problem });
}
