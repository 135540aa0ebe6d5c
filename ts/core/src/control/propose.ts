/** Proposing a rack's next configuration (protocol section 8). */
import { invalidArgument } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";
import {
  LRTQ_EPOCH,
  compareBaseboardIds,
  epoch,
  parseBaseboardId,
  parseRackId,
} from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import { isCommitDecided, isPreparing, supersede } from "./record.ts";
import type { ConfigurationRecord, MemberRecord } from "./record.ts";
import { commitCrashTolerance, thresholdFor } from "./tolerance.ts";

/** A requested change of a rack's membership. */
export interface Proposal {
  readonly rackId: RackId;
  /**
   * `initial`: the first configuration of a rack that never ran LRTQ, epoch 1. `upgradeFromLrtq`: the
   * first one of a rack that runs LRTQ, epoch 2. `reconfigure`: every other. After an abort the same
   * kind is proposed again, at the next epoch.
   */
  readonly kind: "initial" | "upgradeFromLrtq" | "reconfigure";
  /** 3–32 distinct sleds, in any order. */
  readonly members: Iterable<BaseboardId>;
  readonly coordinator: BaseboardId;
}

const KINDS: readonly Proposal["kind"][] = ["initial", "upgradeFromLrtq", "reconfigure"];

/** What to store: both records, in the same transaction that read the previous ones. */
export interface Proposed {
  /** The new record, `preparing` or `preparing_lrtq_upgrade`. */
  readonly record: ConfigurationRecord;
  /** The record before it as `committed_partially`, where it was still `committing`. */
  readonly superseded: ConfigurationRecord | null;
}

/**
 * Proposes a rack's next configuration; threshold and tolerance follow from the number of members.
 * The store refuses the second of two concurrent proposals: rack and epoch are its primary key.
 *
 * @param previous all records of the rack, in any order
 * @throws TrustQuorumError `ERR_TQ_INVALID_RACK_UUID`, `ERR_TQ_INVALID_BASEBOARD_ID`,
 * `ERR_TQ_INVALID_ARGUMENT` (a sled named twice, a record of another rack, a kind that does not fit the
 * rack), `ERR_TQ_INVALID_MEMBERSHIP_SIZE`, `ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP`,
 * `ERR_TQ_INVALID_TRANSITION` (one is being prepared: abort it first),
 * `ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED`, `ERR_TQ_ALREADY_UPGRADED`, `ERR_TQ_COORDINATOR_NOT_COMMITTED`,
 * `ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS` (the one still committing cannot be superseded yet)
 * @example
 * import { baseboardId, parseRackId } from "trust-quorum";
 * import { proposeConfiguration } from "trust-quorum/control";
 *
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
 * const coordinator = baseboardId("913-0000019", "BRM2");
 * const proposal = { rackId, kind: "initial", members, coordinator } as const;
 * const { record } = proposeConfiguration([], proposal, Date.now());
 * record.epoch; // => 1
 * record.threshold; // => 2
 * record.state; // => "preparing"
 */
export function proposeConfiguration(
  previous: readonly ConfigurationRecord[],
  proposal: Proposal,
  now: number,
): Proposed {
  const rackId = parseRackId(proposal.rackId);
  const members = parseMembers(proposal.members);
  const coordinator = parseBaseboardId(proposal.coordinator);
  const threshold = thresholdFor(members.length);
  if (!members.includes(coordinator)) {
    throw new TrustQuorumError("ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP", {
      self: coordinator,
    });
  }
  if (!KINDS.includes(proposal.kind))
    throw invalidArgument("kind", `is none of ${KINDS.join(", ")}`);
  const history = checkHistory(previous, rackId);
  const latest = history.at(-1);
  if (latest !== undefined && isPreparing(latest)) {
    throw new TrustQuorumError("ERR_TQ_INVALID_TRANSITION", {
      state: latest.state,
      action: "propose another over",
    });
  }
  const last = lastCommitDecided(history);
  checkKind(proposal.kind, history, last);
  if (last !== undefined && last.members.get(coordinator)?.state !== "committed") {
    throw new TrustQuorumError("ERR_TQ_COORDINATOR_NOT_COMMITTED", {
      coordinator,
      epoch: last.epoch,
    });
  }
  const unacked: MemberRecord = { state: "unacked", timePrepared: null, timeCommitted: null };
  const record: ConfigurationRecord = {
    rackId,
    epoch: nextEpoch(latest, proposal.kind),
    lastCommittedEpoch: last?.epoch ?? null,
    state: proposal.kind === "upgradeFromLrtq" ? "preparing_lrtq_upgrade" : "preparing",
    threshold,
    commitCrashTolerance: commitCrashTolerance(members.length),
    coordinator,
    members: new Map(members.map((member) => [member, unacked])),
    config: null,
    abortReason: null,
    timeCreated: now,
    timeCommitting: null,
    timeCommitted: null,
    timeAborted: null,
  };
  return { record, superseded: last?.state === "committing" ? supersede(last, now) : null };
}

