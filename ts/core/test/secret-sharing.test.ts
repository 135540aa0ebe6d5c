/** Shares as arrays of their own: any K of them combine, with either backend, also in the other's hands. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nativeCrypto, referenceCrypto } from "../src/index.ts";
import { combine, combineAsync, split, splitAsync } from "../src/secret-sharing.ts";

const BACKENDS = [nativeCrypto(), referenceCrypto()];

describe.each(BACKENDS.map((crypto) => [crypto.name, crypto] as const))("with %s", (_, crypto) => {
  test("any threshold of the shares combine to the secret, with either backend", async () => {
    const sharing = fc
      .integer({ min: 2, max: 12 })
      .chain((shares) => fc.tuple(fc.constant(shares), fc.integer({ min: 2, max: shares })));
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), sharing, async (secret, [count, k]) => {
        const options = { shares: count, threshold: k, crypto };
        for (const shares of [split(secret, options), await splitAsync(secret, options)]) {
          expect(shares.map((share) => share[0])).toEqual(shares.map((_share, i) => i + 1));
          expect(shares.every(({ length }) => length === 1 + secret.length)).toBe(true);
          const some = shares.toReversed().slice(0, k);
          for (const other of BACKENDS) {
            expect(combine(some, { crypto: other })).toEqual(secret);
            expect(await combineAsync(some, { crypto: other })).toEqual(secret);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    [
      "ERR_TQ_THRESHOLD_TOO_SMALL",
      () => split(Uint8Array.of(1), { shares: 3, threshold: 1, crypto }),
    ],
    [
      "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD",
      () => split(Uint8Array.of(1), { shares: 2, threshold: 3, crypto }),
    ],
    ["ERR_TQ_TOO_FEW_SHARES", () => combine([], { crypto })],
    [
      "ERR_TQ_INVALID_SHARE_LENGTHS",
      () => combine([Uint8Array.of(1, 2), Uint8Array.of(2, 3, 4)], { crypto }),
    ],
    [
      "ERR_TQ_DUPLICATE_X_COORDINATES",
      () => combine([Uint8Array.of(1, 2), Uint8Array.of(1, 3)], { crypto }),
    ],
    ["ERR_TQ_INVALID_ARGUMENT", () => combine(["share"] as never, { crypto })],
  ])("%s is thrown where it belongs", (code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }) as Error);
  });

  test("an aborted signal gives up with its reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const options = { shares: 3, threshold: 2, crypto, signal };
    await expect(splitAsync(Uint8Array.of(1), options)).rejects.toThrow("enough");
    const shares = split(Uint8Array.of(1), options);
    await expect(combineAsync(shares, { crypto, signal })).rejects.toThrow("enough");
  });
});
