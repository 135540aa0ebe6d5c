/** Long secrets in pieces, by both backends. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { nativeCrypto } from "../../src/crypto/native.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";
import { begun, lengthOf, resizable } from "./long.ts";

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

  test("go into the caller's buffer, also short ones, which is the result", async () => {
    for (const length of [1, 32, long]) {
      const bytes = new Uint8Array(randomBytes(length));
      const [given, shareLength] = [bytes.slice(), 1 + length];
      const into = new Uint8Array(5 * shareLength).fill(0xff);
      expect(await crypto.splitAsync(bytes, { ...splitting, into })).toBe(into);
      expect(Buffer.compare(bytes, given)).toBe(0);
      const three = into.subarray(2 * shareLength);
      expect(Buffer.compare(crypto.combine(three, shareLength), bytes)).toBe(0);
      const secretInto = new Uint8Array(length);
      const options = { into: secretInto };
      expect(await crypto.combineAsync(three, shareLength, options)).toBe(secretInto);
      expect(Buffer.compare(secretInto, bytes)).toBe(0);
    }
  });

  test("leave the caller's buffer all zero where they were given up or failed", async () => {
    const bytes = secret();
    const [into, reason] = [new Uint8Array(5 * (1 + long)).fill(0xff), new Error("enough")];
    const controller = new AbortController();
    const { signal } = controller;
    const pending = crypto.splitAsync(bytes, { ...splitting, into, signal });
    await begun(pending, into);
    controller.abort(reason);
    await expect(lengthOf(pending)).rejects.toBe(reason);
    expect(into.every((byte) => byte === 0)).toBe(true);

    const shares = crypto.split(bytes, splitting);
    shares[1 + long] = 1;
    const combined = new Uint8Array(long).fill(0xff);
    const code = "ERR_TQ_DUPLICATE_X_COORDINATES";
    await expect(
      lengthOf(crypto.combineAsync(shares, 1 + long, { into: combined })),
    ).rejects.toSatisfy((error) => isTrustQuorumError(error, code));
    expect(combined.every((byte) => byte === 0)).toBe(true);
  });

  test("end with a refusal where the caller's buffer grows or is transferred meanwhile", async () => {
    const bytes = secret();
    const code = "ERR_TQ_INVALID_ARGUMENT";
    const resultBytes = 5 * (1 + long);
    const growing = resizable(resultBytes);
    const into = new Uint8Array(growing);
    const pending = crypto.splitAsync(bytes, { ...splitting, into });
    growing.resize(2 * resultBytes);
    await expect(lengthOf(pending)).rejects.toSatisfy((error) => isTrustQuorumError(error, code));
    expect(into.every((byte) => byte === 0)).toBe(true);

    const combined = new Uint8Array(long);
    const shares = crypto.split(bytes, splitting);
    const combining = crypto.combineAsync(shares, 1 + long, { into: combined });
    structuredClone(combined.buffer, { transfer: [combined.buffer] });
    await expect(lengthOf(combining)).rejects.toSatisfy((error) => isTrustQuorumError(error, code));
  });

  test.each([true, false])(
    "leave nothing in a buffer that became too short for the caller's array (which follows it: %s)",
    async (follows) => {
      const resultBytes = 5 * (1 + long);
      const shrinking = resizable(resultBytes);
      const into = new Uint8Array(shrinking, 0, follows ? undefined : resultBytes);
      const pending = crypto.splitAsync(secret(), { ...splitting, into });
      await begun(pending, into);
      shrinking.resize(resultBytes >> 1);
      await expect(lengthOf(pending)).rejects.toSatisfy((error) =>
        isTrustQuorumError(error, "ERR_TQ_INVALID_ARGUMENT"),
      );
      expect(new Uint8Array(shrinking).every((byte) => byte === 0)).toBe(true);
    },
  );

  test("may be in arrays of a class of the caller's, which makes them as it likes", async () => {
    class Key extends Uint8Array {
      constructor(bytes: Uint8Array) {
        super(bytes.length);
        this.set(bytes);
      }
    }
    const bytes = secret();
    const into = new Key(new Uint8Array(5 * (1 + long)));
    for (const options of [splitting, { ...splitting, into }]) {
      const shares = await crypto.splitAsync(new Key(bytes), options);
      const three = new Uint8Array(shares).subarray(0, 3 * (1 + long));
      const combined = await crypto.combineAsync(new Key(three), 1 + long);
      expect(Buffer.compare(combined, bytes)).toBe(0);
    }
  });

  test("leave the caller's buffer as it was where it cannot be one, or nothing can be done", async () => {
    const bytes = secret();
    const shares = crypto.split(bytes, splitting);
    const shared = new Uint8Array(new SharedArrayBuffer(5 * (1 + long)));
    const both = new Uint8Array(long + 5 * (1 + long)).fill(0xff);
    const into = new Uint8Array(5 * (1 + long)).fill(0xff);
    const signal = AbortSignal.abort(new Error("enough"));
    const refusals: (() => Promise<Uint8Array>)[] = [
      ...[new Uint8Array(5 * (1 + long) - 1), [], null, shared].map(
        (wrong) => () => crypto.splitAsync(bytes, { ...splitting, into: wrong as never }),
      ),
      () =>
        crypto.splitAsync(both.subarray(0, long), {
          ...splitting,
          into: both.subarray(long - 1, -1),
        }),
      () =>
        crypto.splitAsync(both.subarray(-long), {
          ...splitting,
          into: both.subarray(1, 1 + 5 * (1 + long)),
        }),
      () => crypto.combineAsync(shares, 1 + long, { into: shares.subarray(7, 7 + long) }),
      () => crypto.combineAsync(shares, 1 + long, { into: new Uint8Array(1 + long) }),
      () => crypto.combineAsync(shares, 0, { into: new Uint8Array(0) }),
      () => crypto.splitAsync(new Uint8Array(0), { ...splitting, into: new Uint8Array(5) }),
      ...[new Uint8Array(2 * 33), new Uint8Array(33), new Uint8Array(0), new Uint8Array(67)].map(
        (wrong) => () => crypto.combineAsync(wrong, 33, { into: into.subarray(0, 32) }),
      ),
    ];
    for (const refused of refusals) {
      await expect(lengthOf(refused()), String(refused)).rejects.toSatisfy((error) =>
        isTrustQuorumError(error),
      );
    }
    await expect(
      lengthOf(crypto.splitAsync(bytes, { ...splitting, into, signal })),
    ).rejects.toThrow("enough");
    for (const kept of [both, into]) expect(kept.every((byte) => byte === 0xff)).toBe(true);
    // What lies beside the input in one buffer is apart from it.
    const beside = both.subarray(long);
    await crypto.splitAsync(both.subarray(0, long), { ...splitting, into: beside });
    const combined = crypto.combine(beside, 1 + long);
    expect(combined.every((byte) => byte === 0xff)).toBe(true);
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
    await expect(lengthOf(pending)).rejects.toBe(reason);

    const after = new AbortController();
    const shares = await crypto.splitAsync(bytes, { ...splitting, signal: after.signal });
    after.abort(reason);
    const combining = new AbortController();
    const combined = crypto.combineAsync(shares, 1 + long, { signal: combining.signal });
    combining.abort(reason);
    await expect(lengthOf(combined)).rejects.toBe(reason);
    expect(Buffer.compare(crypto.combine(shares, 1 + long), bytes)).toBe(0);
  });

  test("whose buffer is transferred meanwhile are refused", async () => {
    const bytes = secret();
    const pending = crypto.splitAsync(bytes, splitting);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const code = "ERR_TQ_INVALID_ARGUMENT";
    await expect(lengthOf(pending)).rejects.toSatisfy((error) => isTrustQuorumError(error, code));
  });

  test("that cannot be split or combined are refused as without pieces", async () => {
    const bytes = secret();
    const shares = crypto.split(bytes, splitting);
    shares[1 + long] = 1;
    const refusals: [() => Promise<Uint8Array>, string][] = [
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
      await expect(lengthOf(refused()), code).rejects.toSatisfy((error) =>
        isTrustQuorumError(error, code as "ERR_TQ_INVALID_ARGUMENT"),
      );
    }
  });
});
