/** The bootstore's secrets: rebuilding one from LRTQ shares, and opening spare shares with it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { epoch, parseRackId } from "../../../src/base/ids.ts";
import { LrtqShare } from "../../../src/base/share.ts";
import type { TrustQuorumCrypto } from "../../../src/protocol/crypto.ts";
import {
  SCALAR_ORDER,
  codeOf,
  littleEndian256,
  lrtqShares,
  sealAnySpareShares,
} from "../oracle.ts";
import { bytes, concat, lrtqVectors } from "../vectors.ts";
import { exposed } from "./rack-secrets.ts";
import { runs } from "../../../../../scripts/vitest/effort.ts";

export function lrtqSuite(crypto: TrustQuorumCrypto): void {
  const recovered = (shares: readonly Uint8Array[]) =>
    exposed(crypto.recoverLrtq({ shares: concat(shares) }));

  describe.each(lrtqVectors.raw)("the recorded LRTQ split, $k of $n", ({ k, secret, shares }) => {
    const all = shares.map(bytes);

    it("is combined from any k of the shares", () => {
      expect(recovered(all.slice(0, k))).toEqual({ "1": secret });
      expect(recovered(all.toReversed())).toEqual({ "1": secret });
      fc.assert(
        fc.property(fc.shuffledSubarray(all, { minLength: k, maxLength: k }), (some) => {
          expect(recovered(some)).toEqual({ "1": secret });
        }),
        { numRuns: runs(20) },
      );
    });

    if (k > 2) {
      it("is not combined from k-1 shares", () => {
        expect(recovered(all.slice(0, k - 1))).not.toEqual({ "1": secret });
      });
    }
  });

  describe.each(lrtqVectors.racks)("the recorded bootstore rack of $sleds sleds", (rack) => {
    const all = rack.shares.map(({ share }) => bytes(share));
    const rackId = parseRackId(rack.rack_uuid);

    it("has the recorded digests", () => {
      for (const { share, digest } of rack.shares) {
        expect(crypto.verifyShare(LrtqShare.copyOf(bytes(share)), bytes(digest))).toBe(true);
      }
    });

    it("has its secret rebuilt, under epoch 1, by any threshold of sleds and by all", () => {
      expect(recovered(all.slice(0, rack.threshold))).toEqual({ "1": rack.secret });
      expect(recovered(all.slice(-rack.threshold))).toEqual({ "1": rack.secret });
      expect(recovered(all)).toEqual({ "1": rack.secret });
      if (rack.threshold > 2) {
        expect(recovered(all.slice(1, rack.threshold))).not.toEqual({ "1": rack.secret });
      }
    });

    it("has the second sled's spare shares opened with the rebuilt secret", () => {
      const secrets = crypto.recoverLrtq({ shares: concat(all.slice(-rack.threshold)) });
      const opened = crypto.openLrtqSpareShares({
        secrets,
        rackId,
        salt: bytes(rack.salt),
        nonce: bytes(rack.nonce_of_second),
        encrypted: bytes(rack.encrypted_shares_of_second),
      });
      expect(toHex(opened)).toBe(rack.spare_shares_of_second.join(""));
      // They are shares of the same secret: one of them with the others' rebuilds it.
      const spare = opened.subarray(0, 33);
      const others = all.filter((_, i) => i !== 1).slice(0, rack.threshold - 1);
      expect(recovered([spare, ...others])).toEqual({ "1": rack.secret });
    });
  });

  recoverLrtqSuite(crypto);
  spareSharesSuite(crypto);
}

function recoverLrtqSuite(crypto: TrustQuorumCrypto): void {
  describe("recoverLrtq", () => {
    const code = (shares: unknown) => codeOf(() => crypto.recoverLrtq({ shares } as never));
    const scalar = fc.bigInt({ min: 0n, max: SCALAR_ORDER - 1n });

    it("rebuilds the constant term of any polynomial over the scalars", () => {
      fc.assert(
        fc.property(
          fc.bigInt({ min: 1n, max: SCALAR_ORDER - 1n }),
          fc.array(scalar, { minLength: 1, maxLength: 6 }),
          fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 7, maxLength: 9 }),
          (secret, coefficients, ids) => {
            const shares = lrtqShares([secret, ...coefficients], ids);
            const secrets = crypto.recoverLrtq({ shares });
            expect(exposed(secrets)).toEqual({ "1": toHex(littleEndian256(secret)) });
          },
        ),
        { numRuns: runs(60) },
      );
    });

    it("rebuilds the smallest and the largest scalar, but not zero", () => {
      for (const secret of [1n, 2n ** 64n, 2n ** 252n, SCALAR_ORDER - 1n]) {
        const secrets = crypto.recoverLrtq({ shares: lrtqShares([secret, 7n, 5n], [1, 128, 255]) });
        expect(exposed(secrets)).toEqual({ "1": toHex(littleEndian256(secret)) });
      }
      expect(code(lrtqShares([0n, 7n], [1, 2]))).toBe("ERR_TQ_INVALID_RACK_SECRET");
    });

    it("refuses a y that is not canonical, wherever it is", () => {
      const withY = (y: bigint, at: number) => {
        const shares = lrtqShares([5n, 6n], [1, 2, 3]);
        shares.set(littleEndian256(y), at * 33 + 1);
        return code(shares);
      };
      for (const at of [0, 1, 2]) {
        expect(withY(SCALAR_ORDER - 1n, at)).toBe("returned");
        for (const y of [
          SCALAR_ORDER,
          SCALAR_ORDER + 6n,
          2n ** 253n,
          2n ** 255n,
          2n ** 256n - 1n,
        ]) {
          expect(withY(y, at)).toBe("ERR_TQ_NON_CANONICAL_SCALAR");
        }
      }
    });

    it("refuses shares that cannot be interpolated, before it looks at any y", () => {
      const shares = lrtqShares([5n, 6n], [1, 2]);
      const bad = concat([Uint8Array.of(9), new Uint8Array(32).fill(0xff)]);
      expect(code(shares)).toBe("returned");
      expect(code(shares.subarray(1))).toBe("ERR_TQ_INVALID_SHARE_LENGTHS");
      expect(code(new Uint8Array())).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(code(bad)).toBe("ERR_TQ_TOO_FEW_SHARES");
      expect(code(concat([bad, new Uint8Array(33)]))).toBe("ERR_TQ_INVALID_SHARE_ID");
      expect(code(concat([bad, bad]))).toBe("ERR_TQ_DUPLICATE_X_COORDINATES");
      for (const wrong of ["shares", [...shares], null, undefined]) {
        expect(code(wrong)).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
      expect(codeOf(() => crypto.recoverLrtq(undefined as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });
  });
}

function spareSharesSuite(crypto: TrustQuorumCrypto): void {
  describe("openLrtqSpareShares", () => {
    const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
    const secret = new Uint8Array(32).fill(5);
    const secrets = crypto.importSecrets([
      { epoch: epoch(1), secret },
      { epoch: epoch(2), secret: new Uint8Array(32).fill(6) },
    ]);
    const salt = Uint8Array.from({ length: 32 }, (_, i) => i);
    const nonce = Uint8Array.from({ length: 12 }, (_, i) => 90 + i);
    const plaintext = Uint8Array.from({ length: 66 }, (_, i) => 3 * i);
    const sealed = (text: Uint8Array) =>
      sealAnySpareShares({ secret, rackId, salt, nonce, plaintext: text });
    const valid = { secrets, rackId, salt, nonce, encrypted: sealed(plaintext) };
    const open = (change: object) =>
      codeOf(() => crypto.openLrtqSpareShares({ ...valid, ...change }));

    it("opens whole shares, also none", () => {
      expect(crypto.openLrtqSpareShares(valid)).toEqual(plaintext);
      const none = crypto.openLrtqSpareShares({ ...valid, encrypted: sealed(new Uint8Array()) });
      expect(none).toEqual(new Uint8Array());
    });

    it("does not authenticate anything changed by one bit, cut short, or of another rack", () => {
      for (const part of ["salt", "nonce", "encrypted"] as const) {
        for (let at = 0; at < valid[part].length; at++) {
          const changed = valid[part].map((byte, i) => (i === at ? byte ^ (1 << (at & 7)) : byte));
          expect(open({ [part]: changed })).toBe("ERR_TQ_AUTHENTICATION_FAILED");
        }
      }
      for (const length of [0, 15, 16, 49, 81]) {
        expect(open({ encrypted: valid.encrypted.subarray(0, length) })).toBe(
          "ERR_TQ_AUTHENTICATION_FAILED",
        );
      }
      const otherRack = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa1");
      expect(open({ rackId: otherRack })).toBe("ERR_TQ_AUTHENTICATION_FAILED");
    });

    it("refuses a plaintext that is not whole shares", () => {
      for (const length of [1, 32, 34, 65]) {
        expect(open({ encrypted: sealed(plaintext.subarray(0, length)) })).toBe(
          "ERR_TQ_INVALID_PLAINTEXT_LENGTH",
        );
      }
    });

    it("needs a secret under epoch 1, of this backend and not disposed of", () => {
      const later = crypto.importSecrets([{ epoch: epoch(2), secret }]);
      expect(open({ secrets: later })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(open({ secrets: crypto.importSecrets([]) })).toBe("ERR_TQ_INVALID_ARGUMENT");
      later.dispose();
      expect(open({ secrets: later })).toBe("ERR_TQ_SECRET_DISPOSED");
      for (const wrong of [null, undefined, {}, "secrets", secrets.secret(epoch(1))]) {
        expect(open({ secrets: wrong })).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
    });

    it("refuses arguments of other types and lengths", () => {
      for (const part of ["salt", "nonce"]) {
        for (const wrong of [new Uint8Array(31), new Uint8Array(), "00", null, undefined]) {
          expect(open({ [part]: wrong })).toBe("ERR_TQ_INVALID_ARGUMENT");
        }
      }
      expect(open({ encrypted: "00" })).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(open({ rackId: "rack" })).toBe("ERR_TQ_INVALID_RACK_UUID");
      expect(codeOf(() => crypto.openLrtqSpareShares(undefined as never))).toBe(
        "ERR_TQ_INVALID_ARGUMENT",
      );
    });
  });
}
