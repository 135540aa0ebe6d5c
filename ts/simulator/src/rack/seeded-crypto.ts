/**
 * Cryptography whose random draws come from a seed: **for simulations only**. Everything but the draws
 * is the wrapped backend's. It exists in this package alone; no package that runs on a rack depends on
 * this one, which a test and a lint rule hold.
 */
import type { TrustQuorumCrypto } from "trust-quorum";
import { DIGEST_BYTES, SALT_BYTES, SHARE_BYTES, SHARE_Y_BYTES } from "trust-quorum/protocol";
import type { CreatedShares, EncryptedRackSecrets } from "trust-quorum/protocol";
import type { Random } from "@trust-quorum/random";

/** Told of each secret that was made: the secret, lent for the call, and its shares' digests. */
export type OnSecret = (secret: Uint8Array, digests: Uint8Array) => void;

/**
 * A backend that draws from `random`.
 *
 * `createShares` and `seal` are the only methods of a backend that draw; both are replaced. Secret
 * sharing uses a table here, which leaks through the cache: a simulated secret protects nothing.
 */
export function seededCrypto(
  backend: TrustQuorumCrypto,
  random: Random,
  onSecret: OnSecret = () => undefined,
): TrustQuorumCrypto {
  const createShares = (options: { count: number; threshold: number }): CreatedShares => {
    const { count, threshold } = options;
    const coefficients = random.fill(new Uint8Array(threshold * SHARE_Y_BYTES));
    // A rack secret is never all zero.
    coefficients[0] = (coefficients[0] ?? 0) | 1;
    const shares = new Uint8Array(count * SHARE_BYTES);
    const digests = new Uint8Array(count * DIGEST_BYTES);
    for (let i = 0; i < count; i++) {
      const share = shares.subarray(i * SHARE_BYTES, (i + 1) * SHARE_BYTES);
      evaluate(coefficients, threshold, i + 1, share);
      digests.set(backend.sha3_256(share), i * DIGEST_BYTES);
    }
    onSecret(coefficients.subarray(0, SHARE_Y_BYTES), digests);
    return { shares, digests };
  };
  const seal = (options: Parameters<TrustQuorumCrypto["seal"]>[0]): EncryptedRackSecrets =>
    backend.seal({ ...options, salt: options.salt ?? random.fill(new Uint8Array(SALT_BYTES)) });
  return {
    name: `seeded draws, ${backend.name}`,
    createShares,
    seal,
    sha3_256: (bytes) => backend.sha3_256(bytes),
    verifyShare: (share, digest) => backend.verifyShare(share, digest),
    recover: (options) => backend.recover(options),
    recoverLrtq: (options) => backend.recoverLrtq(options),
    computeShare: (options) => backend.computeShare(options),
    importSecrets: (entries) => backend.importSecrets(entries),
    openLrtqSpareShares: (options) => backend.openLrtqSpareShares(options),
    split: () => {
      throw new Error("a node does not split secrets of others");
    },
    combine: (shares, shareLength, options) => backend.combine(shares, shareLength, options),
    shareAt: (shares, shareLength, x) => backend.shareAt(shares, shareLength, x),
  };
}

/** The share at `x`: for each byte of the secret Horner's rule over its polynomial, in GF(2^8). */
function evaluate(coefficients: Uint8Array, threshold: number, x: number, share: Uint8Array): void {
  share[0] = x;
  const row = PRODUCTS.subarray(x << 8, (x + 1) << 8);
  for (let degree = threshold - 1; degree >= 0; degree--) {
    const at = degree * SHARE_Y_BYTES;
    for (let i = 0; i < SHARE_Y_BYTES; i++) {
      share[i + 1] = (row[share[i + 1] ?? 0] ?? 0) ^ (coefficients[at + i] ?? 0);
    }
  }
}

/** Products in GF(2)[x] / (x^8 + x^4 + x^3 + x + 1): `PRODUCTS[a × 256 + b]`. */
const PRODUCTS = products();

function products(): Uint8Array {
  const table = new Uint8Array(256 * 256);
  for (let a = 0; a < 256; a++) {
    for (let b = 0; b < 256; b++) {
      let product = 0;
      for (let bit = 7; bit >= 0; bit--) {
        product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
        if (b & (1 << bit)) product ^= a;
      }
      table[(a << 8) | b] = product;
    }
  }
  return table;
}
