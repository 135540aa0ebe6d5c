/**
 * The native backend: an adapter of the addon in Rust to `TrustQuorumCrypto`. It validates arguments, allocates
 * results, turns native errors into `TrustQuorumError`, and does nothing else.
 *
 * Invariants:
 * - Each method makes one native call for the work itself. Results go into buffers that are allocated here or
 *   given by the caller, and an output never overlaps an input.
 * - The bytes of a rack secret stay in Rust's memory; `expose` copies them out and zeroes the copy.
 * - The addon is loaded by the first call of `nativeCrypto`, so that the rest of the package works without it.
 *   There is no fallback to another backend.
 */
import type * as Addon from "@trust-quorum/native";
import { isObject } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";
import { epoch as parseEpoch, isEpoch, LRTQ_EPOCH, parseRackId, rackIdBytes } from "../base/ids.ts";
import type { Epoch, RackId } from "../base/id-types.ts";
import { DIGEST_BYTES, LrtqShare, Share, SHARE_BYTES } from "../base/share.ts";
import type {
  CombineOptions,
  CreatedShares,
  RackSecret,
  RackSecrets,
  SplitOptions,
  TrustQuorumCrypto,
} from "../protocol/crypto.ts";
import type { EncryptedRackSecrets } from "../protocol/encrypted-rack-secrets.ts";
import { loadAddon } from "./native-addon.ts";
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
} from "./arguments.ts";
import type { SecretEntry } from "./arguments.ts";
import { lend, SecretHandle } from "./handle.ts";
import { allocate, allocateForAddon, withWiped } from "./memory.ts";
import { callNative, translate } from "./native-errors.ts";
import { poolWorker } from "./native-chunked.ts";
import { combineInChunks, splitInChunks } from "./chunked.ts";
import type {
  CombineAsyncOptions,
  LongSecretSharing,
  ChunkWorker,
  SplitAsyncOptions,
} from "./chunked.ts";

/**
 * The native cryptography: one instance for the whole process.
 *
 * @throws TrustQuorumError `ERR_TQ_NATIVE_UNAVAILABLE` where the addon does not load, with the reason
 * @example
 * import { nativeCrypto } from "trust-quorum";
 *
 * const crypto = nativeCrypto();
 * const { shares, digests } = crypto.createShares({ count: 5, threshold: 3 });
 * shares.length; // => 5 * 33
 * digests.length; // => 5 * 32
 * shares.fill(0);
 */
export function nativeCrypto(): TrustQuorumCrypto & LongSecretSharing {
  instance ??= new NativeCrypto(loadAddon());
  return instance;
}

let instance: NativeCrypto | undefined;

const TAG_BYTES = 16;
/** A sealed prior secret: its epoch as a u64, and the secret. */
const SEALED_ENTRY_BYTES = 8 + SECRET_BYTES;

class NativeCrypto implements TrustQuorumCrypto, LongSecretSharing {
  readonly name = "native";
  readonly #addon: typeof Addon;
  readonly #fast: Addon.FastCalls;
  readonly #chunks: ChunkWorker;
  #lastRack: { readonly id: RackId; readonly bytes: Uint8Array } | undefined;

  constructor(addon: typeof Addon) {
    this.#addon = addon;
    this.#fast = addon.fastCalls();
    this.#chunks = poolWorker(addon);
  }

