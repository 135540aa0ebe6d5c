/** Answers what a peer asks for the control plane (`ProxyRequest` frames). */
import { isTrustQuorumError } from "trust-quorum";
import type { Alarm, BaseboardId, NodeStatus, TrustQuorumDriver } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";
import { FRAME_BODY_BYTES_MAX, wireAlarms } from "trust-quorum/wire";
import type { ProxiedCommitError, ProxyOperation, ProxyResult } from "trust-quorum/wire";

/** Who asks, and how far it is believed. */
export interface Proxying {
  readonly peer: BaseboardId;
  /** `mesh.proxied_commits`. */
  readonly commits: "members" | "off";
  /** How many requests of this sled's own wait at peers. */
  readonly inFlight: () => number;
}

/**
 * Carries a request out. A refusal that the wire knows is the answer; any other one is
 * `noInnerError`, which is all that the wire has for it. A commit that a peer passes on is that peer's word
 * (protocol section 6.0, G5): the node decides whether it counts.
 */
export async function answerProxied(
  driver: TrustQuorumDriver,
  operation: ProxyOperation,
  { peer, commits, inFlight }: Proxying,
): Promise<ProxyResult> {
  try {
    if (operation.kind !== "status" && commits === "off") {
      return { kind: "error", error: { kind: "noInnerError" } };
    }
    switch (operation.kind) {
      case "commit": {
        const { rackId, epoch } = operation;
        await driver.commit({ rackId, epoch }, { proxiedBy: peer });
        return { kind: "commit", status: "committed" };
      }
      case "prepareAndCommit":
        return {
          kind: "commit",
          status: await driver.prepareAndCommit(operation.config, { proxiedBy: peer }),
        };
      case "status": {
        const { connectedPeers, alarms, persistentState } = await driver.status();
        const status = {
          connectedPeers,
          alarms: fitting(wireAlarms(alarms), connectedPeers, persistentState),
          persistentState,
          proxiedRequests: inFlight(),
        };
        return { kind: "status", status };
      }
      default:
        return operation satisfies never;
    }
  } catch (error) {
    const known = commitError(error);
    if (known === undefined || operation.kind === "status") {
      return { kind: "error", error: { kind: "noInnerError" } };
    }
    return { kind: "error", error: { kind: operation.kind, error: known } };
  }
}

/** More than these take in a frame, in bytes: the names of fields, digests, numbers and lengths. */
const ID_BYTES = 40;
const DIGEST_BYTES = 40;
const EPOCH_BYTES = 10;
const FIELDS_BYTES = 400;

/**
 * The first alarms that fit into a frame together with the rest of a status. One that holds two
 * configurations can be larger than a frame by itself; the API names them by digest.
 */
function fitting(
  alarms: readonly Alarm[],
  peers: readonly BaseboardId[],
  { configs, shares, commits }: NodeStatus["persistentState"],
): readonly Alarm[] {
  const epochs = configs.length + shares.length + commits.length;
  let room = FRAME_BODY_BYTES_MAX - FIELDS_BYTES - idBytesMax(peers) - EPOCH_BYTES * epochs;
  return alarms.filter((alarm) => {
    const bytes = alarmBytesMax(alarm);
    if (bytes > room) return false;
    room -= bytes;
    return true;
  });
}

function alarmBytesMax(alarm: Alarm): number {
  if (alarm.kind !== "mismatchedConfigurations") return FIELDS_BYTES;
  const { config1, config2, from } = alarm;
  return FIELDS_BYTES + from.length + configBytesMax(config1) + configBytesMax(config2);
}

/** Encrypted secrets are text of hex on the wire. */
function configBytesMax({ coordinator, members, encryptedRackSecrets }: Configuration): number {
  const data = encryptedRackSecrets?.data.length ?? 0;
  const ids = idBytesMax(members) + idBytesMax([coordinator]);
  return FIELDS_BYTES + ids + DIGEST_BYTES * members.length + 2 * data;
}

function idBytesMax(ids: readonly BaseboardId[]): number {
  return ids.reduce((sum, id) => sum + ID_BYTES + id.length, 0);
}

function commitError(error: unknown): ProxiedCommitError | undefined {
  if (isTrustQuorumError(error, "ERR_TQ_INVALID_RACK_ID")) {
    const { expected, got } = error.details;
    return { kind: "invalidRackId", expected, got };
  }
  if (isTrustQuorumError(error, "ERR_TQ_NOT_PREPARED")) {
    // Epochs on the wire are valid ones.
    return { kind: "notPrepared", epoch: error.details.epoch as never };
  }
  if (isTrustQuorumError(error, "ERR_TQ_EXPUNGED")) {
    const { epoch, from } = error.details;
    return { kind: "expunged", epoch, from };
  }
  return undefined;
}
