/** Few different random numbers, so that runs which differ in nothing else leave the same disks. */

let drawn = 0;

/** `node:crypto` with random bytes that repeat, for `vi.mock`. */
export async function fewRandomBytes(
  original: () => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const real = (await original()) as Record<string, unknown>;
  return { ...real, randomBytes: (bytes: number) => Buffer.alloc(bytes, ++drawn % 4) };
}