  sha3_256(bytes: Uint8Array): Uint8Array {
    checkBytes("bytes", bytes);
    const digest = allocate(DIGEST_BYTES);
    callNative(() => this.#addon.sha3_256(bytes, digest));
    return digest;
  }

  verifyShare(share: Share | LrtqShare, digest: Uint8Array): boolean {
    if (!(share instanceof Share || share instanceof LrtqShare)) refuse("share", "is not a share");
    checkBytes("digest", digest, DIGEST_BYTES);
    return callNative(() => this.#fast.hasDigest(share.bytes, digest));
  }

  createShares(options: { count: number; threshold: number }): CreatedShares {
    checkObject("options", options);
    const { count, threshold } = options;
    checkCounts(count, threshold);
    const shares = allocate(count * SHARE_BYTES);
    const digests = allocate(count * DIGEST_BYTES);
    callNative(() => this.#addon.createShares(count, threshold, shares, digests));
    return { shares, digests };
  }

  recover(options: {
    shares: Uint8Array;
    digests: Uint8Array;
    rackId: RackId;
    epoch: Epoch;
    encrypted: EncryptedRackSecrets | null;
  }): RackSecrets {
    checkObject("options", options);
    const { shares, digests, encrypted } = options;
    checkBytes("shares", shares);
    checkBytes("digests", digests);
    const rackId = this.#rackBytes(options.rackId);
    const epoch = parseEpoch(options.epoch);
    const sealed = checkedEncrypted(encrypted);
    checkDigestCount(shares, digests);
    try {
      return new NativeRackSecrets(
        this.#addon.recover(shares, digests, rackId, epoch, sealed?.salt, sealed?.data),
      );
    } catch (error) {
      throw translate(error);
    }
  }

  recoverLrtq(options: { shares: Uint8Array }): RackSecrets {
    checkObject("options", options);
    const { shares } = options;
    checkBytes("shares", shares);
    return new NativeRackSecrets(callNative(() => this.#addon.recoverLrtq(shares)));
  }

  computeShare(options: { shares: Uint8Array; x: number; digest: Uint8Array }): Share {
    checkObject("options", options);
    const { shares, x, digest } = options;
    checkBytes("shares", shares);
    checkX(x);
    checkBytes("digest", digest, DIGEST_BYTES);
    return withWiped(allocate(SHARE_BYTES), (share) => {
      callNative(() => this.#addon.computeShare(shares, x, digest, share));
      return Share.copyOf(share);
    });
  }

  seal(options: {
    shares: Uint8Array;
    rackId: RackId;
    epoch: Epoch;
    prior: RackSecrets;
    salt?: Uint8Array;
  }): EncryptedRackSecrets {
    checkObject("options", options);
    const { shares, prior, salt: replayedSalt } = options;
    checkBytes("shares", shares);
    const rackId = this.#rackBytes(options.rackId);
    const epoch = parseEpoch(options.epoch);
    if (replayedSalt !== undefined) checkBytes("salt", replayedSalt, SALT_BYTES);
    const nativePrior = NativeRackSecrets.unwrap("prior", prior);
    const { epochs } = prior;
    if ((epochs.at(-1) ?? 0) >= epoch) refuse("prior", "has an epoch that is not prior");
    const salt = allocate(SALT_BYTES);
    const data = allocate(epochs.length * SEALED_ENTRY_BYTES + TAG_BYTES);
    callNative(() =>
      this.#addon.seal(shares, rackId, epoch, nativePrior, replayedSalt, salt, data),
    );
    return { salt, data };
  }

  importSecrets(entries: readonly SecretEntry[]): RackSecrets {
    const checked = checkedEntries(entries);
    const epochs = checked.map(({ epoch }) => epoch);
    return withWiped(allocate(checked.length * SECRET_BYTES), (bytes) => {
      for (const [i, { secret }] of checked.entries()) bytes.set(secret, i * SECRET_BYTES);
      return new NativeRackSecrets(callNative(() => this.#addon.importSecrets(epochs, bytes)));
    });
  }

  openLrtqSpareShares(options: {
    secrets: RackSecrets;
    rackId: RackId;
    salt: Uint8Array;
    nonce: Uint8Array;
    encrypted: Uint8Array;
  }): Uint8Array {
    checkObject("options", options);
    const { secrets, salt, nonce, encrypted } = options;
    const rackId = rackIdBytes(parseRackId(options.rackId));
    checkBytes("salt", salt, SALT_BYTES);
    checkBytes("nonce", nonce, NONCE_BYTES);
    checkBytes("encrypted", encrypted);
    const nativeSecrets = NativeRackSecrets.unwrap("secrets", secrets);
    if (secrets.epochs[0] !== LRTQ_EPOCH) refuse("secrets", "has no secret for epoch 1");
    const shares = allocate(Math.max(0, encrypted.length - TAG_BYTES));
    callNative(() =>
      this.#addon.openLrtqSpareShares(nativeSecrets, rackId, salt, nonce, encrypted, shares),
    );
    return shares;
  }

  /** A process has one rack, seldom more: the bytes of the last one are kept. */
  #rackBytes(id: RackId): Uint8Array {
    const last = this.#lastRack;
    if (last !== undefined && last.id === id) return last.bytes;
    const bytes = rackIdBytes(parseRackId(id));
    this.#lastRack = { id, bytes };
    return bytes;
  }

  // These two are so fast that what surrounds the native call counts: the addon itself refuses buffers that
  // it cannot take, and only then are they looked at here, to say what is wrong.

  split(secret: Uint8Array, options: SplitOptions): Uint8Array {
    let resultBytes = 0;
    let given: Uint8Array | undefined;
    try {
      checkObject("options", options);
      const { count, threshold, into } = options;
      checkCounts(count, threshold);
      const length = lengthOrZero(secret);
      if (length === 0) refuse("secret", "is empty");
      resultBytes = count * (1 + length);
      given = into;
      const shares = into === undefined ? allocateForAddon(resultBytes) : into;
      this.#fast.split(secret, count, threshold, shares);
      return shares;
    } catch (error) {
      checkBytes("secret", secret);
      if (given !== undefined) checkInto(given, resultBytes, secret);
      throw translate(error);
    }
  }

  combine(shares: Uint8Array, shareLength: number, options?: CombineOptions): Uint8Array {
    let given: Uint8Array | undefined;
    try {
      checkInteger("shareLength", shareLength);
      if (options !== undefined) {
        checkObject("options", options);
        given = options.into;
      }
      const secret =
        given === undefined ? allocateForAddon(secretLength(shares, shareLength)) : given;
      this.#fast.combine(shares, shareLength, secret);
      return secret;
    } catch (error) {
      checkBytes("shares", shares);
      if (given !== undefined) checkInto(given, Math.max(0, shareLength - 1), shares);
      throw translate(error);
    }
  }

  splitAsync(secret: Uint8Array, options: SplitAsyncOptions): Promise<Uint8Array> {
    return splitInChunks(this, this.#chunks, secret, options);
  }

  combineAsync(
    shares: Uint8Array,
    shareLength: number,
    options?: CombineAsyncOptions,
  ): Promise<Uint8Array> {
    return combineInChunks(this, this.#chunks, shares, shareLength, options);
  }

  shareAt(shares: Uint8Array, shareLength: number, x: number): Uint8Array {
    checkBytes("shares", shares);
    checkInteger("shareLength", shareLength);
    checkX(x);
    const fits = shareLength > 0 && shareLength <= shares.length;
    const share = allocate(fits ? shareLength : 0);
    callNative(() => this.#addon.shareAt(shares, Math.max(0, shareLength), x, share));
    return share;
  }
}

class NativeRackSecret extends SecretHandle implements RackSecret {
  #native: Addon.NativeRackSecret | undefined;

  constructor(native: Addon.NativeRackSecret) {
    super();
    this.#native = native;
  }

  protected get label(): string {
    return "RackSecret";
  }

  get disposed(): boolean {
    return this.#native === undefined;
  }

  expose<T>(use: (bytes: Uint8Array) => T): T {
    const native = undisposed(this.#native);
    if (typeof use !== "function") refuse("use", "is not a function");
    const bytes = allocate(SECRET_BYTES);
    callNative(() => native.expose(bytes));
    return lend(bytes, use);
  }

  equals(other: RackSecret): boolean {
    const native = undisposed(this.#native);
    if (!isObject(other) || !(#native in other))
      refuse("other", "is not a rack secret of this backend");
    const otherNative = undisposed(other.#native);
    return callNative(() => native.equals(otherNative));
  }

  dispose(): void {
    this.#native?.dispose();
    this.#native = undefined;
  }
}

class NativeRackSecrets extends SecretHandle implements RackSecrets {
  #native: Addon.NativeRackSecrets | undefined;
  #epochs: readonly Epoch[] | undefined;

  constructor(native: Addon.NativeRackSecrets) {
    super();
    this.#native = native;
  }

  /** The addon's own handle within one of ours; refuses anything else. */
  static unwrap(argument: string, secrets: RackSecrets): Addon.NativeRackSecrets {
    if (!isObject(secrets) || !(#native in secrets))
      refuse(argument, "is not a set of rack secrets of this backend");
    return undisposed(secrets.#native);
  }

  protected get label(): string {
    return "RackSecrets";
  }

  get disposed(): boolean {
    return this.#native === undefined;
  }

  get epochs(): readonly Epoch[] {
    const native = undisposed(this.#native);
    this.#epochs ??= callNative(() => native.epochs()) as Epoch[];
    return this.#epochs.slice();
  }

  secret(epoch: Epoch): RackSecret | undefined {
    const native = undisposed(this.#native);
    const secret = isEpoch(epoch) ? callNative(() => native.secret(epoch)) : null;
    return secret === null ? undefined : new NativeRackSecret(secret);
  }

  dispose(): void {
    this.#native?.dispose();
    this.#native = undefined;
  }
}

/**
 * How long a secret is whose shares have this length: 0 where there is no such share, since the addon
 * refuses the length then, and nothing is to be allocated for it.
 */
function secretLength(shares: Uint8Array, shareLength: number): number {
  return shareLength < 2 || shareLength > lengthOrZero(shares) ? 0 : shareLength - 1;
}

/** The length that a value claims to have; what it really is, the addon checks. */
function lengthOrZero(bytes: Uint8Array): number {
  return (bytes as Uint8Array | null | undefined)?.length ?? 0;
}

function undisposed<T>(native: T | undefined): T {
  if (native === undefined) throw new TrustQuorumError("ERR_TQ_SECRET_DISPOSED", {});
  return native;
}
