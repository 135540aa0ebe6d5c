/** Results that go into a buffer of the caller's: `split` and `combine` with `into`. */
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import type { TrustQuorumCrypto } from "../../../src/protocol/crypto.ts";
import { resizable } from "../long.ts";
import { codeOf } from "../oracle.ts";

/** A class that makes arrays from other arguments than the language's own methods pass. */
class Key extends Uint8Array {
  constructor(bytes: Uint8Array) {
    super(bytes.length);
    this.set(bytes);
  }
}

const HOW = { count: 5, threshold: 3 };

export function intoSuite(crypto: TrustQuorumCrypto): void {
  describe("split and combine with a buffer for the result", () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    const shares = crypto.split(secret, HOW);
    const three = shares.slice(66);

    it("write it there, whatever was there before, change nothing else, and answer with it", () => {
      for (const length of [1, 2, 31, 32, 33, 64, 65, 1000, 5000]) {
        const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
        const given = bytes.slice();
        const around = new Uint8Array(3 + 5 * (1 + length) + 4).fill(0xaa);
        const into = around.subarray(3, -4);
        expect(crypto.split(bytes, { ...HOW, into })).toBe(into);
        expect(bytes).toEqual(given);
        const enough = into.slice(2 * (1 + length));
        expect(toHex(crypto.combine(enough, 1 + length))).toBe(toHex(bytes));
        expect([...around.slice(0, 3), ...around.slice(-4)]).toEqual(new Array(7).fill(0xaa));

        const secretAround = new Uint8Array(length + 7).fill(0xaa);
        const secretInto = secretAround.subarray(3, -4);
        const before = enough.slice();
        expect(crypto.combine(enough, 1 + length, { into: secretInto })).toBe(secretInto);
        expect(toHex(secretInto)).toBe(toHex(bytes));
        expect(enough).toEqual(before);
        const outside = [...secretAround.slice(0, 3), ...secretAround.slice(-4)];
        expect(outside).toEqual(new Array(7).fill(0xaa));
      }
    });

    it("draw new coefficients each time the same buffer is used", () => {
      const into = new Uint8Array(5 * 33);
      const all = Array.from({ length: 20 }, () => toHex(crypto.split(secret, { ...HOW, into })));
      expect(new Set(all).size).toBe(20);
    });

    it("make a new one where it is left out or undefined", () => {
      expect(crypto.split(secret, { ...HOW, into: undefined })).toHaveLength(5 * 33);
      expect(crypto.combine(three, 33, {})).toEqual(secret);
      expect(crypto.combine(three, 33, { into: undefined })).toEqual(secret);
      expect(crypto.combine(three, 33, undefined)).toEqual(secret);
    });

    it("take every kind of Uint8Array, for the input too", () => {
      const kinds: ((bytes: number) => Uint8Array)[] = [
        (bytes) => Buffer.alloc(bytes, 0xff),
        (bytes) => new Key(new Uint8Array(bytes)),
        (bytes) => new Uint8Array(resizable(bytes)),
        (bytes) => new Uint8Array(resizable(bytes), 0, bytes),
        (bytes) => new Uint8Array(new ArrayBuffer(bytes + 9), 5, bytes),
      ];
      for (const make of kinds) {
        const [input, into] = [make(32), make(5 * 33)];
        input.set(secret);
        expect(crypto.split(input, { ...HOW, into })).toBe(into);
        const [enough, combined] = [make(99), make(32)];
        enough.set(new Uint8Array(into).subarray(0, 99));
        expect(crypto.combine(enough, 33, { into: combined })).toBe(combined);
        expect(toHex(combined)).toBe(toHex(secret));
        expect(toHex(crypto.combine(enough, 33))).toBe(toHex(secret));
      }
    });

    it("may have it beside the input in one buffer, but not over it, which is left as it was", () => {
      const both = new Uint8Array(32 + 5 * 33 + 32).fill(0xaa);
      const input = both.subarray(32, 64);
      input.set(secret);
      const before = both.slice();
      for (const at of [31, 32, 33, 63]) {
        const into = both.subarray(at, at + 5 * 33);
        expect(
          codeOf(() => crypto.split(input, { ...HOW, into })),
          `from ${at}`,
        ).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(both).toEqual(before);
      expect(crypto.split(input, { ...HOW, into: both.subarray(64) })).toHaveLength(5 * 33);
      const enough = both.subarray(64, 64 + 99);
      const inside = enough.subarray(33, 65);
      const kept = both.slice();
      for (const into of [inside, both.subarray(33, 65), both.subarray(64 + 98, 64 + 130)]) {
        expect(codeOf(() => crypto.combine(enough, 33, { into }))).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(both).toEqual(kept);
      expect(toHex(crypto.combine(enough, 33, { into: both.subarray(0, 32) }))).toBe(toHex(secret));
    });

    it("refuse what cannot hold it, before anything is written", () => {
      const split = (into: unknown) =>
        codeOf(() => crypto.split(secret, { ...HOW, into: into as Uint8Array }));
      const combine = (into: unknown) =>
        codeOf(() => crypto.combine(three, 33, { into: into as Uint8Array }));
      for (const [call, bytes] of [
        [split, 5 * 33],
        [combine, 32],
      ] as const) {
        const long = new Uint8Array(bytes + 1).fill(0xaa);
        expect(call(long)).toBe("ERR_TQ_INVALID_ARGUMENT");
        expect(call(long.subarray(2))).toBe("ERR_TQ_INVALID_ARGUMENT");
        expect(long.every((byte) => byte === 0xaa)).toBe(true);

        const shared = new Uint8Array(new SharedArrayBuffer(bytes));
        expect(call(shared)).toBe("ERR_TQ_INVALID_ARGUMENT");
        expect(shared.every((byte) => byte === 0)).toBe(true);

        const detached = new Uint8Array(bytes);
        structuredClone(detached.buffer, { transfer: [detached.buffer] });
        expect(call(detached)).toBe("ERR_TQ_INVALID_ARGUMENT");

        const buffer = resizable(bytes);
        const outOfBounds = new Uint8Array(buffer, 0, bytes);
        buffer.resize(bytes - 1);
        expect(call(outOfBounds)).toBe("ERR_TQ_INVALID_ARGUMENT");
        expect(call(new Uint8Array(buffer))).toBe("ERR_TQ_INVALID_ARGUMENT");

        const others = [
          null,
          "text",
          bytes,
          {},
          { length: bytes },
          new Array(bytes).fill(0),
          new ArrayBuffer(bytes),
          new DataView(new ArrayBuffer(bytes)),
          new Uint8ClampedArray(bytes),
          new Int8Array(bytes),
          new Uint16Array(bytes),
          Object.create(new Uint8Array(bytes)),
        ] as unknown[];
        for (const other of others) expect(call(other)).toBe("ERR_TQ_INVALID_ARGUMENT");
        // An array may claim another length than it has.
        const lying = Object.defineProperty(new Uint8Array(bytes - 1), "length", { value: bytes });
        expect(call(lying)).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      for (const wrong of [null, 5, "into"]) {
        expect(codeOf(() => crypto.combine(three, 33, wrong as never))).toBe(
          "ERR_TQ_INVALID_ARGUMENT",
        );
      }
    });

    it("leave it as it was where the call is refused for something else", () => {
      const into = new Uint8Array(5 * 33).fill(0xaa);
      const split = (input: unknown, options: object) =>
        codeOf(() => crypto.split(input as Uint8Array, { ...HOW, ...options, into }));
      expect(split(secret, { threshold: 1 })).toBe("ERR_TQ_THRESHOLD_TOO_SMALL");
      expect(split(secret, { threshold: 6 })).toBe("ERR_TQ_FEWER_SHARES_THAN_THRESHOLD");
      expect(split("secret", {})).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(split(new Uint8Array(), {})).toBe("ERR_TQ_INVALID_ARGUMENT");

      const secretInto = into.subarray(0, 32);
      const combine = (input: Uint8Array, length: number, buffer = secretInto) =>
        codeOf(() => crypto.combine(input, length, { into: buffer }));
      const withX = (x: number) => three.map((byte, i) => (i === 33 ? x : byte));
      expect(combine(withX(0), 33)).toBe("ERR_TQ_INVALID_SHARE_ID");
      expect(combine(withX(3), 33)).toBe("ERR_TQ_DUPLICATE_X_COORDINATES");
      expect(combine(three.subarray(0, 33), 33)).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(combine(new Uint8Array(), 33)).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(combine(three.subarray(1), 33)).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(combine(three, 0, new Uint8Array())).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(combine(three, 1, new Uint8Array())).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      // What is wrong with the buffer is said first.
      expect(combine(withX(0), 33, into)).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(combine(three, -5, into)).toBe("ERR_TQ_INVALID_ARGUMENT");
      for (const gone of [new Uint8Array(new SharedArrayBuffer(99)), null, "text"]) {
        expect(combine(gone as Uint8Array, 33)).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(into.every((byte) => byte === 0xaa)).toBe(true);
    });
  });
}
