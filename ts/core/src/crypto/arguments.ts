/**
 * Validation of the arguments that callers pass to either backend. TypeScript's types say the same, but
 * JavaScript callers do not have them: a wrong type must neither surface as a `TypeError` in the middle of
 * a computation nor reach native code, which reports it as a programming error.
 */
import { invalidArgument, isObject } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";
import { isEpoch } from "../base/ids.ts";
import type { Epoch } from "../base/id-types.ts";
import { DIGEST_BYTES, SHARE_BYTES } from "../base/share.ts";
import type { EncryptedRackSecrets } from "../protocol/encrypted-rack-secrets.ts";

/** The maximum number of shares: GF(2^8) has 255 x-coordinates other than 0. */
const SHARES_MAX = 255;
/** Length of a rack secret in bytes. */
export const SECRET_BYTES = 32;
/** Length of an HKDF salt in bytes. */
export const SALT_BYTES = 32;
/** Length of a ChaCha20-Poly1305 nonce in bytes. */
export const NONCE_BYTES = 12;

/**
 * Rejects an argument: `argument` is its name and `problem` the rest of the sentence. Both end up in the
 * error's text and must not contain the argument's value.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, always. The checks below throw it too, unless they
 * name another code
 */
export function refuse(argument: string, problem: string): never {
  throw invalidArgument(argument, problem);
}

/** Requires an object. */
export function checkObject(argument: string, value: unknown): void {
  if (!isObject(value)) refuse(argument, "is not an object");
}

/** Requires an integer of any size. */
export function checkInteger(argument: string, value: unknown): void {
  if (!Number.isInteger(value)) refuse(argument, "is not an integer");
}

/**
 * Requires a `Uint8Array` (Node's `Buffer` is one) whose buffer is neither detached nor too short for the
 * view, and is no `SharedArrayBuffer`, which another thread could write to between a check and the use.
 * `length`, where given, is the exact number of bytes.
 */
export function checkBytes(argument: string, value: unknown, length?: number): void {
  // `instanceof` would also accept an object that inherits from a Uint8Array and has no bytes.
  if (!isUint8Array(value)) refuse(argument, "is not a Uint8Array");
  if (isShared(bufferOf(value))) refuse(argument, "is in shared memory");
  const actual = lengthOf(value);
  if (actual === 0 && isDetached(value)) {
    refuse(argument, "has a buffer that was detached or became too short");
  }
  if (length !== undefined && actual !== length) {
    refuse(argument, `does not have ${length} bytes`);
  }
}

/** Requires that `bytes`, an output, does not overlap the input, which is still read while it is written. */
function assertNoOverlap(argument: string, bytes: Uint8Array, input: Uint8Array): void {
  const [one, other] = [byteRange(bytes), byteRange(input)];
  if (one.buffer === other.buffer && one.from < other.to && other.from < one.to) {
    refuse(argument, "shares memory with the input");
  }
}

/** Requires that `into` has exactly `length` bytes and does not overlap the input. */
export function checkInto(into: unknown, length: number, input: Uint8Array): void {
  checkBytes("into", into, length);
  assertNoOverlap("into", into as Uint8Array, input);
}

/**
 * Requires 2 ≤ threshold ≤ count ≤ 255, before memory for that many shares is allocated.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` (no integer, or a count above 255),
 * `ERR_TQ_THRESHOLD_TOO_SMALL`, `ERR_TQ_FEWER_SHARES_THAN_THRESHOLD`
 */
export function checkCounts(count: number, threshold: number): void {
  checkInteger("count", count);
  checkInteger("threshold", threshold);
  if (count > SHARES_MAX) refuse("count", `is above ${SHARES_MAX}`);
  if (threshold < 2) throw new TrustQuorumError("ERR_TQ_THRESHOLD_TOO_SMALL", {});
  if (count < threshold) throw new TrustQuorumError("ERR_TQ_FEWER_SHARES_THAN_THRESHOLD", {});
}

/** Requires an x-coordinate, 0 to 255. No share has 0, which interpolation rejects with a code of its own. */
export function checkX(x: number): void {
  checkInteger("x", x);
  if (x < 0 || x > SHARES_MAX) refuse("x", `is not 1 to ${SHARES_MAX}`);
}

/**
 * Requires one digest for each share.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_INVALID_SHARE_LENGTHS`
 */
