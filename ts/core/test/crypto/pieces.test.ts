/** Long secrets in pieces, by both backends. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { nativeCrypto } from "../../src/crypto/native.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";

const backends = [
  { name: "native", crypto: nativeCrypto(), long: 3_000_001 },
  { name: "reference", crypto: referenceCrypto(), long: 20_001 },
] as const;

describe.each(backends)("long secrets with the $name backend", ({ crypto, long }) => {
  const splitting = { count: 5, threshold: 3 };
  const secret = () => new Uint8Array(randomBytes(long));

  test("come back from any threshold shares, whether they are split and combined in pieces or not", async () => {
    const bytes = secret();
    const given = bytes.slice();
    const shares = await crypto.splitAsync(bytes, splitting);
    expect(Buffer.compare(bytes, given)).toBe(0);
    const shareLength = 1 + long;
    expect(shares.length).toBe(5 * shareLength);
    expect([0, 1, 2, 3, 4].map((i) => shares[i * shareLength])).toEqual([1, 2, 3, 4, 5]);
    const three = shares.subarray(2 * shareLength);
    expect(Buffer.compare(crypto.combine(three, shareLength), bytes)).toBe(0);
    expect(Buffer.compare(await crypto.combineAsync(three, shareLength), bytes)).toBe(0);
    const two = shares.subarray(3 * shareLength);
    expect(Buffer.compare(await crypto.combineAsync(two, shareLength), bytes)).not.toBe(0);
  });

  test("may be many at once, and short ones among them", async () => {
    const secrets = [1, 32, long >> 2, long >> 1, long, long >> 1, 7].map((n) => randomBytes(n));
    const combined = await Promise.all(
      secrets.map(async (bytes) => {
        const shares = await crypto.splitAsync(bytes, splitting);
        return crypto.combineAsync(shares.slice(0, 3 * (1 + bytes.length)), 1 + bytes.length);
      }),
    );
    for (const [i, bytes] of secrets.entries()) {
      expect(Buffer.compare(combined[i] ?? new Uint8Array(0), bytes)).toBe(0);
    }
  });

  test("are given up with the signal's reason, before and during the work but not after it", async () => {
    const reason = new Error("enough");
    const bytes = secret();
    await expect(
      crypto.splitAsync(bytes, { ...splitting, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const during = new AbortController();
    const pending = crypto.splitAsync(bytes, { ...splitting, signal: during.signal });
    during.abort(reason);
    await expect(pending).rejects.toBe(reason);

    const after = new AbortController();
    const shares = await crypto.splitAsync(bytes, { ...splitting, signal: after.signal });
    after.abort(reason);
    const combining = new AbortController();
    const combined = crypto.combineAsync(shares, 1 + long, { signal: combining.signal });
    combining.abort(reason);
    await expect(combined).rejects.toBe(reason);
    expect(Buffer.compare(crypto.combine(shares, 1 + long), bytes)).toBe(0);
  });

  test("whose buffer is transferred meanwhile are refused", async () => {
    const bytes = secret();
    const pending = crypto.splitAsync(bytes, splitting);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const code = "ERR_TQ_INVALID_ARGUMENT";
    await expect(pending).rejects.toSatisfy((error) => isTrustQuorumError(error, code));
  });

  test("that cannot be split or combined are refused as without pieces", async () => {
    const bytes = secret();
    const shares = crypto.split(bytes, splitting);
    shares[1 + long] = 1;
    const refusals: [() => Promise<unknown>, string][] = [
      [
        () => crypto.splitAsync(bytes, { count: 2, threshold: 3 }),
        "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD",
      ],
      [() => crypto.splitAsync("text" as never, splitting), "ERR_TQ_INVALID_ARGUMENT"],
      [() => crypto.splitAsync(new Uint8Array(0), splitting), "ERR_TQ_INVALID_ARGUMENT"],
      [
        () => crypto.splitAsync(new Uint8Array(new SharedArrayBuffer(long)), splitting),
        "ERR_TQ_INVALID_ARGUMENT",
      ],
      [
        () => crypto.splitAsync(bytes, { ...splitting, signal: {} as never }),
        "ERR_TQ_INVALID_ARGUMENT",
      ],
      [() => crypto.combineAsync(shares, 1 + long), "ERR_TQ_DUPLICATE_X_COORDINATES"],
      [() => crypto.combineAsync(shares.subarray(1), 1 + long), "ERR_TQ_INVALID_SHARE_LENGTHS"],
      [() => crypto.combineAsync(shares.subarray(0, 1 + long), 1 + long), "ERR_TQ_TOO_FEW_SHARES"],
      [() => crypto.combineAsync(shares, 0), "ERR_TQ_INVALID_SHARE_LENGTHS"],
    ];
    for (const [refused, code] of refusals) {
      await expect(refused(), code).rejects.toSatisfy((error) =>
        isTrustQuorumError(error, code as "ERR_TQ_INVALID_ARGUMENT"),
      );
    }
  });
});
