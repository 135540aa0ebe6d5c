/**
 * The adapter keeps the bytes of the last rack, of which at first there is none: a call without a rack
 * must not be taken for one with that.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { epoch, parseRackId } from "../../src/base/ids.ts";
import type { TrustQuorumCrypto } from "../../src/protocol/crypto.ts";

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const [ONE, TWO] = [epoch(1), epoch(2)];

/** What a call gets and what is left of it. */
interface Given {
  readonly crypto: TrustQuorumCrypto;
  readonly shares: Uint8Array;
  readonly digests: Uint8Array;
}

const CALLS: Readonly<Record<string, (given: Given, rackId: never) => unknown>> = {
  recover: ({ crypto, shares, digests }, rackId) =>
    crypto.recover({ shares, digests, rackId, epoch: ONE, encrypted: null }),
  seal: ({ crypto, shares }, rackId) => {
    const prior = crypto.importSecrets([{ epoch: ONE, secret: new Uint8Array(32).fill(7) }]);
    try {
      return crypto.seal({ shares, rackId, epoch: TWO, prior });
    } finally {
      expect(prior.disposed).toBe(false);
      expect(prior.secret(ONE)?.expose((bytes) => [...bytes])).toEqual(new Array(32).fill(7));
    }
  },
  openLrtqSpareShares: ({ crypto }, rackId) => {
    const secrets = crypto.importSecrets([{ epoch: ONE, secret: new Uint8Array(32).fill(7) }]);
    const [salt, nonce] = [new Uint8Array(32), new Uint8Array(12)];
    return crypto.openLrtqSpareShares({
      secrets,
      rackId,
      salt,
      nonce,
      encrypted: new Uint8Array(49),
    });
  },
};

describe.each(Object.keys(CALLS))("the first call of all, %s,", (name) => {
  let crypto: TrustQuorumCrypto;
  beforeEach(async () => {
    vi.resetModules();
    const { nativeCrypto } = await import("../../src/crypto/native.ts");
    crypto = nativeCrypto();
  });

  test.each([undefined, null, "", 0, {}])(
    "without a rack (%o) is refused, changes nothing, and the next one works as if it was the first",
    (rackId) => {
      const { shares, digests } = crypto.createShares({ count: 3, threshold: 2 });
      const given = { crypto, shares, digests };
      const before = [shares.slice(), digests.slice()];
      const call = CALLS[name] ?? expect.fail();
      for (const again of [rackId, rackId]) {
        expect(() => call(given, again as never)).toThrow(
          expect.objectContaining({ code: "ERR_TQ_INVALID_RACK_UUID" }) as Error,
        );
      }
      expect([shares, digests]).toEqual(before);
      const works = () => call(given, RACK as never);
      // Spare shares that nobody sealed cannot be opened; that is said after the rack was looked at.
      if (name !== "openLrtqSpareShares") expect(works()).toBeTypeOf("object");
      else
        expect(works).toThrow(
          expect.objectContaining({ code: expect.not.stringContaining("UUID") as string }) as Error,
        );
      expect(() => call(given, rackId as never)).toThrow();
    },
  );
});
