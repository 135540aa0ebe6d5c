/** What is done with the bytes of secrets, whatever they are: allocating, zeroing and comparing. */
import { refuse } from "./arguments.ts";

/** The most bytes of a result, 4 GiB, whatever the platform's buffers can have. */
const RESULT_BYTES_MAX = 2 ** 32;

/**
 * Zeroed bytes in a buffer of their own. A small `Uint8Array` made without one lies where the garbage
 * collector moves it, and each move leaves a copy behind that nobody can zero.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` for more bytes than a buffer can have
 */
export function allocate(length: number): Uint8Array {
  refuseTooLong(length);
  try {
    return new Uint8Array(new ArrayBuffer(length));
  } catch {
    return refuse("the result", "is too long");
  }
}

/**
 * Zeroed bytes for a result that the addon writes, made faster. A small array begins where the garbage
 * collector moves things, but holds only zeros there: to give the addon an address, V8 first moves the
 * bytes to a buffer of their own, where they stay. Nothing else may write to it before.
 *
 * @throws TrustQuorumError as `allocate`
 */
export function allocateForAddon(length: number): Uint8Array {
  refuseTooLong(length);
  try {
    return new Uint8Array(length);
  } catch {
    return refuse("the result", "is too long");
  }
}

/** Raises an error for more bytes than `allocate` would answer with. */
export function refuseTooLong(length: number): void {
  if (length > RESULT_BYTES_MAX) refuse("the result", "is too long");
}

/** Zeroes a buffer. One that was transferred away has no bytes left, which is fine. */
export function wipe(bytes: Uint8Array): void {
  // `fill` raises a TypeError for a detached buffer, which a `finally` must not.
  if (bytes.length > 0) bytes.fill(0);
}

/**
 * Calls back with a buffer and zeroes it afterwards, also when the callback throws.
 *
 * @example
 * const digest = withWiped(derivedKey(), (key) => sha3_256(key));
 */
export function withWiped<T>(bytes: Uint8Array, use: (bytes: Uint8Array) => T): T {
  try {
    return use(bytes);
  } finally {
    wipe(bytes);
  }
}

/**
 * A copy that shares no memory. (`slice()` is not that: a `Buffer`, which is a `Uint8Array` too,
 * answers with a view of itself.)
 */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length);
  copy.set(bytes);
  return copy;
}
