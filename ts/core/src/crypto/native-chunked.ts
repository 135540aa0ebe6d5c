/** Splitting and combining of long secrets in chunks on the thread pool. */
import { availableParallelism } from "node:os";
import type * as Addon from "@trust-quorum/native";
import { checkBytes, viewOf } from "./arguments.ts";
import { yieldToEventLoop } from "./event-loop.ts";
import { allocate, refuseTooLong, wipe } from "./memory.ts";
import { callNative, translateTask } from "./native-errors.ts";
import type { CombineChunk, ChunkedResult, ChunkWorker, SplitChunk } from "./chunked.ts";

/**
 * How many bytes of shares a chunk has. Copying them keeps the event loop for less than a tenth of a
 * millisecond, and starting and finishing a chunk takes as long as half of them.
 */
const CHUNK_BYTES = 1 << 19;

/**
 * Up to so many bytes of shares a call does its work at once. It takes a quarter of a millisecond, or
 * twice that for combining, which is about as long as starting and finishing a few chunks keeps the
 * event loop; and chunks take several times as long until the result is there. `npm run bench -- --only
 * "event loop"` measures both.
 */
const SPLIT_AT_ONCE_BYTES = 1 << 20;
const COMBINE_AT_ONCE_BYTES = 1 << 22;

/** Processes chunks in the thread pool. */
export function poolWorker(addon: typeof Addon): ChunkWorker {
  return {
    splitAtOnceBytes: (count) => SPLIT_AT_ONCE_BYTES / count,
    combineAtOnceBytes: (count) => COMBINE_AT_ONCE_BYTES / count,
    // A second one waits on the pool while the first is in work, instead of for the event loop. It must not
    // take the processor that the event loop runs on: then each slice of the scheduler is a gap.
    chunksAtATime: availableParallelism() > 2 ? 2 : 1,
    chunkBytes: (count) => Math.max(4096, Math.floor(CHUNK_BYTES / count)),
    begin: (rows, rowLength, into) => {
      if (into !== undefined) return new CopiedResult(addon, into, rows * rowLength);
      refuseTooLong(rows * rowLength);
      return new ExternalResult(
        callNative(() => new addon.LongResult(rows, rowLength)),
        { rows, rowLength },
      );
    },
  };
}

/** A result in the addon's memory, which becomes an external `ArrayBuffer` once it is complete. */
class ExternalResult implements ChunkedResult {
  readonly #native: Addon.LongResult;
  readonly #rows: number;
  readonly #rowLength: number;
  #discarded = false;

  constructor(native: Addon.LongResult, shape: { rows: number; rowLength: number }) {
    this.#native = native;
    this.#rows = shape.rows;
    this.#rowLength = shape.rowLength;
  }

  split({ secret, count, threshold, at, length }: SplitChunk): Promise<void> {
    const columns = viewOf(secret, at, length);
    return settle(() => this.#native.splitChunk(columns, at, count, threshold));
  }

  combine({ shares, shareLength, at, length }: CombineChunk): Promise<void> {
    return settle(() => this.#native.combineChunk(shares, shareLength, at, length, at));
  }

  async finish(): Promise<Uint8Array> {
    const lent = callNative(() => this.#native.take());
    return lent === null ? this.#copied() : new Uint8Array(lent);
  }

  discard(): void {
    this.#discarded = true;
    this.#native.discard();
  }

  /** For engines without external buffers, such as Electron's. */
  async #copied(): Promise<Uint8Array> {
    const out = allocate(this.#rows * this.#rowLength);
    const step = Math.ceil(CHUNK_BYTES / this.#rows);
    for (let at = 0; at < this.#rowLength && !this.#discarded; at += step) {
      const length = Math.min(step, this.#rowLength - at);
      callNative(() => {
        this.#native.copyColumns(out, at, at, length);
      });
      await yieldToEventLoop();
    }
    if (this.#discarded) wipe(out);
    this.#native.discard();
    return out;
  }
}

/**
 * A result that is copied to the caller's buffer chunk by chunk. The pool's threads write to memory of
 * the addon's, since the buffer may be transferred while they do.
 */
class CopiedResult implements ChunkedResult {
  readonly #addon: typeof Addon;
  readonly #into: Uint8Array;
  readonly #bytes: number;
  /** Memory for one chunk each, for as many as are in work at a time. */
  readonly #all: Addon.LongResult[] = [];
  readonly #idle: Addon.LongResult[] = [];

  constructor(addon: typeof Addon, into: Uint8Array, bytes: number) {
    this.#addon = addon;
    this.#into = into;
    this.#bytes = bytes;
  }

  async split({ secret, count, threshold, at, length }: SplitChunk): Promise<void> {
    const columns = viewOf(secret, at, length);
    // The first chunk brings the x-coordinates, which are column 0.
    const [from, to] = at === 0 ? [0, 0] : [1, 1 + at];
    await this.#work({ rows: count, rowLength: 1 + length, from, to }, (chunk) =>
      chunk.splitChunk(columns, 0, count, threshold),
    );
  }

  async combine({ shares, shareLength, at, length }: CombineChunk): Promise<void> {
    await this.#work({ rows: 1, rowLength: length, from: 0, to: at }, (chunk) =>
      chunk.combineChunk(shares, shareLength, at, length, 0),
    );
  }

  finish(): Promise<Uint8Array> {
    this.#giveBack();
    return Promise.resolve(this.#into);
  }

  /** The bytes of a chunk that is still being processed are zeroed when it is done, and not copied. */
  discard(): void {
    this.#giveBack();
  }

  /** Works on a chunk and copies what came of it from column `from` on to column `to`. */
  async #work(
    chunk: { rows: number; rowLength: number; from: number; to: number },
    work: (native: Addon.LongResult) => Promise<unknown>,
  ): Promise<void> {
    const { rows, rowLength, from, to } = chunk;
    const native = this.#idle.pop() ?? this.#reserve(rows, rowLength);
    await settle(() => work(native));
    checkBytes("into", this.#into, this.#bytes);
    callNative(() => {
      native.copyColumns(this.#into, from, to, rowLength - from);
    });
    this.#idle.push(native);
  }

  /** Chunks are equally long except the last, after which the memory is not used again. */
  #reserve(rows: number, rowLength: number): Addon.LongResult {
    const native = callNative(() => new this.#addon.LongResult(rows, rowLength));
    this.#all.push(native);
    return native;
  }

  #giveBack(): void {
    for (const native of this.#all) native.discard();
  }
}

async function settle(start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    throw translateTask(error);
  }
}
