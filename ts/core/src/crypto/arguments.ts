/**
 * Checks of what callers pass to either backend. TypeScript's types say the same, but JavaScript
 * callers do not have them: a wrong type must neither surface as a `TypeError` out of the middle of a
 * computation, nor reach native code, to which it would be a programming error.
 */
import { TrustQuorumError } from "../base/errors.ts";
import { isEpoch } from "../base/ids.ts";
import type { Epoch } from "../base/ids.ts";
import { DIGEST_BYTES, SHARE_BYTES } from "../base/share.ts";
import type { EncryptedRackSecrets } from "../protocol/crypto.ts";

/** The most shares: every x-coordinate but 0. */
const SHARES_MAX = 255;
/** Bytes of a rack secret. */
export const SECRET_BYTES = 32;
/** Bytes of a salt. */
export const SALT_BYTES = 32;
/** Bytes of a nonce. */
export const NONCE_BYTES = 12;

/**
 * Refuses an argument: `argument` names it, `problem` continues the sentence. Both are public text
 * and never quote the argument.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, as all these checks do where they name no other
 */
export function refuse(argument: string, problem: string): never {
  throw new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", { argument, problem });
}

/** Whether a value has properties that can be read. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Refuses anything whose properties cannot be read. */
export function checkObject(argument: string, value: unknown): void {
  if (!isObject(value)) refuse(argument, "is not an object");
}

/** Refuses anything but an integer, of whatever size. */
export function checkInteger(argument: string, value: unknown): void {
  if (!Number.isInteger(value)) refuse(argument, "is not an integer");
}

/**
 * Refuses anything but a `Uint8Array` (a `Buffer` is one) whose memory is still there and not shared
 * with other threads, which could change it between a check and the use. `length`, where given, is
 * the number of bytes it must have.
 */
export function checkBytes(argument: string, value: unknown, length?: number): void {
  // `instanceof` also holds for what only inherits from a Uint8Array and has no bytes at all.
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

/** Refuses memory that is also that of the input, which must stay what it is while it is read. */
export function assertNoOverlap(argument: string, bytes: Uint8Array, input: Uint8Array): void {
  const [one, other] = [byteRange(bytes), byteRange(input)];
  if (one.buffer === other.buffer && one.from < other.to && other.from < one.to) {
    refuse(argument, "shares memory with the input");
  }
}

/** Refuses a buffer for a result that has not exactly this length, or shares memory with the input. */
export function checkInto(into: unknown, length: number, input: Uint8Array): void {
  checkBytes("into", into, length);
  assertNoOverlap("into", into as Uint8Array, input);
}

/**
 * Checks how a secret is to be split, before memory for that many shares is allocated: 2 ≤ threshold
 * ≤ count ≤ 255.
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

/** 0 is an x-coordinate, only not one that a share can have; that is refused with its own code. */
export function checkX(x: number): void {
  checkInteger("x", x);
  if (x < 0 || x > SHARES_MAX) refuse("x", `is not 1 to ${SHARES_MAX}`);
}

/**
 * Checks that there is one digest for each share.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_INVALID_SHARE_LENGTHS`
 */
export function checkDigestCount(shares: Uint8Array, digests: Uint8Array): void {
  if (shares.length % SHARE_BYTES !== 0) {
    throw new TrustQuorumError("ERR_TQ_INVALID_SHARE_LENGTHS", {});
  }
  checkBytes("digests", digests, (shares.length / SHARE_BYTES) * DIGEST_BYTES);
}

/** Encrypted rack secrets of the right form, each property of which was read once. */
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

/** A known secret and its epoch. */
export interface SecretEntry {
  readonly epoch: Epoch;
  /** 32 bytes that belong to the caller. */
  readonly secret: Uint8Array;
}

/**
 * Known secrets of the right form by ascending epoch, each property of which was read once.
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
 * Some of a caller's bytes, or all of them, which `checkBytes` has taken. `subarray` would have the array's
 * own class make them, with whatever arguments that expects.
 */
export function viewOf(bytes: Uint8Array, at = 0, length = lengthOf(bytes) - at): Uint8Array {
  return new Uint8Array(bufferOf(bytes), offsetOf(bytes) + at, length);
}

/** Where the bytes of an array lie: it can lose sight of them when its buffer is resized. */
export interface ByteRange {
  readonly buffer: ArrayBufferLike;
  readonly from: number;
  readonly to: number;
}

/** Where a caller's bytes lie, which `checkBytes` has taken. */
export function byteRange(bytes: Uint8Array): ByteRange {
  const from = offsetOf(bytes);
  return { buffer: bufferOf(bytes), from, to: from + lengthOf(bytes) };
}

// The getters of the prototypes, since an object can hide them behind properties of its own. They look at
// what a value is made of, as `node:util`'s `types` do, and are there in browsers too.
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

/** Whether a value is a `Uint8Array`, of whatever realm; undefined is the name of what is no typed array. */
function isUint8Array(value: unknown): value is Uint8Array {
  return nameOf(value) === "Uint8Array";
}

/** Whether a typed array's buffer is shared: only of one that is not can this getter tell the length. */
function isShared(buffer: ArrayBufferLike): boolean {
  try {
    unsharedLengthOf(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Whether an empty view is so because its buffer was detached or shrunk below it. */
function isDetached(view: Uint8Array): boolean {
  try {
    // Every method of the prototype checks that before it does anything else.
    Uint8Array.prototype.indexOf.call(view, 0);
    return false;
  } catch {
    return true;
  }
}
