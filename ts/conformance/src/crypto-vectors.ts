/** The original's vectors of secret sharing and of encryption, computed again. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { epoch as epochOf, parseRackId } from "trust-quorum";
import type { Epoch, RackId, RackSecret, TrustQuorumCrypto } from "trust-quorum";
import { LrtqShare, SHARE_BYTES } from "trust-quorum/protocol";
import type { RackSecrets } from "trust-quorum/protocol";
import { check, firstOf, sameBytes } from "./check.ts";
import type { Check } from "./check.ts";

interface Gf256Vector {
  readonly n: number;
  readonly k: number;
  readonly secret: string;
  readonly shares: readonly string[];
  readonly digests: readonly string[];
  readonly computed: readonly {
    readonly from_x: readonly number[];
    readonly x: number;
    readonly share: string;
    readonly digest: string;
  }[];
}

interface LrtqVectors {
  readonly racks: readonly {
    readonly sleds: number;
    readonly threshold: number;
    readonly rack_uuid: string;
    readonly secret: string;
    readonly salt: string;
    readonly shares: readonly { readonly share: string; readonly digest: string }[];
    readonly spare_shares_of_second: readonly string[];
    readonly encrypted_shares_of_second: string;
    readonly nonce_of_second: string;
  }[];
  readonly raw: readonly {
    readonly k: number;
    readonly n: number;
    readonly secret: string;
    readonly shares: readonly string[];
  }[];
}

interface RackSecretsVector {
  readonly rack_id: string;
  readonly epoch: number;
  readonly rack_secret: string;
  readonly prior_secrets: Readonly<Record<string, string>>;
  readonly salt: string;
  readonly data: string;
}

/** Shamir over GF(2^8): every window of K shares, all of them, and every computed share. */
export function* checkGf256(
  vectors: readonly Gf256Vector[],
  crypto: TrustQuorumCrypto,
): Generator<Check> {
  for (const vector of vectors) {
    const name = `n=${vector.n} k=${vector.k}`;
    const shares = vector.shares.map(hexToBytes);
    const secret = hexToBytes(vector.secret);
    const length = secret.length + 1;
    yield check(`${name}: digests`, () =>
      firstOf(
        ...shares.map((share, i) =>
          sameBytes("digest", hexToBytes(vector.digests[i] ?? ""), crypto.sha3_256(share)),
        ),
      ),
    );
    for (const [which, chosen] of windows(shares, vector.k)) {
      yield check(`${name}: ${which}`, () =>
        sameBytes("the secret", secret, crypto.combine(flat(chosen), length)),
      );
    }
    for (const computed of vector.computed) {
      const from = computed.from_x.map((x) => shares[x - 1] ?? new Uint8Array());
      yield check(`${name}: share at x=${computed.x}`, () => {
        const digest = hexToBytes(computed.digest);
        const share = crypto.shareAt(flat(from), length, computed.x);
        return firstOf(
          sameBytes("the share", hexToBytes(computed.share), share),
          sameBytes("its digest", digest, crypto.sha3_256(share)),
          length === SHARE_BYTES
            ? sameBytes(
                "the rack secret's share",
                share,
                computeShare(crypto, from, computed.x, digest),
              )
            : null,
        );
      });
    }
  }
}

/** LRTQ: secrets from shares and from spare shares, digests, and the spare shares decrypted. */
export function* checkLrtqRacks(
  { racks, raw }: LrtqVectors,
  crypto: TrustQuorumCrypto,
): Generator<Check> {
  for (const rack of racks) {
    const name = `${rack.sleds} sleds`;
    const shares = rack.shares.map(({ share }) => hexToBytes(share));
    const spares = rack.spare_shares_of_second.map(hexToBytes);
    const secret = hexToBytes(rack.secret);
    yield check(`${name}: digests`, () =>
      firstOf(
        ...rack.shares.map(({ share, digest }) => {
          const ok = crypto.verifyShare(LrtqShare.copyOf(hexToBytes(share)), hexToBytes(digest));
          return ok ? null : "a digest differs";
        }),
      ),
    );
    for (const [which, chosen] of windows([...shares, ...spares], rack.threshold)) {
      yield check(`${name}: ${which}`, () => lrtqSecret(crypto, chosen, secret));
    }
    yield check(`${name}: spare shares decrypted`, () => {
      const secrets = crypto.recoverLrtq({ shares: flat(shares.slice(0, rack.threshold)) });
      const opened = crypto.openLrtqSpareShares({
        secrets,
        rackId: parseRackId(rack.rack_uuid),
        salt: hexToBytes(rack.salt),
        nonce: hexToBytes(rack.nonce_of_second),
        encrypted: hexToBytes(rack.encrypted_shares_of_second),
      });
      return sameBytes("the spare shares", flat(spares), opened);
    });
  }
  for (const { n, k, secret, shares } of raw) {
    for (const [which, chosen] of windows(shares.map(hexToBytes), k)) {
      yield check(`raw n=${n} k=${k}: ${which}`, () =>
        lrtqSecret(crypto, chosen, hexToBytes(secret)),
      );
    }
  }
}

