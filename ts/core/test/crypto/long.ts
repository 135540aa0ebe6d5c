/**
 * The length of a result, for an assertion that a promise is rejected: where it is not, the runner prints
 * what it was resolved with, and runs out of memory over some millions of bytes.
 */
export async function lengthOf(result: Promise<Uint8Array>): Promise<number> {
  return (await result).length;
}
