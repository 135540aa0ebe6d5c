/**
 * The loader's check (protocol section 6.0): a coordinator makes all shares and seals the old secrets,
 * and nobody sees whether it did so honestly until they are needed. K shares are enough to see it.
 */
import { isTrustQuorumError } from "../../base/errors.ts";
import type { BaseboardId, Epoch } from "../../base/id-types.ts";
import { SHARE_BYTES } from "../../base/share.ts";
import type { Configuration } from "../configuration.ts";
import type { RackSecrets, TrustQuorumCrypto } from "../crypto.ts";

/** What is checked. */
export interface CrossCheckOptions {
  readonly config: Configuration;
  /** K shares of it, flat: secret, only read. */
  readonly shares: Uint8Array;
  /** The secrets that were loaded before, if any. */
  readonly before: RackSecrets | null;
  /** What the K shares gave. */
  readonly after: RackSecrets;
}

/** What does not fit. */
export interface CrossCheck {
  /** Members whose shares are not on the polynomials of the K shares, in member order. */
  readonly unrelated: readonly BaseboardId[];
  /** Epochs that were loaded before and are not in the new chain, or with another secret; ascending. */
  readonly changed: readonly Epoch[];
}

/**
 * Interpolates the shares of all other members and compares each with its digest, and each secret with
 * the one that was loaded before.
 *
 * For 32 members and a threshold of 17 it takes 15 interpolations and hashes.
 */
export function crossCheck(crypto: TrustQuorumCrypto, options: CrossCheckOptions): CrossCheck {
  return (
    crypto.crossCheck?.(options) ?? {
      unrelated: unrelated(crypto, options),
      changed: changed(options),
    }
  );
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

function changed({ before, after }: CrossCheckOptions): Epoch[] {
  return (before?.epochs ?? []).filter((epoch) => {
    const old = before?.secret(epoch);
    const now = after.secret(epoch);
    try {
      return old === undefined || now === undefined || !old.equals(now);
    } finally {
      old?.dispose();
      now?.dispose();
    }
  });
}
