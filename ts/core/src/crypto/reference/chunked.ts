/** Splitting and combining of long secrets in slices, with a yield to the event loop after each. */
import type { TrustQuorumCrypto } from "../../protocol/crypto.ts";
import { checkBytes, viewOf } from "../arguments.ts";
import { yieldToEventLoop } from "../event-loop.ts";
import { allocate, wipe, withWiped } from "../memory.ts";
import type { CombineChunk, ChunkedResult, ChunkWorker, SplitChunk } from "../chunked.ts";

/** The number of multiplications in the field that take about a millisecond. */
const MULTIPLICATIONS = 1 << 14;

/** Processes chunks with the synchronous methods of a backend. */
export function slicedWorker(crypto: TrustQuorumCrypto): ChunkWorker {
  const chunkBytes = (count: number, threshold: number) =>
    Math.max(1, Math.floor(MULTIPLICATIONS / (count * threshold)));
  return {
    splitAtOnceBytes: chunkBytes,
    combineAtOnceBytes: (count) => chunkBytes(count, 1),
    chunksAtATime: 1,
    chunkBytes,
    begin: (rows, rowLength, into) => new SlicedResult(crypto, rows * rowLength, into),
  };
}

class SlicedResult implements ChunkedResult {
  readonly #crypto: TrustQuorumCrypto;
  readonly #bytes: number;
  readonly #out: Uint8Array;
  /** Whether the buffer is the caller's, which may be transferred at any time. */
  readonly #isGiven: boolean;

  constructor(crypto: TrustQuorumCrypto, bytes: number, into: Uint8Array | undefined) {
    this.#crypto = crypto;
    this.#bytes = bytes;
    this.#out = into ?? allocate(bytes);
    this.#isGiven = into !== undefined;
  }

  async split({ secret, count, threshold, at, length }: SplitChunk): Promise<void> {
    const out = this.#out;
    checkBytes("into", out, this.#bytes);
    const shareLength = out.length / count;
    const chunk = this.#crypto.split(viewOf(secret, at, length), { count, threshold });
    withWiped(chunk, () => {
      for (let i = 0; i < count; i++) {
        const from = i * (1 + length);
        out[i * shareLength] = i + 1;
        out.set(chunk.subarray(from + 1, from + 1 + length), i * shareLength + 1 + at);
      }
    });
    await yieldToEventLoop();
  }

  async combine({ shares, shareLength, at, length }: CombineChunk): Promise<void> {
    checkBytes("into", this.#out, this.#bytes);
    const count = shares.length / shareLength;
    const chunk = allocate(count * (1 + length));
    withWiped(chunk, () => {
      for (let i = 0; i < count; i++) {
        const [from, to] = [i * shareLength, i * (1 + length)];
        chunk.set(viewOf(shares, from, 1), to);
        chunk.set(viewOf(shares, from + 1 + at, length), to + 1);
      }
      withWiped(this.#crypto.combine(chunk, 1 + length), (bytes) => {
        this.#out.set(bytes, at);
      });
    });
    await yieldToEventLoop();
  }

  finish(): Promise<Uint8Array> {
    return Promise.resolve(this.#out);
  }

  discard(): void {
    if (!this.#isGiven) wipe(this.#out);
  }
}
