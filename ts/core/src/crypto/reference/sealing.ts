/**
 * What is encrypted under a rack secret: the secrets of prior epochs, and the spare shares of the
 * bootstore. Both with ChaCha20-Poly1305 (RFC 8439) under a key from HKDF (RFC 5869) with SHA3-256
 * (FIPS 202), without associated data.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { utf8 } from "../../base/bytes.ts";
import { TrustQuorumError } from "../../base/errors.ts";
import type { Epoch } from "../../base/ids.ts";
import { isEpoch } from "../../base/ids.ts";
import { SHARE_BYTES } from "../../base/share.ts";
import type { EncryptedRackSecrets } from "../../protocol/crypto.ts";
import { NONCE_BYTES, SECRET_BYTES } from "../arguments.ts";
import { allocate, copyOf, wipe, withWiped } from "../memory.ts";
import { isAllZero } from "./compare.ts";

const KEY_BYTES = 32;
const TAG_BYTES = 16;
const EPOCH_BYTES = 8;
const ENTRY_BYTES = EPOCH_BYTES + SECRET_BYTES;

const RACK_SECRETS_INFO = utf8("trust-quorum-v1-rack-secrets");
const SPARE_SHARES_INFO = utf8("trust-quorum-v0-key-shares-");

// Every salt makes another key, which seals once, so that its nonce may be a constant.
const ZERO_NONCE = new Uint8Array(NONCE_BYTES);

/** Whose prior secrets: the rack's 16 bytes and the epoch of the secret that they are sealed under. */
export interface SealingContext {
  readonly rackId: Uint8Array;
  readonly epoch: Epoch;
}

/** Seals prior secrets, in ascending order of their epochs, under the 32 bytes of a new one. */
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
    // The library encrypts in place, in memory of ours: its own could be moved about and leave the
    // plaintext behind.
    const data = withWiped(rackSecretsKey(secret, salt, context), (key) =>
      chacha20poly1305(key, ZERO_NONCE).encrypt(plaintext, allocate(plaintext.length + TAG_BYTES)),
    );
    return { salt: copyOf(salt), data };
  });
}

/**
 * Opens prior secrets: by ascending epoch, 32 bytes each, that the caller zeroes.
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
 * Opens the spare shares of one sled: a flat buffer of 33-byte shares that the caller zeroes.
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
    // The library tells nothing but that the tag is wrong, and nothing more may be told.
    throw new TrustQuorumError("ERR_TQ_AUTHENTICATION_FAILED", {});
  }
}

/** Epochs must ascend strictly, from 1 to below the sealing epoch, and no secret is all zero. */
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

/** The epoch, public like all of them; one above 2^53−1 comes out as some unsafe number. */
function readEpoch(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, EPOCH_BYTES).getBigUint64(0));
}
