/** A buffer that can be resized, which the compiler does not know yet. */
type Resizable = ArrayBuffer & { resize(bytes: number): void };

/** A buffer of so many bytes that can have up to twice as many. */
export function resizable(bytes: number): Resizable {
  const options = { maxByteLength: 2 * bytes };
  return Reflect.construct(ArrayBuffer, [bytes, options]) as Resizable;
}

/**
 * The length of a result, for an assertion that a promise is rejected: where it is not, the runner prints
 * what it was resolved with, and runs out of memory over some millions of bytes.
 */
export async function lengthOf(result: Promise<Uint8Array>): Promise<number> {
  return (await result).length;
}
