/** Rack secrets: recovering one from shares, and sealing and opening those of prior epochs. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import type { Epoch } from "../../../src/base/id-types.ts";
import { epoch, parseRackId } from "../../../src/base/ids.ts";
import type { RackSecrets, TrustQuorumCrypto } from "../../../src/protocol/crypto.ts";
import { codeOf, outcome, priorEntry, sealAnything } from "../oracle.ts";
import { bytes, concat, rackSecretsVectors } from "../vectors.ts";
import { runs } from "../../../../../scripts/vitest/effort.ts";

const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const otherRackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa1");

/** Shares of a known secret, any two of which rebuild it, with their digests. */
export function knownShares(
  crypto: TrustQuorumCrypto,
  secret: Uint8Array,
  count = 2,
): { shares: Uint8Array; digests: Uint8Array } {
  const shares = crypto.split(secret, { count, threshold: 2 });
  const digests = Array.from({ length: count }, (_, i) =>
    crypto.sha3_256(shares.subarray(i * 33, (i + 1) * 33)),
  );
  return { shares, digests: concat(digests) };
}

/** All secrets of a set as hex by epoch; only made-up ones come here. */
export function exposed(secrets: RackSecrets): Record<string, string> {
  const entries = secrets.epochs.map((at) => {
    const secret = secrets.secret(at);
    return [String(at), secret?.expose(toHex) ?? "missing"] as const;
  });
  return Object.fromEntries(entries);
}

export function rackSecretsSuite(crypto: TrustQuorumCrypto): void {
  vectorSuite(crypto);
  recoverSuite(crypto);
  openSuite(crypto);
  sealSuite(crypto);
}

function vectorSuite(crypto: TrustQuorumCrypto): void {
  describe.each(rackSecretsVectors)("the recorded rack secrets of epoch $epoch", (vector) => {
    const secret = bytes(vector.rack_secret);
    const context = { rackId: parseRackId(vector.rack_id), epoch: epoch(vector.epoch) };
    const encrypted = { salt: bytes(vector.salt), data: bytes(vector.data) };

    it("are opened with shares of the new secret", () => {
      const secrets = crypto.recover({ ...knownShares(crypto, secret), ...context, encrypted });
      expect(exposed(secrets)).toEqual({
        ...vector.prior_secrets,
        [vector.epoch]: vector.rack_secret,
      });
      const ascending = [...Object.keys(vector.prior_secrets).map(Number), vector.epoch];
      expect(secrets.epochs).toEqual(ascending.sort((a, b) => a - b));
    });

    it("are sealed to the same bytes with the recorded salt", () => {
      const prior = crypto.importSecrets(
        Object.entries(vector.prior_secrets)
          .map(([at, known]) => ({ epoch: epoch(Number(at)), secret: bytes(known) }))
          .sort((a, b) => a.epoch - b.epoch),
      );
      const { shares } = knownShares(crypto, secret);
      const sealed = crypto.seal({ shares, ...context, prior, salt: encrypted.salt });
      expect(toHex(sealed.data)).toBe(vector.data);
      expect(toHex(sealed.salt)).toBe(vector.salt);
    });
  });
}

