/**
 * Secret sharing of long secrets without keeping the event loop: what both backends have besides what
 * the protocol needs.
 */
import type { AbortSignalLike } from "../base/abort-signal.ts";
import type { TrustQuorumCrypto } from "../protocol/crypto.ts";
import {
  checkBytes,
  checkCounts,
  checkInteger,
  checkObject,
  isObject,
  refuse,
} from "./arguments.ts";

/**
 * Splitting and combining in pieces: off the main thread with the native backend, in slices of about a
 * millisecond with the reference backend. What is short is done at once.
 *
 * The inputs are read piece by piece while the promise is pending. Do not change them before it
 * settles: the result would belong partly to the old and partly to the new bytes. A buffer that is
 * transferred, or resized below what was given, is noticed and refused. A promise is rejected with a
 * `TrustQuorumError`, as the methods without `Async` throw, or with the reason of the signal; then what
 * was written so far is zeroed, as the next thing that is done.
 *
 * With the native backend a result that was made in pieces lies in memory outside of the engine's, which
 * is zeroed once the result was collected. Node copies such a buffer where others could be transferred
 * to another thread, or refuses to.
 *
 * @example
 * const shares = await crypto.splitAsync(backup, {
 *   count: 5,
 *   threshold: 3,
 *   signal: AbortSignal.timeout(10_000),
 * });
 */
export interface LongSecretSharing {
  /** As `split`. Rejects as soon as the signal is aborted, also while the thread pool is busy. */
  splitAsync(
    secret: Uint8Array,
    options: { count: number; threshold: number; signal?: AbortSignalLike },
  ): Promise<Uint8Array>;
  /** As `combine`. Rejects as soon as the signal is aborted, also while the thread pool is busy. */
  combineAsync(
    shares: Uint8Array,
    shareLength: number,
    options?: { signal?: AbortSignalLike },
  ): Promise<Uint8Array>;
}

/** What a backend does with long secrets, piece by piece. */
export interface PieceWorker {
  /** Up to how many bytes a secret has that is split at once, without pieces. */
  splitAtOnceBytes(count: number, threshold: number): number;
  /** The same for combining so many shares. */
  combineAtOnceBytes(count: number): number;
  /** How many pieces are in work or wait for it at a time. */
  readonly piecesAtATime: number;
  /** How many bytes of the secret a piece has, where this many bytes belong to each of them. */
  pieceBytes(count: number, threshold: number): number;
  /** A place for a result of so many rows, which are shares, or one that is the secret. */
  begin(rows: number, rowLength: number): PieceResult;
}

/** A piece of splitting: `length` bytes of the secret from `at` on. */
export interface SplitPiece {
  readonly secret: Uint8Array;
  readonly count: number;
  readonly threshold: number;
  readonly at: number;
  readonly length: number;
}

/** A piece of combining: `length` bytes of the secret from `at` on. */
export interface CombinePiece {
  readonly shares: Uint8Array;
  readonly shareLength: number;
  readonly at: number;
  readonly length: number;
}

/** A result while it comes about. */
export interface PieceResult {
  split(piece: SplitPiece): Promise<void>;
  combine(piece: CombinePiece): Promise<void>;
  /** The whole result, which is the caller's from now on. */
  finish(): Promise<Uint8Array>;
  /** Zeroes a result that nobody will see, also while a piece is in work. */
  discard(): void;
}

/** `splitAsync` of a backend. */
export async function splitInPieces(
  crypto: TrustQuorumCrypto,
  worker: PieceWorker,
  secret: Uint8Array,
  options: { count: number; threshold: number; signal?: AbortSignalLike },
): Promise<Uint8Array> {
  checkBytes("secret", secret);
  checkObject("options", options);
  const { count, threshold, signal } = options;
  checkCounts(count, threshold);
  checkSignal(signal);
  const total = secret.length;
  if (total <= worker.splitAtOnceBytes(count, threshold)) {
    return crypto.split(secret, { count, threshold });
  }
  const result = worker.begin(count, 1 + total);
  const piece = worker.pieceBytes(count, threshold);
  return inPieces({ worker, result, total, piece, signal }, (at, length) => {
    checkBytes("secret", secret, total);
    return result.split({ secret, count, threshold, at, length });
  });
}

