/** The `state` of a trust quorum ledger, as JSON and back. */
import { bytesEqual } from "../base/bytes.ts";
import { EncodingCache } from "../base/encoding-cache.ts";
import { isTrustQuorumError } from "../base/errors.ts";
import { baseboardId, baseboardParts } from "../base/ids.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import { DIGEST_BYTES, SHARE_BYTES, Share } from "../base/share.ts";
import type { LrtqShare } from "../base/share.ts";
import { Configuration, MEMBERS_MAX, SALT_BYTES } from "../protocol/configuration.ts";
import type { EncryptedRackSecrets } from "../protocol/encrypted-rack-secrets.ts";
import { ascending } from "../protocol/persistent-state.ts";
import type { ExpungedBy, LrtqShareData, PersistentState } from "../protocol/persistent-state.ts";
import { corrupt } from "./json-reader.ts";
import type { JsonReader } from "./json-reader.ts";
import { writtenJson } from "./json-writer.ts";
import type { JsonWriter } from "./json-writer.ts";
import { readLrtqData, readRackId, refuseWiped, writeLrtqData } from "./lrtq-data.ts";
import type { Sha3 } from "./lrtq-data.ts";

/** What reading a state takes. */
export interface StateSource {
  readonly reader: JsonReader;
  readonly sha3_256: Sha3;
  /** Whose ledger it is, if that is known. */
  readonly self: BaseboardId | undefined;
  /** Gets every share as soon as it exists, so that it can be wiped if reading fails later. */
  readonly owned: (Share | LrtqShare)[];
}

/** Reads a state and checks what `decodeLedger` promises of it. */
export function readState(source: StateSource): PersistentState {
  const { reader } = source;
  reader.literal('{"lrtq":');
  const lrtq = reader.maybe("null")
    ? null
    : readLrtqData(reader, source.sha3_256, (share) => source.owned.push(share));
  reader.literal(',"configs":[');
  const configs = readConfigurations(source, lrtq);
  reader.literal(',"shares":{');
  const shares = readShares(source, configs);
  reader.literal(',"commits":[');
  const commits = readCommits(reader, shares);
  reader.literal(',"expunged":');
  const expunged = reader.maybe("null") ? null : readExpunged(reader);
  reader.literal("}");
  return { lrtq, configs, shares, commits, expunged };
}

/** Writes a state; what it holds is written in ascending order of epochs. */
export function writeState(writer: JsonWriter, state: PersistentState): void {
  writer.literal('{"lrtq":');
  if (state.lrtq === null) {
    writer.literal("null");
  } else {
    writeLrtqData(writer, state.lrtq);
  }
  writer.literal(',"configs":[');
  writer.list(byEpoch(state.configs), ([, config]) => {
    writeConfiguration(writer, config);
  });
  writer.literal('],"shares":{');
  writer.list(byEpoch(state.shares), ([epoch, share]) => {
    writeShare(writer, epoch, share);
  });
  writer.literal('},"commits":[');
  writer.list(ascending(state.commits), (epoch) => {
    writer.uint(epoch, "commits");
  });
  writer.literal('],"expunged":');
  if (state.expunged === null) {
    writer.literal("null");
  } else {
    writer.literal('{"epoch":');
    writer.uint(state.expunged.epoch, "expunged");
    writer.literal(',"from":');
    writeBaseboardId(writer, state.expunged.from);
    writer.literal("}");
  }
  writer.literal("}");
}

function readConfigurations(
  source: StateSource,
  lrtq: LrtqShareData | null,
): Map<Epoch, Configuration> {
  const { reader, self } = source;
  const configs = new Map<Epoch, Configuration>();
  let rackId = lrtq?.rackId;
  let previous = 0;
  reader.list("]", () => {
    const at = reader.offset;
    const config = readConfiguration(reader);
    rackId ??= config.rackId;
    if (config.rackId !== rackId) throw corrupt(at, "the configuration is another rack's");
    if (config.epoch <= previous) throw corrupt(at, "the configurations are not in strict order");
    if (self !== undefined && !config.has(self)) {
      throw corrupt(at, "this sled is not a member of the configuration");
    }
    configs.set(config.epoch, config);
    previous = config.epoch;
  });
  return configs;
}

