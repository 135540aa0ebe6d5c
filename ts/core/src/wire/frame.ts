/**
 * Frames in a stream of bytes: `length: u32 big-endian || body`.
 *
 * Invariants of the reader: its buffer grows with the bytes that have arrived, to at most twice what was
 * pending at its last growth, and not to the length that a frame announces. Bytes of the buffer that were
 * handed out, and buffers that are replaced, are zeroed, since frames may contain shares.
 */
import { requireBytes } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";

/** Bytes of a frame's length. */
export const FRAME_LENGTH_BYTES = 4;

/** The most bytes a frame's body may have: 1 MiB with its length. */
export const FRAME_BODY_BYTES_MAX = 1024 * 1024 - FRAME_LENGTH_BYTES;

/**
 * A body as a frame: its length as a big-endian u32, and the body. {@link FrameReader} is its inverse. The
 * body stays the caller's; where it holds a share, both are to be zeroed. `encodeFramedMessage` makes a
 * frame without the second copy.
 *
 * @param body at most {@link FRAME_BODY_BYTES_MAX} bytes
 * @throws TrustQuorumError `ERR_TQ_FRAME_TOO_LARGE`
 * @example
 * import { encodeFrame } from "trust-quorum/wire";
 *
 * encodeFrame(Uint8Array.of(7, 8)); // => Uint8Array.of(0, 0, 0, 2, 7, 8)
 */
export function encodeFrame(body: Uint8Array): Uint8Array {
  requireBytes("body", body);
  if (body.length > FRAME_BODY_BYTES_MAX) throw frameTooLarge(body.length);
  const frame = offHeap(FRAME_LENGTH_BYTES + body.length);
  frame.set(body, FRAME_LENGTH_BYTES);
  writeFrameLength(frame);
  return frame;
}

/** Writes its body's length to the beginning of a frame. */
export function writeFrameLength(frame: Uint8Array): void {
  const length = frame.length - FRAME_LENGTH_BYTES;
  for (let i = 0; i < FRAME_LENGTH_BYTES; i++) frame[i] = length >>> (24 - 8 * i);
}

/** A buffer of more than this is not kept once it is empty. */
const IDLE_BYTES_MAX = 64 * 1024;

/**
 * Splits a stream of bytes into the bodies of frames, whatever chunks the transport delivers.
 *
 * @example
 * import { FrameReader, decodeWireMessage, encodeFramedMessage } from "trust-quorum/wire";
 *
 * // A real program reads from a socket: `for await (const chunk of socket)`.
 * const sent = encodeFramedMessage({ kind: "ping" });
 * const chunks = [sent.subarray(0, 3), sent.subarray(3)];
 *
 * const reader = new FrameReader();
 * const kinds: string[] = [];
 * for (const chunk of chunks) {
 *   for (const body of reader.push(chunk)) {
 *     kinds.push(decodeWireMessage(body).kind);
 *     body.fill(0);
 *   }
 * }
 * kinds; // => ["ping"]
 * reader.pending; // => 0
 */
export class FrameReader {
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #failure: TrustQuorumError<"ERR_TQ_FRAME_TOO_LARGE"> | undefined;

  /** How many bytes have arrived and are not handed out yet. Above 0 at the end of a stream, it was cut off. */
  get pending(): number {
    return this.#end - this.#start;
  }

  /**
   * Takes the next bytes of the stream and hands out the bodies that are complete now, each in a
   * buffer of its own that the caller zeroes after use. What is not iterated over stays for the
   * next call. The chunk itself is copied and stays the caller's.
   *
   * @throws TrustQuorumError `ERR_TQ_FRAME_TOO_LARGE` where a length is above
   * {@link FRAME_BODY_BYTES_MAX}; the frames before it are handed out first. The reader cannot be
   * used any more then; close the connection.
   */
  push(chunk: Uint8Array): IterableIterator<Uint8Array, undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    requireBytes("chunk", chunk);
    this.#append(chunk);
    return this.#bodies();
  }

  /** Zeroes and discards the pending bytes, e.g. when the connection is closed. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#bytes = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }

  *#bodies(): IterableIterator<Uint8Array, undefined> {
    for (let body = this.#next(); body !== undefined; body = this.#next()) yield body;
    return undefined;
  }

  #next(): Uint8Array | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.pending < FRAME_LENGTH_BYTES) return undefined;
    const length = this.#length();
    if (length > FRAME_BODY_BYTES_MAX) {
      this.wipe();
      this.#failure = frameTooLarge(length);
      throw this.#failure;
    }
    const end = this.#start + FRAME_LENGTH_BYTES + length;
    if (end > this.#end) return undefined;
    const body = this.#bytes.slice(this.#start + FRAME_LENGTH_BYTES, end);
    this.#bytes.fill(0, this.#start, end);
    this.#start = end;
    if (this.pending === 0) this.#rewind();
    return body;
  }

  #length(): number {
    let length = 0;
    for (let i = 0; i < FRAME_LENGTH_BYTES; i++) {
      length = length * 256 + (this.#bytes[this.#start + i] ?? 0);
    }
    return length;
  }

  #append(chunk: Uint8Array): void {
    const pending = this.pending;
    if (this.#end + chunk.length > this.#bytes.length) {
      const old = this.#bytes;
      // Doubling keeps a frame that arrives byte by byte from being copied as often.
      const bytes = offHeap(Math.max(pending + chunk.length, 2 * pending));
      bytes.set(old.subarray(this.#start, this.#end));
      old.fill(0);
      this.#bytes = bytes;
      this.#start = 0;
      this.#end = pending;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #rewind(): void {
    if (this.#bytes.length > IDLE_BYTES_MAX) this.wipe();
    this.#start = 0;
    this.#end = 0;
  }
}

function frameTooLarge(length: number): TrustQuorumError<"ERR_TQ_FRAME_TOO_LARGE"> {
  const limit = FRAME_BODY_BYTES_MAX;
  return new TrustQuorumError("ERR_TQ_FRAME_TOO_LARGE", { length, limit });
}

/** A buffer outside V8's heap, whose garbage collector copies small arrays: it may contain shares. */
function offHeap(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}
