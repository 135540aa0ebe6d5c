/** Digests, and secret sharing over GF(2^8) with and without rack secrets. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { LrtqShare, Share } from "../../../src/base/share.ts";
import type { TrustQuorumCrypto } from "../../../src/protocol/crypto.ts";
import { codeOf } from "../oracle.ts";
import { bytes, concat, shamirVectors } from "../vectors.ts";
import { runs } from "../../../../../scripts/vitest/effort.ts";

export function sharingSuite(crypto: TrustQuorumCrypto, name: string): void {
  it("says which backend it is", () => {
    expect(crypto.name).toBe(name);
  });

  describe("sha3_256", () => {
    it("gives the digest of nothing that FIPS 202 gives", () => {
      expect(toHex(crypto.sha3_256(new Uint8Array()))).toBe(
        "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
      );
    });

    it("agrees with the platform's SHA3-256 at every length around the block size", () => {
      for (let length = 0; length <= 300; length++) {
        const input = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
        const expected = createHash("sha3-256").update(input).digest("hex");
        expect(toHex(crypto.sha3_256(input))).toBe(expected);
      }
    });

    it("refuses what is not bytes", () => {
      expect(codeOf(() => crypto.sha3_256("text" as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(codeOf(() => crypto.sha3_256([1, 2] as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(codeOf(() => crypto.sha3_256(undefined as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });
  });

  vectorSuite(crypto);
  splitSuite(crypto);
  createSharesSuite(crypto);
  computeShareSuite(crypto);
  shareAtSuite(crypto);
  verifyShareSuite(crypto);
}

function shareAtSuite(crypto: TrustQuorumCrypto): void {
  describe("shareAt", () => {
    const secret = Uint8Array.from({ length: 5 }, (_, i) => i + 1);
    const shares = crypto.split(secret, { count: 4, threshold: 3 });
    const enough = shares.slice(0, 18);

    it("makes a lost share again, and repeats a given one", () => {
      expect(crypto.shareAt(enough, 6, 4)).toEqual(shares.slice(18));
      expect(crypto.shareAt(enough, 6, 2)).toEqual(shares.slice(6, 12));
    });

    it("refuses what combine refuses, and x-coordinates that no share has", () => {
      expect(codeOf(() => crypto.shareAt(enough, 6, 0))).toBe("ERR_TQ_INVALID_SHARE_ID");
      for (const x of [-1, 256, 1.5, Number.NaN]) {
        expect(codeOf(() => crypto.shareAt(enough, 6, x))).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      for (const length of [0, -6, 1, 5, 36]) {
        expect(codeOf(() => crypto.shareAt(enough, length, 4))).toBe(
          codeOf(() => crypto.combine(enough, length)),
        );
      }
      expect(codeOf(() => crypto.shareAt(shares.slice(0, 6), 6, 4))).toBe("ERR_TQ_TOO_FEW_SHARES");
      const twice = new Uint8Array([...shares.slice(0, 6), ...shares.slice(0, 6)]);
      expect(codeOf(() => crypto.shareAt(twice, 6, 4))).toBe("ERR_TQ_DUPLICATE_X_COORDINATES");
    });
  });
}

function vectorSuite(crypto: TrustQuorumCrypto): void {
  describe.each(shamirVectors)("the recorded split %# ($k of $n)", (vector) => {
    const { k, secret, digests } = vector;
    const shares = vector.shares.map(bytes);
    const shareLength = 1 + secret.length / 2;
    const combined = (some: readonly Uint8Array[]) =>
      toHex(crypto.combine(concat(some), shareLength));

    it("has the recorded digests", () => {
      expect(shares.map((share) => toHex(crypto.sha3_256(share)))).toEqual(digests);
    });

    it("is combined from the first k, the last k, every second and all of the shares", () => {
      expect(combined(shares.slice(0, k))).toBe(secret);
      expect(combined(shares.slice(-k))).toBe(secret);
      expect(combined(shares.toReversed())).toBe(secret);
      const everySecond = [...shares.filter((_, i) => i % 2), ...shares.filter((_, i) => !(i % 2))];
      expect(combined(everySecond.slice(0, k))).toBe(secret);
    });

    if (k > 2) {
      it("is not combined from k-1 shares", () => {
        expect(combined(shares.slice(0, k - 1))).not.toBe(secret);
        expect(combined(shares.slice(1 - k))).not.toBe(secret);
      });
    }

    it("is combined from a recorded computed share together with k-1 others", () => {
      for (const computed of vector.computed) {
        const others = computed.from_x.filter((x) => x !== computed.x).slice(0, k - 1);
        const some = others.map((x) => shares[x - 1] ?? new Uint8Array());
        expect(combined([bytes(computed.share), ...some])).toBe(secret);
      }
    });

    it("gives the recorded shares at other points, whatever the length", () => {
      for (const { from_x, x, share, digest } of vector.computed) {
        const from = concat(from_x.map((at) => shares[at - 1] ?? new Uint8Array()));
        const made = crypto.shareAt(from, shareLength, x);
        expect(toHex(made)).toBe(share);
        expect(toHex(crypto.sha3_256(made))).toBe(digest);
      }
    });

    if (shareLength === 33) {
      it("has the recorded computed shares", () => {
        for (const { from_x, x, share, digest } of vector.computed) {
          const from = concat(from_x.map((at) => shares[at - 1] ?? new Uint8Array()));
          const computed = crypto.computeShare({ shares: from, x, digest: bytes(digest) });
          expect(computed).toBeInstanceOf(Share);
          expect(toHex(computed.bytes)).toBe(share);
        }
      });
    }
  });
}

/** A secret, a split of it, and which of the shares are used: at least the threshold, in any order. */
const splits = (maxLength: number, maxCount: number) =>
  fc
    .record({
      secret: fc.uint8Array({ minLength: 1, maxLength }),
      threshold: fc.integer({ min: 2, max: maxCount }),
      count: fc.integer({ min: 2, max: maxCount }),
    })
    .filter(({ threshold, count }) => threshold <= count)
    .chain(({ secret, threshold, count }) => {
      const xs = Array.from({ length: count }, (_, i) => i + 1);
      return fc.record({
        secret: fc.constant(secret),
        threshold: fc.constant(threshold),
        count: fc.constant(count),
        used: fc.shuffledSubarray(xs, { minLength: threshold }),
      });
    });

