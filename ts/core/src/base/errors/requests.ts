/** Errors of requests from the control plane to a node. */
import type { BaseboardId, Epoch, RackId } from "../id-types.ts";
import type { ErrorTable } from "./table.ts";

/** The details of each code. */
export interface RequestErrorDetails {
  // Requests from the control plane (protocol section 5)
  ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS: { epoch: Epoch };
  ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED: object;
  ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP: { self: BaseboardId };
  ERR_TQ_THRESHOLD_MISMATCH: { members: number; threshold: number };
  ERR_TQ_INVALID_MEMBERSHIP_SIZE: { members: number };
  ERR_TQ_INVALID_THRESHOLD: { threshold: number };
  ERR_TQ_INVALID_RACK_ID: { expected: RackId; got: RackId };
  ERR_TQ_EXPUNGED: { epoch: Epoch; from: BaseboardId; lastCommitted?: Epoch | null };
  ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH: { expected: Epoch | null; got: number | null };
  ERR_TQ_PREPARED_EPOCH_MISMATCH: { existing: Epoch; new: number };
  ERR_TQ_RECONFIGURATION_IN_PROGRESS: { currentEpoch: Epoch; msgEpoch: number };
  ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH: { epoch: Epoch };
  ERR_TQ_INVALID_EPOCH: { epoch: number };
  ERR_TQ_NO_LRTQ_SHARE: object;
  ERR_TQ_ALREADY_UPGRADED: { epoch: Epoch };
  ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2: { epoch: number };
  ERR_TQ_NOT_PREPARED: { epoch: number };
  ERR_TQ_NOT_A_MEMBER: { epoch: Epoch; self: BaseboardId };
  ERR_TQ_INVALID_CONFIGURATION: { problem: string };
  ERR_TQ_MISMATCHED_CONFIGURATIONS: { epoch: Epoch };
  ERR_TQ_TOO_MANY_CONFIGURATIONS: { epoch: Epoch; limit: number };
  ERR_TQ_PROXY_REFUSED: { epoch: number; by: BaseboardId; problem: string };
  ERR_TQ_ABANDON_REFUSED: { epoch: Epoch; problem: string };
  ERR_TQ_RETIRE_REFUSED: { epoch: Epoch; problem: string };
  ERR_TQ_NO_COMMITTED_CONFIGURATIONS: object;
  ERR_TQ_NOT_COMMITTED: { epoch: number };
  ERR_TQ_NOT_AVAILABLE: { epoch: number };
  ERR_TQ_COMMITTED_CONFIGURATION_LOST: { latestCommittedEpoch: Epoch; collectingEpoch: Epoch };
}