/** `combineAsync` of a backend. */
export async function combineInPieces(
  crypto: TrustQuorumCrypto,
  worker: PieceWorker,
  shares: Uint8Array,
  shareLength: number,
  options: { signal?: AbortSignalLike } = {},
): Promise<Uint8Array> {
  checkBytes("shares", shares);
  checkInteger("shareLength", shareLength);
  checkObject("options", options);
  const { signal } = options;
  checkSignal(signal);
  const given = shares.length;
  const count = Math.max(1, given / Math.max(1, shareLength));
  const total = shareLength - 1;
  // What does not fit is refused there.
  if (total <= worker.combineAtOnceBytes(count) || given % shareLength !== 0) {
    return crypto.combine(shares, shareLength);
  }
  const result = worker.begin(1, total);
  const piece = worker.pieceBytes(count, 1);
  return inPieces({ worker, result, total, piece, signal }, (at, length) => {
    checkBytes("shares", shares, given);
    return result.combine({ shares, shareLength, at, length });
  });
}

interface Run {
  readonly worker: PieceWorker;
  readonly result: PieceResult;
  readonly total: number;
  readonly piece: number;
  readonly signal: AbortSignalLike | undefined;
}

/** Settles with the result, or as soon as the signal is aborted: also while a piece waits its turn. */
async function inPieces(
  { worker, result, total, piece, signal }: Run,
  work: (at: number, length: number) => Promise<void>,
): Promise<Uint8Array> {
  let next = 0;
  const oneAfterTheOther = async () => {
    while (next < total) {
      const at = next;
      next += piece;
      await work(at, Math.min(piece, total - at));
    }
  };
  const all = Promise.all(Array.from({ length: worker.piecesAtATime }, oneAfterTheOther));
  const aborted = abortOf(signal);
  const unlessAborted = async <T>(promise: Promise<T>): Promise<T> => {
    await Promise.race([promise, aborted.promise]);
    throwIfAborted(signal);
    return promise;
  };
  try {
    await unlessAborted(all);
    return await unlessAborted(result.finish());
  } catch (error) {
    next = total;
    result.discard();
    throw error;
  } finally {
    aborted.stop();
  }
}

/** Who waits for a signal: one listener serves them all, since Node warns of more than ten. */
interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignalLike, Waiting>();

/** Settles when a signal is aborted; `stop` ends waiting for it. */
function abortOf(signal: AbortSignalLike | undefined): { promise: Promise<void>; stop(): void } {
  if (signal === undefined) return { promise: new Promise(() => {}), stop: () => {} };
  const { callbacks, listener } = waiting.get(signal) ?? listen(signal);
  let giveUp = () => {};
  const promise = new Promise<void>((aborted) => {
    giveUp = aborted;
  });
  callbacks.add(giveUp);
  const stop = () => {
    callbacks.delete(giveUp);
    // A signal that somebody listens to is not collected.
    if (callbacks.size > 0) return;
    signal.removeEventListener("abort", listener);
    waiting.delete(signal);
  };
  return { promise, stop };
}

function listen(signal: AbortSignalLike): Waiting {
  const callbacks = new Set<() => void>();
  const listener = () => {
    for (const callback of callbacks) callback();
  };
  signal.addEventListener("abort", listener);
  const entry = { callbacks, listener };
  waiting.set(signal, entry);
  return entry;
}

/** Also raises the reason of a signal that is aborted already. */
function checkSignal(signal: AbortSignalLike | undefined): void {
  if (signal === undefined) return;
  if (!isObject(signal) || !((signal as unknown) instanceof AbortSignal)) {
    refuse("signal", "is not an AbortSignal");
  }
  throwIfAborted(signal);
}

function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}