/**
 * The sleds that may coordinate a configuration of these members, in order: those that acknowledged
 * the commit of the rack's last committed configuration, or all where there is none.
 *
 * @example
 * import { baseboardId, parseRackId } from "trust-quorum";
 * import { eligibleCoordinators, proposeConfiguration } from "trust-quorum/control";
 * import type { ConfigurationRecord } from "trust-quorum/control";
 *
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
 * // All records of the rack, as they are stored; none so far.
 * const records: ConfigurationRecord[] = [];
 * const [coordinator] = eligibleCoordinators(records, members);
 * if (coordinator === undefined) throw new Error("nobody can coordinate");
 * const proposal = { rackId, kind: "initial", members, coordinator } as const;
 * proposeConfiguration(records, proposal, Date.now()).record.coordinator; // => "913-0000019:BRM1"
 */
export function eligibleCoordinators(
  previous: readonly ConfigurationRecord[],
  members: Iterable<BaseboardId>,
): BaseboardId[] {
  const last = lastCommitDecided(ascendingByEpoch(previous));
  return parseMembers(members).filter(
    (member) => last === undefined || last.members.get(member)?.state === "committed",
  );
}

function parseMembers(members: Iterable<BaseboardId>): BaseboardId[] {
  // Callers may come from plain JavaScript.
  const given: unknown = members;
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given)) {
    throw invalidArgument("members", "is not iterable");
  }
  const parsed = Array.from(members, (id) => parseBaseboardId(id)).sort(compareBaseboardIds);
  if (new Set(parsed).size === parsed.length) return parsed;
  throw invalidArgument("members", "names a sled twice");
}

function checkHistory(
  previous: readonly ConfigurationRecord[],
  rackId: RackId,
): readonly ConfigurationRecord[] {
  if (previous.some((record) => record.rackId !== rackId)) {
    throw invalidArgument("previous", "has a record of another rack");
  }
  const history = ascendingByEpoch(previous);
  const first = history[0]?.epoch ?? LRTQ_EPOCH;
  // A forgotten record would let an epoch be used twice, or a commit be overlooked.
  if (first > 2 || history.some((record, i) => record.epoch !== first + i)) {
    throw invalidArgument("previous", "does not have every record of the rack once");
  }
  return history;
}

function ascendingByEpoch(records: readonly ConfigurationRecord[]): ConfigurationRecord[] {
  return [...records].sort((a, b) => a.epoch - b.epoch);
}

function lastCommitDecided(
  history: readonly ConfigurationRecord[],
): ConfigurationRecord | undefined {
  return history.findLast(isCommitDecided);
}

/** A rack whose records begin at epoch 2 came from LRTQ, which counts as epoch 1. */
function checkKind(
  kind: Proposal["kind"],
  history: readonly ConfigurationRecord[],
  last: ConfigurationRecord | undefined,
): void {
  const [first] = history;
  const fromLrtq = first === undefined ? kind === "upgradeFromLrtq" : first.epoch > LRTQ_EPOCH;
  if (kind === "upgradeFromLrtq") {
    if (last !== undefined) {
      throw new TrustQuorumError("ERR_TQ_ALREADY_UPGRADED", { epoch: last.epoch });
    }
    if (!fromLrtq) throw invalidArgument("kind", "is upgradeFromLrtq, but the rack never ran LRTQ");
    return;
  }
  if (fromLrtq && last === undefined) {
    throw new TrustQuorumError("ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED", {});
  }
  if (kind === "initial" && last !== undefined) {
    throw invalidArgument("kind", `is initial, but epoch ${last.epoch} is committed`);
  }
  if (kind === "reconfigure" && last === undefined) {
    throw invalidArgument("kind", "is reconfigure, but nothing is committed yet");
  }
}

function nextEpoch(latest: ConfigurationRecord | undefined, kind: Proposal["kind"]): Epoch {
  if (latest !== undefined) return epoch(latest.epoch + 1);
  return epoch(kind === "upgradeFromLrtq" ? LRTQ_EPOCH + 1 : LRTQ_EPOCH);
}
