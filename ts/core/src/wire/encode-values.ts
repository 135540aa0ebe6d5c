/** Encoding the values that messages and statuses have in common: identifiers, shares and configurations. */
import { invalidArgument } from "../base/arguments.ts";
import { fromHex } from "../base/bytes.ts";
import { baseboardParts, isEpoch } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { Configuration } from "../protocol/configuration.ts";
import type { ExpungedBy } from "../protocol/persistent-state.ts";
import type { CborWriter } from "./cbor-writer.ts";
import { KEYS } from "./names.ts";
import type { RequestId } from "./types.ts";

/** A configuration, item by item. */
export function writeConfiguration(writer: CborWriter, config: Configuration): void {
  writer.map(6);
  writer.name(KEYS.rackId);
  writeUuid(writer, config.rackId);
  writer.name(KEYS.epoch);
  writeEpoch(writer, config.epoch);
  writer.name(KEYS.coordinator);
  writeBaseboardId(writer, config.coordinator);
  writer.name(KEYS.members);
  writer.array(config.members.length);
  config.members.forEach((member, i) => {
    writer.array(2);
    writeBaseboardId(writer, member);
    writer.byteString(config.digestAt(i));
  });
  writer.name(KEYS.threshold);
  writer.uint(config.threshold, "threshold");
  writer.name(KEYS.encryptedRackSecrets);
  if (config.encryptedRackSecrets === null) {
    writer.null();
  } else {
    writer.map(2);
    writer.name(KEYS.salt);
    writer.byteString(config.encryptedRackSecrets.salt);
    writer.name(KEYS.data);
    writer.hexText(config.encryptedRackSecrets.data);
  }
}

/** A share as the original has it: its x-coordinate, and an array of numbers. */
export function writeShare(writer: CborWriter, share: Share): void {
  refuseWiped(share);
  writer.map(2);
  writer.name(KEYS.xCoordinate);
  writer.uint(share.x, "share");
  writer.name(KEYS.yCoordinates);
  writer.byteArray(share.bytes, 1);
}

/** By whom and at which epoch a sled was expunged. */
export function writeExpunged(writer: CborWriter, expunged: ExpungedBy): void {
  writer.map(2);
  writer.name(KEYS.epoch);
  writeEpoch(writer, expunged.epoch);
  writer.name(KEYS.from);
  writeBaseboardId(writer, expunged.from);
}

/** An epoch, checked. */
export function writeEpoch(writer: CborWriter, epoch: Epoch): void {
  if (!isEpoch(epoch)) throw invalidArgument("epoch", "is not an integer from 1 to 2^53-1");
  writer.uint(epoch, "epoch");
}

/** The sixteen bytes of a rack's or a request's id. */
export function writeUuid(writer: CborWriter, id: RackId | RequestId): void {
  const bytes = fromHex(id.replaceAll("-", ""));
  if (bytes?.length !== 16) throw invalidArgument("uuid", "is not a hyphenated uuid in lower case");
  writer.byteString(bytes);
}

/** The two parts of a sled's id. */
export function writeBaseboardId(writer: CborWriter, id: BaseboardId): void {
  const { partNumber, serialNumber } = baseboardParts(id);
  writer.map(2);
  writer.name(KEYS.partNumber);
  writer.text(partNumber);
  writer.name(KEYS.serialNumber);
  writer.text(serialNumber);
}

/** Refuses a share that was zeroed, which the receiver could not tell from a real one. */
export function refuseWiped(share: Share | LrtqShare): void {
  if (share.wiped) throw invalidArgument("share", "was wiped");
}