function readConfiguration(reader: JsonReader): Configuration {
  const at = reader.offset;
  reader.literal('{"rack_id":');
  const rackId = readRackId(reader);
  reader.literal(',"epoch":');
  const epoch = readEpoch(reader);
  reader.literal(',"coordinator":');
  const coordinator = readBaseboardId(reader);
  reader.literal(',"members":[');
  const members: BaseboardId[] = [];
  const digests = new Uint8Array(MEMBERS_MAX * DIGEST_BYTES);
  reader.list("]", () => {
    if (members.length === MEMBERS_MAX) throw corrupt(reader.offset, "too many members");
    reader.literal("[");
    const member = readBaseboardId(reader);
    reader.literal(",");
    digests.set(reader.hex(DIGEST_BYTES), members.length * DIGEST_BYTES);
    reader.literal("]");
    members.push(member);
  });
  reader.literal(',"threshold":');
  const threshold = reader.uint(0xff);
  reader.literal(',"encrypted_rack_secrets":');
  const encryptedRackSecrets = reader.maybe("null") ? null : readEncrypted(reader);
  reader.literal("}");
  return checked(at, () =>
    Configuration.create({
      rackId,
      epoch,
      coordinator,
      members,
      digests: digests.slice(0, members.length * DIGEST_BYTES),
      threshold,
      encryptedRackSecrets,
    }),
  );
}

function readEncrypted(reader: JsonReader): EncryptedRackSecrets {
  reader.literal('{"salt":');
  const salt = reader.hex(SALT_BYTES);
  reader.literal(',"data":');
  const data = reader.hex();
  reader.literal("}");
  return { salt, data };
}

function readShares(
  source: StateSource,
  configs: ReadonlyMap<Epoch, Configuration>,
): Map<Epoch, Share> {
  const { reader } = source;
  const shares = new Map<Epoch, Share>();
  let previous = 0;
  reader.list("}", () => {
    const at = reader.offset;
    reader.literal('"');
    const epoch = readEpoch(reader);
    reader.literal('":');
    const share = readShare(reader);
    source.owned.push(share);
    if (epoch <= previous) throw corrupt(at, "the shares are not in strict order");
    const problem = shareProblem(source, share, configs.get(epoch));
    if (problem !== undefined) throw corrupt(at, problem);
    shares.set(epoch, share);
    previous = epoch;
  });
  return shares;
}

// Zeroed before the function that filled it returns. It has an ArrayBuffer of its own: V8 keeps small typed
// arrays on its heap, whose garbage collector leaves copies behind when it moves them.
const scratch = new Uint8Array(new ArrayBuffer(SHARE_BYTES));

function readShare(reader: JsonReader): Share {
  try {
    reader.literal('{"x_coordinate":');
    const at = reader.offset;
    const x = reader.uint(0xff);
    if (x === 0) throw corrupt(at, "the share's x-coordinate is 0");
    scratch[0] = x;
    reader.literal(',"y_coordinates":');
    reader.byteArray(scratch, 1);
    reader.literal("}");
    return Share.copyOf(scratch);
  } finally {
    scratch.fill(0);
  }
}

function shareProblem(
  { sha3_256, self }: StateSource,
  share: Share,
  config: Configuration | undefined,
): string | undefined {
  if (config === undefined) return "the share has no configuration";
  if (self !== undefined && config.indexOf(self) !== share.x - 1)
    return "the share is not this sled's";
  if (!bytesEqual(sha3_256(share.bytes), config.digestAt(share.x - 1))) {
    return "the share does not have the digest that its configuration names";
  }
  return undefined;
}

