/** The reference backend: validates arguments and calls the algorithms of this folder. */
import { sha3_256 } from "@noble/hashes/sha3.js";
import { TrustQuorumError } from "../../base/errors.ts";
import type { Epoch, RackId } from "../../base/id-types.ts";
import { epoch as parseEpoch, LRTQ_EPOCH, parseRackId, rackIdBytes } from "../../base/ids.ts";
import { DIGEST_BYTES, LrtqShare, SHARE_BYTES, Share } from "../../base/share.ts";
import type {
  CombineOptions,
  CreatedShares,
  RackSecrets,
  SplitOptions,
  TrustQuorumCrypto,
} from "../../protocol/crypto.ts";
import type { EncryptedRackSecrets } from "../../protocol/encrypted-rack-secrets.ts";
import {
  checkBytes,
  checkCounts,
  checkDigestCount,
  checkedEncrypted,
  checkedEntries,
  checkInteger,
  checkInto,
  checkObject,
  checkX,
  NONCE_BYTES,
  refuse,
  SALT_BYTES,
  SECRET_BYTES,
  viewOf,
} from "../arguments.ts";
import type { SecretEntry } from "../arguments.ts";
import { allocate, copyOf, wipe, withWiped } from "../memory.ts";
import { combineInChunks, splitInChunks } from "../chunked.ts";
import type { CombineAsyncOptions, LongSecretSharing, SplitAsyncOptions } from "../chunked.ts";
import { equalInConstantTime, isAllZero } from "./compare.ts";
import { combineLrtqShares } from "./lrtq.ts";
import type { SealingContext } from "./sealing.ts";
import { openPriorSecrets, openSpareShares, sealPriorSecrets } from "./sealing.ts";
import { slicedWorker } from "./chunked.ts";
import { ReferenceRackSecrets, secretBytes } from "./secrets.ts";
import type { FillRandom } from "./shamir.ts";
import { combineShares, shareAt, splitSecret } from "./shamir.ts";

type Options<Method extends keyof TrustQuorumCrypto> = TrustQuorumCrypto[Method] extends (
  options: infer O,
) => unknown
  ? O
  : never;

/**
 * The backend that `referenceCrypto` creates. The random source is a parameter so that tests can supply known
 * bytes.
 */
export class ReferenceCrypto implements TrustQuorumCrypto, LongSecretSharing {
  readonly name = "reference";
  readonly #random: FillRandom;

  constructor(random: FillRandom) {
    this.#random = random;
  }

  sha3_256(bytes: Uint8Array): Uint8Array {
    checkBytes("bytes", bytes);
    return sha3_256(bytes);
  }

  verifyShare(share: Share | LrtqShare, digest: Uint8Array): boolean {
    if (!(share instanceof Share) && !((share as unknown) instanceof LrtqShare)) {
      refuse("share", "is not a share");
    }
    checkBytes("digest", digest, DIGEST_BYTES);
    return hasDigest(share.bytes, digest);
  }

