/**
 * Secret sharing over GF(2^8) (Adi Shamir, *How to share a secret*, Communications of the ACM
 * 22(11), 1979): each byte of the secret is the constant term of a random polynomial, and the share
 * at x holds the values of all of them at x.
 *
 * Shares are flat: `x || y[0] || y[1] …`, one after the other. The secret, the coefficients and the
 * y bytes are secret; x-coordinates, lengths and counts are public.
 */
import { TrustQuorumError } from "../../base/errors.ts";
import { allocate, withWiped } from "../memory.ts";
import { lagrangeWeights, multiply } from "./gf256.ts";

/** A random source: fills the whole buffer with uniform bytes. */
export type FillRandom = (bytes: Uint8Array) => void;

/** Bytes of a secret that are split at a time, which bounds the memory for coefficients of a long one. */
const COLUMNS_MAX = 1024;

/**
 * Splits a secret of at least one byte into the shares at x = 1 … count, with 2 ≤ threshold ≤ count
 * ≤ 255, which fill `shares`. All coefficients but the constant terms are uniform, and the leading one may be
 * zero: if it could not, threshold − 1 shares would rule out one value of the secret.
 */
export function splitSecret(
  secret: Uint8Array,
  count: number,
  threshold: number,
  random: FillRandom,
  shares: Uint8Array,
): void {
  const shareLength = 1 + secret.length;
  const degree = threshold - 1;
  withWiped(allocate(degree * Math.min(secret.length, COLUMNS_MAX)), (coefficients) => {
    for (let i = 0; i < count; i++) shares[i * shareLength] = i + 1;
    for (let start = 0; start < secret.length; start += COLUMNS_MAX) {
      const columns = Math.min(COLUMNS_MAX, secret.length - start);
      random(coefficients.subarray(0, degree * columns));
      for (let i = 0; i < count; i++) {
        const y = shares.subarray(i * shareLength + 1 + start);
        for (let column = 0; column < columns; column++) {
          const constant = secret[start + column] ?? 0;
          const ofColumn = coefficients.subarray(column * degree, (column + 1) * degree);
          y[column] = evaluate(constant, ofColumn, i + 1);
        }
      }
    }
  });
}

/**
 * The value at x = 0 of the polynomials through all the shares: the secret, if there are enough. It is
 * written to `into`, which has its length, or to a new buffer.
 *
 * @throws TrustQuorumError those of {@link checkedXs}, before anything is written
 */
export function combineShares(
  shares: Uint8Array,
  shareLength: number,
  into?: Uint8Array,
): Uint8Array {
  const xs = checkedXs(shares, shareLength);
  const secret = into ?? allocate(shareLength - 1);
  secret.fill(0);
  interpolate(shares, shareLength, lagrangeWeights(xs, 0), secret);
  return secret;
}

/**
 * The share at x = 1 … 255 of the polynomials through all the shares. At the x of a given share it is that
 * share.
 *
 * @throws TrustQuorumError those of {@link checkedXs}
 */
export function shareAt(shares: Uint8Array, shareLength: number, x: number): Uint8Array {
  const xs = checkedXs(shares, shareLength);
  if (x === 0) throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_ID", {});
  const share = allocate(shareLength);
  share[0] = x;
  interpolate(shares, shareLength, lagrangeWeights(xs, x), share.subarray(1));
  return share;
}

/**
 * The validated x-coordinates of shares. The checks are made in the order of the codes below, the last two
 * share by share.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_SHARE_LENGTHS`, `ERR_TQ_TOO_FEW_SHARES`,
 * `ERR_TQ_INVALID_SHARE_ID`, `ERR_TQ_DUPLICATE_X_COORDINATES`
 */
export function checkedXs(shares: Uint8Array, shareLength: number): Uint8Array {
  if (shareLength < 2 || shares.length % shareLength !== 0) {
    throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_LENGTHS", {});
  }
  const count = shares.length / shareLength;
  if (count < 2) throw new TrustQuorumError("ERR_TQ_TOO_FEW_SHARES", {});
  const seen = new Set<number>();
  // Among 256 shares an x is 0 or occurs twice, so that the loop ends after at most 256 of them.
  for (let i = 0; i < count; i++) {
    const x = shares[i * shareLength] ?? 0;
    if (x === 0) throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_ID", {});
    if (seen.has(x)) throw new TrustQuorumError("ERR_TQ_DUPLICATE_X_COORDINATES", {});
    seen.add(x);
  }
  return Uint8Array.from(seen);
}

/** The value at x of `constant + coefficients[0]·x + coefficients[1]·x² + …` (Horner's rule). */
function evaluate(constant: number, coefficients: Uint8Array, x: number): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) {
    value = multiply(value ^ (coefficients[i] ?? 0), x);
  }
  return value ^ constant;
}

/** Writes `Σ weights[i] · y of share i` to `out`, which is zero and as long as y. */
function interpolate(
  shares: Uint8Array,
  shareLength: number,
  weights: Uint8Array,
  out: Uint8Array,
): void {
  for (const [i, weight] of weights.entries()) {
    const y = shares.subarray(i * shareLength + 1, (i + 1) * shareLength);
    for (const [column, value] of y.entries()) {
      out[column] = (out[column] ?? 0) ^ multiply(value, weight);
    }
  }
}
