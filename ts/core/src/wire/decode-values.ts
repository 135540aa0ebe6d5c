/** Decoding what several messages have in common: identifiers, epochs and configurations. */
import { TrustQuorumError, isTrustQuorumError } from "../base/errors.ts";
import { BASEBOARD_PART_BYTES_MAX, baseboardId, rackIdFromBytes } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import { DIGEST_BYTES } from "../base/share.ts";
import { Configuration, MEMBERS_MAX, MEMBERS_MIN, SALT_BYTES } from "../protocol/configuration.ts";
import type { EncryptedRackSecrets } from "../protocol/encrypted-rack-secrets.ts";
import type { ExpungedBy } from "../protocol/persistent-state.ts";
import { BytesCache, RecentItems } from "./bytes-cache.ts";
import { invalidValue } from "./cbor-reader.ts";
import type { CborReader } from "./cbor-reader.ts";
import { KEYS } from "./names.ts";

/** Fewer bytes than any member takes: the keys alone are 26, the digest 34. */
const MEMBER_BYTES_MIN = 60;

/** 32 members and the secrets of several hundred prior epochs: half a MiB for all entries at most. */
const CONFIGURATION_KEY_BYTES_MAX = 64 * 1024;

const configurations = new RecentItems<Configuration>({
  entries: 8,
  keyBytesMax: CONFIGURATION_KEY_BYTES_MAX,
});

/** Reads a configuration; it is well-formed. */
export function readConfiguration(reader: CborReader): Configuration {
  const known = reader.match(configurations);
  if (known !== undefined) return known;
  const at = reader.offset;
  const config = readUnknownConfiguration(reader);
  reader.remember(configurations, at, config);
  return config;
}

function readUnknownConfiguration(reader: CborReader): Configuration {
  const at = reader.offset;
  reader.map(6);
  reader.key(KEYS.rackId);
  const rackId = readRackId(reader);
  reader.key(KEYS.epoch);
  const epoch = readEpoch(reader);
  reader.key(KEYS.coordinator);
  const coordinator = readBaseboardId(reader);
  reader.key(KEYS.members);
  const membersAt = reader.offset;
  const count = reader.array(MEMBER_BYTES_MIN);
  if (count < MEMBERS_MIN || count > MEMBERS_MAX) {
    throw invalidValue(membersAt, "configuration", `it has ${count} members`);
  }
  const members: BaseboardId[] = [];
  const digests = new Uint8Array(count * DIGEST_BYTES);
  for (let i = 0; i < count; i++) {
    reader.arrayOf(2);
    members.push(readBaseboardId(reader));
    reader.copyByteString(digests, i * DIGEST_BYTES, DIGEST_BYTES);
  }
  reader.key(KEYS.threshold);
  const threshold = reader.uint("threshold", 0xff);
  reader.key(KEYS.encryptedRackSecrets);
  const encryptedRackSecrets = reader.nullNext() ? null : readEncrypted(reader);
  const parts = { rackId, epoch, coordinator, members, digests, threshold, encryptedRackSecrets };
  return checked(at, "configuration", () => Configuration.create(parts));
}

function readEncrypted(reader: CborReader): EncryptedRackSecrets {
  reader.map(2);
  reader.key(KEYS.salt);
  const salt = reader.byteString(SALT_BYTES).slice();
  reader.key(KEYS.data);
  return { salt, data: reader.hexText("encrypted_rack_secrets") };
}

/** Reads an epoch: 1 to 2^53−1. */
export function readEpoch(reader: CborReader): Epoch {
  const at = reader.offset;
  const value = reader.uint("epoch", Number.MAX_SAFE_INTEGER);
  if (value === 0) {
    throw new TrustQuorumError("ERR_TQ_WIRE_OUT_OF_RANGE", { offset: at, type: "epoch" });
  }
  return value as Epoch;
}

const rackIds = new RecentItems<RackId>({ entries: 8, keyBytesMax: 17 });

/** Reads a rack's uuid. */
export function readRackId(reader: CborReader): RackId {
  const at = reader.offset;
  const known = reader.match(rackIds);
  if (known !== undefined) return known;
  const id = rackIdFromBytes(reader.byteString(16));
  reader.remember(rackIds, at, id);
  return id;
}

const baseboardIds = new BytesCache<BaseboardId>({ slots: 256, keyBytesMax: 192 });

/** Reads the id of a sled. */
export function readBaseboardId(reader: CborReader): BaseboardId {
  const at = reader.offset;
  reader.map(2);
  reader.key(KEYS.partNumber);
  const part = reader.textBytes();
  const partEnd = reader.offset;
  reader.key(KEYS.serialNumber);
  const serial = reader.textBytes();
  const end = reader.offset;
  const known = reader.lookup(baseboardIds, at);
  if (known !== undefined) return known;
  if (partEnd - part > BASEBOARD_PART_BYTES_MAX || end - serial > BASEBOARD_PART_BYTES_MAX) {
    throw invalidValue(
      at,
      "BaseboardId",
      `a part is longer than ${BASEBOARD_PART_BYTES_MAX} bytes`,
    );
  }
  const partNumber = reader.decodeText(part, partEnd);
  const serialNumber = reader.decodeText(serial, end);
  const id = checked(at, "BaseboardId", () => baseboardId(partNumber, serialNumber));
  reader.remember(baseboardIds, at, id);
  return id;
}

/** Reads who expunged a sled, and when. */
export function readExpunged(reader: CborReader): ExpungedBy {
  reader.map(2);
  reader.key(KEYS.epoch);
  const epoch = readEpoch(reader);
  reader.key(KEYS.from);
  return { epoch, from: readBaseboardId(reader) };
}

/** The result of `make`. If it refuses a configuration or an id, the error becomes `ERR_TQ_WIRE_INVALID_VALUE`. */
export function checked<T>(offset: number, type: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (
      isTrustQuorumError(error, "ERR_TQ_INVALID_CONFIGURATION") ||
      isTrustQuorumError(error, "ERR_TQ_INVALID_BASEBOARD_ID")
    ) {
      throw invalidValue(offset, type, error.details.problem);
    }
    throw error;
  }
}
