/** `POST /v1/key`: derived disk keys. */
import Type from "typebox";
import type { Static } from "typebox";
import { KEY_BYTES_MAX, KEY_BYTES_MIN } from "../limits.ts";
import { EpochSchema, strict } from "./common.ts";

/** The longest `purpose` and `diskId` of a derived key, in characters of printable ASCII. */
const KEY_LABEL_CHARS_MAX = 128;
const KeyLabel = Type.String({
  pattern: "^[\\u0021-\\u007e]+$",
  minLength: 1,
  maxLength: KEY_LABEL_CHARS_MAX,
});
/**
 * A part of a drive's identity, as the original's control plane knows it. Spaces within are kept: the
 * original passes on what the drive says.
 */
const DriveLabel = Type.String({
  pattern: "^[\\u0020-\\u007e]+$",
  minLength: 1,
  maxLength: KEY_LABEL_CHARS_MAX,
});
/** How a key is derived where a request does not say: in this project's own way. */
export const KEY_DERIVATION_DEFAULT = "trustQuorum";
/**
 * A key derived from the rack secret of an epoch with HKDF-SHA3-256 (RFC 5869), in one of two ways:
 * `trustQuorum` names a purpose and a disk, `original` a drive as the original's ZFS keys do, for disks
 * that it has encrypted. The answer is `application/octet-stream`, with the epoch in the header
 * `tq-epoch`.
 */
export const KeyRequestSchema = Type.Union([
  Type.Object(
    {
      derivation: Type.Optional(Type.Literal(KEY_DERIVATION_DEFAULT)),
      /** The latest committed one where absent; an older one opens what was encrypted under it. */
      epoch: Type.Optional(EpochSchema),
      /** What the key is for, e.g. "zfs". */
      purpose: KeyLabel,
      /** Which disk it is for, e.g. its serial number. */
      diskId: KeyLabel,
      /** Its length in bytes. */
      length: Type.Optional(Type.Integer({ minimum: KEY_BYTES_MIN, maximum: KEY_BYTES_MAX })),
    },
    strict,
  ),
  Type.Object(
    {
      derivation: Type.Literal("original"),
      /** As above. */
      epoch: Type.Optional(EpochSchema),
      /** The drive's identity as the original reads it from the drive, e.g. "1b96". */
      vendor: DriveLabel,
      /** E.g. "WUS4C6432DSP3X3". */
      model: DriveLabel,
      /** E.g. "A084E4F0C". */
      serial: DriveLabel,
    },
    strict,
  ),
]);
/** Which key is wanted; the same body gives the same key on every sled of the rack. */
export type KeyBody = Static<typeof KeyRequestSchema>;
/**
 * The header that names the epoch of a derived key, as a decimal number: to be kept with the disk.
 */
export const KEY_EPOCH_HEADER = "tq-epoch";
