/** Long secrets in pieces on the thread pool. */
import type * as Addon from "@trust-quorum/native";
import { allocate, refuseTooLong, wipe } from "./memory.ts";
import { cross, translateTask } from "./native-errors.ts";
import type { CombinePiece, PieceResult, PieceWorker, SplitPiece } from "./pieces.ts";

/** As many bytes of shares as stay in the cache: four times as many keep the event loop longer. */
const PIECE_BYTES = 1 << 18;

/**
 * Up to so many bytes of shares a call does its work at once. It takes a quarter of a millisecond, or
 * twice that for combining, which is about as long as starting and finishing a few pieces keeps the
 * event loop; and pieces take several times as long until the result is there. `npm run bench -- --only
 * "event loop"` measures both.
 */
const SPLIT_AT_ONCE_BYTES = 1 << 20;
const COMBINE_AT_ONCE_BYTES = 1 << 22;

/** Works on pieces in the thread pool. */
export function poolWorker(addon: typeof Addon): PieceWorker {
  return {
    splitAtOnceBytes: (count) => SPLIT_AT_ONCE_BYTES / count,
    combineAtOnceBytes: (count) => COMBINE_AT_ONCE_BYTES / count,
    // The second waits on the pool while the first is in work, instead of for the event loop.
    piecesAtATime: 2,
    pieceBytes: (count) => Math.max(4096, Math.floor(PIECE_BYTES / count)),
    begin: (rows, rowLength) => {
      const bytes = rows * rowLength;
      refuseTooLong(bytes);
      return new PoolResult(
        cross(() => new addon.LongResult(rows, rowLength)),
        bytes,
      );
    },
  };
}

class PoolResult implements PieceResult {
  readonly #native: Addon.LongResult;
  readonly #bytes: number;
  #discarded = false;

  constructor(native: Addon.LongResult, bytes: number) {
    this.#native = native;
    this.#bytes = bytes;
  }

  split({ secret, count, threshold, at, length }: SplitPiece): Promise<void> {
    const columns = secret.subarray(at, at + length);
    return settle(() => this.#native.splitPiece(columns, at, count, threshold));
  }

  combine({ shares, shareLength, at, length }: CombinePiece): Promise<void> {
    return settle(() => this.#native.combinePiece(shares, shareLength, at, length));
  }

  async finish(): Promise<Uint8Array> {
    const lent = cross(() => this.#native.take());
    if (lent !== null) return new Uint8Array(lent);
    // Such as in Electron, whose engine has no buffers but its own.
    const out = allocate(this.#bytes);
    await settle(() => this.#native.copy(out));
    if (this.#discarded) wipe(out);
    this.#native.discard();
    return out;
  }

  discard(): void {
    this.#discarded = true;
    this.#native.discard();
  }
}

async function settle(start: () => Promise<unknown>): Promise<void> {
  try {
    await start();
  } catch (error) {
    throw translateTask(error);
  }
}
