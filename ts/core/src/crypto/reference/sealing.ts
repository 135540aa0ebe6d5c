/**
 * Encryption under a rack secret: of the secrets of prior epochs, and of the bootstore's spare shares. Both
 * use ChaCha20-Poly1305 (RFC 8439) under a key from HKDF (RFC 5869) with SHA3-256
 * (FIPS 202), without associated data.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { utf8 } from "../../base/bytes.ts";
import { TrustQuorumError } from "../../base/errors.ts";
import type { Epoch } from "../../base/id-types.ts";
import { isEpoch } from "../../base/ids.ts";
import { SHARE_BYTES } from "../../base/share.ts";
import type { EncryptedRackSecrets } from "../../protocol/encrypted-rack-secrets.ts";
import { NONCE_BYTES, SECRET_BYTES } from "../arguments.ts";
import { allocate, copyOf, wipe, withWiped } from "../memory.ts";
import { isAllZero } from "./compare.ts";

const KEY_BYTES = 32;
const TAG_BYTES = 16;
const EPOCH_BYTES = 8;
const ENTRY_BYTES = EPOCH_BYTES + SECRET_BYTES;

const RACK_SECRETS_INFO = utf8("trust-quorum-v1-rack-secrets");
const SPARE_SHARES_INFO = utf8("trust-quorum-v0-key-shares-");

// Each salt gives another key, and a key encrypts once, so that the nonce may be constant.
const ZERO_NONCE = new Uint8Array(NONCE_BYTES);

/** What a sealing key is bound to: the 16 bytes of the rack's id, and the epoch of the sealing secret. */
export interface SealingContext {
  readonly rackId: Uint8Array;
  readonly epoch: Epoch;
}

/** Encrypts prior secrets, in ascending order of their epochs, under the 32 bytes of a new one. */
export function sealPriorSecrets(
  secret: Uint8Array,
  context: SealingContext,
  prior: ReadonlyMap<Epoch, Uint8Array>,
  salt: Uint8Array,
): EncryptedRackSecrets {
  return withWiped(allocate(prior.size * ENTRY_BYTES), (plaintext) => {
    let at = 0;
    for (const [epoch, bytes] of prior) {
      plaintext.set(epochBytes(epoch), at);
      plaintext.set(bytes, at + EPOCH_BYTES);
      at += ENTRY_BYTES;
    }
    // The library encrypts into memory that it is given: in memory of its own the garbage collector could
    // leave copies of the plaintext behind.
    const data = withWiped(rackSecretsKey(secret, salt, context), (key) =>
      chacha20poly1305(key, ZERO_NONCE).encrypt(plaintext, allocate(plaintext.length + TAG_BYTES)),
    );
    return { salt: copyOf(salt), data };
  });
}

/**
 * Decrypts prior secrets. The result has 32 bytes for each epoch, in ascending order, which the caller zeroes.
 *
 * @throws TrustQuorumError `ERR_TQ_AUTHENTICATION_FAILED`, `ERR_TQ_INVALID_PLAINTEXT_LENGTH`,
 * `ERR_TQ_INVALID_PLAINTEXT`
 */
export function openPriorSecrets(
  secret: Uint8Array,
  context: SealingContext,
  encrypted: EncryptedRackSecrets,
): Map<Epoch, Uint8Array> {
  const plaintext = withWiped(rackSecretsKey(secret, encrypted.salt, context), (key) =>
    decrypt(key, ZERO_NONCE, encrypted.data),
  );
  return withWiped(plaintext, () => parsePriorSecrets(plaintext, context.epoch));
}

/**
 * Decrypts the spare shares of one sled into a flat buffer of 33-byte shares, which the caller zeroes.
 *
 * @throws TrustQuorumError `ERR_TQ_AUTHENTICATION_FAILED`, `ERR_TQ_INVALID_PLAINTEXT_LENGTH`
 */
export function openSpareShares(
  secret: Uint8Array,
  rackId: Uint8Array,
  salt: Uint8Array,
  nonce: Uint8Array,
  encrypted: Uint8Array,
): Uint8Array {
  const shares = withWiped(deriveKey(secret, salt, [SPARE_SHARES_INFO, rackId]), (key) =>
    decrypt(key, nonce, encrypted),
  );
  if (shares.length % SHARE_BYTES !== 0) {
    wipe(shares);
    throw new TrustQuorumError("ERR_TQ_INVALID_PLAINTEXT_LENGTH", {});
  }
  return shares;
}

function rackSecretsKey(
  secret: Uint8Array,
  salt: Uint8Array,
  { rackId, epoch }: SealingContext,
): Uint8Array {
  return deriveKey(secret, salt, [RACK_SECRETS_INFO, rackId, epochBytes(epoch)]);
}

function deriveKey(secret: Uint8Array, salt: Uint8Array, info: readonly Uint8Array[]): Uint8Array {
  const parts = new Uint8Array(info.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of info) {
    parts.set(part, at);
    at += part.length;
  }
  return hkdf(sha3_256, secret, salt, parts, KEY_BYTES);
}

function decrypt(key: Uint8Array, nonce: Uint8Array, encrypted: Uint8Array): Uint8Array {
  if (encrypted.length < TAG_BYTES) throw new TrustQuorumError("ERR_TQ_AUTHENTICATION_FAILED", {});
  const output = allocate(encrypted.length - TAG_BYTES);
  try {
    return chacha20poly1305(key, nonce).decrypt(encrypted, output);
  } catch {
    // The only failure is a wrong tag, and nothing more may be disclosed.
    throw new TrustQuorumError("ERR_TQ_AUTHENTICATION_FAILED", {});
  }
}

/** Requires strictly ascending epochs from 1 to below the sealing epoch, and no all-zero secret. */
function parsePriorSecrets(plaintext: Uint8Array, below: Epoch): Map<Epoch, Uint8Array> {
  if (plaintext.length % ENTRY_BYTES !== 0) {
    throw new TrustQuorumError("ERR_TQ_INVALID_PLAINTEXT_LENGTH", {});
  }
  const secrets = new Map<Epoch, Uint8Array>();
  let last = 0;
  for (let at = 0; at < plaintext.length; at += ENTRY_BYTES) {
    const epoch = readEpoch(plaintext.subarray(at, at + EPOCH_BYTES));
    const secret = copyOf(plaintext.subarray(at + EPOCH_BYTES, at + ENTRY_BYTES));
    if (!isEpoch(epoch) || epoch <= last || epoch >= below || isAllZero(secret)) {
      for (const bytes of [secret, ...secrets.values()]) wipe(bytes);
      throw new TrustQuorumError("ERR_TQ_INVALID_PLAINTEXT", {});
    }
    secrets.set(epoch, secret);
    last = epoch;
  }
  return secrets;
}

function epochBytes(epoch: Epoch): Uint8Array {
  const bytes = new Uint8Array(EPOCH_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(epoch));
  return bytes;
}

/** Reads an epoch, which is public. A value above 2^53−1 becomes an unsafe integer, which `isEpoch` rejects. */
function readEpoch(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, EPOCH_BYTES).getBigUint64(0));
}
