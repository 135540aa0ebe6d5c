/** Answers what a peer asks for the control plane (`ProxyRequest` frames). */
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, TrustQuorumDriver } from "trust-quorum";
import { wireAlarms } from "trust-quorum/wire";
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
          alarms: wireAlarms(alarms),
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
