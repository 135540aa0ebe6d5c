/**
 * The two backends against each other: what one made the other reads, what both compute is the same
 * byte for byte, and what one refuses the other refuses with the same code.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { epoch, parseRackId } from "../../src/base/ids.ts";
import { LrtqShare, Share } from "../../src/base/share.ts";
import { nativeCrypto } from "../../src/crypto/native.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";
import type { RackSecrets, TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import { exposed, knownShares } from "./common/rack-secrets.ts";
import {
  SCALAR_ORDER,
  codeOf,
  littleEndian256,
  lrtqShares,
  outcome,
  priorEntry,
  sealAnySpareShares,
  sealAnything,
} from "./oracle.ts";
import { concat } from "./vectors.ts";

const native = nativeCrypto();
const reference = referenceCrypto();
const bothWays = [
  { from: native, to: reference },
  { from: reference, to: native },
].map((pair) => ({ ...pair, name: `${pair.from.name} to ${pair.to.name}` }));

const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const salt = new Uint8Array(32).fill(0x5a);
const nonce = new Uint8Array(12).fill(0xa5);

describe.each(bothWays)("$name", ({ from, to }) => {
  it("combines what the other split, from any of the shares", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 70 }),
        fc.integer({ min: 2, max: 8 }),
        fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 8 }),
        (secret, threshold, xs) => {
          const shareLength = 1 + secret.length;
          const shares = from.split(secret, { count: 9, threshold });
          const used = xs
            .slice(0, threshold)
            .map((x) => shares.subarray((x - 1) * shareLength, x * shareLength));
          expect(to.combine(concat(used), shareLength)).toEqual(secret);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("recovers, computes and verifies what the other created", () => {
    const { shares, digests } = from.createShares({ count: 7, threshold: 4 });
    const some = { shares: shares.subarray(0, 132), digests: digests.subarray(0, 128) };
    const recovered = to.recover({ ...some, rackId, epoch: epoch(2), encrypted: null });
    expect(exposed(recovered)).toEqual({ "2": toHex(from.combine(shares, 33)) });
    for (let x = 1; x <= 7; x++) {
      const digest = digests.subarray((x - 1) * 32, x * 32);
      const share = to.computeShare({ shares: some.shares, x, digest });
      expect(from.verifyShare(share, digest)).toBe(true);
      expect(to.verifyShare(share, digest)).toBe(true);
    }
  });

  it("opens what the other sealed, a whole chain of epochs", () => {
    let encrypted = null;
    let chain: RackSecrets = from.importSecrets([]);
    const expected: Record<string, string> = {};
    for (let at = 1; at <= 6; at++) {
      const [maker, reader] = at % 2 ? [from, to] : [to, from];
      const { shares, digests } = maker.createShares({ count: 5, threshold: 3 });
      const context = { rackId, epoch: epoch(at) };
      if (at > 1) {
        const prior = moved(chain, maker);
        encrypted = maker.seal({ shares, ...context, prior });
      }
      chain = reader.recover({ shares, digests, ...context, encrypted });
      expected[String(at)] = toHex(reader.combine(shares, 33));
      expect(exposed(chain)).toEqual(expected);
    }
  });

  it("refuses the other's handles", () => {
    const secret = new Uint8Array(32).fill(1);
    const entries = [{ epoch: epoch(1), secret }];
    const [foreign, own] = [from.importSecrets(entries), to.importSecrets(entries)];
    const { shares } = knownShares(to, new Uint8Array(32).fill(2));
    const seal = (prior: RackSecrets) =>
      codeOf(() => to.seal({ shares, rackId, epoch: epoch(2), prior }));
    expect(seal(own)).toBe("returned");
    expect(seal(foreign)).toBe("ERR_TQ_INVALID_ARGUMENT");
    const encrypted = sealAnySpareShares({ secret, rackId, salt, nonce, plaintext: shares });
    const open = (secrets: RackSecrets) =>
      codeOf(() => to.openLrtqSpareShares({ secrets, rackId, salt, nonce, encrypted }));
    expect(open(own)).toBe("returned");
    expect(open(foreign)).toBe("ERR_TQ_INVALID_ARGUMENT");
    const [mine, theirs] = [own.secret(epoch(1)), foreign.secret(epoch(1))];
    expect(codeOf(() => mine?.equals(theirs as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    // Also one that was disposed of: whose it is comes first.
    foreign.dispose();
    expect(seal(foreign)).toBe("ERR_TQ_INVALID_ARGUMENT");
  });
});

describe("both backends", () => {
  it("seal the same secrets with the same salt to the same bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 53 - 2 }), { maxLength: 5 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (secret, epochs, anySalt) => {
          fc.pre(secret.some((byte) => byte !== 0));
          const entries = epochs
            .sort((a, b) => a - b)
            .map((at, i) => ({ epoch: epoch(at), secret: new Uint8Array(32).fill(i + 1) }));
          const own = epoch((epochs.at(-1) ?? 0) + 1);
          const [a, b] = [native, reference].map((crypto) => {
            const prior = crypto.importSecrets(entries);
            const { shares } = knownShares(crypto, secret);
            const sealed = crypto.seal({ shares, rackId, epoch: own, prior, salt: anySalt });
            return toHex(sealed.salt) + toHex(sealed.data);
          });
          expect(a).toBe(b);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("rebuild the same LRTQ secret from any points, on one polynomial or not", () => {
    const y = fc.bigInt({ min: 0n, max: SCALAR_ORDER - 1n }).map(littleEndian256);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 2, maxLength: 12 }),
        fc.array(y, { minLength: 12, maxLength: 12 }),
        (ids, ys) => {
          const shares = concat(
            ids.map((id, i) => concat([Uint8Array.of(id), ys[i] ?? littleEndian256(0n)])),
          );
          expect(same((crypto) => exposed(crypto.recoverLrtq({ shares })))).not.toBe("");
        },
      ),
      { numRuns: 60 },
    );
  });

  it("combine any bytes as shares of any length alike, or refuse them alike", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc
            .array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 })
            .map((a) => Uint8Array.from(a)),
        ),
        fc.oneof(
          fc.integer({ min: -2, max: 6 }),
          fc.constantFrom(2 ** 31, 2 ** 32 + 2, 2 ** 53, 1e300, -1e300, -(2 ** 63), 0.5, NaN),
        ),
        (shares, length) => {
          seen.add(same((crypto) => toHex(crypto.combine(shares, length))).slice(0, 32));
        },
      ),
      { numRuns: 1500 },
    );
    // The inputs were such that every refusal was met.
    for (const code of [
      "ERR_TQ_INVALID_SHARE_LENGTHS",
      "ERR_TQ_TOO_FEW_SHARES",
      "ERR_TQ_INVALID_SHARE_ID",
      "ERR_TQ_DUPLICATE_X_COORDINATES",
      "ERR_TQ_INVALID_ARGUMENT",
    ]) {
      expect([...seen]).toContain(code.slice(0, 32));
    }
  });

  it("answer any change to a valid call alike: the same result, or the same code", () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(fc.constantFrom(...calls), changes, (make, changed) => {
        const result = same((crypto) =>
          make(crypto, (value, index) => change(value, index, changed)),
        );
        const kind = result.startsWith("ERR_TQ_") ? (result.split(" ")[0] ?? "") : "returned";
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }),
      { numRuns: 4000 },
    );
    for (const code of [
      "returned",
      "ERR_TQ_INVALID_ARGUMENT",
      "ERR_TQ_INVALID_SHARE_LENGTHS",
      "ERR_TQ_INVALID_SHARE_ID",
      "ERR_TQ_SHARE_DIGEST_MISMATCH",
      "ERR_TQ_AUTHENTICATION_FAILED",
      "ERR_TQ_INVALID_RACK_UUID",
      "ERR_TQ_INVALID_EPOCH",
      "ERR_TQ_THRESHOLD_TOO_SMALL",
      "ERR_TQ_FEWER_SHARES_THAN_THRESHOLD",
    ]) {
      expect([code, seen.get(code) ?? 0]).not.toEqual([code, 0]);
    }
  });

  it("read any plaintext of prior secrets alike, or refuse it alike", () => {
    const secret = new Uint8Array(32).fill(9);
    const { shares, digests } = knownShares(reference, secret);
    const anyEpoch = fc.oneof(
      fc.bigInt({ min: 0n, max: 12n }),
      fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    const entry = fc
      .tuple(anyEpoch, fc.integer({ min: 0, max: 9 }))
      .map(([at, fill]) => priorEntry(at, new Uint8Array(32).fill(fill)));
    const cut = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 39 }));
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 4 }),
        cut,
        fc.constantFrom(5, 13, 2 ** 53 - 1),
        (entries, cutOff, own) => {
          const whole = concat(entries);
          const plaintext = whole.subarray(0, Math.max(0, whole.length - cutOff));
          const data = sealAnything({ secret, rackId, epoch: own, salt, plaintext });
          const options = { shares, digests, rackId, epoch: epoch(own), encrypted: { salt, data } };
          same((crypto) => exposed(crypto.recover(options)));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("open spare shares of any length alike, or refuse them alike", () => {
    const secret = new Uint8Array(32).fill(9);
    for (let length = 0; length <= 100; length++) {
      const plaintext = new Uint8Array(length).fill(length);
      const encrypted = sealAnySpareShares({ secret, rackId, salt, nonce, plaintext });
      const answer = same((crypto) => {
        const secrets = crypto.importSecrets([{ epoch: epoch(1), secret }]);
        return toHex(crypto.openLrtqSpareShares({ secrets, rackId, salt, nonce, encrypted }));
      });
      // Whole shares come out as they went in.
      expect(answer === JSON.stringify(toHex(plaintext)), `${length} bytes`).toBe(
        length % 33 === 0,
      );
    }
  });
});

type Mutator = <T>(value: T, index: number) => T;
/** A call of one method with valid arguments, each of which goes through the mutator on its way. */
type Call = (crypto: TrustQuorumCrypto, mutate: Mutator) => unknown;

