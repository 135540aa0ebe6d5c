/** Decoding a proxied node status and the alarms in it. */
import type { ErrorCode } from "../base/errors.ts";
import { compareBaseboardIds, parseBaseboardId } from "../base/ids.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import type { Alarm, AlarmSource } from "../protocol/alarms.ts";
import type { PersistentStateSummary } from "../protocol/persistent-state.ts";
import { COMBINE_ERRORS, DECRYPTION_ERRORS, SIZE_ERROR } from "./alarms.ts";
import { cborName } from "./cbor-writer.ts";
import { invalidValue } from "./cbor-reader.ts";
import type { CborReader, Variants } from "./cbor-reader.ts";
import {
  checked,
  readBaseboardId,
  readConfiguration,
  readEpoch,
  readExpunged,
} from "./decode-values.ts";
import { KEYS, NAMES } from "./names.ts";
import type { ProxiedStatus } from "./types.ts";

/** Reads a node's status. */
export function readStatus(reader: CborReader): ProxiedStatus {
  reader.map(4);
  reader.key(KEYS.connectedPeers);
  const connectedPeers = readPeers(reader);
  reader.key(KEYS.alarms);
  const alarms: Alarm[] = [];
  for (let count = reader.array(ALARM_BYTES_MIN); count > 0; count--) {
    alarms.push(readAlarm(reader));
  }
  reader.key(KEYS.persistentState);
  const persistentState = readSummary(reader);
  reader.key(KEYS.proxiedRequests);
  const proxiedRequests = reader.uint("proxied_requests", Number.MAX_SAFE_INTEGER);
  return { connectedPeers, alarms, persistentState, proxiedRequests };
}

/** Fewer bytes than any alarm takes: its name alone has more than 20. */
const ALARM_BYTES_MIN = 20;
/** Fewer bytes than any sled's id takes: its keys alone have 26. */
const PEER_BYTES_MIN = 26;

function readPeers(reader: CborReader): BaseboardId[] {
  const peers: BaseboardId[] = [];
  let previous: BaseboardId | undefined;
  for (let count = reader.array(PEER_BYTES_MIN); count > 0; count--) {
    const at = reader.offset;
    const peer = readBaseboardId(reader);
    if (previous !== undefined && compareBaseboardIds(previous, peer) >= 0) {
      throw invalidValue(at, "set", "it is not in strict order");
    }
    peers.push(peer);
    previous = peer;
  }
  return peers;
}

function readSummary(reader: CborReader): PersistentStateSummary {
  reader.map(5);
  reader.key(KEYS.hasLrtqShare);
  const hasLrtqShare = reader.boolean();
  reader.key(KEYS.configs);
  const configs = readEpochs(reader);
  reader.key(KEYS.shares);
  const shares = readEpochs(reader);
  reader.key(KEYS.commits);
  const commits = readEpochs(reader);
  reader.key(KEYS.expunged);
  const expunged = reader.nullNext() ? null : readExpunged(reader);
  return { hasLrtqShare, configs, shares, commits, expunged };
}

function readEpochs(reader: CborReader): Epoch[] {
  const epochs: Epoch[] = [];
  let previous = 0;
  for (let count = reader.array(1); count > 0; count--) {
    const at = reader.offset;
    const epoch = readEpoch(reader);
    if (epoch <= previous) throw invalidValue(at, "set", "it is not in strict order");
    epochs.push(epoch);
    previous = epoch;
  }
  return epochs;
}

const ALARM = {
  type: "alarm",
  unit: [],
  data: [
    NAMES.mismatchedConfigurations,
    NAMES.shareComputationFailed,
    NAMES.committedConfigurationLost,
    NAMES.rackSecretDecryptionFailed,
    NAMES.rackSecretReconstructionFailed,
  ],
} satisfies Variants<string>;

function readAlarm(reader: CborReader): Alarm {
  const variant = reader.variant(ALARM);
  switch (variant) {
    case "mismatched_configurations": {
      reader.map(3);
      reader.key(KEYS.config1);
      const config1 = readConfiguration(reader);
      reader.key(KEYS.config2);
      const config2 = readConfiguration(reader);
      reader.key(KEYS.from);
      return { kind: "mismatchedConfigurations", config1, config2, from: readSource(reader) };
    }
    case "share_computation_failed": {
      const epoch = readFailedEpoch(reader);
      return {
        kind: "shareComputationFailed",
        epoch,
        code: COMBINE_ERRORS[reader.variant(COMBINE_FAILURE)],
      };
    }
    case "committed_configuration_lost": {
      reader.map(2);
      reader.key(KEYS.latestCommittedEpoch);
      const latestCommittedEpoch = readEpoch(reader);
      reader.key(KEYS.collectingEpoch);
      const collectingEpoch = readEpoch(reader);
      return { kind: "committedConfigurationLost", latestCommittedEpoch, collectingEpoch };
    }
    case "rack_secret_decryption_failed": {
      const epoch = readFailedEpoch(reader);
      const code = DECRYPTION_ERRORS[reader.variant(DECRYPTION_FAILURE)];
      return { kind: "rackSecretDecryptionFailed", epoch, code };
    }
    case "rack_secret_reconstruction_failed": {
      const epoch = readFailedEpoch(reader);
      return { kind: "rackSecretReconstructionFailed", epoch, code: readReconstruction(reader) };
    }
    default:
      return variant satisfies never;
  }
}

function readSource(reader: CborReader): AlarmSource {
  const at = reader.offset;
  const start = reader.textBytes();
  const text = reader.decodeText(start, reader.offset);
  return text === "Nexus" ? text : checked(at, "alarm source", () => parseBaseboardId(text));
}

function readFailedEpoch(reader: CborReader): Epoch {
  reader.map(2);
  reader.key(KEYS.epoch);
  const epoch = readEpoch(reader);
  reader.key(KEYS.err);
  return epoch;
}

const RECONSTRUCTION_FAILURE = {
  type: "failure",
  unit: [],
  data: [NAMES.combine, NAMES.size],
} satisfies Variants<string>;

function readReconstruction(reader: CborReader): ErrorCode {
  if (reader.variant(RECONSTRUCTION_FAILURE) === "combine") {
    return COMBINE_ERRORS[reader.variant(COMBINE_FAILURE)];
  }
  reader.null();
  return SIZE_ERROR;
}

const COMBINE_FAILURE = failureNames(COMBINE_ERRORS);
const DECRYPTION_FAILURE = failureNames(DECRYPTION_ERRORS);

function failureNames<T extends Record<string, ErrorCode>>(table: T): Variants<keyof T & string> {
  const names = Object.keys(table) as (keyof T & string)[];
  return { type: "failure", unit: names.map((name) => cborName(name)), data: [] };
}
