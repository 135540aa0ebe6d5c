/** Between the core's types and the API's JSON. What is made here is public: digests, never shares. */
import type { DaemonError } from "@trust-quorum/sled-host/errors";
import { hex, sha3 } from "@trust-quorum/sled-host/store/digest";
import { epoch, parseBaseboardId, parseRackId } from "trust-quorum";
import type {
  Alarm,
  CollectionStatus,
  CoordinatorStatus,
  Epoch,
  NodeStatus,
  ReconfigureRequest,
  TrustQuorumError,
  UpgradeRequest,
} from "trust-quorum";
import { Configuration, configurationDigest } from "trust-quorum/protocol";
import type { PersistentState, PersistentStateSummary, Refusal } from "trust-quorum/protocol";
import type { ProxyOperation } from "trust-quorum/wire";
import { ALARM_TEXTS } from "./schemas/node.ts";
import type { ReconfigureBody, UpgradeBody } from "./schemas/changes.ts";
import type { ConfigurationJson, ConfigurationsAnswer } from "./schemas/configuration.ts";
import type { ErrorAnswer } from "./schemas/errors.ts";
import type { AlarmJson, CoordinatingJson, NodeStatusJson } from "./schemas/node.ts";
import type { ProxyBody } from "./schemas/proxy.ts";

/** A configuration as JSON. */
export function configurationJson(config: Configuration): ConfigurationJson {
  const { encryptedRackSecrets: encrypted } = config;
  return {
    rackId: config.rackId,
    epoch: config.epoch,
    coordinator: config.coordinator,
    members: config.members.map((id, i) => ({ id, shareDigest: hex(config.digestAt(i)) })),
    threshold: config.threshold,
    encryptedRackSecrets: encrypted && { salt: hex(encrypted.salt), data: hex(encrypted.data) },
  };
}

/**
 * The configuration that fits its schema.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_CONFIGURATION` and those of the identifiers in it
 */
export function configurationOf(json: ConfigurationJson): Configuration {
  const { members, encryptedRackSecrets: encrypted } = json;
  return Configuration.create({
    rackId: parseRackId(json.rackId),
    epoch: epoch(json.epoch),
    coordinator: parseBaseboardId(json.coordinator),
    members: members.map(({ id }) => parseBaseboardId(id)),
    digests: bytes(members.map(({ shareDigest }) => shareDigest).join("")),
    threshold: json.threshold,
    encryptedRackSecrets: encrypted && { salt: bytes(encrypted.salt), data: bytes(encrypted.data) },
  });
}

/** All configurations of a ledger as JSON. */
export function configurationsJson(state: PersistentState): ConfigurationsAnswer {
  const { configs, shares, commits } = state;
  const ascending = [...configs.values()].sort((a, b) => a.epoch - b.epoch);
  return {
    configurations: ascending.map((config) => ({
      config: configurationJson(config),
      prepared: shares.has(config.epoch),
      committed: commits.has(config.epoch),
      digest: digestOf(config),
    })),
  };
}

/**
 * The request of an upgrade from LRTQ that fits its schema; the core checks the rest.
 *
 * @throws TrustQuorumError those of the identifiers in it
 */
export function upgradeRequestOf(body: UpgradeBody): UpgradeRequest {
  const { rackId, epoch, members, threshold } = body;
  return {
    rackId: parseRackId(rackId),
    epoch,
    members: members.map((member) => parseBaseboardId(member)),
    threshold,
  };
}

/** As {@link upgradeRequestOf}, of a reconfiguration. */
export function reconfigureRequestOf(body: ReconfigureBody): ReconfigureRequest {
  return { ...upgradeRequestOf(body), lastCommittedEpoch: body.lastCommittedEpoch };
}

/** What is asked of a peer, checked. */
export function proxyOperationOf(body: ProxyBody): ProxyOperation {
  switch (body.kind) {
    case "status":
      return { kind: "status" };
    case "commit":
      return { kind: "commit", rackId: parseRackId(body.rackId), epoch: epoch(body.epoch) };
    case "prepareAndCommit":
      return { kind: "prepareAndCommit", config: configurationOf(body.config) };
    default:
      return body satisfies never;
  }
}

/** An error with a code as JSON. */
export function errorJson(error: TrustQuorumError | DaemonError): ErrorAnswer {
  const { code, origin, message, details } = error;
  return { code, origin, message, details: { ...details } };
}

const digests = new WeakMap<Configuration, string>();