// Made once, so that both backends are asked exactly the same.
const fixed = (() => {
  const secret = new Uint8Array(32).fill(0x33);
  const { shares, digests } = knownShares(reference, secret, 4);
  const entries = [
    { epoch: epoch(1), secret: new Uint8Array(32).fill(1) },
    { epoch: epoch(2), secret: new Uint8Array(32).fill(2) },
  ];
  const prior = reference.importSecrets(entries);
  const encrypted = reference.seal({ shares, rackId, epoch: epoch(3), prior, salt });
  const lrtq = lrtqShares([77n, 5n], [1, 2, 9]);
  const plaintext = shares.subarray(0, 66);
  const firstSecret = new Uint8Array(32).fill(1);
  const spare = sealAnySpareShares({ secret: firstSecret, rackId, salt, nonce, plaintext });
  return { secret, shares, digests, entries, encrypted, lrtq, spare };
})();

const calls: readonly Call[] = [
  (crypto, m) => toHex(crypto.sha3_256(m(fixed.secret, 0))),
  (crypto, m) => {
    const share = fixed.shares.subarray(0, 33);
    const digest = m(fixed.digests.subarray(0, 32), 0);
    return [
      crypto.verifyShare(m(Share.copyOf(share), 1), digest),
      crypto.verifyShare(LrtqShare.copyOf(share), digest),
    ];
  },
  // What is drawn at random differs; only that something was made is compared.
  (crypto, m) => crypto.createShares({ count: m(5, 0), threshold: m(3, 1) }).shares.length,
  (crypto, m) => crypto.split(m(fixed.secret, 0), { count: m(5, 1), threshold: m(3, 2) }).length,
  (crypto, m) => toHex(crypto.combine(m(fixed.shares, 0), m(33, 1))),
  (crypto, m) =>
    toHex(
      crypto.computeShare({
        shares: m(fixed.shares.subarray(0, 99), 0),
        x: m(4, 1),
        digest: m(fixed.digests.subarray(96), 2),
      }).bytes,
    ),
  (crypto, m) =>
    exposed(
      crypto.recover({
        shares: m(fixed.shares, 0),
        digests: m(fixed.digests, 1),
        rackId: m(rackId, 2),
        epoch: m(epoch(3), 3),
        encrypted: { salt: m(salt, 4), data: m(fixed.encrypted.data, 5) },
      }),
    ),
  (crypto, m) => exposed(crypto.recoverLrtq({ shares: m(fixed.lrtq, 0) })),
  (crypto, m) => {
    // Without a salt a fresh one would be drawn, and nothing could be compared.
    const given = m<Uint8Array | undefined>(salt, 4) ?? salt;
    const sealed = crypto.seal({
      shares: m(fixed.shares, 0),
      rackId: m(rackId, 1),
      epoch: m(epoch(3), 2),
      prior: m(crypto.importSecrets(fixed.entries), 3),
      salt: given,
    });
    return toHex(sealed.salt) + toHex(sealed.data);
  },
  (crypto, m) =>
    exposed(
      crypto.importSecrets(
        fixed.entries.map((entry, i) => ({
          epoch: m(entry.epoch, 2 * i),
          secret: m(entry.secret, 2 * i + 1),
        })),
      ),
    ),
  (crypto, m) =>
    toHex(
      crypto.openLrtqSpareShares({
        secrets: m(crypto.importSecrets(fixed.entries), 0),
        rackId: m(rackId, 1),
        salt: m(salt, 2),
        nonce: m(nonce, 3),
        encrypted: m(fixed.spare, 4),
      }),
    ),
];

