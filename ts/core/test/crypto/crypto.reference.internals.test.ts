/**
 * What only the reference backend's inside shows: its field arithmetic, what it makes of given random
 * bytes, and that every buffer which held a secret is zero afterwards.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type * as Chacha from "@noble/ciphers/chacha.js";
import type * as Hkdf from "@noble/hashes/hkdf.js";
import { describe, expect, it, vi } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { epoch, parseRackId } from "../../src/base/ids.ts";
import type * as Memory from "../../src/crypto/memory.ts";
import { ReferenceCrypto } from "../../src/crypto/reference/backend.ts";
import { invert, lagrangeWeights, multiply } from "../../src/crypto/reference/gf256.ts";
import { ReferenceRackSecret, ReferenceRackSecrets } from "../../src/crypto/reference/secrets.ts";
import type { FillRandom } from "../../src/crypto/reference/shamir.ts";
import { shareAt } from "../../src/crypto/reference/shamir.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";
import { codeOf, lrtqShares, priorEntry, sealAnySpareShares, sealAnything } from "./oracle.ts";
import { bytes, concat, shamirVectors } from "./vectors.ts";
import { knownShares } from "./common/rack-secrets.ts";

// Every key that is derived, every plaintext that is made and every buffer that is allocated passes
// through one of these.
const { allocated, derived, decrypted, encryptedFrom } = vi.hoisted(() => ({
  allocated: [] as Uint8Array[],
  derived: [] as Uint8Array[],
  decrypted: [] as Uint8Array[],
  encryptedFrom: [] as Uint8Array[],
}));

vi.mock("../../src/crypto/memory.ts", async (original) => {
  const module = await original<typeof Memory>();
  const kept = (bytes: Uint8Array) => {
    allocated.push(bytes);
    return bytes;
  };
  return {
    ...module,
    allocate: (length: number) => kept(module.allocate(length)),
    copyOf: (bytes: Uint8Array) => kept(module.copyOf(bytes)),
  };
});

vi.mock("@noble/hashes/hkdf.js", async (original) => {
  const module = await original<typeof Hkdf>();
  const hkdf: typeof module.hkdf = (...args) => {
    const key = module.hkdf(...args);
    derived.push(key);
    return key;
  };
  return { ...module, hkdf };
});

vi.mock("@noble/ciphers/chacha.js", async (original) => {
  const module = await original<typeof Chacha>();
  const chacha20poly1305 = (...args: Parameters<typeof module.chacha20poly1305>) => {
    const cipher = module.chacha20poly1305(...args);
    return {
      encrypt: (plaintext: Uint8Array, output?: Uint8Array) => {
        // Where the library allocates it itself, the plaintext first lies there.
        expect(output).toBeDefined();
        encryptedFrom.push(plaintext);
        return cipher.encrypt(plaintext, output);
      },
      decrypt: (data: Uint8Array, output?: Uint8Array) => {
        const plaintext = cipher.decrypt(data, output);
        decrypted.push(plaintext);
        return plaintext;
      },
    };
  };
  return { ...module, chacha20poly1305 };
});

const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

/** A random source that gives these bytes, one request after the other, and keeps the buffers. */
function scripted(draws: readonly Uint8Array[]): { random: FillRandom; buffers: Uint8Array[] } {
  const left = [...draws];
  const buffers: Uint8Array[] = [];
  const random = (buffer: Uint8Array) => {
    const next = left.shift();
    if (next?.length !== buffer.length) throw new Error("another number of bytes was expected");
    buffer.set(next);
    buffers.push(buffer);
  };
  return { random, buffers };
}