function recoverSuite(crypto: TrustQuorumCrypto): void {
  describe("recover", () => {
    const context = { rackId, epoch: epoch(2), encrypted: null };

    it("rebuilds one secret from any K shares of a configuration, and another from K-1", () => {
      const { shares, digests } = crypto.createShares({ count: 9, threshold: 5 });
      const expected = toHex(crypto.combine(shares, 33));
      const from = (indexes: readonly number[]) => {
        const secrets = crypto.recover({
          shares: concat(indexes.map((i) => shares.subarray(i * 33, (i + 1) * 33))),
          digests: concat(indexes.map((i) => digests.subarray(i * 32, (i + 1) * 32))),
          ...context,
        });
        return exposed(secrets);
      };
      fc.assert(
        fc.property(
          fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 5 }),
          (indexes) => {
            expect(from(indexes)).toEqual({ "2": expected });
            expect(from(indexes.slice(0, 4))).not.toEqual({ "2": expected });
          },
        ),
        { numRuns: runs(40) },
      );
    });

    it("names the share whose digest is wrong", () => {
      const { shares, digests } = crypto.createShares({ count: 5, threshold: 3 });
      for (let index = 0; index < 5; index++) {
        for (const [buffer, at] of [
          [shares, index * 33 + 1],
          [shares, index * 33 + 32],
          [digests, index * 32],
          [digests, index * 32 + 31],
        ] as const) {
          const changed = buffer.slice();
          changed[at] = (changed[at] ?? 0) ^ 1;
          const options =
            buffer === shares ? { shares: changed, digests } : { shares, digests: changed };
          const result = outcome(() => crypto.recover({ ...options, ...context }));
          expect(result).toMatchObject({
            code: "ERR_TQ_SHARE_DIGEST_MISMATCH",
            error: { details: { index } },
          });
        }
      }
    });

    it("refuses shares that rebuild nothing but zeros", () => {
      const zeros = knownShares(crypto, new Uint8Array(32), 3);
      expect(codeOf(() => crypto.recover({ ...zeros, ...context }))).toBe(
        "ERR_TQ_INVALID_RACK_SECRET",
      );
    });

    it("refuses malformed shares and digests", () => {
      const secret = new Uint8Array(32).fill(7);
      const { shares, digests } = knownShares(crypto, secret, 3);
      const recover = (change: object) =>
        codeOf(() => crypto.recover({ shares, digests, ...context, ...change }));
      expect(recover({})).toBe("returned");
      expect(recover({ shares: shares.subarray(1) })).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(recover({ digests: digests.subarray(1) })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(recover({ digests: digests.subarray(32) })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(recover({ shares: shares.subarray(33) })).toBe("ERR_TQ_INVALID_ARGUMENT");

      const withDigests = (parts: readonly Uint8Array[]) => ({
        shares: concat(parts),
        digests: concat(parts.map((part) => crypto.sha3_256(part))),
      });
      const first = shares.subarray(0, 33);
      expect(recover(withDigests([]))).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(recover(withDigests([first]))).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(recover(withDigests([first, first]))).toBe("ERR_TQ_DUPLICATE_X_COORDINATES");
      expect(recover(withDigests([first, new Uint8Array(33)]))).toBe("ERR_TQ_INVALID_SHARE_ID");
    });

    it("refuses arguments of other types", () => {
      const valid = { ...knownShares(crypto, new Uint8Array(32).fill(7)), ...context };
      const recover = (change: object) => codeOf(() => crypto.recover({ ...valid, ...change }));
      for (const wrong of [undefined, null, "00", [1, 2, 3], {}, 7, new ArrayBuffer(66)]) {
        expect(recover({ shares: wrong })).toBe("ERR_TQ_INVALID_ARGUMENT");
        expect(recover({ digests: wrong })).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      const salt = new Uint8Array(32);
      const data = new Uint8Array(56);
      for (const encrypted of [
        undefined,
        "sealed",
        {},
        { salt },
        { data },
        { salt: salt.subarray(1), data },
        { salt: "00", data },
        { salt, data: "00" },
      ]) {
        expect(recover({ encrypted })).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(recover({ rackId: "not a uuid" })).toBe("ERR_TQ_INVALID_RACK_UUID");
      expect(recover({ rackId: undefined })).toBe("ERR_TQ_INVALID_RACK_UUID");
      for (const wrong of [0, -1, 1.5, NaN, 2 ** 53, "2", 2n, null, undefined]) {
        expect(recover({ epoch: wrong })).toBe("ERR_TQ_INVALID_EPOCH");
      }
      expect(codeOf(() => crypto.recover(undefined as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });
  });
}

function openSuite(crypto: TrustQuorumCrypto): void {
  describe("opening prior secrets", () => {
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    const salt = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
    const own = epoch(5);
    const known = (fill: number) => new Uint8Array(32).fill(fill);
    const shares = knownShares(crypto, secret);

    const sealed = (plaintext: readonly Uint8Array[]) => ({
      salt,
      data: sealAnything({ secret, rackId, epoch: own, salt, plaintext: concat(plaintext) }),
    });
    const open = (encrypted: { salt: Uint8Array; data: Uint8Array }, change: object = {}) =>
      crypto.recover({ ...shares, rackId, epoch: own, encrypted, ...change });
    const openCode = (...plaintext: readonly Uint8Array[]) => codeOf(() => open(sealed(plaintext)));

    it("accepts entries that ascend from at least 1 to below the epoch", () => {
      const entries = [
        priorEntry(1n, known(1)),
        priorEntry(2n, known(2)),
        priorEntry(4n, known(4)),
      ];
      expect(exposed(open(sealed(entries)))).toEqual({
        "1": "01".repeat(32),
        "2": "02".repeat(32),
        "4": "04".repeat(32),
        "5": toHex(secret),
      });
      expect(open(sealed([])).epochs).toEqual([5]);
    });

    it("does not authenticate anything changed by one bit, nor another rack, epoch or secret", () => {
      const encrypted = sealed([priorEntry(1n, known(1))]);
      expect(codeOf(() => open(encrypted))).toBe("returned");
      for (const [part, length] of [
        ["salt", 32],
        ["data", encrypted.data.length],
      ] as const) {
        for (let at = 0; at < length; at++) {
          const changed = encrypted[part].map((byte, i) =>
            i === at ? byte ^ (1 << (at & 7)) : byte,
          );
          expect(codeOf(() => open({ ...encrypted, [part]: changed }))).toBe(
            "ERR_TQ_AUTHENTICATION_FAILED",
          );
        }
      }
      for (const change of [
        { rackId: otherRackId },
        { epoch: 6 as Epoch },
        knownShares(crypto, known(3)),
      ]) {
        expect(codeOf(() => open(encrypted, change))).toBe("ERR_TQ_AUTHENTICATION_FAILED");
      }
    });

    it("does not authenticate data that is cut short, down to nothing", () => {
      const { data } = sealed([priorEntry(1n, known(1))]);
      for (let length = 0; length < data.length; length++) {
        expect(codeOf(() => open({ salt, data: data.subarray(0, length) }))).toBe(
          "ERR_TQ_AUTHENTICATION_FAILED",
        );
      }
    });

    it("refuses a plaintext that is not whole entries", () => {
      const entries = concat([priorEntry(1n, known(1)), priorEntry(2n, known(2))]);
      for (const length of [1, 8, 32, 39, 41, 79]) {
        expect(openCode(entries.subarray(0, length))).toBe("ERR_TQ_INVALID_PLAINTEXT_LENGTH");
      }
      expect(openCode(entries)).toBe("returned");
    });

    it("refuses entries out of order, out of range, or all zero", () => {
      const valid = priorEntry(1n, known(1));
      expect(openCode(priorEntry(2n, known(2)), valid)).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(valid, valid)).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(priorEntry(0n, known(1)))).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(valid, priorEntry(5n, known(2)))).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(priorEntry(6n, known(2)))).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(priorEntry(2n ** 53n, known(2)))).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(priorEntry(2n ** 64n - 1n, known(2)))).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(valid, priorEntry(2n ** 32n + 2n, known(2)))).toBe(
        "ERR_TQ_INVALID_PLAINTEXT",
      );
      expect(openCode(priorEntry(1n, known(0)))).toBe("ERR_TQ_INVALID_PLAINTEXT");
      expect(openCode(valid, priorEntry(2n, known(0)))).toBe("ERR_TQ_INVALID_PLAINTEXT");
    });
  });
}