/** The digest that names a configuration; a large one is digested once. */
function digestOf(config: Configuration): string {
  const known = digests.get(config);
  if (known !== undefined) return known;
  const digest = configurationDigest(config, sha3);
  digests.set(config, digest);
  return digest;
}

/** The most epochs that an alarm lists. */
const ALARM_EPOCHS_MAX = 64;

function someEpochs(epochs: readonly Epoch[]): Record<string, unknown> {
  const more = epochs.length - ALARM_EPOCHS_MAX;
  const listed = epochs.slice(0, ALARM_EPOCHS_MAX);
  return more > 0 ? { epochs: listed, moreEpochs: more } : { epochs: listed };
}

/**
 * An alarm as JSON: small, whatever a peer sends. It names configurations by their digests, which
 * `GET /v1/configurations` lists.
 */
export function alarmJson(alarm: Alarm): AlarmJson {
  const { kind } = alarm;
  return { kind, text: ALARM_TEXTS[kind], details: alarmDetails(alarm) };
}

function alarmDetails(alarm: Alarm): Record<string, unknown> {
  switch (alarm.kind) {
    case "mismatchedConfigurations":
      return {
        epoch: alarm.config2.epoch,
        config1: digestOf(alarm.config1),
        config2: digestOf(alarm.config2),
        from: alarm.from,
      };
    case "committedConfigurationLost":
      return {
        latestCommittedEpoch: alarm.latestCommittedEpoch,
        collectingEpoch: alarm.collectingEpoch,
      };
    case "unrelatedShares":
      return { epoch: alarm.epoch, members: [...alarm.members] };
    case "priorSecretsDiffer":
      return { epoch: alarm.epoch, ...someEpochs(alarm.epochs) };
    case "ledgerAlmostFull":
      return { bytes: alarm.bytes, limit: alarm.limit };
    default:
      return { epoch: alarm.epoch, code: alarm.code };
  }
}

/** A refusal as JSON. */
export function refusalJson(refusal: Refusal): NodeStatusJson["diagnostics"]["recent"][number] {
  const { sequence, reason, from, epoch, code } = refusal;
  return { sequence, reason, from, epoch, code: code ?? null };
}

/** What a sled coordinates, as JSON. */
export function coordinatingJson(status: CoordinatorStatus | null): CoordinatingJson | null {
  if (status === null) return null;
  const { epoch, lrtqUpgrade } = status;
  if (status.operation === "prepare") {
    const { operation, config, acks } = status;
    return { operation, epoch, lrtqUpgrade, config: configurationJson(config), acks: [...acks] };
  }
  const { operation, collected, threshold } = status;
  return { operation, epoch, lrtqUpgrade, collected: [...collected], threshold };
}

/** What is kept on disk, in short. */
export function persistentStateJson(
  summary: PersistentStateSummary,
): NodeStatusJson["persistentState"] {
  const { hasLrtqShare, configs, shares, commits, expunged } = summary;
  return {
    hasLrtqShare,
    configs: [...configs],
    shares: [...shares],
    commits: [...commits],
    expunged: expunged && { epoch: expunged.epoch, from: expunged.from },
  };
}

/** A node's status as JSON. */
export function nodeStatusJson(status: NodeStatus): NodeStatusJson {
  return {
    self: status.self,
    rackId: status.rackId,
    connectedPeers: [...status.connectedPeers],
    alarms: status.alarms.map(alarmJson),
    diagnostics: {
      counts: Object.fromEntries(Object.entries(status.diagnostics.counts)),
      recent: status.diagnostics.recent.map(refusalJson),
    },
    persistentState: persistentStateJson(status.persistentState),
    coordinating: coordinatingJson(status.coordinating),
    computingShare: collectionJson(status.computingShare),
    rackSecrets: {
      loaded: [...status.rackSecrets.loaded],
      collecting: collectionJson(status.rackSecrets.collecting),
    },
    generation: status.generation,
    persistedGeneration: status.persistedGeneration,
    guard: status.guard,
    removalReports: status.removalReports && {
      epoch: status.removalReports.epoch,
      from: [...status.removalReports.from],
      threshold: status.removalReports.threshold,
    },
    suspectEpochs: [...status.suspectEpochs],
    abandoned: status.abandoned,
  };
}

function collectionJson(status: CollectionStatus | null): NodeStatusJson["computingShare"] {
  if (status === null) return null;
  return { epoch: status.epoch, threshold: status.threshold, collected: [...status.collected] };
}

function bytes(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value, "hex"));
}