describe("GF(2^8)", () => {
  /** The product by definition: multiply the polynomials, then take the remainder by 0x11b. */
  function productByDefinition(a: number, b: number): number {
    let product = 0;
    for (let i = 0; i < 8; i++) if ((b & (1 << i)) !== 0) product ^= a << i;
    for (let i = 14; i >= 8; i--) if ((product & (1 << i)) !== 0) product ^= 0x11b << (i - 8);
    return product;
  }

  it("multiplies all pairs as the definition does", () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        if (multiply(a, b) !== productByDefinition(a, b)) expect.fail(`${a} times ${b}`);
      }
    }
    // FIPS 197, section 4.2.
    expect(multiply(0x57, 0x83)).toBe(0xc1);
    expect(multiply(0x57, 0x13)).toBe(0xfe);
  });

  it("inverts every element but 0, which stays 0", () => {
    expect(invert(0)).toBe(0);
    for (let a = 1; a < 256; a++) expect(productByDefinition(a, invert(a))).toBe(1);
  });

  it("weighs points so that every polynomial of a lower degree is met", () => {
    const xs = Uint8Array.of(1, 7, 200, 255);
    const polynomial = (x: number) =>
      0x1d ^ multiply(0x80, x) ^ multiply(0x07, multiply(x, x)) ^ multiply(x, multiply(x, x));
    for (let x = 0; x < 256; x++) {
      const weights = lagrangeWeights(xs, x);
      const value = xs.reduce((sum, at, i) => sum ^ multiply(weights[i] ?? 0, polynomial(at)), 0);
      expect(value).toBe(polynomial(x));
    }
  });
});

describe("computed shares of any length", () => {
  it("are the recorded ones", () => {
    for (const { shares, computed } of shamirVectors) {
      for (const { from_x, x, share } of computed) {
        const from = concat(from_x.map((at) => bytes(shares[at - 1] ?? "")));
        expect(toHex(shareAt(from, share.length / 2, x))).toBe(share);
      }
    }
  });
});

describe("what is made of random bytes", () => {
  it("is the polynomial with these coefficients", () => {
    // The secret bytes 5 and 6; the coefficients of x and x² are (2, 3) for the first, (0, 1) for the other.
    const { random } = scripted([Uint8Array.of(2, 3, 0, 1)]);
    const shares = new ReferenceCrypto(random).split(Uint8Array.of(5, 6), {
      count: 3,
      threshold: 3,
    });
    const at = (x: number) => [
      x,
      5 ^ multiply(2, x) ^ multiply(3, multiply(x, x)),
      6 ^ multiply(x, x),
    ];
    expect([...shares]).toEqual([...at(1), ...at(2), ...at(3)]);
  });

  it("is drawn again where the secret would be all zero", () => {
    const zeros = new Uint8Array(32);
    const { random } = scripted([zeros, zeros, secret, zeros]);
    const crypto = new ReferenceCrypto(random);
    const { shares } = crypto.createShares({ count: 2, threshold: 2 });
    // Its coefficients, unlike the secret, may all be zero.
    expect(toHex(shares)).toBe(`01${toHex(secret)}02${toHex(secret)}`);
  });

  it("shows nothing to k-1 shares: each of their values has one polynomial for every secret", () => {
    const one = Uint8Array.of(0);
    for (const value of [0, 1, 0x53, 0xff]) {
      one[0] = value;
      // 2 of n: over all 256 coefficients, any one share takes each value once.
      const seen = new Set<number>();
      for (let c = 0; c < 256; c++) {
        const { random } = scripted([Uint8Array.of(c)]);
        const shares = new ReferenceCrypto(random).split(one, { count: 3, threshold: 2 });
        seen.add(shares[5] ?? -1);
      }
      expect(seen.size).toBe(256);
    }
    for (const value of [0, 0xa7]) {
      one[0] = value;
      // 3 of n: over all 65,536 pairs of coefficients, any two shares take each pair of values once.
      const seen = new Set<number>();
      for (let c = 0; c < 65_536; c++) {
        const { random } = scripted([Uint8Array.of(c & 0xff, c >> 8)]);
        const shares = new ReferenceCrypto(random).split(one, { count: 3, threshold: 3 });
        seen.add((shares[1] ?? 0) * 256 + (shares[5] ?? 0));
      }
      expect(seen.size).toBe(65_536);
    }
  });
});