function sealSuite(crypto: TrustQuorumCrypto): void {
  describe("seal", () => {
    const ascending = fc
      .uniqueArray(fc.integer({ min: 1, max: 2 ** 53 - 1 }), { maxLength: 6 })
      .map((epochs) => epochs.sort((a, b) => a - b));

    it("is opened again by recover, whatever was sealed", () => {
      fc.assert(
        fc.property(
          ascending.filter((epochs) => epochs.length > 0),
          fc.uint8Array({ minLength: 1, maxLength: 31 }),
          fc.uuid().map((uuid) => parseRackId(uuid.toLowerCase())),
          (epochs, seed, rack) => {
            const entries = epochs.map((at, i) => ({
              epoch: epoch(at),
              secret: crypto.sha3_256(concat([seed, Uint8Array.of(i)])),
            }));
            const own = entries.at(-1) ?? { epoch: epoch(1), secret: seed };
            const { shares, digests } = knownShares(crypto, own.secret);
            const prior = crypto.importSecrets(entries.slice(0, -1));
            const encrypted = crypto.seal({ shares, rackId: rack, epoch: own.epoch, prior });
            expect(encrypted.salt).toHaveLength(32);
            expect(encrypted.data).toHaveLength(40 * (entries.length - 1) + 16);
            const opened = crypto.recover({
              shares,
              digests,
              rackId: rack,
              epoch: own.epoch,
              encrypted,
            });
            const expected = entries.map((entry) => [String(entry.epoch), toHex(entry.secret)]);
            expect(exposed(opened)).toEqual(Object.fromEntries(expected));
          },
        ),
        { numRuns: runs(40) },
      );
    });

    const shares = knownShares(crypto, new Uint8Array(32).fill(9)).shares;
    const prior = crypto.importSecrets([{ epoch: epoch(1), secret: new Uint8Array(32).fill(1) }]);
    const valid = { shares, rackId, epoch: epoch(2), prior };
    const seal = (change: object) => codeOf(() => crypto.seal({ ...valid, ...change }));

    it("draws a new salt every time", () => {
      const sealings = Array.from({ length: 20 }, () => crypto.seal(valid));
      expect(new Set(sealings.map(({ salt }) => toHex(salt))).size).toBe(20);
      expect(new Set(sealings.map(({ data }) => toHex(data))).size).toBe(20);
    });

    it("does not keep or change the salt it is given", () => {
      const salt = new Uint8Array(32).fill(3);
      const sealed = crypto.seal({ ...valid, salt });
      expect(sealed.salt).toEqual(salt);
      salt.fill(4);
      expect(sealed.salt).toEqual(new Uint8Array(32).fill(3));
    });

    it("refuses shares that cannot be combined, or to zeros only", () => {
      expect(seal({})).toBe("returned");
      expect(seal({ shares: shares.subarray(1) })).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(seal({ shares: shares.subarray(33) })).toBe("ERR_TQ_TOO_FEW_SHARES");
      const first = shares.subarray(0, 33);
      expect(seal({ shares: concat([first, first]) })).toBe("ERR_TQ_DUPLICATE_X_COORDINATES");
      expect(seal({ shares: concat([first, new Uint8Array(33)]) })).toBe("ERR_TQ_INVALID_SHARE_ID");
      expect(seal({ shares: knownShares(crypto, new Uint8Array(32)).shares })).toBe(
        "ERR_TQ_INVALID_RACK_SECRET",
      );
    });

    it("refuses prior secrets that are not prior, not ours or disposed of", () => {
      expect(seal({ epoch: 1 })).toBe("ERR_TQ_INVALID_ARGUMENT");
      const disposed = crypto.importSecrets([]);
      disposed.dispose();
      expect(seal({ prior: disposed })).toBe("ERR_TQ_SECRET_DISPOSED");
      const secret = prior.secret(epoch(1));
      for (const wrong of [null, undefined, {}, [], "prior", secret]) {
        expect(seal({ prior: wrong })).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      const lookalike = { disposed: false, epochs: [], secret: () => undefined, dispose: () => {} };
      expect(seal({ prior: lookalike })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(seal({ prior: Object.create(prior) as unknown })).toBe("ERR_TQ_INVALID_ARGUMENT");
    });

    it("refuses arguments of other types", () => {
      for (const wrong of [new Uint8Array(31), new Uint8Array(33), "00", null, [], 7]) {
        expect(seal({ salt: wrong })).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(seal({ salt: undefined })).toBe("returned");
      expect(seal({ shares: [...shares] })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(seal({ rackId: rackId.toUpperCase() })).toBe("ERR_TQ_INVALID_RACK_UUID");
      for (const wrong of [0, 1.5, 2 ** 53, "2", undefined]) {
        expect(seal({ epoch: wrong })).toBe("ERR_TQ_INVALID_EPOCH");
      }
      expect(codeOf(() => crypto.seal(null as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });
  });
}
