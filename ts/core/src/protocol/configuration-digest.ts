/** The digest by which calls, alarms and logs name a configuration. */
import { toHex, utf8 } from "../base/bytes.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { Configuration } from "./configuration.ts";

/** All of a configuration as JSON, bytes as lower-case hex. */
export interface ConfigurationRecord {
  readonly rackId: RackId;
  readonly epoch: Epoch;
  readonly coordinator: BaseboardId;
  readonly members: readonly BaseboardId[];
  readonly digests: string;
  readonly threshold: number;
  readonly encryptedRackSecrets: { readonly salt: string; readonly data: string } | null;
}

/** The record of a configuration, its fields in this order: what its digest is made of. */
export function configurationRecord(config: Configuration): ConfigurationRecord {
  const { rackId, epoch, coordinator, members, digests, threshold } = config;
  const encrypted = config.encryptedRackSecrets;
  return {
    rackId,
    epoch,
    coordinator,
    members: [...members],
    digests: toHex(digests),
    threshold,
    encryptedRackSecrets: encrypted && {
      salt: toHex(encrypted.salt),
      data: toHex(encrypted.data),
    },
  };
}

/**
 * The SHA3-256 of a configuration's record as lower-case hex: equal exactly where the configurations are
 * equal. Event logs name configurations by the same digest.
 *
 * @example
 * import { nativeCrypto } from "trust-quorum";
 * import { configurationDigest } from "trust-quorum/protocol";
 * import type { Configuration } from "trust-quorum/protocol";
 *
 * const crypto = nativeCrypto();
 * const digestOf = (config: Configuration) =>
 *   configurationDigest(config, (bytes) => crypto.sha3_256(bytes));
 * digestOf.length; // => 1
 */
export function configurationDigest(
  config: Configuration,
  sha3_256: (bytes: Uint8Array) => Uint8Array,
): string {
  return toHex(sha3_256(utf8(JSON.stringify(configurationRecord(config)))));
}