function splitSuite(crypto: TrustQuorumCrypto): void {
  describe("split and combine", () => {
    const pick = (shares: Uint8Array, shareLength: number, xs: readonly number[]) =>
      concat(xs.map((x) => shares.subarray((x - 1) * shareLength, x * shareLength)));

    it("round-trip any secret through any k or more of n shares", () => {
      fc.assert(
        fc.property(splits(40, 12), ({ secret, threshold, count, used }) => {
          const shares = crypto.split(secret, { count, threshold });
          const shareLength = 1 + secret.length;
          expect(shares).toHaveLength(count * shareLength);
          const combined = crypto.combine(pick(shares, shareLength, used), shareLength);
          expect(combined).toEqual(secret);
        }),
        { numRuns: runs(150) },
      );
    });

    it("round-trip secrets of every length from 1 to 300, and of 5000 bytes", () => {
      for (const length of [...Array.from({ length: 300 }, (_, i) => i + 1), 5000]) {
        const secret = Uint8Array.from({ length }, (_, i) => (i * 31 + length) % 251);
        const shares = crypto.split(secret, { count: 4, threshold: 3 });
        const combined = crypto.combine(pick(shares, 1 + length, [4, 1, 3]), 1 + length);
        expect(toHex(combined)).toBe(toHex(secret));
      }
    });

    it("go up to 255 of 255", () => {
      const secret = Uint8Array.of(0, 1, 255);
      const shares = crypto.split(secret, { count: 255, threshold: 255 });
      expect(crypto.combine(shares, 4)).toEqual(secret);
      expect(crypto.combine(crypto.split(secret, { count: 255, threshold: 2 }), 4)).toEqual(secret);
    });

    it("give the shares the x-coordinates 1 to n", () => {
      const shares = crypto.split(Uint8Array.of(9, 9), { count: 255, threshold: 2 });
      const xs = Array.from({ length: 255 }, (_, i) => shares[i * 3]);
      expect(xs).toEqual(Array.from({ length: 255 }, (_, i) => i + 1));
    });

    it("combine k-1 shares to something else", () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 16, maxLength: 40 }),
          fc.integer({ min: 3, max: 9 }),
          (secret, threshold) => {
            const shareLength = 1 + secret.length;
            const shares = crypto.split(secret, { count: threshold, threshold });
            const fewer = shares.subarray(0, (threshold - 1) * shareLength);
            expect(crypto.combine(fewer, shareLength)).not.toEqual(secret);
          },
        ),
      );
    });

    it("draw the only coefficient of a 2-of-n split uniformly, zero included", () => {
      // With the secret zero, the share at x = 1 is the coefficient itself.
      const shares = crypto.split(new Uint8Array(65_536), { count: 2, threshold: 2 });
      expectUniform(shares.subarray(1, 65_537));
    });

    it("draw the leading coefficient of a 3-of-n split uniformly, zero included", () => {
      const length = 65_536;
      const shares = crypto.split(new Uint8Array(length), { count: 3, threshold: 3 });
      const y = (x: number) => shares.subarray((x - 1) * (1 + length) + 1, x * (1 + length));
      const [y1, y2, y3] = [y(1), y(2), y(3)];
      // Six times the leading coefficient is y1 + 2·y2 + 3·y3; a constant factor keeps it uniform.
      const double = (a: number) => (a << 1) ^ (a > 127 ? 0x11b : 0);
      const leading = y1.map((at1, i) => {
        const [at2, at3] = [y2[i] ?? 0, y3[i] ?? 0];
        return at1 ^ double(at2) ^ double(at3) ^ at3;
      });
      expectUniform(leading);
    });

    it("draw new coefficients every time", () => {
      const split = () => toHex(crypto.split(new Uint8Array(32), { count: 2, threshold: 2 }));
      expect(new Set(Array.from({ length: 20 }, split)).size).toBe(20);
    });

    it("refuse invalid thresholds, counts and secrets", () => {
      const secret = Uint8Array.of(1);
      const split = (count: unknown, threshold: unknown) =>
        codeOf(() => crypto.split(secret, { count, threshold } as never));
      expect(split(5, 1)).toBe("ERR_TQ_THRESHOLD_TOO_SMALL");
      expect(split(5, 0)).toBe("ERR_TQ_THRESHOLD_TOO_SMALL");
      expect(split(1, 1)).toBe("ERR_TQ_THRESHOLD_TOO_SMALL");
      expect(split(2, 3)).toBe("ERR_TQ_FEWER_SHARES_THAN_THRESHOLD");
      expect(split(0, 2)).toBe("ERR_TQ_FEWER_SHARES_THAN_THRESHOLD");
      expect(split(256, 2)).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(split(2 ** 32 + 3, 2)).toBe("ERR_TQ_INVALID_ARGUMENT");
      for (const wrong of [2.5, NaN, Infinity, "3", 3n, null, undefined, {}]) {
        expect(split(wrong, 2)).toBe("ERR_TQ_INVALID_ARGUMENT");
        expect(split(5, wrong)).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      const options = { count: 3, threshold: 2 };
      expect(codeOf(() => crypto.split(new Uint8Array(), options))).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(codeOf(() => crypto.split("secret" as never, options))).toBe(
        "ERR_TQ_INVALID_ARGUMENT",
      );
      expect(codeOf(() => crypto.split(secret, undefined as never))).toBe(
        "ERR_TQ_INVALID_ARGUMENT",
      );
      expect(codeOf(() => crypto.split(secret, null as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });

    it("refuse shares that cannot be interpolated, in the documented order", () => {
      const combine = (shares: readonly number[], length: unknown) =>
        codeOf(() => crypto.combine(Uint8Array.from(shares), length as number));
      expect(combine([1, 7, 2], 2)).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(combine([1, 2, 3], 1)).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(combine([1, 2], 0)).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(combine([1, 2], -1)).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(combine([], 2)).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(combine([1, 7], 2)).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(combine([0, 7], 2)).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(combine([0, 7, 1, 7], 2)).toBe("ERR_TQ_INVALID_SHARE_ID");
      expect(combine([1, 7, 0, 7], 2)).toBe("ERR_TQ_INVALID_SHARE_ID");
      expect(combine([1, 7, 2, 8, 1, 7], 2)).toBe("ERR_TQ_DUPLICATE_X_COORDINATES");
      expect(combine([1, 7, 1, 7, 0, 7], 2)).toBe("ERR_TQ_DUPLICATE_X_COORDINATES");
      for (const wrong of [1.5, NaN, Infinity, "2", 2n, null, undefined]) {
        expect(combine([1, 7, 2, 8], wrong)).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(codeOf(() => crypto.combine([1, 7, 2, 8] as never, 2))).toBe(
        "ERR_TQ_INVALID_ARGUMENT",
      );
    });
  });
}

function createSharesSuite(crypto: TrustQuorumCrypto): void {
  describe("createShares", () => {
    it("splits one secret of 32 bytes into shares with their digests", () => {
      for (const [count, threshold] of [
        [2, 2],
        [3, 2],
        [32, 17],
        [255, 128],
      ] as const) {
        const { shares, digests } = crypto.createShares({ count, threshold });
        expect(shares).toHaveLength(count * 33);
        const all = Array.from({ length: count }, (_, i) => shares.slice(i * 33, (i + 1) * 33));
        expect(all.map((share) => share[0])).toEqual(all.map((_, i) => i + 1));
        expect(toHex(digests)).toBe(toHex(concat(all.map((share) => crypto.sha3_256(share)))));
        const secret = crypto.combine(concat(all.slice(0, threshold)), 33);
        expect(secret).toHaveLength(32);
        expect(crypto.combine(concat(all.slice(-threshold)), 33)).toEqual(secret);
        expect(crypto.combine(shares, 33)).toEqual(secret);
        if (threshold > 2) {
          expect(crypto.combine(concat(all.slice(1, threshold)), 33)).not.toEqual(secret);
        }
      }
    });

    it("draws a new secret every time", () => {
      const secrets = Array.from({ length: 20 }, () =>
        toHex(crypto.combine(crypto.createShares({ count: 2, threshold: 2 }).shares, 33)),
      );
      expect(new Set(secrets).size).toBe(20);
    });

    it("draws every bit of the secret", () => {
      const ones = new Uint8Array(32);
      const zeros = new Uint8Array(32);
      // A bit that never was one (or zero) among 128 would be a coincidence of 2^-119.
      for (let i = 0; i < 128; i++) {
        const secret = crypto.combine(crypto.createShares({ count: 2, threshold: 2 }).shares, 33);
        for (const [at, byte] of secret.entries()) {
          ones[at] = (ones[at] ?? 0) | byte;
          zeros[at] = (zeros[at] ?? 0) | (byte ^ 0xff);
        }
      }
      expect(toHex(ones)).toBe("ff".repeat(32));
      expect(toHex(zeros)).toBe("ff".repeat(32));
    });

    it("refuses invalid thresholds and counts", () => {
      const create = (count: unknown, threshold: unknown) =>
        codeOf(() => crypto.createShares({ count, threshold } as never));
      expect(create(5, 1)).toBe("ERR_TQ_THRESHOLD_TOO_SMALL");
      expect(create(2, 3)).toBe("ERR_TQ_FEWER_SHARES_THAN_THRESHOLD");
      expect(create(256, 2)).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(create(3.5, 2)).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(create(3, "2")).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(codeOf(() => crypto.createShares(undefined as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });
  });
}

function computeShareSuite(crypto: TrustQuorumCrypto): void {
  describe("computeShare", () => {
    const { shares, digests } = crypto.createShares({ count: 7, threshold: 3 });
    const share = (x: number) => shares.subarray((x - 1) * 33, x * 33);
    const digest = (x: number) => digests.subarray((x - 1) * 32, x * 32);
    const three = concat([share(2), share(7), share(4)]);

    it("gives every share of the split, also the ones it was given", () => {
      for (let x = 1; x <= 7; x++) {
        const computed = crypto.computeShare({ shares: three, x, digest: digest(x) });
        expect(toHex(computed.bytes)).toBe(toHex(share(x)));
      }
    });

    it("refuses a share that does not have the digest, e.g. from too few shares", () => {
      const compute = (from: Uint8Array, wanted: Uint8Array) =>
        codeOf(() => crypto.computeShare({ shares: from, x: 1, digest: wanted }));
      expect(compute(three, digest(1))).toBe("returned");
      expect(compute(three.subarray(0, 66), digest(1))).toBe("ERR_TQ_SHARE_DIGEST_MISMATCH");
      expect(compute(three, digest(2))).toBe("ERR_TQ_SHARE_DIGEST_MISMATCH");
      const corrupt = three.map((byte, i) => (i === 98 ? byte ^ 1 : byte));
      expect(compute(corrupt, digest(1))).toBe("ERR_TQ_SHARE_DIGEST_MISMATCH");
    });

    it("refuses malformed input", () => {
      const valid = { shares: three, x: 1, digest: digest(1) };
      const compute = (change: object) =>
        codeOf(() => crypto.computeShare({ ...valid, ...change }));
      expect(compute({})).toBe("returned");
      expect(compute({ shares: three.subarray(1) })).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(compute({ shares: share(2) })).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(compute({ shares: new Uint8Array() })).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(compute({ shares: concat([share(2), share(2)]) })).toBe(
        "ERR_TQ_DUPLICATE_X_COORDINATES",
      );
      expect(compute({ shares: concat([share(2), new Uint8Array(33)]) })).toBe(
        "ERR_TQ_INVALID_SHARE_ID",
      );
      expect(compute({ x: 0 })).toBe("ERR_TQ_INVALID_SHARE_ID");
      for (const x of [256, 257, -1, 2 ** 32 + 1, 1.5, NaN, "1", 1n, null, undefined]) {
        expect(compute({ x })).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(compute({ digest: digest(1).subarray(1) })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(compute({ digest: toHex(digest(1)) })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(compute({ shares: [...three] })).toBe("ERR_TQ_INVALID_ARGUMENT");
    });
  });
}

function verifyShareSuite(crypto: TrustQuorumCrypto): void {
  describe("verifyShare", () => {
    const raw = Uint8Array.from({ length: 33 }, (_, i) => i + 1);
    const digest = crypto.sha3_256(raw);

    it("holds for the share with this digest, of either kind", () => {
      expect(crypto.verifyShare(Share.copyOf(raw), digest)).toBe(true);
      expect(crypto.verifyShare(LrtqShare.copyOf(raw), digest)).toBe(true);
    });

    it("fails for every share and every digest that differs in one bit", () => {
      const share = Share.copyOf(raw);
      for (let bit = 0; bit < 256; bit++) {
        const other = digest.slice();
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(crypto.verifyShare(share, other)).toBe(false);
      }
      for (let at = 0; at < 33; at++) {
        const other = raw.map((byte, i) => (i === at ? byte ^ 0x80 : byte));
        expect(crypto.verifyShare(Share.copyOf(other), digest)).toBe(false);
      }
    });

    it("refuses what is not a share or not a digest", () => {
      const share = Share.copyOf(raw);
      expect(codeOf(() => crypto.verifyShare(share, digest.subarray(1)))).toBe(
        "ERR_TQ_INVALID_ARGUMENT",
      );
      expect(codeOf(() => crypto.verifyShare(share, undefined as never))).toBe(
        "ERR_TQ_INVALID_ARGUMENT",
      );
      for (const wrong of [raw, { bytes: raw }, null, undefined, "share"]) {
        expect(codeOf(() => crypto.verifyShare(wrong as never, digest))).toBe(
          "ERR_TQ_INVALID_ARGUMENT",
        );
      }
    });
  });
}

/** Each of the 256 values comes 256 times in 65,536, give or take 7 standard deviations of 16. */
function expectUniform(values: Uint8Array): void {
  const counts = new Uint32Array(256);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  expect(values).toHaveLength(65_536);
  expect(Math.min(...counts)).toBeGreaterThan(256 - 112);
  expect(Math.max(...counts)).toBeLessThan(256 + 112);
}
