/**
 * Secret sharing of long secrets without blocking the event loop: asynchronous methods that both backends
 * have in addition to what the protocol needs.
 */
import { isObject } from "../base/arguments.ts";
import type { AbortSignalLike } from "../base/abort-signal.ts";
import type { CombineOptions, SplitOptions, TrustQuorumCrypto } from "../protocol/crypto.ts";
import {
  checkBytes,
  checkCounts,
  checkInteger,
  checkInto,
  checkObject,
  byteRange,
  refuse,
} from "./arguments.ts";
import type { ByteRange } from "./arguments.ts";
import { yieldToEventLoop } from "./event-loop.ts";

/**
 * Asynchronous splitting and combining, chunk by chunk: in the thread pool with the native backend, in slices
 * of about a millisecond on the calling thread with the reference backend. Short secrets, for which chunks
 * would block the event loop just as long, are processed synchronously before the method returns.
 *
 * **The inputs** are read chunk by chunk while the promise is pending and must not be changed before it
 * settles: otherwise the result is made of old and new bytes. A buffer that is transferred, or resized below
 * the given view, is detected and rejected.
 *
 * **Errors.** The promise is rejected with the `TrustQuorumError` that the synchronous method would throw, or
 * with the signal's reason as soon as the signal is aborted. What was written of the result until then is
 * zeroed.
 *
 * **`into`** receives the result and is what the promise resolves with. It has exactly the result's length and
 * does not overlap the input. Pass a buffer and reuse it where secrets are long and the event loop must not
 * stall: a new buffer of tens of MiB makes the engine collect garbage, which can take milliseconds. The
 * contents of `into` are undefined until the promise settles. If it is rejected after work began, all of
 * `into` is zeroed first, except memory that was transferred away, which its new owner has to zero. The
 * caller zeroes the result when it is no longer needed.
 *
 * **Without `into`**, a chunked result of the native backend lies in memory outside the engine's heap, which
 * is zeroed after the result was garbage-collected. Node copies such a buffer where it would transfer another
 * one to a thread, or refuses to transfer it.
 *
 * @example
 * import { nativeCrypto } from "trust-quorum";
 *
 * const crypto = nativeCrypto();
 * const backup = new Uint8Array(1024 * 1024).fill(7);
 * const count = 5;
 * const shareLength = 1 + backup.length;
 * const into = new Uint8Array(count * shareLength);
 * const signal = AbortSignal.timeout(10_000);
 * const shares = await crypto.splitAsync(backup, { count, threshold: 3, signal, into });
 *
 * const again = await crypto.combineAsync(shares.subarray(2 * shareLength), shareLength, {
 *   signal,
 * });
 * again.every((byte) => byte === 7); // => true
 * for (const bytes of [backup, shares, again]) bytes.fill(0);
 */
export interface LongSecretSharing {
  /**
   * Splits a secret like `split`, without blocking the event loop for long.
   *
   * @throws what `split` throws, or the signal's reason, also while the thread pool is busy
   */
  splitAsync(secret: Uint8Array, options: SplitAsyncOptions): Promise<Uint8Array>;
  /**
   * Combines shares like `combine`, without blocking the event loop for long.
   *
   * @throws what `combine` throws, or the signal's reason, also while the thread pool is busy
   */
  combineAsync(
    shares: Uint8Array,
    shareLength: number,
    options?: CombineAsyncOptions,
  ): Promise<Uint8Array>;
}

/** Options of `combineAsync`. */
export interface CombineAsyncOptions extends CombineOptions {
  /** Aborts the call. Must be an instance of the platform's `AbortSignal`. */
  readonly signal?: AbortSignalLike | undefined;
}

/** Options of `splitAsync`. */
export interface SplitAsyncOptions extends SplitOptions {
  /** Aborts the call. Must be an instance of the platform's `AbortSignal`. */
  readonly signal?: AbortSignalLike | undefined;
}

/** How one backend processes long secrets chunk by chunk. */
export interface ChunkWorker {
  /** The maximum length of a secret that is split synchronously, without chunks. */
  splitAtOnceBytes(count: number, threshold: number): number;
  /** The maximum length of a secret that is combined synchronously from so many shares. */
  combineAtOnceBytes(count: number): number;
  /** How many chunks are processed or queued at the same time. */
  readonly chunksAtATime: number;
  /** The length of a chunk in bytes of the secret, which costs `count × threshold` multiplications a byte. */
  chunkBytes(count: number, threshold: number): number;
  /** Starts a result: `count` rows that are shares, or one row that is the secret; new, or in `into`. */
  begin(rows: number, rowLength: number, into: Uint8Array | undefined): ChunkedResult;
}

/** A chunk to split: `length` bytes of the secret from offset `at`. */
export interface SplitChunk {
  readonly secret: Uint8Array;
  readonly count: number;
  readonly threshold: number;
  readonly at: number;
  readonly length: number;
}

