/**
 * `node:crypto` where it can do the same work: hashes, HKDF, ChaCha20-Poly1305 and random bytes. It has no
 * secret sharing: a configuration and the load path take that from the native backend.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { nativeCrypto } from "trust-quorum";
import { SHARE_BYTES, rackIdBytes } from "trust-quorum/protocol";
import { repeated, subject } from "./measure.ts";
import type { Subject } from "./measure.ts";
import { FULL, requireSame } from "./sharing.ts";
import { loadPath } from "./subjects.ts";

/** What is timed. */
type Call = () => unknown;

const INFO = "trust-quorum-v1-rack-secrets";

/** A subject of `node:crypto`. */
export function nodeSubject(call: Call): Subject {
  return subject("node:crypto", "node", repeated(call));
}

/** SHA3-256 of so many bytes. */
export function nodeHasher(length: number): Call {
  const bytes = new Uint8Array(length).fill(7);
  return () => sha3(bytes);
}

/** HKDF-SHA3-256 with a salt, to 32 bytes. */
export function nodeDeriver(): Call {
  const [secret, salt, info] = [new Uint8Array(32).fill(7), new Uint8Array(32), Buffer.alloc(52)];
  return () => hkdfSync("sha3-256", secret, salt, info, 32);
}

/** ChaCha20-Poly1305 of eight prior secrets. */
export function nodeSealer(): Call {
  const [key, nonce, text] = [Buffer.alloc(32, 7), Buffer.alloc(12), Buffer.alloc(320, 7)];
  return () => {
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  };
}

/** As many random bytes as creating a configuration with k = 17 draws: the secret and 16 coefficients of 32 bytes. */
export function nodeRandom(): Call {
  return () => randomBytes(544);
}

/** A configuration: split by the native backend, the rest by Node. */
export function nodeConfigurer(): Call {
  const crypto = nativeCrypto();
  return () => {
    const secret = randomBytes(32);
    const shares = crypto.split(secret, FULL);
    const digests = Buffer.alloc(FULL.count * 32);
    for (let i = 0; i < FULL.count; i++) digests.set(sha3(shareAt(shares, i)), i * 32);
    secret.fill(0);
    return { shares, digests };
  };
}

/**
 * The load path: combined by the native backend, the rest by Node.
 *
 * @throws Error where it decrypts to something else than the native backend does
 */
export function nodeLoader(): () => Buffer {
  const crypto = nativeCrypto();
  const recovery = loadPath(crypto);
  const { shares, digests, rackId, epoch, encrypted } = recovery;
  const at = Buffer.alloc(8);
  at.writeBigUInt64BE(BigInt(epoch));
  const call = () => {
    for (let i = 0; i < FULL.threshold; i++) {
      const digest = digests.subarray(i * 32, (i + 1) * 32);
      if (sha3(shareAt(shares, i)).compare(digest) !== 0) throw new Error("a wrong digest");
    }
    const secret = crypto.combine(shares, SHARE_BYTES);
    const info = Buffer.concat([Buffer.from(INFO), rackIdBytes(rackId), at]);
    const key = Buffer.from(hkdfSync("sha3-256", secret, encrypted?.salt ?? "", info, 32));
    const data = encrypted?.data ?? new Uint8Array();
    const options = { authTagLength: 16 };
    const cipher = createDecipheriv("chacha20-poly1305", key, Buffer.alloc(12), options);
    cipher.setAuthTag(data.subarray(-16));
    const text = Buffer.concat([cipher.update(data.subarray(0, -16)), cipher.final()]);
    secret.fill(0);
    key.fill(0);
    return text;
  };
  using secrets = crypto.recover(recovery);
  using first = secrets.secret(secrets.epochs[0] ?? epoch);
  first?.expose((bytes) => requireSame("node:crypto", call().subarray(8, 40), bytes));
  return call;
}

function sha3(bytes: Uint8Array): Buffer {
  return createHash("sha3-256").update(bytes).digest();
}

function shareAt(shares: Uint8Array, i: number): Uint8Array {
  return shares.subarray(i * SHARE_BYTES, (i + 1) * SHARE_BYTES);
}