/** Encrypted rack secrets, opened and sealed again byte for byte. */
export function* checkRackSecrets(
  vectors: readonly RackSecretsVector[],
  crypto: TrustQuorumCrypto,
): Generator<Check> {
  for (const vector of vectors) {
    const name = `epoch ${vector.epoch}`;
    const rackId = parseRackId(vector.rack_id);
    const epoch = epochOf(vector.epoch);
    const encrypted = { salt: hexToBytes(vector.salt), data: hexToBytes(vector.data) };
    const prior = Object.entries(vector.prior_secrets)
      .map(([at, secret]) => ({ epoch: Number(at) as Epoch, secret: hexToBytes(secret) }))
      .sort((a, b) => a.epoch - b.epoch);
    const secret = hexToBytes(vector.rack_secret);
    const shares = crypto.split(secret, { count: 3, threshold: 2 });
    const chain = [...prior, { epoch, secret }];
    yield check(`${name}: opened`, () => {
      const opened = openSecrets(crypto, shares, { rackId, epoch, encrypted });
      return firstOf(
        opened.epochs.length === chain.length ? null : "the number of secrets differs",
        ...chain.map((entry) => secretIs(opened.secret(entry.epoch), entry.secret)),
      );
    });
    yield check(`${name}: sealed`, () => {
      const secrets = crypto.importSecrets(prior);
      const { salt } = encrypted;
      const sealed = crypto.seal({ shares, rackId, epoch, prior: secrets, salt });
      return sameBytes("the ciphertext", encrypted.data, sealed.data);
    });
  }
}

function openSecrets(
  crypto: TrustQuorumCrypto,
  shares: Uint8Array,
  config: { rackId: RackId; epoch: Epoch; encrypted: { salt: Uint8Array; data: Uint8Array } },
): RackSecrets {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < shares.length; at += SHARE_BYTES) {
    digests.push(crypto.sha3_256(shares.subarray(at, at + SHARE_BYTES)));
  }
  return crypto.recover({ shares, digests: flat(digests), ...config });
}

function lrtqSecret(
  crypto: TrustQuorumCrypto,
  shares: readonly Uint8Array[],
  secret: Uint8Array,
): string | null {
  const secrets = crypto.recoverLrtq({ shares: flat(shares) });
  return secretIs(secrets.secret(epochOf(1)), secret);
}

function secretIs(actual: RackSecret | undefined, expected: Uint8Array): string | null {
  if (actual === undefined) return "a secret is missing";
  return actual.expose((bytes) => sameBytes("a secret", expected, bytes));
}

function computeShare(
  crypto: TrustQuorumCrypto,
  from: readonly Uint8Array[],
  x: number,
  digest: Uint8Array,
): Uint8Array {
  return crypto.computeShare({ shares: flat(from), x, digest }).bytes;
}

/** Every run of `k` neighbours (around the end too), and all together. */
function* windows(
  shares: readonly Uint8Array[],
  k: number,
): Generator<[which: string, chosen: Uint8Array[]]> {
  for (let start = 0; start < shares.length; start++) {
    const chosen = Array.from({ length: k }, (_, i) => shares[(start + i) % shares.length]);
    yield [`${k} shares from number ${start + 1}`, chosen.filter((share) => share !== undefined)];
  }
  yield ["all shares", [...shares]];
}

function flat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
