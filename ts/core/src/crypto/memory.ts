/** Allocating, zeroing and copying buffers for secrets. */
import { refuse } from "./arguments.ts";

/** The maximum length of a result in bytes, 4 GiB, on every platform. */
const RESULT_BYTES_MAX = 2 ** 32;

/**
 * Allocates zeroed bytes in an `ArrayBuffer` of their own. V8 keeps a small `Uint8Array` made without one on
 * the garbage-collected heap, and each time the collector moves it, a copy stays behind that nothing can
 * zero.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` where the platform has no buffer of that length
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
 * Allocates zeroed bytes that the addon fills, faster than {@link allocate}. A small array starts on the
 * garbage-collected heap but holds only zeros there: when the addon asks for its address, V8 moves the bytes
 * off the heap for good. JavaScript must not write to it before that.
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

/**
 * Rejects lengths that no result may have.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` above 4 GiB
 */
export function refuseTooLong(length: number): void {
  if (length > RESULT_BYTES_MAX) refuse("the result", "is too long");
}

/** Zeroes a buffer. A detached one has no bytes left and is skipped. */
export function wipe(bytes: Uint8Array): void {
  // `fill` throws for a detached buffer, which would replace the error that a `finally` block passes on.
  if (bytes.length > 0) bytes.fill(0);
}

/**
 * Calls `use` with a buffer and zeroes it afterwards, also when `use` throws.
 *
 * @example
 * import { withWiped } from "./memory.ts";
 *
 * const key = Uint8Array.of(1, 2, 3);
 * withWiped(key, (bytes) => bytes.length); // => 3
 * key; // => Uint8Array.of(0, 0, 0)
 */
export function withWiped<T>(bytes: Uint8Array, use: (bytes: Uint8Array) => T): T {
  try {
    return use(bytes);
  } finally {
    wipe(bytes);
  }
}

/** A copy in memory of its own. `slice()` does not do: that of a Node.js `Buffer` returns a view. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = allocate(bytes.length);
  copy.set(bytes);
  return copy;
}
