/**
 * The bootstore's secret sharing: Shamir's over the scalar field of Curve25519. A share is its
 * identifier (x, 1–255) and y as 32 canonical little-endian bytes; the secret is a scalar's 32
 * canonical little-endian bytes too.
 *
 * Scalars are BigInts here. Their arithmetic is **not constant-time**, and they stay in memory until they
 * are garbage-collected, because a BigInt cannot be zeroed.
 */
import { Field } from "@noble/curves/abstract/modular.js";
import { TrustQuorumError } from "../../base/errors.ts";
import { SHARE_BYTES } from "../../base/share.ts";
import { allocate } from "../memory.ts";
import { checkedXs } from "./shamir.ts";

/** The scalars: integers modulo the order of Curve25519's base point (RFC 7748, section 4.1). */
const scalars = Field(2n ** 252n + 27742317777372353535851937790883648493n);

const SCALAR_BYTES = 32;
const WORD_BYTES = 8;

/**
 * The secret at x = 0 of all given shares (m × 33 bytes), 32 bytes that the caller zeroes.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_SHARE_LENGTHS`, `ERR_TQ_TOO_FEW_SHARES`,
 * `ERR_TQ_INVALID_SHARE_ID`, `ERR_TQ_DUPLICATE_X_COORDINATES`, `ERR_TQ_NON_CANONICAL_SCALAR`
 */
export function combineLrtqShares(shares: Uint8Array): Uint8Array {
  const xs = checkedXs(shares, SHARE_BYTES);
  const ys = Array.from(xs, (_, i) => {
    const y = readScalar(shares.subarray(i * SHARE_BYTES + 1, (i + 1) * SHARE_BYTES));
    if (!scalars.isValid(y)) throw new TrustQuorumError("ERR_TQ_NON_CANONICAL_SCALAR", {});
    return y;
  });
  const terms = lagrangeWeightsAtZero(xs).map((weight, i) => scalars.mul(weight, ys[i] ?? 0n));
  return writeScalar(terms.reduce((sum, term) => scalars.add(sum, term), scalars.ZERO));
}

/** Π x_j / (x_j − x_i) over all j ≠ i. Identifiers are public. */
function lagrangeWeightsAtZero(xs: Uint8Array): bigint[] {
  const points = Array.from(xs, (x) => BigInt(x));
  return points.map((xi, i) => {
    let numerator = scalars.ONE;
    let denominator = scalars.ONE;
    for (const [j, xj] of points.entries()) {
      if (j === i) continue;
      numerator = scalars.mul(numerator, xj);
      denominator = scalars.mul(denominator, scalars.sub(xj, xi));
    }
    return scalars.div(numerator, denominator);
  });
}

// The library's own conversions use hexadecimal strings, and a secret must never become a string.

function readScalar(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, SCALAR_BYTES);
  let scalar = 0n;
  for (let at = SCALAR_BYTES - WORD_BYTES; at >= 0; at -= WORD_BYTES) {
    scalar = (scalar << 64n) | view.getBigUint64(at, true);
  }
  return scalar;
}

function writeScalar(scalar: bigint): Uint8Array {
  const bytes = allocate(SCALAR_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < SCALAR_BYTES; at += WORD_BYTES) {
    // Stores the lowest 64 bits.
    view.setBigUint64(at, scalar >> BigInt(8 * at), true);
  }
  return bytes;
}
