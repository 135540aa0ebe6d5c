/**
 * Writes the subset of CBOR (RFC 8949) that the wire uses: definite lengths, the shortest
 * integers, no tags, floats or negative numbers.
 *
 * The output may contain a share: every buffer that the writer replaces is zeroed.
 */
import { utf8, writeHex } from "../base/bytes.ts";
import { invalidArgument } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";

/** A text known beforehand, a map's key or an enum's name, together with its CBOR item. */
export interface Name<N extends string = string> {
  readonly name: N;
  readonly item: Uint8Array;
}

/** The CBOR item of a name. */
export function cborName<const N extends string>(name: N): Name<N> {
  const writer = new CborWriter({ limit: 64 });
  writer.text(name);
  return { name, item: writer.finish() };
}

/** Enough for most messages: not for a status, a network configuration, or a rack with many epochs. */
const CAPACITY_INITIAL = 8192;
/** A buffer that grew beyond this is not kept for what is written next. */
const IDLE_BYTES_MAX = 64 * 1024;

const EMPTY = new Uint8Array(0);

/** Writes items to a buffer of its own, which {@link CborWriter.wipe} makes ready for the next ones. */
export class CborWriter {
  readonly #limit: number;
  #bytes: Uint8Array<ArrayBuffer> = EMPTY;
  #length = 0;

  /** More than `limit` bytes are refused before room is made for them. */
  constructor(options: { limit: number }) {
    this.#limit = options.limit;
  }

  /** An integer from 0 to 2^53−1. */
  uint(value: number, argument: string): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw invalidArgument(argument, "is not an integer from 0 to 2^53-1");
    }
    this.#head(0, value);
  }

  /** The head of an array of this many items. */
  array(count: number): void {
    this.#head(4, count);
  }

  /** The head of a map of this many entries. */
  map(count: number): void {
    this.#head(5, count);
  }

  byteString(bytes: Uint8Array): void {
    this.#head(2, bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    const start = this.#length;
    this.#head(3, text.length);
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = start;
        const encoded = utf8(text);
        this.#head(3, encoded.length);
        this.raw(encoded);
        return;
      }
      this.#bytes[this.#length++] = code;
    }
  }

  /** The lower-case hex of public bytes, as text. */
  hexText(bytes: Uint8Array): void {
    this.#head(3, 2 * bytes.length);
    this.reserve(2 * bytes.length);
    this.#length = writeHex(this.#bytes, this.#length, bytes);
  }

  /** An array of integers, one for each byte from `start` on: the form of shares and blobs. */
  byteArray(bytes: Uint8Array, start = 0): void {
    this.#head(4, bytes.length - start);
    let wide = 0;
    for (let i = start; i < bytes.length; i++) if ((bytes[i] ?? 0) > 23) wide++;
    this.reserve(bytes.length - start + wide);
    const out = this.#bytes;
    let at = this.#length;
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      if (byte > 23) out[at++] = 0x18;
      out[at++] = byte;
    }
    this.#length = at;
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): void {
    this.#byte(0xf6);
  }

  /** A key or an enum's name. */
  name(name: Name): void {
    this.raw(name.item);
  }

  /** Complete CBOR, encoded before. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /**
   * Makes room for so many more bytes at once.
   *
   * @throws TrustQuorumError `ERR_TQ_FRAME_TOO_LARGE` above the writer's limit; `length` is what
   * would be needed so far
   */
  reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#limit) {
      throw new TrustQuorumError("ERR_TQ_FRAME_TOO_LARGE", { length: needed, limit: this.#limit });
    }
    const roomy = Math.max(needed, 2 * this.#bytes.length, CAPACITY_INITIAL);
    const grown = new Uint8Array(Math.min(roomy, this.#limit));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes.fill(0, 0, this.#length);
    this.#bytes = grown;
  }

  /** What was written, after `headroom` zero bytes, in a buffer of its own. */
  finish(headroom = 0): Uint8Array {
    const out = new Uint8Array(headroom + this.#length);
    out.set(this.#bytes.subarray(0, this.#length), headroom);
    return out;
  }

  /** Zeroes and discards what was written; the writer can be used again. */
  wipe(): void {
    this.#bytes.fill(0, 0, this.#length);
    if (this.#bytes.length > IDLE_BYTES_MAX) this.#bytes = EMPTY;
    this.#length = 0;
  }

  #byte(byte: number): void {
    this.reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #head(major: number, argument: number): void {
    if (argument < 24) return this.#byte((major << 5) | argument);
    const size = argument < 0x100 ? 1 : argument < 0x10000 ? 2 : argument < 0x100000000 ? 4 : 8;
    this.reserve(1 + size);
    this.#bytes[this.#length++] = (major << 5) | (24 + Math.log2(size));
    let rest = argument;
    for (let i = size - 1; i >= 0; i--) {
      this.#bytes[this.#length + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += size;
  }
}
