/**
 * What the protocol needs of cryptography: one interface with two implementations (native and
 * reference). Byte strings of several shares or digests are flat: one after the other.
 *
 * Every method raises `TrustQuorumError` and nothing else, and leaves its inputs untouched. Arguments
 * of a wrong type, length or range are `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_INVALID_RACK_UUID` and
 * `ERR_TQ_INVALID_EPOCH` everywhere.
 */
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { Configuration } from "./configuration.ts";
import type { EncryptedRackSecrets } from "./encrypted-rack-secrets.ts";

/**
 * One 32-byte rack secret behind a handle. Whoever receives a handle owns it and disposes of it;
 * disposing of one never affects another handle of the same secret. After `dispose()` every other
 * method raises `ERR_TQ_SECRET_DISPOSED`; disposing twice is fine.
 */
export interface RackSecret {
  readonly disposed: boolean;
  /**
   * Lends the 32 bytes to a callback and zeroes that buffer afterwards, also when the callback
   * throws. The callback must be synchronous and must not keep the buffer.
   */
  expose<T>(use: (bytes: Uint8Array) => T): T;
  /** Compares in constant time. */
  equals(other: RackSecret): boolean;
  /** Disposes of this handle; a second time does nothing. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/** Rack secrets by epoch, ascending: what unlocking a configuration yields. Owned like a {@link RackSecret}. */
export interface RackSecrets {
  readonly disposed: boolean;
  readonly epochs: readonly Epoch[];
  /** A new handle of one secret, owned by the caller, or undefined where the epoch is not in the set. */
  secret(epoch: Epoch): RackSecret | undefined;
  /** Disposes of the set; handles that it gave out stay valid. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/** The shares of a fresh secret and their SHA3-256 digests, in the order of x = 1 … n. */
export interface CreatedShares {
  /** n × 33 secret bytes; the receiver zeroes them. */
  readonly shares: Uint8Array;
  /** n × 32 public bytes. */
  readonly digests: Uint8Array;
}

/** How a secret is split. */
export interface SplitOptions {
  /** How many shares, 2 to 255. */
  readonly count: number;
  /** How many of them combine to the secret, 2 to `count`. */
  readonly threshold: number;
  /** Where the shares go, `count × (1 + L)` bytes for a secret of L: see {@link TrustQuorumCrypto.split}. */
  readonly into?: Uint8Array | undefined;
}

/** How shares are combined. */
export interface CombineOptions {
  /** Where the secret goes, a byte less than a share has: see {@link TrustQuorumCrypto.combine}. */
  readonly into?: Uint8Array | undefined;
}

/** What the loader's check looks at (protocol section 6.0). */
export interface CrossCheckOptions {
  readonly config: Configuration;
  /** K shares of it, flat: secret, only read. */
  readonly shares: Uint8Array;
  /** The fingerprints of all secrets that were loaded before, also of those that were cleared since. */
  readonly before: Fingerprints;
  /** What the K shares gave. */
  readonly after: RackSecrets;
}

/**
 * SHA3-256 of rack secrets, by epoch: enough to see whether a secret is the one that was loaded before, and
 * nothing to get it from. They stay in memory.
 */
export type Fingerprints = ReadonlyMap<Epoch, Uint8Array>;

/** What the loader's check has found not to fit. */
export interface CrossCheck {
  /** Members whose shares are not on the polynomials of the K shares, in member order. */
  readonly unrelated: readonly BaseboardId[];
  /** Epochs that were loaded before and are not in the new chain, or with another secret; ascending. */
  readonly changed: readonly Epoch[];
  /** Those of the secrets that were loaded now. */
  readonly fingerprints: Fingerprints;
}

/** The cryptography behind a node. All of it is synchronous. */
export interface TrustQuorumCrypto {
  /**
   * Which implementation this is, for reports only: `native`, `reference`, or what a backend that wraps
   * another one or replays a recording calls itself.
   */
  readonly name: string;

  /** SHA3-256 (FIPS 202) of public or secret bytes: 32 bytes. */
  sha3_256(bytes: Uint8Array): Uint8Array;

  /** Whether a share has this SHA3-256 digest (over `x || y`, 33 bytes). */
  verifyShare(share: Share | LrtqShare, digest: Uint8Array): boolean;

  /**
   * Draws a fresh rack secret and splits it into `count` shares, any `threshold` of which rebuild
   * it. The secret itself is not kept; {@link seal} rebuilds it from the shares.
   *
   * @throws `ERR_TQ_THRESHOLD_TOO_SMALL`, `ERR_TQ_FEWER_SHARES_THAN_THRESHOLD`, `ERR_TQ_RANDOM_SOURCE`
   */
  createShares(options: { count: number; threshold: number }): CreatedShares;

  /**
   * Checks shares against their digests, rebuilds the rack secret of `epoch` from all of them, and
   * decrypts the prior secrets encrypted under it, if any. Fewer shares than the threshold yield a
   * wrong secret, which is detected only where there are prior secrets to decrypt.
   *
   * @throws `ERR_TQ_SHARE_DIGEST_MISMATCH`, combine errors (`ERR_TQ_TOO_FEW_SHARES`,
   * `ERR_TQ_DUPLICATE_X_COORDINATES`, `ERR_TQ_INVALID_SHARE_ID`, `ERR_TQ_INVALID_SHARE_LENGTHS`),
   * `ERR_TQ_INVALID_RACK_SECRET`, `ERR_TQ_AUTHENTICATION_FAILED`, `ERR_TQ_INVALID_PLAINTEXT_LENGTH`,
   * `ERR_TQ_INVALID_PLAINTEXT`
   */
  recover(options: {
    /** m × 33 bytes. */
    shares: Uint8Array;
    /** m × 32 bytes, in the same order. */
    digests: Uint8Array;
    rackId: RackId;
    epoch: Epoch;
    encrypted: EncryptedRackSecrets | null;
  }): RackSecrets;