interface Change {
  readonly index: number;
  readonly how: "flip" | "cut" | "grow" | "zero" | "type" | "number";
  readonly at: number;
  readonly number: number;
  readonly other: unknown;
}

/** One or two changes, each to one of the arguments (or to none, where a call has fewer). */
const changes = fc.array(
  fc.record<Change>({
    index: fc.integer({ min: 0, max: 5 }),
    how: fc.constantFrom("flip", "cut", "grow", "zero", "type", "number"),
    at: fc.nat({ max: 200 }),
    number: fc.oneof(
      fc.integer({ min: -3, max: 40 }),
      fc.constantFrom(255, 256, 2 ** 31, 2 ** 32, 2 ** 32 + 3, 2 ** 53 - 1, 2 ** 53, 1e300),
      fc.constantFrom(-0, 0.5, NaN, Infinity, -Infinity, -(2 ** 53)),
    ),
    other: fc.constantFrom<unknown>(null, undefined, "", "text", 7n, [], {}, true),
  }),
  { minLength: 1, maxLength: 2 },
);

function change<T>(value: T, index: number, changed: readonly Change[]): T {
  let result: unknown = value;
  for (const each of changed) if (each.index === index) result = changeOnce(result, each);
  return result as T;
}

function changeOnce(value: unknown, { how, at, number, other }: Change): unknown {
  if (how === "type") return other;
  if (typeof value === "number") return number;
  if (typeof value === "string") return value.slice(at % 40) + (how === "grow" ? "0" : "");
  if (!(value instanceof Uint8Array)) return how === "zero" ? {} : value;
  const place = value.length === 0 ? 0 : at % value.length;
  switch (how) {
    case "flip":
      return value.map((byte, i) => (i === place ? byte ^ (1 << (at & 7)) : byte));
    case "cut":
      return value.subarray(0, place);
    case "grow":
      return concat([value, value.subarray(0, place)]);
    case "zero":
      return value.map((byte, i) => (i >= place && i < place + 33 ? 0 : byte));
    case "number":
      return number;
    default:
      return how satisfies never;
  }
}

/** Asks both backends, expects the same answer, and gives it as text: made-up secrets only. */
function same(ask: (crypto: TrustQuorumCrypto) => unknown): string {
  const answer = (crypto: TrustQuorumCrypto): string => {
    const result = outcome(() => ask(crypto));
    if (result.kind === "returned") return JSON.stringify(result.value);
    // The details may differ in wording only; which share is the wrong one is part of the answer.
    const wrong = "index" in result.error.details ? ` ${result.error.details.index ?? 0}` : "";
    return result.code + wrong;
  };
  const expected = answer(reference);
  expect(answer(native)).toBe(expected);
  return expected;
}

/** A copy of a chain of secrets as handles of another backend. */
function moved(chain: RackSecrets, to: TrustQuorumCrypto): RackSecrets {
  const entries = chain.epochs.map((at) => ({
    epoch: at,
    secret: chain.secret(at)?.expose((bytes) => bytes.slice()) ?? new Uint8Array(),
  }));
  return to.importSecrets(entries);
}
