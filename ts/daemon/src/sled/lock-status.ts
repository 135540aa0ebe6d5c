/** What the lock of a sled is, and for whom it waits and why. */
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, NodeStatus } from "trust-quorum";
import { latestCommittedConfig, isLrtqOnly } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import { errorJson } from "@trust-quorum/api/convert";
import { WAIT_REASONS } from "@trust-quorum/api/schemas/lock";
import type { LockAnswer, LockState, WaitReason } from "@trust-quorum/api/schemas/lock";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import type { UnlockerState } from "./unlocker.ts";

/** What the lock's status is made of. */
export interface LockInputs {
  readonly status: NodeStatus;
  readonly state: PersistentState;
  readonly unlocker: UnlockerState;
  /** Whether there is an address for this peer, or a connection from it. */
  readonly hasAddress: (peer: BaseboardId) => boolean;
  /** Whether this peer has sent a wrong share since the attempt began. */
  readonly sentBadShare: (peer: BaseboardId) => boolean;
}

/** The answer of `GET /v1/lock`. */
export function lockStatus(inputs: LockInputs): LockAnswer {
  const { status, state, unlocker } = inputs;
  const config = latestCommittedConfig(state);
  const { collecting, loaded } = status.rackSecrets;
  return {
    state: lockState(inputs),
    epoch: config?.epoch ?? null,
    threshold: config?.threshold ?? null,
    members: config?.members.length ?? null,
    loadedEpochs: [...loaded],
    collectingEpoch: collecting?.epoch ?? null,
    collected: [...(collecting?.collected ?? [])],
    waitingFor: waitingFor(inputs),
    automatic: unlocker.automatic,
    failure: failureJson(unlocker.failure),
    unlockedAt: unlocker.unlockedAt?.toISOString() ?? null,
    unlockSeconds: unlocker.unlockSeconds,
  };
}

function lockState({ status, state }: LockInputs): LockState {
  if (state.expunged !== null) return "expunged";
  const epoch = latestCommittedConfig(state)?.epoch;
  if (epoch === undefined) return isLrtqOnly(state) ? "lrtqOnly" : "uninitialized";
  return status.rackSecrets.loaded.includes(epoch) ? "unlocked" : "locked";
}

function waitingFor({ status, state, ...inputs }: LockInputs): LockAnswer["waitingFor"] {
  const { collecting } = status.rackSecrets;
  const config = collecting === null ? undefined : state.configs.get(collecting.epoch);
  if (collecting === null || config === undefined) return [];
  return config.members
    .filter((id) => !collecting.collected.includes(id) && id !== status.self)
    .map((peer) => {
      const reason = waitReason(peer, status, inputs);
      return { peer, reason, text: WAIT_REASONS[reason] };
    });
}

function waitReason(
  peer: BaseboardId,
  status: NodeStatus,
  { hasAddress, sentBadShare }: Pick<LockInputs, "hasAddress" | "sentBadShare">,
): WaitReason {
  if (status.connectedPeers.includes(peer)) return sentBadShare(peer) ? "badShare" : "noAnswer";
  return hasAddress(peer) ? "notConnected" : "noAddress";
}

function failureJson(failure: unknown): LockAnswer["failure"] {
  if (failure === null) return null;
  if (isTrustQuorumError(failure) || failure instanceof DaemonError) return errorJson(failure);
  return errorJson(new DaemonError("ERR_TQD_INTERNAL", { requestId: "unlock" }));
}
