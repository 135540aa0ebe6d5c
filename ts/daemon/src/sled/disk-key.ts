/**
 * Disk keys: HKDF (RFC 5869) with SHA3-256 over the rack secret of an epoch. This project's own:
 *
 * ```
 * key = HKDF-SHA3-256(ikm = rack secret (32 bytes), salt = the rack's uuid (16 bytes),
 *                     info = "trust-quorum-disk-key-v1" || epoch (u64, big-endian)
 *                            || length (u8) || purpose || length (u8) || disk id, length = 16 to 64)
 * ```
 *
 * Each label has its length in front, so that no two pairs of labels make the same info. And the
 * original's, of the disks that it has encrypted:
 *
 * ```
 * key = HKDF-SHA3-256(ikm = rack secret (32 bytes), salt = SHA3-256(the rack's uuid (16 bytes)),
 *                     info = "U.2-zfs-" || vendor || model || serial, length = 32)
 * ```
 *
 * There the epoch is part of the secret only, and drives whose labels differ only in where one ends
 * have the same key. It is for those disks and for no others.
 *
 * Node's own
 * HKDF (OpenSSL's HMAC) does the work; its copies of the secret are freed zeroed.
 */
import { createHash, hkdfSync } from "node:crypto";
import type { Epoch, RackId, RackSecret } from "trust-quorum";
import { rackIdBytes } from "trust-quorum/protocol";

const DOMAIN = "trust-quorum-disk-key-v1";
const DOMAIN_OF_ORIGINAL = "U.2-zfs-";
const BYTES_OF_ORIGINAL = 32;

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

/** Which drive's key is wanted, by its identity as the original has it: printable ASCII. */
export interface OriginalDiskKeyOptions {
  readonly rackId: RackId;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
}

/** Derives a key; the caller zeroes it. */
export function deriveDiskKey(secret: RackSecret, options: DiskKeyOptions): Uint8Array {
  const { rackId, epoch, purpose, diskId, length } = options;
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(epoch));
  const info = Buffer.concat([Buffer.from(DOMAIN), number, labelled(purpose), labelled(diskId)]);
  return derive(secret, rackIdBytes(rackId), info, length);
}

/** Derives the key under which the original has encrypted a drive, 32 bytes; the caller zeroes it. */
export function deriveOriginalDiskKey(
  secret: RackSecret,
  { rackId, vendor, model, serial }: OriginalDiskKeyOptions,
): Uint8Array {
  const salt = createHash("sha3-256").update(rackIdBytes(rackId)).digest();
  const info = Buffer.from(DOMAIN_OF_ORIGINAL + vendor + model + serial, "ascii");
  return derive(secret, salt, info, BYTES_OF_ORIGINAL);
}

function derive(
  secret: RackSecret,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return secret.expose((bytes) => new Uint8Array(hkdfSync("sha3-256", bytes, salt, info, length)));
}

function labelled(label: string): Buffer {
  const text = Buffer.from(label, "ascii");
  return Buffer.concat([Buffer.of(text.length), text]);
}