  createShares(options: { count: number; threshold: number }): CreatedShares {
    checkObject("options", options);
    const { count, threshold } = options;
    checkCounts(count, threshold);
    return withWiped(allocate(SECRET_BYTES), (secret) => {
      // An all-zero secret is indistinguishable from wiped memory; its probability is 2^-256.
      do {
        this.#random(secret);
      } while (isAllZero(secret));
      const shares = allocate(count * SHARE_BYTES);
      splitSecret(secret, count, threshold, this.#random, shares);
      const digests = new Uint8Array(count * DIGEST_BYTES);
      for (let i = 0; i < count; i++) digests.set(sha3_256(shareOf(shares, i)), i * DIGEST_BYTES);
      return { shares, digests };
    });
  }

  recover(options: Options<"recover">): RackSecrets {
    checkObject("options", options);
    const { shares, digests, rackId, epoch, encrypted } = options;
    checkBytes("shares", shares);
    checkBytes("digests", digests);
    const context = contextOf(rackId, epoch);
    const sealed = checkedEncrypted(encrypted);
    checkDigestCount(shares, digests);
    checkDigests(shares, digests);

    const secret = combineRackSecret(shares);
    try {
      const secrets =
        sealed === null ? new Map<Epoch, Uint8Array>() : openPriorSecrets(secret, context, sealed);
      // Prior epochs are below this one, so the order stays ascending.
      return new ReferenceRackSecrets(secrets.set(epoch, secret));
    } catch (error) {
      wipe(secret);
      throw error;
    }
  }

  recoverLrtq(options: { shares: Uint8Array }): RackSecrets {
    checkObject("options", options);
    const { shares } = options;
    checkBytes("shares", shares);
    const secret = checkRackSecret(combineLrtqShares(shares));
    return new ReferenceRackSecrets(new Map([[LRTQ_EPOCH, secret]]));
  }

  computeShare(options: { shares: Uint8Array; x: number; digest: Uint8Array }): Share {
    checkObject("options", options);
    const { shares, x, digest } = options;
    checkBytes("shares", shares);
    checkX(x);
    checkBytes("digest", digest, DIGEST_BYTES);
    return withWiped(shareAt(shares, SHARE_BYTES, x), (share) => {
      if (!hasDigest(share, digest)) throw new TrustQuorumError("ERR_TQ_SHARE_DIGEST_MISMATCH", {});
      return Share.copyOf(share);
    });
  }

  seal(options: Options<"seal">): EncryptedRackSecrets {
    checkObject("options", options);
    const { shares, rackId, epoch, prior, salt } = options;
    checkBytes("shares", shares);
    const context = contextOf(rackId, epoch);
    if (salt !== undefined) checkBytes("salt", salt, SALT_BYTES);
    const priorSecrets = secretBytes("prior", prior);
    for (const priorEpoch of priorSecrets.keys()) {
      if (priorEpoch >= epoch) refuse("prior", "has an epoch that is not prior");
    }
    return withWiped(combineRackSecret(shares), (secret) =>
      sealPriorSecrets(secret, context, priorSecrets, salt ?? this.#freshSalt()),
    );
  }

  importSecrets(entries: readonly SecretEntry[]): RackSecrets {
    const secrets = new Map<Epoch, Uint8Array>();
    try {
      for (const { epoch, secret } of checkedEntries(entries)) secrets.set(epoch, copyOf(secret));
      for (const bytes of secrets.values()) checkRackSecret(bytes);
    } catch (error) {
      for (const bytes of secrets.values()) wipe(bytes);
      throw error;
    }
    return new ReferenceRackSecrets(secrets);
  }

  openLrtqSpareShares(options: Options<"openLrtqSpareShares">): Uint8Array {
    checkObject("options", options);
    const { secrets, rackId, salt, nonce, encrypted } = options;
    const rack = rackIdBytes(parseRackId(rackId));
    checkBytes("salt", salt, SALT_BYTES);
    checkBytes("nonce", nonce, NONCE_BYTES);
    checkBytes("encrypted", encrypted);
    const secret = secretBytes("secrets", secrets).get(LRTQ_EPOCH);
    if (secret === undefined) refuse("secrets", "has no secret for epoch 1");
    return openSpareShares(secret, rack, salt, nonce, encrypted);
  }

  split(secret: Uint8Array, options: SplitOptions): Uint8Array {
    checkBytes("secret", secret);
    checkObject("options", options);
    const { count, threshold, into } = options;
    checkCounts(count, threshold);
    const bytes = viewOf(secret);
    if (bytes.length === 0) refuse("secret", "is empty");
    const resultBytes = count * (1 + bytes.length);
    if (into !== undefined) checkInto(into, resultBytes, secret);
    const shares = into ?? allocate(resultBytes);
    const out = viewOf(shares);
    try {
      splitSecret(bytes, count, threshold, this.#random, out);
    } catch (error) {
      wipe(out);
      throw error;
    }
    return shares;
  }

  combine(shares: Uint8Array, shareLength: number, options: CombineOptions = {}): Uint8Array {
    checkBytes("shares", shares);
    checkInteger("shareLength", shareLength);
    checkObject("options", options);
    const { into } = options;
    if (into === undefined) return combineShares(viewOf(shares), shareLength);
    checkInto(into, Math.max(0, shareLength - 1), shares);
    combineShares(viewOf(shares), shareLength, viewOf(into));
    return into;
  }

  splitAsync(secret: Uint8Array, options: SplitAsyncOptions): Promise<Uint8Array> {
    return splitInChunks(this, slicedWorker(this), secret, options);
  }

  combineAsync(
    shares: Uint8Array,
    shareLength: number,
    options?: CombineAsyncOptions,
  ): Promise<Uint8Array> {
    return combineInChunks(this, slicedWorker(this), shares, shareLength, options);
  }

  shareAt(shares: Uint8Array, shareLength: number, x: number): Uint8Array {
    checkBytes("shares", shares);
    checkInteger("shareLength", shareLength);
    checkX(x);
    return shareAt(viewOf(shares), shareLength, x);
  }

  #freshSalt(): Uint8Array {
    const salt = new Uint8Array(SALT_BYTES);
    this.#random(salt);
    return salt;
  }
}

function contextOf(rackId: RackId, epoch: Epoch): SealingContext {
  return { rackId: rackIdBytes(parseRackId(rackId)), epoch: parseEpoch(epoch) };
}

/** Requires that each share has the digest given for it. */
function checkDigests(shares: Uint8Array, digests: Uint8Array): void {
  for (let index = 0; index < shares.length / SHARE_BYTES; index++) {
    const digest = digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
    if (!hasDigest(shareOf(shares, index), digest)) {
      throw new TrustQuorumError("ERR_TQ_SHARE_DIGEST_MISMATCH", { index });
    }
  }
}

function combineRackSecret(shares: Uint8Array): Uint8Array {
  return checkRackSecret(combineShares(shares, SHARE_BYTES));
}

/** Rejects an all-zero secret, which is indistinguishable from wiped memory. */
function checkRackSecret(bytes: Uint8Array): Uint8Array {
  if (!isAllZero(bytes)) return bytes;
  throw invalidRackSecret();
}

function invalidRackSecret(): TrustQuorumError {
  return new TrustQuorumError("ERR_TQ_INVALID_RACK_SECRET", {});
}

function hasDigest(share: Uint8Array, digest: Uint8Array): boolean {
  return equalInConstantTime(sha3_256(share), digest);
}

function shareOf(shares: Uint8Array, index: number): Uint8Array {
  return shares.subarray(index * SHARE_BYTES, (index + 1) * SHARE_BYTES);
}