export function checkDigestCount(shares: Uint8Array, digests: Uint8Array): void {
  if (shares.length % SHARE_BYTES !== 0) {
    throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_LENGTHS", {});
  }
  checkBytes("digests", digests, (shares.length / SHARE_BYTES) * DIGEST_BYTES);
}

/** Validated encrypted rack secrets. Each property is read once, so that a getter cannot change it later. */
export function checkedEncrypted(
  encrypted: EncryptedRackSecrets | null,
): EncryptedRackSecrets | null {
  if (encrypted === null) return null;
  checkObject("encrypted", encrypted);
  const { salt, data } = encrypted;
  checkBytes("encrypted.salt", salt, SALT_BYTES);
  checkBytes("encrypted.data", data);
  return { salt, data };
}

/** A rack secret that is imported, and its epoch. */
export interface SecretEntry {
  readonly epoch: Epoch;
  /** 32 bytes. They are copied; the caller zeroes its own. */
  readonly secret: Uint8Array;
}

/**
 * Validated secrets in ascending order of their epochs. Each property is read once.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_INVALID_RACK_SECRET` (not 32 bytes)
 */
export function checkedEntries(entries: readonly SecretEntry[]): readonly SecretEntry[] {
  if (!Array.isArray(entries)) refuse("entries", "is not an array");
  const checked: SecretEntry[] = [];
  for (const entry of entries as readonly SecretEntry[]) {
    checkObject("entries", entry);
    const { epoch, secret } = entry;
    if (!isEpoch(epoch)) refuse("entries", "has an invalid epoch");
    if (epoch <= (checked.at(-1)?.epoch ?? 0)) refuse("entries", "has epochs that do not ascend");
    checkBytes("secret", secret);
    if (secret.length !== SECRET_BYTES) {
      throw new TrustQuorumError("ERR_TQ_INVALID_RACK_SECRET", {});
    }
    checked.push({ epoch, secret });
  }
  return checked;
}

/**
 * A view of a caller's bytes that `checkBytes` has accepted. `subarray` would call the constructor of the
 * caller's class, which may expect other arguments.
 */
export function viewOf(bytes: Uint8Array, at = 0, length = lengthOf(bytes) - at): Uint8Array {
  return new Uint8Array(bufferOf(bytes), offsetOf(bytes) + at, length);
}

/** A range of a buffer. It stays valid when the buffer is resized below the view that it was taken from. */
export interface ByteRange {
  readonly buffer: ArrayBufferLike;
  readonly from: number;
  readonly to: number;
}

/** The range of a caller's bytes that `checkBytes` has accepted. */
export function byteRange(bytes: Uint8Array): ByteRange {
  const from = offsetOf(bytes);
  return { buffer: bufferOf(bytes), from, to: from + lengthOf(bytes) };
}

// The getters of the prototypes, because an object can shadow them with properties of its own. They read
// internal slots, as `types` of `node:util` does, and browsers have them too.
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const bufferOf = getter(typedArray, "buffer") as (view: Uint8Array) => ArrayBufferLike;
const lengthOf = getter(typedArray, "length") as (view: Uint8Array) => number;
const offsetOf = getter(typedArray, "byteOffset") as (view: Uint8Array) => number;
const nameOf = getter(typedArray, Symbol.toStringTag);
const unsharedLengthOf = getter(ArrayBuffer.prototype, "byteLength");

function getter(prototype: object, property: string | symbol): (value: unknown) => unknown {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, property);
  return (value) => descriptor?.get?.call(value) as unknown;
}

/** Whether a value is a `Uint8Array` of any realm. The getter answers undefined for anything but typed arrays. */
function isUint8Array(value: unknown): value is Uint8Array {
  return nameOf(value) === "Uint8Array";
}

/** Whether a typed array's buffer is a `SharedArrayBuffer`, for which this getter throws. */
function isShared(buffer: ArrayBufferLike): boolean {
  try {
    unsharedLengthOf(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Whether an empty view is empty because its buffer was detached or shrunk below it. */
function isDetached(view: Uint8Array): boolean {
  try {
    // Every method of the prototype throws for such a view before it does anything else.
    Uint8Array.prototype.indexOf.call(view, 0);
    return false;
  } catch {
    return true;
  }
}