describe("after use", () => {
  const zero = (buffers: readonly Uint8Array[]) =>
    buffers.every((buffer) => buffer.every((byte) => byte === 0));

  it("the drawn secret and the coefficients are zero", () => {
    const { random, buffers } = scripted([secret, new Uint8Array(64).fill(0xcc)]);
    new ReferenceCrypto(random).createShares({ count: 5, threshold: 3 });
    expect(buffers.map((buffer) => buffer.length)).toEqual([32, 64]);
    expect(zero(buffers)).toBe(true);
  });

  it("they are so also when the random source fails", () => {
    const { random, buffers } = scripted([secret]);
    const crypto = new ReferenceCrypto(random);
    expect(() => crypto.createShares({ count: 5, threshold: 3 })).toThrow("another number");
    expect(buffers).toHaveLength(1);
    expect(zero(buffers)).toBe(true);
  });

  it("what was split until it failed is, too, in a buffer of the caller's as well", () => {
    // Coefficients of 1,024 columns at a time are drawn.
    const long = new Uint8Array(2000).fill(0xee);
    for (const given of [true, false]) {
      const { random } = scripted([new Uint8Array(2048).fill(0xcc)]);
      const into = new Uint8Array(3 * 2001).fill(0xaa);
      const options = { count: 3, threshold: 3, ...(given ? { into } : {}) };
      const split = () => new ReferenceCrypto(random).split(long, options);
      expect(split).toThrow("another number");
      expect(into.every((byte) => byte === (given ? 0 : 0xaa))).toBe(true);
    }
  });

  describe("every buffer but the result is zero:", () => {
    const crypto = referenceCrypto();
    const salt = new Uint8Array(32).fill(1);
    const nonce = new Uint8Array(12).fill(2);
    const context = { rackId, epoch: epoch(3) };
    const { shares, digests } = knownShares(crypto, secret, 3);
    const entry = { epoch: epoch(1), secret };
    const prior = crypto.importSecrets([entry, { epoch: epoch(2), secret }]);
    const encrypted = crypto.seal({ shares, ...context, prior, salt });
    const sealed = (...plaintext: Uint8Array[]) => ({
      salt,
      data: sealAnything({ secret, ...context, salt, plaintext: concat(plaintext) }),
    });
    const spare = (plaintext: Uint8Array) =>
      sealAnySpareShares({ secret, rackId, salt, nonce, plaintext });
    const recover = (change: object) =>
      crypto.recover({ shares, digests, ...context, encrypted, ...change });
    const dispose = (secrets: { dispose(): void }) => secrets.dispose();
    const lrtq = lrtqShares([5n, 6n], [1, 2]);

    /** What is left in the buffers of a call, apart from those that the call returned. */
    const leftBy = (call: () => readonly Uint8Array[]): number => {
      allocated.length = 0;
      const results = call();
      expect(allocated.length).toBeGreaterThan(0);
      return allocated.filter((buffer) => !results.includes(buffer) && !zero([buffer])).length;
    };
    const leftByRefusal = (code: string, call: () => unknown) =>
      leftBy(() => {
        expect(codeOf(call)).toBe(code);
        return [];
      });

    it.each<[string, () => readonly Uint8Array[]]>([
      ["createShares", () => [crypto.createShares({ count: 4, threshold: 3 }).shares]],
      ["split", () => [crypto.split(secret, { count: 4, threshold: 3 })]],
      ["combine", () => [crypto.combine(shares, 33)]],
      [
        "computeShare",
        () => (crypto.computeShare({ shares, x: 1, digest: digests.slice(0, 32) }), []),
      ],
      ["recover, and disposed of", () => (dispose(recover({})), [])],
      ["recoverLrtq, and disposed of", () => (dispose(crypto.recoverLrtq({ shares: lrtq })), [])],
      ["importSecrets, and disposed of", () => (dispose(crypto.importSecrets([entry])), [])],
      [
        "seal",
        () => Object.values(crypto.seal({ shares, ...context, prior, salt })) as Uint8Array[],
      ],
      [
        "secret and expose, and disposed of",
        () => {
          const handle = prior.secret(epoch(1));
          handle?.expose(toHex);
          handle?.dispose();
          return [];
        },
      ],
    ])("%s", (_, call) => {
      expect(leftBy(call)).toBe(0);
    });

    it.each<[string, string, () => unknown]>([
      [
        "a computed share",
        "ERR_TQ_SHARE_DIGEST_MISMATCH",
        () => crypto.computeShare({ shares, x: 2, digest: digests.slice(0, 32) }),
      ],
      [
        "a secret under another epoch",
        "ERR_TQ_AUTHENTICATION_FAILED",
        () => recover({ epoch: epoch(4) }),
      ],
      [
        "half an entry",
        "ERR_TQ_INVALID_PLAINTEXT_LENGTH",
        () => recover({ encrypted: sealed(secret) }),
      ],
      [
        "the second of two entries",
        "ERR_TQ_INVALID_PLAINTEXT",
        () => recover({ encrypted: sealed(priorEntry(1n, secret), priorEntry(1n, secret)) }),
      ],
      [
        "an imported secret of zeros after another",
        "ERR_TQ_INVALID_RACK_SECRET",
        () => crypto.importSecrets([entry, { epoch: epoch(2), secret: new Uint8Array(32) }]),
      ],
      [
        "half a spare share",
        "ERR_TQ_INVALID_PLAINTEXT_LENGTH",
        () =>
          crypto.openLrtqSpareShares({
            secrets: prior,
            rackId,
            salt,
            nonce,
            encrypted: spare(secret),
          }),
      ],
    ])("when %s is refused", (_, code, call) => {
      expect(leftByRefusal(code, call)).toBe(0);
    });
  });

  it("a disposed handle's buffers are zero", () => {
    const [one, two, three] = [secret.slice(), secret.slice(), secret.slice()];
    const single = new ReferenceRackSecret(one);
    const set = new ReferenceRackSecrets(
      new Map([
        [epoch(1), two],
        [epoch(2), three],
      ]),
    );
    const lent = set.secret(epoch(1));
    expect([one, two, three]).toEqual([secret, secret, secret]);
    single.dispose();
    set.dispose();
    expect(zero([one, two, three])).toBe(true);
    expect(lent?.expose(toHex)).toBe(toHex(secret));
  });

  it("a forgotten handle's buffer is zero once it was collected", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const [one, two] = [secret.slice(), secret.slice()];
    const forget = () => {
      new ReferenceRackSecret(one);
      new ReferenceRackSecrets(new Map([[epoch(1), two]]));
    };
    forget();
    await vi.waitFor(
      () => {
        collect();
        expect(zero([one, two])).toBe(true);
      },
      { timeout: 10_000 },
    );
  }, 15_000);

  it("keys and plaintexts are zero, also of what was refused", () => {
    const crypto = referenceCrypto();
    const salt = new Uint8Array(32).fill(1);
    const context = { rackId, epoch: epoch(3) };
    const { shares, digests } = knownShares(crypto, secret);
    const prior = crypto.importSecrets([{ epoch: epoch(1), secret }]);
    for (const list of [derived, decrypted, encryptedFrom]) list.length = 0;

    const encrypted = crypto.seal({ shares, ...context, prior, salt });
    crypto.recover({ shares, digests, ...context, encrypted });
    for (const plaintext of [secret, priorEntry(9n, secret), new Uint8Array(40)]) {
      const data = sealAnything({ secret, ...context, salt, plaintext });
      const recover = () =>
        crypto.recover({ shares, digests, ...context, encrypted: { salt, data } });
      expect(codeOf(recover)).toMatch(/^ERR_TQ_INVALID_PLAINTEXT/);
    }
    const corrupt = { salt, data: encrypted.data.map((byte) => byte ^ 1) };
    expect(codeOf(() => crypto.recover({ shares, digests, ...context, encrypted: corrupt }))).toBe(
      "ERR_TQ_AUTHENTICATION_FAILED",
    );
    expect([derived.length, decrypted.length, encryptedFrom.length]).toEqual([6, 4, 1]);
    expect(zero([...derived, ...decrypted, ...encryptedFrom])).toBe(true);
  });

  it("spare shares that were refused are zero, and the caller's are not", () => {
    const crypto = referenceCrypto();
    const salt = new Uint8Array(32).fill(1);
    const nonce = new Uint8Array(12).fill(2);
    const secrets = crypto.importSecrets([{ epoch: epoch(1), secret }]);
    const open = (plaintext: Uint8Array) =>
      crypto.openLrtqSpareShares({
        secrets,
        rackId,
        salt,
        nonce,
        encrypted: sealAnySpareShares({ secret, rackId, salt, nonce, plaintext }),
      });
    for (const list of [derived, decrypted]) list.length = 0;
    expect(codeOf(() => open(secret))).toBe("ERR_TQ_INVALID_PLAINTEXT_LENGTH");
    expect([derived.length, decrypted.length]).toEqual([1, 1]);
    expect(zero([...derived, ...decrypted])).toBe(true);
    const shares = new Uint8Array(33).fill(7);
    expect(open(shares)).toEqual(shares);
    expect(zero(derived)).toBe(true);
  });
});