  /**
   * Rebuilds the bootstore's rack secret from m × 33 bytes of LRTQ shares; it is returned under epoch 1.
   *
   * @throws combine errors, `ERR_TQ_NON_CANONICAL_SCALAR`, `ERR_TQ_INVALID_RACK_SECRET`
   */
  recoverLrtq(options: { shares: Uint8Array }): RackSecrets;

  /**
   * Interpolates the share at `x` (1–255) from m × 33 bytes of shares and checks it against `digest`.
   *
   * @throws combine errors, `ERR_TQ_SHARE_DIGEST_MISMATCH`
   */
  computeShare(options: { shares: Uint8Array; x: number; digest: Uint8Array }): Share;

  /**
   * Rebuilds a new configuration's secret from its own shares and encrypts the prior secrets under
   * it, with a fresh salt.
   *
   * @throws combine errors, `ERR_TQ_INVALID_RACK_SECRET`, `ERR_TQ_SECRET_DISPOSED`,
   * `ERR_TQ_RANDOM_SOURCE`, `ERR_TQ_INVALID_ARGUMENT` (a prior epoch not below `epoch`, a handle of
   * another backend)
   */
  seal(options: {
    /** n × 33 bytes: all shares of the new configuration. */
    shares: Uint8Array;
    rackId: RackId;
    epoch: Epoch;
    prior: RackSecrets;
    /** For replays only; a fresh one is drawn when absent. */
    salt?: Uint8Array;
  }): EncryptedRackSecrets;

  /**
   * Puts known secrets behind a handle, e.g. those of a test vector. Epochs strictly ascend.
   *
   * @throws `ERR_TQ_INVALID_RACK_SECRET`, `ERR_TQ_INVALID_ARGUMENT`
   */
  importSecrets(
    entries: readonly { readonly epoch: Epoch; readonly secret: Uint8Array }[],
  ): RackSecrets;

  /**
   * Opens the spare shares that the bootstore encrypted for one sled, with the LRTQ secret (epoch 1
   * of `secrets`): a flat buffer of 33-byte shares that the caller zeroes.
   *
   * @throws `ERR_TQ_AUTHENTICATION_FAILED`, `ERR_TQ_INVALID_PLAINTEXT_LENGTH`, `ERR_TQ_SECRET_DISPOSED`,
   * `ERR_TQ_INVALID_ARGUMENT` (no secret under epoch 1)
   */
  openLrtqSpareShares(options: {
    secrets: RackSecrets;
    rackId: RackId;
    salt: Uint8Array;
    nonce: Uint8Array;
    encrypted: Uint8Array;
  }): Uint8Array;

  /**
   * Secret sharing alone: `count` shares of a secret of L ≥ 1 bytes as one flat buffer of
   * `count × (1 + L)` bytes that the caller zeroes.
   *
   * With `into` the shares go there, nothing is allocated, and `into` is what is returned. It has exactly
   * that length and shares no memory with `secret` or with other threads. A call that is refused leaves it
   * as it was; one that fails after it began to write zeroes all of it.
   *
   * @throws `ERR_TQ_THRESHOLD_TOO_SMALL`, `ERR_TQ_FEWER_SHARES_THAN_THRESHOLD`, `ERR_TQ_RANDOM_SOURCE`
   * @example
   * import { nativeCrypto } from "trust-quorum";
   *
   * const crypto = nativeCrypto();
   * const secret = new TextEncoder().encode("attack at dawn");
   * const into = new Uint8Array(5 * (1 + secret.length));
   * crypto.split(secret, { count: 5, threshold: 3, into }) === into; // => true
   */
  split(secret: Uint8Array, options: SplitOptions): Uint8Array;

  /**
   * The secret at x = 0 of all given shares, each `shareLength` bytes; the caller zeroes it. With
   * fewer shares than the threshold the result is not the secret, which cannot be detected.
   *
   * With `into` the secret goes there, nothing is allocated, and `into` is what is returned. It has
   * `shareLength - 1` bytes and shares no memory with `shares` or with other threads. A call that is
   * refused leaves it as it was.
   *
   * @throws combine errors
   * @example
   * import { nativeCrypto } from "trust-quorum";
   *
   * const crypto = nativeCrypto();
   * const secret = new TextEncoder().encode("attack at dawn");
   * const shareLength = 1 + secret.length;
   * const shares = crypto.split(secret, { count: 5, threshold: 3 });
   * const into = new Uint8Array(shareLength - 1);
   * crypto.combine(shares, shareLength, { into }); // => secret
   */
  combine(shares: Uint8Array, shareLength: number, options?: CombineOptions): Uint8Array;

  /**
   * The share at `x` (1–255) on the polynomials through all given shares, `shareLength` bytes that
   * the caller zeroes. It restores a lost share. At the x of a given share the result is that share.
   *
   * @throws combine errors
   */
  shareAt(shares: Uint8Array, shareLength: number, x: number): Uint8Array;

  /**
   * The loader's check, for backends that record it or replay a recording; without it a node makes it of
   * {@link computeShare} and the handles.
   */
  crossCheck?(options: CrossCheckOptions): CrossCheck;
}
