/** The digest by which calls, alarms and logs name a configuration. */
import { toHex, utf8 } from "../base/bytes.ts";
import type { Configuration } from "./configuration.ts";

/** All of a configuration as JSON, the fields in this order: what its digest is made of. */
export function configurationRecord(config: Configuration): object {
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
 * const nameOf = (config: Configuration) =>
 *   configurationDigest(config, (bytes) => crypto.sha3_256(bytes)); // 64 hex digits
 */
export function configurationDigest(
  config: Configuration,
  sha3_256: (bytes: Uint8Array) => Uint8Array,
): string {
  return toHex(sha3_256(utf8(JSON.stringify(configurationRecord(config)))));
}
