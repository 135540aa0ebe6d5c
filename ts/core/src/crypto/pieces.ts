/**
 * Secret sharing of long secrets without keeping the event loop: what both backends have besides what
 * the protocol needs.
 */
import type { AbortSignalLike } from "../base/abort-signal.ts";
import { TrustQuorumError } from "../base/errors.ts";
import type { TrustQuorumCrypto } from "../protocol/crypto.ts";
import {
  checkBytes,
  checkCounts,
  checkInteger,
  checkObject,
  isObject,
  refuse,
} from "./arguments.ts";
import { allocate } from "./memory.ts";

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
 * @example
 * const shares = await crypto.splitAsync(backup, {
 *   count: 5,
 *   threshold: 3,
 *   signal: AbortSignal.timeout(10_000),
 * });
 */
export interface LongSecretSharing {
  /** As `split`. Takes at most one piece's time to notice the signal. */
  splitAsync(
    secret: Uint8Array,
    options: { count: number; threshold: number; signal?: AbortSignalLike },
  ): Promise<Uint8Array>;
  /** As `combine`. Takes at most one piece's time to notice the signal. */
  combineAsync(
    shares: Uint8Array,
    shareLength: number,
    options?: { signal?: AbortSignalLike },
  ): Promise<Uint8Array>;
}

/** What a backend does with one piece: `length` bytes of the secret from `at` on. */
export interface PieceWorker {
  /** How many bytes of the secret a piece has, where this many bytes belong to each of them. */
  pieceBytes(count: number, threshold: number): number;
  split(options: {
    secret: Uint8Array;
    count: number;
    threshold: number;
    at: number;
    length: number;
    out: Uint8Array;
  }): Promise<void>;
  combine(options: {
    shares: Uint8Array;
    shareLength: number;
    at: number;
    length: number;
    out: Uint8Array;
  }): Promise<void>;
  /** Zeroes a result that nobody will see. */
  discard(out: Uint8Array): void;
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
  const piece = worker.pieceBytes(count, threshold);
  if (total <= piece) return crypto.split(secret, { count, threshold });
  const out = allocate(count * (1 + total));
  await inPieces({ worker, out, total, piece, signal }, (at, length) => {
    checkBytes("secret", secret, total);
    return worker.split({ secret, count, threshold, at, length, out });
  });
  return out;
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
  const piece = worker.pieceBytes(count, 1);
  // What does not fit is refused there.
  if (total <= piece || given % shareLength !== 0) return crypto.combine(shares, shareLength);
  const out = allocate(total);
  await inPieces({ worker, out, total, piece, signal }, (at, length) => {
    checkBytes("shares", shares, given);
    return worker.combine({ shares, shareLength, at, length, out });
  });
  return out;
}

interface Run {
  readonly worker: PieceWorker;
  readonly out: Uint8Array;
  readonly total: number;
  readonly piece: number;
  readonly signal: AbortSignalLike | undefined;
}

async function inPieces(
  { worker, out, total, piece, signal }: Run,
  work: (at: number, length: number) => Promise<void>,
): Promise<void> {
  try {
    for (let at = 0; at < total; at += piece) {
      await work(at, Math.min(piece, total - at));
      throwIfAborted(signal);
    }
  } catch (error) {
    worker.discard(out);
    throw error;
  }
}

function throwIfAborted(signal: AbortSignalLike | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** Also raises the reason of a signal that is aborted already. */
function checkSignal(signal: AbortSignalLike | undefined): void {
  if (signal === undefined) return;
  if (!isObject(signal) || !((signal as unknown) instanceof AbortSignal)) {
    refuse("signal", "is not an AbortSignal");
  }
  throwIfAborted(signal);
}

/** An error of a task on the thread pool: its message is a code and details as JSON. */
export function fromTask(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [, code, details] = /^(ERR_TQ_\w+) (\{.*\})$/.exec(error.message) ?? [];
  if (code === undefined || details === undefined) return error;
  return new TrustQuorumError(code as "ERR_TQ_RANDOM_SOURCE", JSON.parse(details) as object);
}
