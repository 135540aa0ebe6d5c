/**
 * Secret sharing alone, for programs that have no rack: Shamir's scheme over GF(2^8), byte by byte. Import
 * it as `trust-quorum/secret-sharing`.
 *
 * A share is one byte, its x-coordinate (1 to 255), and as many bytes as the secret has: the values at x of
 * one random polynomial for each byte of the secret, over GF(2^8) with the polynomial of AES (0x11b). The
 * i-th share has the x-coordinate i + 1. Whatever implements the same scheme in the same form can combine
 * them.
 *
 * Shares are not authenticated: too few of them, or a changed one, combine without an error into other
 * bytes. Keep a digest of each where that matters. Zero secrets and shares (`bytes.fill(0)`) once they are
 * not needed any more: the library does not.
 */
import { nativeCrypto } from "#native-crypto";
import type { AbortSignalLike } from "./base/abort-signal.ts";
import { invalidArgument, requireBytes } from "./base/arguments.ts";
import { TrustQuorumError } from "./base/errors.ts";
import type { LongSecretSharing } from "./crypto/chunked.ts";
import type { TrustQuorumCrypto } from "./protocol/crypto.ts";

/** What computes: the native backend unless another one, such as `referenceCrypto()`, is given. */
export interface SharingOptions {
  readonly crypto?: (TrustQuorumCrypto & LongSecretSharing) | undefined;
}

/** How a secret is split. */
export interface SecretSplitOptions extends SharingOptions {
  /** How many shares are made, `threshold` to 255. */
  readonly shares: number;
  /** How many of them combine to the secret, 2 to `shares`; fewer say nothing about it. */
  readonly threshold: number;
}

/** The option of the asynchronous forms: a signal that aborts the call. */
export interface Abortable {
  readonly signal?: AbortSignalLike | undefined;
}

/**
 * Splits a secret.
 *
 * @param secret 1 byte or more; it stays the caller's
 * @returns as many new arrays as there are shares, each one byte longer than the secret
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_THRESHOLD_TOO_SMALL`,
 * `ERR_TQ_FEWER_SHARES_THAN_THRESHOLD`, `ERR_TQ_NATIVE_UNAVAILABLE`
 * @example
 * import { combine, split } from "trust-quorum/secret-sharing";
 *
 * const secret = new TextEncoder().encode("attack at dawn");
 * const shares = split(secret, { shares: 5, threshold: 3 });
 * shares.length; // => 5
 * const again = combine(shares.slice(2));
 * new TextDecoder().decode(again); // => "attack at dawn"
 * for (const bytes of [secret, again, ...shares]) bytes.fill(0);
 */
export function split(secret: Uint8Array, options: SecretSplitOptions): Uint8Array[] {
  const { shares: count, threshold, crypto = nativeCrypto() } = options;
  return apart(crypto.split(secret, { count, threshold }), count);
}

/**
 * Rebuilds a secret.
 *
 * @param shares as many as the threshold, or more, in any order, all of one length; they stay the caller's
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_TOO_FEW_SHARES`, `ERR_TQ_INVALID_SHARE_LENGTHS`,
 * `ERR_TQ_INVALID_SHARE_ID`, `ERR_TQ_DUPLICATE_X_COORDINATES`, `ERR_TQ_NATIVE_UNAVAILABLE`
 * @example
 * import { combine, split } from "trust-quorum/secret-sharing";
 *
 * const secret = new TextEncoder().encode("attack at dawn");
 * const [a, b, c, d] = split(secret, { shares: 4, threshold: 2 });
 * if (!a || !b || !c || !d) throw new Error("there are four");
 * new TextDecoder().decode(combine([d, b])); // => "attack at dawn"
 */
export function combine(shares: readonly Uint8Array[], options: SharingOptions = {}): Uint8Array {
  const { crypto = nativeCrypto() } = options;
  const flat = together(shares);
  try {
    return crypto.combine(flat.bytes, flat.shareLength);
  } finally {
    flat.bytes.fill(0);
  }
}

/**
 * As {@link split}, for long secrets: off the main thread, or in slices; the secret must not change.
 *
 * @example
 * import { combineAsync, splitAsync } from "trust-quorum/secret-sharing";
 *
 * const backup = new Uint8Array(1024 * 1024).fill(7);
 * const signal = AbortSignal.timeout(10_000);
 * const shares = await splitAsync(backup, { shares: 5, threshold: 3, signal });
 * const again = await combineAsync(shares.slice(2), { signal });
 * again.every((byte) => byte === 7); // => true
 * for (const bytes of [backup, again, ...shares]) bytes.fill(0);
 */
export async function splitAsync(
  secret: Uint8Array,
  options: SecretSplitOptions & Abortable,
): Promise<Uint8Array[]> {
  const { shares: count, threshold, signal, crypto = nativeCrypto() } = options;
  return apart(await crypto.splitAsync(secret, { count, threshold, signal }), count);
}

/** As {@link combine}, for long secrets: off the main thread, or in slices. */
export async function combineAsync(
  shares: readonly Uint8Array[],
  options: SharingOptions & Abortable = {},
): Promise<Uint8Array> {
  const { signal, crypto = nativeCrypto() } = options;
  const flat = together(shares);
  try {
    return await crypto.combineAsync(flat.bytes, flat.shareLength, { signal });
  } finally {
    flat.bytes.fill(0);
  }
}

/** Each share in an array of its own; the flat array of all of them is zeroed. */
function apart(flat: Uint8Array, count: number): Uint8Array[] {
  const length = flat.length / count;
  const shares = Array.from({ length: count }, (_, i) => {
    const share = new Uint8Array(new ArrayBuffer(length));
    share.set(flat.subarray(i * length, (i + 1) * length));
    return share;
  });
  flat.fill(0);
  return shares;
}

/** A flat copy of all shares, which the caller zeroes. */
function together(shares: readonly Uint8Array[]): { bytes: Uint8Array; shareLength: number } {
  const given: unknown = shares;
  if (!Array.isArray(given)) throw invalidArgument("shares", "is not an array");
  for (const share of shares) requireBytes("shares", share);
  const [first] = shares;
  if (first === undefined) throw new TrustQuorumError("ERR_TQ_TOO_FEW_SHARES", {});
  const shareLength = first.length;
  if (shares.some(({ length }) => length !== shareLength)) {
    throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_LENGTHS", {});
  }
  const bytes = new Uint8Array(new ArrayBuffer(shares.length * shareLength));
  for (const [i, share] of shares.entries()) bytes.set(share, i * shareLength);
  return { bytes, shareLength };
}
