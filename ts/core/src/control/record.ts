/**
 * The control plane's record of one configuration, and its transitions (protocol section 8).
 *
 * Invariants: a record is never changed in place; every function returns a new record, or the same
 * object where nothing changed. States move along these edges only, members only from left to right:
 *
 *     preparing, preparing_lrtq_upgrade ─┬─> committing ─┬─> committed
 *                                        └─> aborted     └─> committed_partially
 *     unacked ──> prepared ──> committed
 *
 * From `committing` on the configuration is known and K + Z members had prepared it; there is no way
 * back. Every function may be called again with the same facts, by several reconcilers at once, as
 * long as each reads, changes and writes a record in one transaction.
 */
import { invalidArgument } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import { sameMembers } from "../protocol/configuration.ts";
import type { Configuration } from "../protocol/configuration.ts";
import type { CoordinatorStatus } from "../protocol/coordinator.ts";

/** The most characters of an abort's reason. */
export const ABORT_REASON_MAX = 1024;

/**
 * The state of a configuration. The only transitions are `preparing` and `preparing_lrtq_upgrade` to
 * `committing` or `aborted`, and `committing` to `committed` or `committed_partially`.
 */
export type ConfigurationState =
  | "preparing"
  | "preparing_lrtq_upgrade"
  | "committing"
  | "committed"
  /** Superseded while some members had not acknowledged the commit. */
  | "committed_partially"
  | "aborted";

/**
 * The state of a member: from `unacked` to `prepared` to `committed`, never back. Times are the caller's (the core has no clock): any number that it passes as
 * `now`, say milliseconds since 1970; null until it happened.
 */
export interface MemberRecord {
  readonly state: "unacked" | "prepared" | "committed";
  readonly timePrepared: number | null;
  readonly timeCommitted: number | null;
}

/** One configuration of one rack, as the control plane stores it. Plain data, no secrets. */
export interface ConfigurationRecord {
  readonly rackId: RackId;
  readonly epoch: Epoch;
  /** The configuration that this one follows; null where it is the rack's first, or follows LRTQ. */
  readonly lastCommittedEpoch: Epoch | null;
  readonly state: ConfigurationState;
  /** K */
  readonly threshold: number;
  /** Z */
  readonly commitCrashTolerance: number;
  readonly coordinator: BaseboardId;
  /** In the order of `compareBaseboardIds`. */
  readonly members: ReadonlyMap<BaseboardId, MemberRecord>;
  /** The configuration with its digests and encrypted secrets, once learnt from the coordinator. */
  readonly config: Configuration | null;
  readonly abortReason: string | null;
  readonly timeCreated: number;
  readonly timeCommitting: number | null;
  /** When it became `committed` or `committed_partially`. */
  readonly timeCommitted: number | null;
  readonly timeAborted: number | null;
}

/** Whether the configuration is neither aborted nor its commit decided. */
export function isPreparing({ state }: ConfigurationRecord): boolean {
  return state === "preparing" || state === "preparing_lrtq_upgrade";
}

/** Whether the commit was decided, whoever has acknowledged it. */
export function isCommitDecided({ state }: ConfigurationRecord): boolean {
  return state === "committing" || state === "committed" || state === "committed_partially";
}

/** The members that have prepared (those that have committed included), in order. */
export function preparedMembers(record: ConfigurationRecord): BaseboardId[] {
  return membersWhere(record, (state) => state !== "unacked");
}

/** The members that have acknowledged the commit, in order. */
export function committedMembers(record: ConfigurationRecord): BaseboardId[] {
  return membersWhere(record, (state) => state === "committed");
}

/** Whether the commit can be decided now: the configuration is learnt and K + Z members prepared. */
export function readyToCommit(record: ConfigurationRecord): boolean {
  return (
    isPreparing(record) &&
    record.config !== null &&
    preparedMembers(record).length >= acknowledgementsNeeded(record)
  );
}

/** K + Z. */
export function acknowledgementsNeeded(record: ConfigurationRecord): number {
  return record.threshold + record.commitCrashTolerance;
}