/** Names and texts of these codes. */
export const REQUEST_ERRORS: ErrorTable<RequestErrorDetails> = {
  ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS: {
    kind: "UpgradeFromLrtqInProgress",
    text: (d) => `an upgrade from LRTQ is being coordinated at epoch ${d.epoch}`,
  },
  ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED: {
    kind: "UpgradeFromLrtqRequired",
    text: () => "this sled still runs LRTQ: upgrade it before reconfiguring",
  },
  ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP: {
    kind: "CoordinatorMustBeAMemberOfNewGroup",
    text: (d) => `the coordinator ${d.self} is not among the new members`,
  },
  ERR_TQ_THRESHOLD_MISMATCH: {
    kind: "ThresholdMismatch",
    text: (d) => `${d.members} members cannot have a threshold of ${d.threshold}`,
  },
  ERR_TQ_INVALID_MEMBERSHIP_SIZE: {
    kind: "InvalidMembershipSize",
    text: (d) => `a configuration has 3 to 32 members, not ${d.members}`,
  },
  ERR_TQ_INVALID_THRESHOLD: {
    kind: "InvalidThreshold",
    text: (d) => `a threshold is 2 to 31, not ${d.threshold}`,
  },
  ERR_TQ_INVALID_RACK_ID: {
    kind: "InvalidRackId",
    text: (d) => `this sled belongs to rack ${d.expected}, not to ${d.got}`,
  },
  ERR_TQ_EXPUNGED: {
    kind: "Expunged",
    text: (d) => `this sled was expunged at epoch ${d.epoch}, as ${d.from} told it`,
  },
  ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH: {
    kind: "LastCommittedEpochMismatch",
    text: (d) => `the last committed epoch here is ${orNone(d.expected)}, not ${orNone(d.got)}`,
  },
  ERR_TQ_PREPARED_EPOCH_MISMATCH: {
    kind: "PreparedEpochMismatch",
    text: (d) => `epoch ${d.new} is not above epoch ${d.existing}, which is known here already`,
  },
  ERR_TQ_RECONFIGURATION_IN_PROGRESS: {
    kind: "ReconfigurationInProgress",
    text: (d) => `epoch ${d.currentEpoch} is being coordinated; epoch ${d.msgEpoch} is older`,
  },
  ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH: {
    kind: "MismatchedReconfigurationForSameEpoch",
    text: (d) => `epoch ${d.epoch} is being coordinated with other members or another threshold`,
  },
  ERR_TQ_INVALID_EPOCH: {
    kind: "InvalidEpoch",
    text: (d) => `an epoch is an integer from 1 to 2^53-1, not ${d.epoch}`,
  },
  ERR_TQ_NO_LRTQ_SHARE: {
    kind: "NoLrtqShare",
    text: () => "this sled has no LRTQ share to upgrade from",
  },
  ERR_TQ_ALREADY_UPGRADED: {
    kind: "AlreadyUpgraded",
    text: (d) => `this sled has committed epoch ${d.epoch}: it was upgraded from LRTQ already`,
  },
  ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2: {
    kind: "EpochMustBeAtLeast2",
    text: (d) => `LRTQ counts as epoch 1: an upgrade starts at epoch 2, not ${d.epoch}`,
  },
  ERR_TQ_NOT_PREPARED: {
    kind: "NotPrepared",
    text: (d) => `this sled is not prepared for epoch ${d.epoch}`,
  },
  ERR_TQ_NOT_A_MEMBER: {
    kind: "NotAMember",
    text: (d) => `${d.self} is not a member of the configuration of epoch ${d.epoch}`,
  },
  ERR_TQ_INVALID_CONFIGURATION: {
    kind: "InvalidConfiguration",
    text: (d) => `the configuration is not well-formed: ${d.problem}`,
  },
  ERR_TQ_MISMATCHED_CONFIGURATIONS: {
    kind: "MismatchedConfigurations",
    text: (d) => `this sled holds another configuration for epoch ${d.epoch}`,
  },
  ERR_TQ_TOO_MANY_CONFIGURATIONS: {
    kind: "TooManyConfigurations",
    text: (d) =>
      `too many or too large uncommitted configurations are held, at most ${d.limit}; epoch ${d.epoch} is refused`,
  },
  ERR_TQ_PROXY_REFUSED: {
    kind: "ProxyRefused",
    text: (d) => `epoch ${d.epoch} is not committed on the word of ${d.by}: ${d.problem}`,
  },
  ERR_TQ_ABANDON_REFUSED: {
    kind: "AbandonRefused",
    text: (d) => `epoch ${d.epoch} is not given up: ${d.problem}`,
  },
  ERR_TQ_RETIRE_REFUSED: {
    kind: "RetireRefused",
    text: (d) => `nothing is retired for epoch ${d.epoch}: ${d.problem}`,
  },
  ERR_TQ_NO_COMMITTED_CONFIGURATIONS: {
    kind: "NoCommittedConfigurations",
    text: () => "no configuration was committed on this sled yet",
  },
  ERR_TQ_NOT_COMMITTED: {
    kind: "NotCommitted",
    text: (d) => `epoch ${d.epoch} is above the latest committed epoch of this sled`,
  },
  ERR_TQ_NOT_AVAILABLE: {
    kind: "NotAvailable",
    text: (d) => `the secret of epoch ${d.epoch} is not in the chain of loaded secrets`,
  },
  ERR_TQ_COMMITTED_CONFIGURATION_LOST: {
    kind: "CommittedConfigurationLost",
    text: (d) =>
      `shares are collected for epoch ${d.collectingEpoch}, but the latest commit is ${d.latestCommittedEpoch}`,
  },
};

function orNone(epoch: number | null): string {
  return epoch === null ? "none" : String(epoch);
}
