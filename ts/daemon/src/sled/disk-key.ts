/**
 * Disk keys: HKDF (RFC 5869) with SHA3-256 over the rack secret of an epoch.
 *
 * ```
 * key = HKDF-SHA3-256(ikm = rack secret (32 bytes), salt = the rack's uuid (16 bytes),
 *                     info = "trust-quorum-disk-key-v1" || epoch (u64, big-endian)
 *                            || length (u8) || purpose || length (u8) || disk id, length = 16 to 64)
 * ```
 *
 * Each label has its length in front, so that no two pairs of labels make the same info. Node's own
 * HKDF (OpenSSL's HMAC) does the work; its copies of the secret are freed zeroed.
 */
import { hkdfSync } from "node:crypto";
import type { Epoch, RackId, RackSecret } from "trust-quorum";
import { rackIdBytes } from "trust-quorum/protocol";

const DOMAIN = "trust-quorum-disk-key-v1";

/** Which key is wanted. */
export interface DiskKeyOptions {
  readonly rackId: RackId;
  readonly epoch: Epoch;
  /** Printable ASCII, at most 128 characters; the same for the disk's id. */
  readonly purpose: string;
  readonly diskId: string;
  /** 16 to 64 bytes. */
  readonly length: number;
}

/** Derives a key; the caller zeroes it. */
export function deriveDiskKey(secret: RackSecret, options: DiskKeyOptions): Uint8Array {
  const { rackId, epoch, purpose, diskId, length } = options;
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(epoch));
  const info = Buffer.concat([Buffer.from(DOMAIN), number, labelled(purpose), labelled(diskId)]);
  return secret.expose(
    (bytes) => new Uint8Array(hkdfSync("sha3-256", bytes, rackIdBytes(rackId), info, length)),
  );
}

function labelled(label: string): Buffer {
  const text = Buffer.from(label, "ascii");
  return Buffer.concat([Buffer.of(text.length), text]);
}
