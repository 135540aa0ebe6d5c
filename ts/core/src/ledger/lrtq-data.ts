/** The part of a sled's LRTQ state that both kinds of ledger hold, in the same form. */
import { bytesEqual, compareBytes } from "../base/bytes.ts";
import { DIGEST_BYTES, LrtqShare, SHARE_BYTES } from "../base/share.ts";
import { invalidArgument } from "../base/arguments.ts";
import { isTrustQuorumError } from "../base/errors.ts";
import { parseRackId } from "../base/ids.ts";
import type { RackId } from "../base/id-types.ts";
import type { Share } from "../base/share.ts";
import type { LrtqShareData } from "../protocol/persistent-state.ts";
import type { JsonReader } from "./json-reader.ts";
import { corrupt } from "./json-reader.ts";
import type { JsonWriter } from "./json-writer.ts";

/** SHA3-256: 32 bytes. */
export type Sha3 = (bytes: Uint8Array) => Uint8Array;

/** Share ids are one byte and never 0, so a rack has at most so many shares. */
const LRTQ_SHARES_MAX = 255;
const LRTQ_THRESHOLD_MIN = 2;

// Zeroed before the function that filled it returns. It has an ArrayBuffer of its own: V8 keeps small typed
// arrays on its heap, whose garbage collector leaves copies behind when it moves them.
const scratch = new Uint8Array(new ArrayBuffer(SHARE_BYTES));

/**
 * Reads a sled's LRTQ data and checks what can be checked: the digests ascend, the threshold can be reached,
 * and the share is one of the rack's. `own` is called with the share as soon as it exists.
 */
export function readLrtqData(
  reader: JsonReader,
  sha3_256: Sha3,
  own: (share: LrtqShare) => void,
): LrtqShareData {
  reader.literal('{"rack_uuid":');
  const rackId = readRackId(reader);
  reader.literal(',"epoch":');
  const epoch = reader.uint(Number.MAX_SAFE_INTEGER);
  reader.literal(',"threshold":');
  const thresholdAt = reader.offset;
  const threshold = reader.uint(0xff);
  reader.literal(',"share":');
  const shareAt = reader.offset;
  const share = readLrtqShare(reader);
  own(share);
  reader.literal(',"share_digests":');
  const shareDigests = readDigests(reader);
  reader.literal("}");
  if (threshold < LRTQ_THRESHOLD_MIN || threshold * DIGEST_BYTES > shareDigests.length) {
    throw corrupt(thresholdAt, "the LRTQ threshold cannot be reached");
  }
  if (!includesDigest(shareDigests, sha3_256(share.bytes))) {
    throw corrupt(shareAt, "the LRTQ share does not have any of the rack's digests");
  }
  return { rackId, epoch, threshold, share, shareDigests };
}

/** Writes a sled's LRTQ data. */
export function writeLrtqData(writer: JsonWriter, data: LrtqShareData): void {
  refuseWiped(data.share);
  writer.literal(`{"rack_uuid":"${data.rackId}","epoch":`);
  writer.uint(data.epoch, "lrtq.epoch");
  writer.literal(',"threshold":');
  writer.uint(data.threshold, "lrtq.threshold");
  writer.literal(',"share":');
  writer.byteArray(data.share.bytes);
  writer.literal(',"share_digests":[');
  writer.list(digestsOf(data.shareDigests), (digest) => {
    writer.byteArray(digest);
  });
  writer.literal("]}");
}

/** Reads a rack's uuid. */
export function readRackId(reader: JsonReader): RackId {
  const at = reader.offset;
  const text = reader.text();
  try {
    return parseRackId(text);
  } catch (error) {
    if (!isTrustQuorumError(error, "ERR_TQ_INVALID_RACK_UUID")) throw error;
    throw corrupt(at, "a hyphenated uuid in lower case is expected");
  }
}

/** A wiped share must never replace the one on disk. */
export function refuseWiped(share: Share | LrtqShare): void {
  if (share.wiped) throw invalidArgument("state", "has a share that was wiped");
}

function readLrtqShare(reader: JsonReader): LrtqShare {
  const at = reader.offset;
  try {
    reader.byteArray(scratch);
    if (scratch[0] === 0) throw corrupt(at, "the LRTQ share's identifier is 0");
    return LrtqShare.copyOf(scratch);
  } finally {
    scratch.fill(0);
  }
}

function readDigests(reader: JsonReader): Uint8Array {
  const flat = new Uint8Array(LRTQ_SHARES_MAX * DIGEST_BYTES);
  let length = 0;
  reader.literal("[");
  reader.list("]", () => {
    const at = reader.offset;
    if (length === flat.length) throw corrupt(at, `more than ${LRTQ_SHARES_MAX} digests`);
    const digest = flat.subarray(length, length + DIGEST_BYTES);
    reader.byteArray(digest);
    const previous = flat.subarray(Math.max(0, length - DIGEST_BYTES), length);
    if (length > 0 && compareBytes(previous, digest) >= 0) {
      throw corrupt(at, "the digests are not in strict order");
    }
    length += DIGEST_BYTES;
  });
  return flat.slice(0, length);
}

function includesDigest(digests: Uint8Array, digest: Uint8Array): boolean {
  for (const known of digestsOf(digests)) if (bytesEqual(known, digest)) return true;
  return false;
}

function* digestsOf(digests: Uint8Array): Iterable<Uint8Array> {
  for (let i = 0; i < digests.length; i += DIGEST_BYTES)
    yield digests.subarray(i, i + DIGEST_BYTES);
}