/**
 * Records the answer of the coordinator to a poll: the configuration and who has prepared it. Nothing
 * changes where the coordinator is still collecting shares, coordinates another epoch or nothing, or
 * where the record is aborted.
 *
 * @throws TrustQuorumError `ERR_TQ_CONTRADICTS_RECORD` where the configuration is not the one that was
 * proposed, or not the one learnt before; `ERR_TQ_NOT_A_MEMBER` for an acknowledgement of a sled that
 * is no member. The record stays as it was; an operator has to look at the coordinator.
 * @example
 * import {
 *   TrustQuorumDriver,
 *   TrustQuorumNode,
 *   baseboardId,
 *   nativeCrypto,
 *   parseRackId,
 *   wipeMessage,
 * } from "trust-quorum";
 * import {
 *   learnFromCoordinator,
 *   preparedMembers,
 *   proposeConfiguration,
 *   readyToCommit,
 * } from "trust-quorum/control";
 *
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
 * const coordinator = baseboardId("913-0000019", "BRM1");
 * const proposal = { rackId, kind: "initial", members, coordinator } as const;
 * let { record } = proposeConfiguration([], proposal, Date.now());
 *
 * const driver = new TrustQuorumDriver({
 *   node: TrustQuorumNode.restore({ self: coordinator, ledger: null, crypto: nativeCrypto() }),
 *   save: () => Promise.resolve(),
 *   send: ({ message }) => wipeMessage(message), // nobody is connected
 * });
 * const { epoch, threshold } = record;
 * await driver.coordinateReconfiguration({
 *   rackId,
 *   epoch,
 *   lastCommittedEpoch: null,
 *   members,
 *   threshold,
 * });
 *
 * record = learnFromCoordinator(record, await driver.coordinatorStatus(), Date.now());
 * preparedMembers(record); // => [coordinator]
 * readyToCommit(record); // => false
 */
export function learnFromCoordinator(
  record: ConfigurationRecord,
  status: CoordinatorStatus | null,
  now: number,
): ConfigurationRecord {
  if (record.state === "aborted") return record;
  if (status?.epoch !== record.epoch || status.operation !== "prepare") return record;
  const { config, acks } = status;
  const problem = contradiction(record, status.lrtqUpgrade, config);
  if (problem !== undefined) {
    throw new TrustQuorumError("ERR_TQ_CONTRADICTS_RECORD", { epoch: record.epoch, problem });
  }
  const prepared = advanceMembers(record, acks, (member) =>
    member.state === "unacked" ? { ...member, state: "prepared", timePrepared: now } : member,
  );
  return record.config === null ? { ...prepared, config } : prepared;
}

/**
 * Decides the commit, which is irreversible. Store the result before a sled is asked to commit. Deciding
 * again changes nothing.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_TRANSITION` for an aborted record,
 * `ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS` below K + Z prepared members
 */
export function decideCommit(record: ConfigurationRecord, now: number): ConfigurationRecord {
  if (isCommitDecided(record)) return record;
  if (record.state === "aborted") throw invalidTransition(record, "commit");
  if (!readyToCommit(record)) {
    throw tooFewAcknowledgements(record, preparedMembers(record).length);
  }
  return { ...record, state: "committing", timeCommitting: now };
}

/**
 * Records that these members have the commit on disk: `commit` succeeded there, or `prepareAndCommit`
 * answered "committed" ("pending" is no acknowledgement). The last one makes the record `committed`;
 * one that was superseded stays `committed_partially`.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_TRANSITION` where the commit was never decided,
 * `ERR_TQ_NOT_A_MEMBER`
 */
export function acknowledgeCommit(
  record: ConfigurationRecord,
  sleds: Iterable<BaseboardId>,
  now: number,
): ConfigurationRecord {
  if (!isCommitDecided(record)) throw invalidTransition(record, "acknowledge the commit of");
  const acknowledged = advanceMembers(record, sleds, (member) =>
    member.state === "committed"
      ? member
      : {
          state: "committed",
          timePrepared: member.timePrepared ?? now,
          timeCommitted: now,
        },
  );
  if (acknowledged.state !== "committing") return acknowledged;
  if (committedMembers(acknowledged).length < acknowledged.members.size) return acknowledged;
  return { ...acknowledged, state: "committed", timeCommitted: now };
}

/**
 * Aborts a configuration before its commit is decided. Aborting an aborted one changes nothing,
 * not even the reason.
 *
 * @param reason why, for people: 1–1024 characters, not only spaces
 * @throws TrustQuorumError `ERR_TQ_INVALID_TRANSITION` once the commit is decided,
 * `ERR_TQ_INVALID_ARGUMENT` without a reason
 * @example
 * import { baseboardId, parseRackId } from "trust-quorum";
 * import { abortConfiguration, nextActions, proposeConfiguration } from "trust-quorum/control";
 *
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
 * const coordinator = baseboardId("913-0000019", "BRM1");
 * const proposal = { rackId, kind: "initial", members, coordinator } as const;
 * const { record } = proposeConfiguration([], proposal, Date.now());
 *
 * const aborted = abortConfiguration(record, "BRM1 lost its disks", Date.now());
 * nextActions(aborted); // => [{ kind: "done" }]
 * // The next proposal has the next epoch.
 * const next = { ...proposal, coordinator: baseboardId("913-0000019", "BRM2") };
 * proposeConfiguration([aborted], next, Date.now()).record.epoch; // => 2
 */