function readCommits(reader: JsonReader, shares: ReadonlyMap<Epoch, Share>): Set<Epoch> {
  const commits = new Set<Epoch>();
  let previous = 0;
  reader.list("]", () => {
    const at = reader.offset;
    const epoch = readEpoch(reader);
    if (epoch <= previous) throw corrupt(at, "the commits are not in strict order");
    // A share has its configuration, so a commit with a share has both.
    if (!shares.has(epoch)) throw corrupt(at, "the commit has no share");
    commits.add(epoch);
    previous = epoch;
  });
  return commits;
}

function readExpunged(reader: JsonReader): ExpungedBy {
  reader.literal('{"epoch":');
  const epoch = readEpoch(reader);
  reader.literal(',"from":');
  const from = readBaseboardId(reader);
  reader.literal("}");
  return { epoch, from };
}

/** An epoch, from 1. */
export function readEpoch(reader: JsonReader): Epoch {
  const at = reader.offset;
  const value = reader.uint(Number.MAX_SAFE_INTEGER);
  if (value === 0) throw corrupt(at, "an epoch is at least 1");
  return value as Epoch;
}

function readBaseboardId(reader: JsonReader): BaseboardId {
  const at = reader.offset;
  reader.literal('{"part_number":');
  const part = reader.text();
  reader.literal(',"serial_number":');
  const serial = reader.text();
  reader.literal("}");
  return checked(at, () => baseboardId(part, serial));
}

/** The result of `make`. If it refuses a configuration or an id, the error becomes `ERR_TQ_LEDGER_CORRUPT`. */
export function checked<T>(offset: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (
      isTrustQuorumError(error, "ERR_TQ_INVALID_CONFIGURATION") ||
      isTrustQuorumError(error, "ERR_TQ_INVALID_BASEBOARD_ID")
    ) {
      throw corrupt(offset, error.details.problem);
    }
    throw error;
  }
}

/** Those of the ledgers that this process saves, as long as they all fit. */
const configurationTexts = new EncodingCache<Configuration>({ bytesMax: 1 << 20 });

function writeConfiguration(writer: JsonWriter, config: Configuration): void {
  const encode = () =>
    writtenJson((own) => {
      writeNewConfiguration(own, config);
    });
  writer.raw(configurationTexts.encodingOf(config, encode));
}

function writeNewConfiguration(writer: JsonWriter, config: Configuration): void {
  writer.literal(`{"rack_id":"${config.rackId}","epoch":`);
  writer.uint(config.epoch, "epoch");
  writer.literal(',"coordinator":');
  writeBaseboardId(writer, config.coordinator);
  writer.literal(',"members":[');
  writer.list(config.members.entries(), ([i, member]) => {
    writer.literal("[");
    writeBaseboardId(writer, member);
    writer.literal(",");
    writer.hex(config.digestAt(i));
    writer.literal("]");
  });
  writer.literal('],"threshold":');
  writer.uint(config.threshold, "threshold");
  writer.literal(',"encrypted_rack_secrets":');
  if (config.encryptedRackSecrets === null) {
    writer.literal("null}");
  } else {
    writer.literal('{"salt":');
    writer.hex(config.encryptedRackSecrets.salt);
    writer.literal(',"data":');
    writer.hex(config.encryptedRackSecrets.data);
    writer.literal("}}");
  }
}

function writeShare(writer: JsonWriter, epoch: Epoch, share: Share): void {
  refuseWiped(share);
  writer.literal('"');
  writer.uint(epoch, "shares");
  writer.literal('":{"x_coordinate":');
  writer.uint(share.x, "share");
  writer.literal(',"y_coordinates":');
  writer.byteArray(share.bytes, 1);
  writer.literal("}");
}

function writeBaseboardId(writer: JsonWriter, id: BaseboardId): void {
  const { partNumber, serialNumber } = baseboardParts(id);
  writer.literal('{"part_number":');
  writer.text(partNumber);
  writer.literal(',"serial_number":');
  writer.text(serialNumber);
  writer.literal("}");
}

function byEpoch<T>(map: ReadonlyMap<Epoch, T>): [Epoch, T][] {
  return [...map].sort(([a], [b]) => a - b);
}
