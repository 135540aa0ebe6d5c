/**
 * The loader's check (protocol section 6.0): a coordinator makes all shares and seals the old secrets,
 * and nobody sees whether it did so honestly until they are needed. K shares are enough to see it.
 */
import { bytesEqual } from "../../base/bytes.ts";
import { isTrustQuorumError } from "../../base/errors.ts";
import type { BaseboardId, Epoch } from "../../base/id-types.ts";
import { SHARE_BYTES } from "../../base/share.ts";
import type {
  CrossCheck,
  CrossCheckOptions,
  Fingerprints,
  RackSecrets,
  TrustQuorumCrypto,
} from "../crypto.ts";

/**
 * Interpolates the shares of all other members and compares each with its digest, and each secret with
 * the one that was loaded before.
 *
 * For 32 members and a threshold of 17 it takes 15 interpolations and hashes.
 */
export function crossCheck(crypto: TrustQuorumCrypto, options: CrossCheckOptions): CrossCheck {
  if (crypto.crossCheck !== undefined) return crypto.crossCheck(options);
  const fingerprints = fingerprintsOf(crypto, options.after);
  return {
    unrelated: unrelated(crypto, options),
    changed: changed(options.before, fingerprints),
    fingerprints,
  };
}

function unrelated(
  crypto: TrustQuorumCrypto,
  { config, shares }: CrossCheckOptions,
): BaseboardId[] {
  const given = new Set<number>();
  for (let at = 0; at < shares.length; at += SHARE_BYTES) given.add(shares[at] ?? 0);
  return config.members.filter((_, index) => {
    if (given.has(index + 1)) return false;
    try {
      crypto.computeShare({ shares, x: index + 1, digest: config.digestAt(index) }).wipe();
      return false;
    } catch (error) {
      if (isTrustQuorumError(error, "ERR_TQ_SHARE_DIGEST_MISMATCH")) return true;
      throw error;
    }
  });
}

function fingerprintsOf(crypto: TrustQuorumCrypto, secrets: RackSecrets): Fingerprints {
  const fingerprints = new Map<Epoch, Uint8Array>();
  for (const epoch of secrets.epochs) {
    const secret = secrets.secret(epoch);
    if (secret === undefined) continue;
    try {
      fingerprints.set(
        epoch,
        secret.expose((bytes) => crypto.sha3_256(bytes)),
      );
    } finally {
      secret.dispose();
    }
  }
  return fingerprints;
}

function changed(before: Fingerprints, after: Fingerprints): Epoch[] {
  const differs = ([epoch, fingerprint]: readonly [Epoch, Uint8Array]): boolean => {
    const now = after.get(epoch);
    return now === undefined || !bytesEqual(fingerprint, now);
  };
  return [...before].filter(differs).map(([epoch]) => epoch);
}
