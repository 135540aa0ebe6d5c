/**
 * The reference backend: all of it in TypeScript, on the audited `@noble` packages. The native backend is
 * tested against it, and it serves platforms without the addon, browsers among them.
 */
import { TrustQuorumError } from "../base/errors.ts";
import type { TrustQuorumCrypto } from "../protocol/crypto.ts";
import type { LongSecretSharing } from "./chunked.ts";
import { ReferenceCrypto } from "./reference/backend.ts";

/**
 * The cryptography of a node in pure TypeScript, for Node and browsers. It is used only where a program
 * chooses it: the native backend does not fall back to it.
 *
 * Guarantees: arithmetic in GF(2^8) has no branch and no memory index that depends on a secret, secrets
 * are compared in constant time, no secret becomes a string, and every buffer allocated for secrets is
 * zeroed.
 *
 * Limits: arithmetic on the scalars of LRTQ uses BigInt, which is **not** constant-time and whose values
 * cannot be zeroed; the cipher of `@noble/ciphers` keeps copies of its key that cannot be zeroed; and a
 * JavaScript engine may copy buffers and numbers and compile branches, so that "constant-time" describes
 * the source and not the machine code. Where an attacker can measure the process or read its memory, use
 * the native backend.
 *
 * @example
 * import { referenceCrypto } from "trust-quorum";
 *
 * const crypto = referenceCrypto();
 * const secret = new TextEncoder().encode("attack at dawn");
 * const shareLength = 1 + secret.length;
 * const shares = crypto.split(secret, { count: 5, threshold: 3 });
 * const again = crypto.combine(shares.subarray(0, 3 * shareLength), shareLength);
 * new TextDecoder().decode(again); // => "attack at dawn"
 * for (const bytes of [secret, shares, again]) bytes.fill(0);
 */
export function referenceCrypto(): TrustQuorumCrypto & LongSecretSharing {
  return new ReferenceCrypto(fillRandom);
}

/** The quota of one call of `getRandomValues` in bytes (W3C Web Cryptography API). */
const RANDOM_BYTES_MAX = 65_536;

/** Fills a buffer with Web Crypto's random bytes, which Node and browsers both have. */
function fillRandom(bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; at += RANDOM_BYTES_MAX) {
      crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_MAX));
    }
  } catch (cause) {
    throw new TrustQuorumError("ERR_TQ_RANDOM_SOURCE", {}, { cause });
  }
}
