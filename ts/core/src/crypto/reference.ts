/**
 * The reference backend: everything in TypeScript, on the audited `@noble` packages. It is there to
 * check the native backend against and for platforms without the addon.
 */
import { TrustQuorumError } from "../base/errors.ts";
import type { TrustQuorumCrypto } from "../protocol/crypto.ts";
import type { LongSecretSharing } from "./chunked.ts";
import { ReferenceCrypto } from "./reference/backend.ts";

/**
 * The cryptography of a node in pure TypeScript. Chosen explicitly; nothing falls back to it.
 *
 * What it holds to: arithmetic in GF(2^8) has no branch and no memory index that depends on a
 * secret, comparisons of secrets take the same time whatever they hold, no secret becomes a string,
 * and every buffer that it allocates for secrets is zeroed.
 *
 * What it cannot promise: arithmetic on the scalars of LRTQ is done with BigInt, which is **not**
 * constant-time and whose values cannot be zeroed; the cipher underneath copies its key to where
 * nobody can zero it; a JavaScript engine may copy buffers and numbers and compiles as it likes, so
 * that "constant-time" is a property of the source and not of the machine code. Where an attacker
 * can measure the process or read its memory, use the native backend.
 *
 * @example
 * const crypto = referenceCrypto();
 * const shares = crypto.split(secret, { count: 5, threshold: 3 });
 * const again = crypto.combine(shares.subarray(0, 3 * (1 + secret.length)), 1 + secret.length);
 */
export function referenceCrypto(): TrustQuorumCrypto & LongSecretSharing {
  return new ReferenceCrypto(fillRandom);
}

/** The most bytes that one call of `getRandomValues` draws. */
const RANDOM_BYTES_MAX = 65_536;

/** Fills a buffer from the platform's random source, which Node and browsers both have (W3C Web Crypto). */
function fillRandom(bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; at += RANDOM_BYTES_MAX) {
      crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_MAX));
    }
  } catch (cause) {
    throw new TrustQuorumError("ERR_TQ_RANDOM_SOURCE", {}, { cause });
  }
}
