/** Handles: who owns what, what is left after disposal, and that no secret ever becomes text. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/base/bytes.ts";
import { epoch, parseRackId } from "../../../src/base/ids.ts";
import type { RackSecret, RackSecrets, TrustQuorumCrypto } from "../../../src/protocol/crypto.ts";
import { codeOf, lrtqShares, outcome, sealAnySpareShares } from "../oracle.ts";
import { concat } from "../vectors.ts";
import { exposed, knownShares } from "./rack-secrets.ts";

const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const ONE = epoch(1);
const TWO = epoch(2);
// Recognisable bytes: 10 to 41 and 110 to 141.
const first = Uint8Array.from({ length: 32 }, (_, i) => 10 + i);
const second = Uint8Array.from({ length: 32 }, (_, i) => 110 + i);

export function handlesSuite(crypto: TrustQuorumCrypto): void {
  const both = () =>
    crypto.importSecrets([
      { epoch: ONE, secret: first },
      { epoch: TWO, secret: second },
    ]);
  const single = (secrets: RackSecrets = both()): RackSecret => {
    const secret = secrets.secret(ONE);
    if (secret === undefined) throw new Error("the secret of epoch 1 is missing");
    return secret;
  };

  importSuite(crypto);
  exposeSuite(single);
  disposeSuite(both, single);
  redactionSuite(crypto, both, single);
  inputSuite(crypto, both);
}

function importSuite(crypto: TrustQuorumCrypto): void {
  describe("importSecrets", () => {
    const code = (entries: unknown) => codeOf(() => crypto.importSecrets(entries as never));

    it("keeps the secrets by epoch, in copies of its own", () => {
      const mine = first.slice();
      const secrets = crypto.importSecrets([
        { epoch: ONE, secret: mine },
        { epoch: epoch(2 ** 53 - 1), secret: second },
      ]);
      mine.fill(0xee);
      expect(secrets.epochs).toEqual([1, 2 ** 53 - 1]);
      expect(exposed(secrets)).toEqual({ "1": toHex(first), "9007199254740991": toHex(second) });
      expect(secrets.secret(TWO)).toBeUndefined();
      expect(crypto.importSecrets([]).epochs).toEqual([]);
    });

    it("copies out of Buffers as well, whose slices are views", () => {
      const mine = Buffer.from(first);
      const secrets = crypto.importSecrets([{ epoch: ONE, secret: mine }]);
      mine.fill(0xee);
      expect(exposed(secrets)).toEqual({ "1": toHex(first) });
    });

    it("refuses what is not a rack secret", () => {
      for (const secret of [first.subarray(1), new Uint8Array(33).fill(1), new Uint8Array(32)]) {
        expect(code([{ epoch: ONE, secret }])).toBe("ERR_TQ_INVALID_RACK_SECRET");
      }
      expect(code([{ epoch: ONE, secret: new Uint8Array() }])).toBe("ERR_TQ_INVALID_RACK_SECRET");
      for (const secret of [toHex(first), [...first], null, undefined]) {
        expect(code([{ epoch: ONE, secret }])).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
    });

    it("refuses epochs that do not strictly ascend or are none", () => {
      const entries = (...epochs: unknown[]) => epochs.map((at) => ({ epoch: at, secret: first }));
      expect(code(entries(1, 2, 3))).toBe("returned");
      expect(code(entries(2, 1))).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(code(entries(1, 1))).toBe("ERR_TQ_INVALID_ARGUMENT");
      for (const wrong of [0, -1, 1.5, NaN, 2 ** 53, "1", 1n, null, undefined]) {
        expect(code(entries(wrong))).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
    });

    it("looks for secrets of zeros only once all entries have the right form", () => {
      const zeros = { epoch: ONE, secret: new Uint8Array(32) };
      expect(code([zeros, { epoch: TWO, secret: second }])).toBe("ERR_TQ_INVALID_RACK_SECRET");
      expect(code([zeros, zeros])).toBe("ERR_TQ_INVALID_ARGUMENT");
    });

    it("refuses what is not a list of entries", () => {
      for (const wrong of [undefined, null, {}, "entries", [null], [undefined], [7]]) {
        expect(code(wrong)).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
    });
  });
}

function exposeSuite(single: () => RackSecret): void {
  describe("expose", () => {
    it("lends the bytes, returns what the callback returns, and zeroes the buffer", () => {
      let lent = new Uint8Array();
      const result = single().expose((bytes) => {
        lent = bytes as Uint8Array<ArrayBuffer>;
        return toHex(bytes);
      });
      expect(result).toBe(toHex(first));
      expect(lent).toEqual(new Uint8Array(32));
    });

    it("zeroes the buffer also when the callback throws, and lets the error through", () => {
      let lent = new Uint8Array();
      const failure = new Error("thrown by the callback");
      const call = () =>
        single().expose((bytes) => {
          lent = bytes as Uint8Array<ArrayBuffer>;
          throw failure;
        });
      expect(call).toThrow(failure);
      expect(lent).toEqual(new Uint8Array(32));
    });

    it("lends a copy: writing to it or transferring it away leaves the secret alone", () => {
      const secret = single();
      secret.expose((bytes) => bytes.fill(0xff));
      secret.expose((bytes) => structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] }));
      expect(secret.expose(toHex)).toBe(toHex(first));
    });

    it("may be nested, and survives disposal inside the callback", () => {
      const secret = single();
      const seen = secret.expose((outer) => {
        const inner = secret.expose(toHex);
        secret.dispose();
        return [toHex(outer), inner];
      });
      expect(seen).toEqual([toHex(first), toHex(first)]);
      expect(secret.disposed).toBe(true);
    });

    it("refuses an asynchronous callback, which would find zeros when it goes on", async () => {
      let later: Promise<string> | undefined;
      const call = () =>
        single().expose((bytes) => (later = Promise.resolve().then(() => toHex(bytes))));
      expect(codeOf(call)).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(await later).toBe("00".repeat(32));
    });

    it("refuses what is not a function", () => {
      expect(codeOf(() => single().expose(undefined as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(codeOf(() => single().expose("use" as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });
  });
}

function disposeSuite(
  both: () => RackSecrets,
  single: (secrets?: RackSecrets) => RackSecret,
): void {
  describe("equals", () => {
    it("compares the secrets, not the handles", () => {
      const secrets = both();
      expect(single(secrets).equals(single())).toBe(true);
      expect(single(secrets).equals(single(secrets))).toBe(true);
      const other = secrets.secret(TWO);
      expect(other && single(secrets).equals(other)).toBe(false);
      const itself = single();
      expect(itself.equals(itself)).toBe(true);
    });

    it("refuses what is not a rack secret of this backend", () => {
      for (const wrong of [null, undefined, {}, "secret", first, both(), Object.create(single())]) {
        expect(codeOf(() => single().equals(wrong as never))).toBe("ERR_TQ_INVALID_ARGUMENT");
      }
    });
  });

  describe("dispose", () => {
    it("ends a secret: whatever is asked of it then raises, and a second time is fine", () => {
      const secret = single();
      const other = single();
      expect(secret.disposed).toBe(false);
      secret.dispose();
      secret.dispose();
      expect(secret.disposed).toBe(true);
      expect(codeOf(() => secret.expose(toHex))).toBe("ERR_TQ_SECRET_DISPOSED");
      expect(codeOf(() => secret.equals(other))).toBe("ERR_TQ_SECRET_DISPOSED");
      expect(codeOf(() => other.equals(secret))).toBe("ERR_TQ_SECRET_DISPOSED");
      expect(codeOf(() => secret.equals(secret))).toBe("ERR_TQ_SECRET_DISPOSED");
    });

    it("ends a set of secrets: whatever is asked of it then raises", () => {
      const secrets = both();
      expect(secrets.disposed).toBe(false);
      secrets.dispose();
      secrets.dispose();
      expect(secrets.disposed).toBe(true);
      expect(codeOf(() => secrets.secret(ONE))).toBe("ERR_TQ_SECRET_DISPOSED");
      expect(codeOf(() => secrets.secret(epoch(99)))).toBe("ERR_TQ_SECRET_DISPOSED");
      expect(codeOf(() => secrets.epochs)).toBe("ERR_TQ_SECRET_DISPOSED");
    });

    it("never affects another handle of the same secret", () => {
      const secrets = both();
      const kept = single(secrets);
      const gone = single(secrets);
      gone.dispose();
      expect(kept.expose(toHex)).toBe(toHex(first));
      expect(exposed(secrets)).toEqual({ "1": toHex(first), "2": toHex(second) });
      secrets.dispose();
      expect(kept.expose(toHex)).toBe(toHex(first));
    });

    it("is what the end of a `using` block calls", () => {
      const secrets = both();
      const secret = single(secrets);
      secret[Symbol.dispose]();
      secrets[Symbol.dispose]();
      expect([secret.disposed, secrets.disposed]).toEqual([true, true]);
    });
  });

  describe("a set of secrets", () => {
    it("has no secret for what is not one of its epochs", () => {
      const secrets = both();
      for (const wrong of [3, 0, -1, 1.5, NaN, "1", 1n, null, undefined, {}, 2 ** 53]) {
        expect(secrets.secret(wrong as never)).toBeUndefined();
      }
    });

    it("cannot be changed through the list of its epochs", () => {
      const secrets = both();
      // Frozen or a copy: either will do.
      Reflect.set(secrets.epochs, 0, 7);
      Reflect.set(secrets.epochs, 2, 3);
      expect(secrets.epochs).toEqual([1, 2]);
      expect(exposed(secrets)).toEqual({ "1": toHex(first), "2": toHex(second) });
    });
  });
}

function redactionSuite(
  crypto: TrustQuorumCrypto,
  both: () => RackSecrets,
  single: () => RackSecret,
): void {
  describe("no secret becomes text", () => {
    const texts = (value: object): string[] => [
      String(value),
      JSON.stringify(value),
      JSON.stringify({ nested: [value] }),
      inspect(value),
      inspect({ nested: [value] }),
      inspect(value, { depth: Infinity, showHidden: true, getters: true }),
      inspect(value, { depth: Infinity, showHidden: true, customInspect: false }),
      inspect(structuredCloneOrNothing(value), { depth: Infinity, showHidden: true }),
      JSON.stringify(Object.getOwnPropertyDescriptors(value)),
      Object.values(value).join(),
    ];

    it("through a handle, before and after disposal", () => {
      const secrets = both();
      const secret = single();
      const visible = () => [...texts(secrets), ...texts(secret)];
      expectNoSecret(visible());
      expect(visible().every((text) => typeof text === "string")).toBe(true);
      secrets.dispose();
      secret.dispose();
      expectNoSecret(visible());
    });

    it("but a handle says what it is", () => {
      expect(String(both())).toMatch(/^RackSecrets\(/);
      expect(String(single())).toMatch(/^RackSecret\(/);
      expect(inspect(single())).toBe(String(single()));
      expect(JSON.stringify(single())).toBe(JSON.stringify(String(single())));
      expect(inspect(both())).toBe(String(both()));
      expect(JSON.stringify(both())).toBe(JSON.stringify(String(both())));
    });

    it("through an error, whatever is refused", () => {
      const { shares, digests } = knownShares(crypto, first);
      const corrupt = digests.map((byte, i) => (i === 40 ? byte ^ 1 : byte));
      const context = { rackId, epoch: TWO };
      const encrypted = { salt: new Uint8Array(32), data: new Uint8Array(56) };
      const spare = sealAnySpareShares({
        secret: first,
        rackId,
        salt: new Uint8Array(32),
        nonce: new Uint8Array(12),
        plaintext: second,
      });
      const refused: (() => unknown)[] = [
        () => crypto.recover({ shares, digests: corrupt, ...context, encrypted: null }),
        () => crypto.recover({ shares, digests, ...context, encrypted }),
        () => crypto.computeShare({ shares, x: 3, digest: corrupt.subarray(0, 32) }),
        () => crypto.combine(concat([shares, shares]), 33),
        () => crypto.combine(first, 5),
        () => crypto.split(first, { count: 1, threshold: 2 }),
        () => crypto.importSecrets([{ epoch: ONE, secret: first.subarray(1) }]),
        () => crypto.seal({ shares, rackId, epoch: TWO, prior: first as never }),
        () => crypto.sha3_256(toHex(first) as never),
        () => crypto.seal({ shares, rackId, epoch: ONE, prior: both() }),
        () =>
          crypto.openLrtqSpareShares({
            secrets: both(),
            rackId,
            salt: new Uint8Array(32),
            nonce: new Uint8Array(12),
            encrypted: spare,
          }),
      ];
      for (const call of refused) {
        const result = outcome(call);
        if (result.kind === "returned") throw new Error(`not refused: ${call.toString()}`);
        const { error } = result;
        expectNoSecret([...texts(error), error.message, error.stack ?? "", inspect(error.details)]);
        expect(error.cause).toBeUndefined();
      }
    });
  });
}

function inputSuite(crypto: TrustQuorumCrypto, both: () => RackSecrets): void {
  describe("inputs", () => {
    const { shares, digests } = knownShares(crypto, first, 3);
    const salt = new Uint8Array(32).fill(8);
    const encrypted = crypto.seal({ shares, rackId, epoch: epoch(3), prior: both(), salt });
    const lrtq = lrtqShares([5n, 7n], [1, 2]);
    const nonce = new Uint8Array(12).fill(4);
    const spare = sealAnySpareShares({ secret: first, rackId, salt, nonce, plaintext: shares });

    /** Every method, with all byte strings going through `as`: what comes out, as hex. */
    const everything = (as: (bytes: Uint8Array) => Uint8Array): string[] => {
      const opened = crypto.recover({
        shares: as(shares),
        digests: as(digests),
        rackId,
        epoch: epoch(3),
        encrypted: { salt: as(encrypted.salt), data: as(encrypted.data) },
      });
      const sealed = crypto.seal({
        shares: as(shares),
        rackId,
        epoch: epoch(3),
        prior: both(),
        salt: as(salt),
      });
      return [
        toHex(crypto.sha3_256(as(first))),
        JSON.stringify(exposed(opened)),
        JSON.stringify(exposed(crypto.recoverLrtq({ shares: as(lrtq) }))),
        JSON.stringify(exposed(crypto.importSecrets([{ epoch: ONE, secret: as(first) }]))),
        toHex(sealed.salt) + toHex(sealed.data),
        toHex(
          crypto.computeShare({
            shares: as(shares.subarray(0, 66)),
            x: 3,
            digest: as(digests.subarray(64)),
          }).bytes,
        ),
        toHex(
          crypto.openLrtqSpareShares({
            secrets: both(),
            rackId,
            salt: as(salt),
            nonce: as(nonce),
            encrypted: as(spare),
          }),
        ),
        toHex(
          crypto.combine(as(crypto.split(as(first), { count: 4, threshold: 3 })), first.length + 1),
        ),
      ];
    };

    it("are left untouched by every method", () => {
      const given: [Uint8Array, string][] = [];
      everything((bytes) => {
        const copy = new Uint8Array(bytes);
        given.push([copy, toHex(copy)]);
        return copy;
      });
      expect(given.length).toBeGreaterThan(12);
      for (const [bytes, before] of given) expect(toHex(bytes)).toBe(before);
    });

    it("may be Buffers, and parts of larger buffers at any offset", () => {
      const expected = everything((bytes) => bytes);
      expect(everything((bytes) => Buffer.from(bytes))).toEqual(expected);
      for (const offset of [1, 2, 3, 5, 8]) {
        const within = (bytes: Uint8Array) => {
          const larger = new Uint8Array(bytes.length + offset + 7).fill(0xaa);
          larger.set(bytes, offset);
          return larger.subarray(offset, offset + bytes.length);
        };
        expect(everything(within)).toEqual(expected);
      }
    });

    it("are refused in memory that was transferred away", () => {
      const gone = new Uint8Array(66);
      structuredClone(gone.buffer, { transfer: [gone.buffer] });
      expect(codeOf(() => crypto.sha3_256(gone))).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(codeOf(() => crypto.combine(gone, 33))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });

    it("are refused where they only inherit from a Uint8Array", () => {
      const fake = Object.create(Uint8Array.prototype) as Uint8Array;
      expect(codeOf(() => crypto.sha3_256(fake))).toBe("ERR_TQ_INVALID_ARGUMENT");
      const view = new DataView(new ArrayBuffer(66)) as unknown as Uint8Array;
      expect(codeOf(() => crypto.combine(view, 33))).toBe("ERR_TQ_INVALID_ARGUMENT");
    });

    it("are refused in memory that other threads may write to", () => {
      const shared = (bytes: Uint8Array) => {
        const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
        copy.set(bytes);
        return copy;
      };
      expect(codeOf(() => crypto.combine(shared(shares), 33))).toBe("ERR_TQ_INVALID_ARGUMENT");
      expect(codeOf(() => crypto.recoverLrtq({ shares: shared(lrtq) }))).toBe(
        "ERR_TQ_INVALID_ARGUMENT",
      );
    });
  });
}

/** Neither secret shows as hex or base64 or as a list of decimal or hex bytes, not even 4 bytes of it. */
function expectNoSecret(texts: readonly string[]): void {
  for (const text of texts) {
    const squeezed = text.toLowerCase().replaceAll(/[\s"':{}[\]]/g, "");
    for (const secret of [first, second]) {
      for (let at = 0; at + 4 <= secret.length; at++) {
        const part = secret.subarray(at, at + 4);
        expect(squeezed).not.toContain(toHex(part));
        expect(squeezed).not.toContain([...part].join(","));
        expect(squeezed).not.toContain([...part].map((byte) => byte.toString(16)).join(","));
        expect(text).not.toContain(Buffer.from(part).toString("base64").slice(0, 5));
      }
    }
  }
}

function structuredCloneOrNothing(value: object): unknown {
  try {
    return structuredClone(value);
  } catch {
    return undefined;
  }
}