export function abortConfiguration(
  record: ConfigurationRecord,
  reason: string,
  now: number,
): ConfigurationRecord {
  if (isCommitDecided(record)) throw invalidTransition(record, "abort");
  const problem = reasonProblem(reason);
  if (problem !== undefined) throw invalidArgument("reason", problem);
  if (record.state === "aborted") return record;
  return { ...record, state: "aborted", abortReason: reason, timeAborted: now };
}

/**
 * Marks a configuration as committed by enough of its members, though not by all, because the next one
 * follows it (see `proposeConfiguration`).
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_TRANSITION` where it is not `committing`,
 * `ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS` below K + Z acknowledged commits
 */
export function supersede(record: ConfigurationRecord, now: number): ConfigurationRecord {
  if (record.state !== "committing") throw invalidTransition(record, "supersede");
  const acknowledged = committedMembers(record).length;
  if (acknowledged < acknowledgementsNeeded(record)) {
    throw tooFewAcknowledgements(record, acknowledged);
  }
  return { ...record, state: "committed_partially", timeCommitted: now };
}

function membersWhere(
  record: ConfigurationRecord,
  is: (state: MemberRecord["state"]) => boolean,
): BaseboardId[] {
  return [...record.members].filter(([, { state }]) => is(state)).map(([id]) => id);
}

/** The record with these members changed, or the same one where none of them did. */
function advanceMembers(
  record: ConfigurationRecord,
  sleds: Iterable<BaseboardId>,
  advance: (member: MemberRecord) => MemberRecord,
): ConfigurationRecord {
  const members = new Map(record.members);
  let changed = false;
  for (const sled of sleds) {
    const member = members.get(sled);
    if (member === undefined) {
      throw new TrustQuorumError("ERR_TQ_NOT_A_MEMBER", { epoch: record.epoch, self: sled });
    }
    const advanced = advance(member);
    changed ||= advanced !== member;
    // Setting a known key keeps the order of the map.
    members.set(sled, advanced);
  }
  return changed ? { ...record, members } : record;
}

function contradiction(
  record: ConfigurationRecord,
  lrtqUpgrade: boolean,
  config: Configuration,
): string | undefined {
  if (record.config !== null) {
    return record.config.equals(config) ? undefined : "another configuration was learnt before";
  }
  if (config.epoch !== record.epoch) return `its configuration is of epoch ${config.epoch}`;
  if (config.rackId !== record.rackId) return "it is of another rack";
  if (config.coordinator !== record.coordinator) return "another sled coordinates it";
  if (config.threshold !== record.threshold) return `its threshold is ${config.threshold}`;
  if (!sameMembers(config.members, [...record.members.keys()])) return "it has other members";
  const upgrade = record.state === "preparing_lrtq_upgrade";
  if (lrtqUpgrade !== upgrade) return upgrade ? "it is no upgrade from LRTQ" : "it is an upgrade";
  const follows = upgrade || record.lastCommittedEpoch !== null;
  if (follows && config.encryptedRackSecrets === null) return "it holds no prior secrets";
  if (!follows && config.encryptedRackSecrets !== null) return "it holds prior secrets";
  return undefined;
}

/** Callers may come from plain JavaScript, where a reason may be anything. */
function reasonProblem(reason: unknown): string | undefined {
  if (typeof reason !== "string") return "is not text";
  if (reason.trim() === "") return "is empty";
  if (reason.length > ABORT_REASON_MAX) return `is longer than ${ABORT_REASON_MAX} characters`;
  return undefined;
}

function invalidTransition(record: ConfigurationRecord, action: string): TrustQuorumError {
  return new TrustQuorumError("ERR_TQ_INVALID_TRANSITION", { state: record.state, action });
}

function tooFewAcknowledgements(
  record: ConfigurationRecord,
  acknowledged: number,
): TrustQuorumError {
  return new TrustQuorumError("ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS", {
    epoch: record.epoch,
    acknowledged,
    needed: acknowledgementsNeeded(record),
  });
}
