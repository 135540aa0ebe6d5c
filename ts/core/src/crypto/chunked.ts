/**
 * Secret sharing of long secrets without keeping the event loop: what both backends have besides what
 * the protocol needs.
 */
import type { AbortSignalLike } from "../base/abort-signal.ts";
import type { CombineOptions, SplitOptions, TrustQuorumCrypto } from "../protocol/crypto.ts";
import {
  checkBytes,
  checkCounts,
  checkInteger,
  checkInto,
  checkObject,
  isObject,
  byteRange,
  refuse,
} from "./arguments.ts";
import type { ByteRange } from "./arguments.ts";
import { yieldToEventLoop } from "./event-loop.ts";

/**
 * Splitting and combining in chunks: off the main thread with the native backend, in slices of about a
 * millisecond with the reference backend. What is short is done at once.
 *
 * The inputs are read chunk by chunk while the promise is pending. Do not change them before it
 * settles: the result would belong partly to the old and partly to the new bytes. A buffer that is
 * transferred, or resized below what was given, is noticed and refused. A promise is rejected with a
 * `TrustQuorumError`, as the methods without `Async` throw, or with the reason of the signal; then what
 * was written so far is zeroed, as the next thing that is done.
 *
 * **`into`** is where the result goes, exactly as long as it is, apart from the input, and what the
 * promise is resolved with. Give one, and use it again, where secrets are long and the event loop must not
 * stand still: each new buffer of tens of MiB, whoever makes it, has the engine collect garbage, which
 * can take milliseconds. What `into` holds is undefined until the promise settles; where it is rejected
 * after that began, all of `into` is zeroed first, but for what was transferred away: that is left to
 * whom it was transferred to. Who needs the bytes no more zeroes them.
 *
 * Without it, and with the native backend, a result that was made in chunks lies in memory outside of the
 * engine's, which is zeroed once the result was collected. Node copies such a buffer where others could be
 * transferred to another thread, or refuses to.
 *
 * @example
 * const count = 5;
 * const into = new Uint8Array(count * (1 + backup.length));
 * const signal = AbortSignal.timeout(10_000);
 * await crypto.splitAsync(backup, { count, threshold: 3, signal, into });
 */
export interface LongSecretSharing {
  /** As `split`. Rejects as soon as the signal is aborted, also while the thread pool is busy. */
  splitAsync(secret: Uint8Array, options: SplitAsyncOptions): Promise<Uint8Array>;
  /** As `combine`. Rejects as soon as the signal is aborted, also while the thread pool is busy. */
  combineAsync(
    shares: Uint8Array,
    shareLength: number,
    options?: CombineAsyncOptions,
  ): Promise<Uint8Array>;
}

/** How a long secret is combined; each may be left out. */
export interface CombineAsyncOptions extends CombineOptions {
  /** Gives up, with its reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** How a long secret is split. */
export interface SplitAsyncOptions extends SplitOptions {
  /** Gives up, with its reason. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What a backend does with long secrets, chunk by chunk. */
export interface ChunkWorker {
  /** Up to how many bytes a secret has that is split at once, without chunks. */
  splitAtOnceBytes(count: number, threshold: number): number;
  /** The same for combining so many shares. */
  combineAtOnceBytes(count: number): number;
  /** How many chunks are in work or wait for it at a time. */
  readonly chunksAtATime: number;
  /** How many bytes of the secret a chunk has, where this many bytes belong to each of them. */
  chunkBytes(count: number, threshold: number): number;
  /** A result of so many rows, which are shares, or one that is the secret: new, or `into` a buffer. */
  begin(rows: number, rowLength: number, into: Uint8Array | undefined): ChunkedResult;
}

/** A chunk of splitting: `length` bytes of the secret from `at` on. */
export interface SplitChunk {
  readonly secret: Uint8Array;
  readonly count: number;
  readonly threshold: number;
  readonly at: number;
  readonly length: number;
}

/** A chunk of combining: `length` bytes of the secret from `at` on. */
export interface CombineChunk {
  readonly shares: Uint8Array;
  readonly shareLength: number;
  readonly at: number;
  readonly length: number;
}

/** A result while it comes about. */
export interface ChunkedResult {
  split(chunk: SplitChunk): Promise<void>;
  combine(chunk: CombineChunk): Promise<void>;
  /** The whole result, which is the caller's from now on. */
  finish(): Promise<Uint8Array>;
  /**
   * Zeroes a result that nobody will see, also while a chunk is in work; the buffer of a caller is left to
   * {@link inChunks}, and not written to any more.
   */
  discard(): void;
}

/** `splitAsync` of a backend. */
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

/** `combineAsync` of a backend. */
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
  // What does not fit is refused there.
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

/** Settles with the result, or as soon as the signal is aborted: also while a chunk waits its turn. */
async function inChunks(
  { worker, result, total, chunk, signal, into }: Run,
  work: (at: number, length: number) => Promise<void>,
): Promise<Uint8Array> {
  let next = 0;
  const oneAfterTheOther = async () => {
    while (next < total) {
      const at = next;
      next += chunk;
      await work(at, Math.min(chunk, total - at));
    }
  };
  const range = into && byteRange(into);
  const all = Promise.all(Array.from({ length: worker.chunksAtATime }, oneAfterTheOther));
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

/** As many bytes as are zeroed in a small part of a millisecond. */
const SLICE_BYTES = 1 << 18;

async function zeroInSlices({ buffer, from, to }: ByteRange): Promise<void> {
  // The buffer may have become too short for the caller's array, which then sees nothing of what is left;
  // and it may be resized or transferred between two slices.
  for (let at = from; at < Math.min(to, buffer.byteLength); at += SLICE_BYTES) {
    const length = Math.min(to, buffer.byteLength) - at;
    new Uint8Array(buffer, at, Math.min(SLICE_BYTES, length)).fill(0);
    await yieldToEventLoop();
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