/** A chunk to combine: `length` bytes of the secret from offset `at`. */
export interface CombineChunk {
  readonly shares: Uint8Array;
  readonly shareLength: number;
  readonly at: number;
  readonly length: number;
}

/** A result that is being computed. */
export interface ChunkedResult {
  /** Splits one chunk. */
  split(chunk: SplitChunk): Promise<void>;
  /** Combines one chunk. */
  combine(chunk: CombineChunk): Promise<void>;
  /** Returns the complete result, which then belongs to the caller. */
  finish(): Promise<Uint8Array>;
  /**
   * Abandons the result and zeroes it, also while a chunk is being processed. A caller's buffer is not
   * written to any more; {@link inChunks} zeroes it.
   */
  discard(): void;
}

/** Implements `splitAsync` for a backend. */
export async function splitInChunks(
  crypto: TrustQuorumCrypto,
  worker: ChunkWorker,
  secret: Uint8Array,
  options: SplitAsyncOptions,
): Promise<Uint8Array> {
  checkBytes("secret", secret);
  checkObject("options", options);
  const { count, threshold, signal, into } = options;
  checkCounts(count, threshold);
  checkSignal(signal);
  const total = secret.length;
  if (into !== undefined) checkInto(into, count * (1 + total), secret);
  if (total <= worker.splitAtOnceBytes(count, threshold)) {
    return crypto.split(secret, { count, threshold, into });
  }
  const result = worker.begin(count, 1 + total, into);
  const chunk = worker.chunkBytes(count, threshold);
  return inChunks({ worker, result, total, chunk, signal, into }, (at, length) => {
    checkBytes("secret", secret, total);
    return result.split({ secret, count, threshold, at, length });
  });
}

/** Implements `combineAsync` for a backend. */
export async function combineInChunks(
  crypto: TrustQuorumCrypto,
  worker: ChunkWorker,
  shares: Uint8Array,
  shareLength: number,
  options: CombineAsyncOptions = {},
): Promise<Uint8Array> {
  checkBytes("shares", shares);
  checkInteger("shareLength", shareLength);
  checkObject("options", options);
  const { signal, into } = options;
  checkSignal(signal);
  const given = shares.length;
  const count = Math.max(1, given / Math.max(1, shareLength));
  const total = shareLength - 1;
  if (into !== undefined) checkInto(into, Math.max(0, total), shares);
  const fits = total > 0 && given % shareLength === 0;
  // `combine` throws for lengths that do not fit.
  if (!fits || total <= worker.combineAtOnceBytes(count)) {
    return crypto.combine(shares, shareLength, { into });
  }
  const result = worker.begin(1, total, into);
  const chunk = worker.chunkBytes(count, 1);
  return inChunks({ worker, result, total, chunk, signal, into }, (at, length) => {
    checkBytes("shares", shares, given);
    return result.combine({ shares, shareLength, at, length });
  });
}

interface Run {
  readonly worker: ChunkWorker;
  readonly result: ChunkedResult;
  readonly total: number;
  readonly chunk: number;
  readonly signal: AbortSignalLike | undefined;
  readonly into: Uint8Array | undefined;
}

/** Settles with the result, or as soon as the signal is aborted, even while chunks are queued. */
async function inChunks(
  { worker, result, total, chunk, signal, into }: Run,
  work: (at: number, length: number) => Promise<void>,
): Promise<Uint8Array> {
  let next = 0;
  const nextChunks = async () => {
    while (next < total) {
      const at = next;
      next += chunk;
      await work(at, Math.min(chunk, total - at));
    }
  };
  const range = into && byteRange(into);
  const all = Promise.all(Array.from({ length: worker.chunksAtATime }, nextChunks));
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
    if (range !== undefined) await zeroInSlices(range);
    throw error;
  } finally {
    aborted.stop();
  }
}

/** Bytes that are zeroed between two turns of the event loop: a small part of a millisecond's work. */
const SLICE_BYTES = 1 << 18;

async function zeroInSlices({ buffer, from, to }: ByteRange): Promise<void> {
  // The buffer may have been resized below the caller's view, which then has length 0 although part of its
  // bytes remain; and it may be resized or transferred between two slices.
  for (let at = from; at < Math.min(to, buffer.byteLength); at += SLICE_BYTES) {
    const length = Math.min(to, buffer.byteLength) - at;
    new Uint8Array(buffer, at, Math.min(SLICE_BYTES, length)).fill(0);
    await yieldToEventLoop();
  }
}

/** The calls that wait for one signal. They share a listener, because Node warns about more than ten. */
interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignalLike, Waiting>();

/** A promise that resolves when the signal is aborted. `stop` removes the listener. */
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
    // A listener would keep the signal from being garbage-collected.
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

/** Requires an `AbortSignal`, and throws its reason if it is aborted already. */
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
