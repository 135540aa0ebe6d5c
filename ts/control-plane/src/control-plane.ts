/**
 * The control plane of `tq` (protocol section 8): it proposes a rack's configurations and
 * brings each to its end. All that it knows is in the store and on the sleds.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import {
  abortConfiguration,
  acknowledgementsNeeded,
  committedMembers,
  eligibleCoordinators,
  isCommitDecided,
  isPreparing,
  proposeConfiguration,
} from "trust-quorum/control";
import type { ConfigurationRecord, Proposal } from "trust-quorum/control";
import { LRTQ_EPOCH } from "trust-quorum/protocol";
import type { Configuration } from "trust-quorum/protocol";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { configurationOf } from "@trust-quorum/api/convert";
import { highestEpochKnown, rebuildRecords } from "./rebuild.ts";
import type { Rebuilt } from "./rebuild.ts";
import { Reconciler, isSettled } from "./reconciler.ts";
import type { Round } from "./reconciler.ts";
import { withRecords } from "./record-store.ts";
import type { RecordStore, Records, Transaction } from "./record-store.ts";
import { ledgers, survey } from "./survey.ts";
import type { LedgerView, Sleds, Survey } from "./survey.ts";

/** How long a coordinator may be silent before it is given up, in milliseconds. */
const COORDINATOR_PATIENCE_MS = 10_000;
/** How long members that cannot be told of a commit are waited for, once K + Z have been told. */
const MEMBER_PATIENCE_MS = 5000;
/** Between two rounds in which nothing happened, in milliseconds: from the first to the second. */
const PAUSE_MS = [50, 500] as const;
/** How often one call proposes anew after a coordinator was lost or refused. */
const PROPOSALS_MAX = 8;

/** What the control plane needs from its surroundings. */
export interface ControlPlaneOptions {
  readonly rackId: RackId;
  readonly store: RecordStore;
  readonly sleds: Sleds;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly pause?: (milliseconds: number) => Promise<void>;
  readonly coordinatorPatienceMs?: number;
  readonly memberPatienceMs?: number;
}

/** A change of a rack's configuration, as an operator requests it. */
export interface ChangeRequest {
  readonly kind: Proposal["kind"];
  readonly members: readonly BaseboardId[];
  /** Who shall coordinate; absent: the first that can. */
  readonly coordinator?: BaseboardId | undefined;
  /**
   * The epoch whose members these were made from, null for none: where another one was decided since,
   * they would take back what somebody else has changed. Absent: not checked.
   */
  readonly basedOn?: Epoch | null | undefined;
}

/** How a configuration ended, or why it did not yet. */
export type Outcome =
  /** Its commit is decided; `waitingFor` were not told yet, and will be when they are reached. */
  | {
      readonly kind: "committed";
      readonly record: ConfigurationRecord;
      readonly waitingFor: ReadonlyMap<BaseboardId, string>;
    }
  | { readonly kind: "aborted"; readonly record: ConfigurationRecord }
  /** Time was up; running it again goes on. */
  | {
      readonly kind: "unfinished";
      readonly record: ConfigurationRecord;
      readonly reason: string;
    };

/** What is told while a configuration is brought to its end. */
export type Progress =
  | { readonly kind: "round"; readonly round: Round }
  | {
      readonly kind: "preempted";
      readonly aborted: ConfigurationRecord;
      readonly next: ConfigurationRecord;
    };

/** How {@link ControlPlane.finish} runs. */
export interface FinishOptions {
  /** When to give up, in `now`'s milliseconds. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
}

/** The control plane of one rack. */
export class ControlPlane {
  readonly #options: Required<ControlPlaneOptions>;
  /** Coordinators that failed or refused in this process: others go first. */
  readonly #avoid = new Set<BaseboardId>();
  #proposals = 0;

  constructor(options: ControlPlaneOptions) {
    this.#options = {
      now: Date.now,
      pause: (milliseconds) => sleep(milliseconds),
      coordinatorPatienceMs: COORDINATOR_PATIENCE_MS,
      memberPatienceMs: MEMBER_PATIENCE_MS,
      ...options,
    };
  }

  /** All records, ascending by epoch. */
  records(): Promise<Records> {
    return this.#options.store.read(this.#options.rackId);
  }

  /** The record of the highest epoch. */
  async latest(): Promise<ConfigurationRecord | undefined> {
    return (await this.records()).at(-1);
  }

  /**
   * Proposes the next configuration; {@link finish} brings it about. What is still being prepared for
   * the very same members and kind is left as it is, so that a command that was killed goes on.
   *
   * @throws OperatorError `ERR_TQ_CLI_IN_PROGRESS` where another one is being prepared, or was
   * decided since the request was made,
   * `ERR_TQ_CLI_JOURNAL_BEHIND` where the sleds know epochs that the store does not,
   * `ERR_TQ_CLI_CONTRADICTION`, `ERR_TQ_CLI_NOT_DONE` where no sled can coordinate;
   * TrustQuorumError as `proposeConfiguration`
   */
  async propose(request: ChangeRequest): Promise<ConfigurationRecord> {
    // What is refused, or under way already, is so without asking every sled.
    const begun = underWay(await this.records(), request);
    if (begun !== null) return begun;
    const seen = await survey(this.#options.sleds);
    return this.#change((records) => {
      const begunMeanwhile = underWay(records, request);
      if (begunMeanwhile !== null) return { write: [], result: begunMeanwhile };
      checkNotBehind(records, seen);
      const { record, superseded } = this.#proposal(request, seen, records);
      return { write: superseded === null ? [record] : [superseded, record], result: record };
    });
  }

  /**
   * Brings the latest configuration to its end: as long as it takes, or until the deadline. A
   * coordinator that is lost is pre-empted: its epoch is aborted and another sled coordinates the next.
   *
   * @throws OperatorError as `Reconciler.round`
   */
  async finish(options: FinishOptions): Promise<Outcome> {
    const { now, pause } = this.#options;
    this.#proposals = 0;
    let clock: Clock | null = null;
    for (;;) {
      const latest = await this.latest();
      if (latest === undefined) throw nothingProposed();
      // Nobody asks any more for what was aborted before.
      if (clock === null && latest.state === "aborted") return { kind: "aborted", record: latest };
      if (clock?.reconciler.epoch !== latest.epoch) clock = this.#clock(latest);
      const round = await clock.reconciler.round();
      options.onProgress?.({ kind: "round", round });
      const outcome = await this.#judge(round, clock, options);
      if (outcome === "again") continue;
      if (outcome !== "wait") return outcome;
      await pause(clock.pauseMs);
      clock.pauseMs = Math.min(clock.pauseMs * 2, PAUSE_MS[1]);
      if (round.record !== clock.before) {
        clock.before = round.record;
        clock.changedAt = now();
        clock.pauseMs = PAUSE_MS[0];
      }
    }
  }

  /**
   * Gives the latest configuration up, where its commit was not decided.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_TRANSITION`
   */
  abort(reason: string): Promise<ConfigurationRecord> {
    return this.#change((records) => {
      const latest = records.at(-1);
      if (latest === undefined) throw nothingProposed();
      const aborted = abortConfiguration(latest, reason, this.#options.now());
      return { write: aborted === latest ? [] : [aborted], result: aborted };
    });
  }

  /**
   * Rebuilds the records from the sleds, for a store that has none; see `rebuild.ts` for what comes
   * back.
   *
   * @param gone sleds that are lost for good
   * @throws OperatorError `ERR_TQ_CLI_CONTRADICTION`, `ERR_TQ_CLI_JOURNAL_BEHIND`
   */
  async rebuild(gone: ReadonlySet<BaseboardId> = new Set()): Promise<Rebuilt> {
    const { sleds, now } = this.#options;
    checkEmpty(await this.records());
    const seen = await survey(sleds);
    const configurations = await this.#configurations(seen);
    const wanted = new Set([
      ...sleds.keys(),
      ...configurations.flatMap((config) => config.members),
    ]);
    const views = await ledgers(sleds, seen, wanted);
    const rebuilt = rebuildRecords({ configurations, ledgers: views, gone }, now());
    return this.#change((records) => {
      checkEmpty(records);
      return { write: rebuilt.records, result: rebuilt };
    });
  }

  /** Every configuration that a sled that answers holds. */
  async #configurations({ answers }: Survey): Promise<Configuration[]> {
    const found: Configuration[] = [];
    for (const [id, api] of this.#options.sleds) {
      if (!answers.has(id)) continue;
      const { configurations } = await api.configurations();
      found.push(...configurations.map(({ config }) => configurationOf(config)));
    }
    return found;
  }

  #clock(latest: ConfigurationRecord): Clock {
    const { rackId, store, sleds, now } = this.#options;
    const reconciler = new Reconciler({ rackId, epoch: latest.epoch, store, sleds, now });
    return {
      reconciler,
      before: latest,
      changedAt: now(),
      coordinatorSeenAt: now(),
      pauseMs: PAUSE_MS[0],
    };
  }

  async #judge(
    round: Round,
    clock: Clock,
    options: FinishOptions,
  ): Promise<Outcome | "again" | "wait"> {
    const { now, coordinatorPatienceMs, memberPatienceMs } = this.#options;
    const { record, waitingFor, seen } = round;
    // Somebody else on the same store was faster.
    if ((await this.latest())?.epoch !== record.epoch) return "again";
    if (record.state === "aborted") return this.#proposeAnew(round, options);
    if (isSettled(record)) return { kind: "committed", record, waitingFor };
    const late = now() >= options.deadline || options.signal?.aborted === true;
    if (record.state === "committing") {
      const enough = committedMembers(record).length >= acknowledgementsNeeded(record);
      const patient = round.record !== clock.before || now() - clock.changedAt < memberPatienceMs;
      if (enough && (late || !patient)) return { kind: "committed", record, waitingFor };
      if (!late) return "wait";
      const missing = [...waitingFor].map(([id, why]) => `${id} (${why})`).join(", ");
      return {
        kind: "unfinished",
        record,
        reason: `the commit is decided; not told yet: ${missing}`,
      };
    }
    // A look that answered and a poll that did not differ by a moment; either shows that it lives.
    if (round.coordinator !== undefined || seen.answers.has(record.coordinator)) {
      clock.coordinatorSeenAt = now();
    } else if (now() - clock.coordinatorSeenAt >= coordinatorPatienceMs) {
      const reason = `${record.coordinator} did not answer for ${coordinatorPatienceMs / 1000} s`;
      return this.#preempt(record, seen, reason, options);
    }
    if (late) return { kind: "unfinished", record, reason: whyPreparing(round) };
    return "wait";
  }

  /** Another sled coordinates the next epoch; where none can, this one is waited for. */
  async #preempt(
    record: ConfigurationRecord,
    seen: Survey,
    reason: string,
    options: FinishOptions,
  ): Promise<Outcome | "again" | "wait"> {
    const { now } = this.#options;
    this.#avoid.add(record.coordinator);
    const preempted = await this.#change<Preempted>((records) => {
      const latest = records.at(-1);
      // What was learnt or settled meanwhile is looked at again.
      if (latest?.epoch !== record.epoch || !isPreparing(latest)) {
        return { write: [], result: "again" };
      }
      const aborted = abortConfiguration(latest, reason, now());
      const request = requestOf(records, latest);
      const next = this.#tryProposal(request, seen, withRecords(records, [aborted]));
      if (next === null) return { write: [], result: "wait" };
      return { write: [aborted, next], result: { aborted, next } };
    });
    if (preempted === "wait") {
      const late = now() >= options.deadline || options.signal?.aborted === true;
      return late ? { kind: "unfinished", record, reason } : "wait";
    }
    if (preempted === "again") return "again";
    this.#proposals += 1;
    options.onProgress?.({ kind: "preempted", ...preempted });
    return "again";
  }

  /** After the policy gave an epoch up. Where somebody else did, that is respected. */
  async #proposeAnew(
    { record, seen, gaveUp }: Round,
    options: FinishOptions,
  ): Promise<Outcome | "again"> {
    this.#avoid.add(record.coordinator);
    if (!gaveUp) return { kind: "aborted", record };
    const next = await this.#change<ConfigurationRecord | "again" | null>((records) => {
      const latest = records.at(-1);
      if (latest?.epoch !== record.epoch) return { write: [], result: "again" };
      const proposed = this.#tryProposal(requestOf(records, latest), seen, records);
      return { write: proposed === null ? [] : [proposed], result: proposed };
    });
    if (next === "again") return "again";
    if (next === null) return { kind: "aborted", record };
    this.#proposals += 1;
    options.onProgress?.({ kind: "preempted", aborted: record, next });
    return "again";
  }

  /** Null where no sled can coordinate, or enough was tried. */
  #tryProposal(request: ChangeRequest, seen: Survey, records: Records): ConfigurationRecord | null {
    if (this.#proposals >= PROPOSALS_MAX) return null;
    try {
      return this.#proposal(request, seen, records).record;
    } catch (error) {
      if (error instanceof OperatorError && error.code === "ERR_TQ_CLI_NOT_DONE") return null;
      throw error;
    }
  }

  #proposal(request: ChangeRequest, seen: Survey, records: Records) {
    const coordinator = request.coordinator ?? this.#chooseCoordinator(request, seen, records);
    const { kind, members } = request;
    const { rackId, now } = this.#options;
    return proposeConfiguration(records, { kind, rackId, members, coordinator }, now());
  }

  /** The first member that answers and may coordinate; those that failed before come last. */
  #chooseCoordinator(request: ChangeRequest, seen: Survey, records: Records): BaseboardId {
    const able = eligibleCoordinators(records, request.members).filter((id) => {
      const state = seen.answers.get(id)?.node.persistentState;
      if (state === undefined || state.expunged !== null) return false;
      return request.kind !== "upgradeFromLrtq" || state.hasLrtqShare;
    });
    const chosen = able.find((id) => !this.#avoid.has(id));
    if (chosen !== undefined) return chosen;
    const text =
      able.length === 0
        ? "no member that answers can coordinate: it must have acknowledged the last commit (from a bootstore: hold a share); bring one up, `tq status` shows who is missing"
        : "every member that could coordinate failed or refused; `tq history` says why";
    throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
  }

  #change<T>(decide: (records: Records) => Transaction<T>): Promise<T> {
    return this.#options.store.change(this.#options.rackId, decide);
  }
}

type Preempted =
  "again" | "wait" | { readonly aborted: ConfigurationRecord; readonly next: ConfigurationRecord };

interface Clock {
  readonly reconciler: Reconciler;
  before: ConfigurationRecord;
  changedAt: number;
  coordinatorSeenAt: number;
  pauseMs: number;
}

/**
 * The configuration that is being prepared for this very request, or null where none is under way.
 *
 * @throws OperatorError `ERR_TQ_CLI_IN_PROGRESS` where another one is, or was decided since
 */
function underWay(records: Records, request: ChangeRequest): ConfigurationRecord | null {
  const latest = records.at(-1);
  if (latest !== undefined && isPreparing(latest)) {
    if (serves(latest, request, kindOf(records, latest))) return latest;
    const text = `epoch ${latest.epoch} is still being prepared; run \`tq resume\` to finish it or \`tq abort\` to give it up`;
    throw new OperatorError("ERR_TQ_CLI_IN_PROGRESS", text);
  }
  const decided = records.findLast(isCommitDecided)?.epoch ?? null;
  if (request.basedOn !== undefined && request.basedOn !== decided) {
    const text = `the members were changed meanwhile (epoch ${decided ?? "none"} is the latest now); nothing was done, run the command again`;
    throw new OperatorError("ERR_TQ_CLI_IN_PROGRESS", text);
  }
  return null;
}

/** Whether what is being prepared is what is asked for. */
function serves(
  record: ConfigurationRecord,
  request: ChangeRequest,
  kind: Proposal["kind"],
): boolean {
  const members = new Set(request.members);
  return (
    kind === request.kind &&
    members.size === record.members.size &&
    [...record.members.keys()].every((id) => members.has(id)) &&
    (request.coordinator === undefined || request.coordinator === record.coordinator)
  );
}

/** What a record was proposed for. */
function requestOf(records: Records, record: ConfigurationRecord): ChangeRequest {
  return { kind: kindOf(records, record), members: [...record.members.keys()] };
}

/** The records of a rack that came from the bootstore begin at epoch 2. */
function kindOf(records: Records, record: ConfigurationRecord): Proposal["kind"] {
  if (record.lastCommittedEpoch !== null) return "reconfigure";
  return records[0]?.epoch === LRTQ_EPOCH ? "initial" : "upgradeFromLrtq";
}

function checkNotBehind(records: Records, { answers }: Survey): void {
  const views = new Map<BaseboardId, LedgerView>();
  for (const [id, { node }] of answers) {
    views.set(id, { ...node.persistentState, coordinating: node.coordinating?.epoch ?? null });
  }
  const known = highestEpochKnown(views);
  const latest = records.at(-1)?.epoch ?? 0;
  if (known === null || known <= latest) return;
  const text =
    latest === 0
      ? `the journal is lost (the sleds are at epoch ${known}); run \`tq recover --journal\``
      : `the sleds know epoch ${known}, the journal only epoch ${latest}: it is an old copy, or another control plane changes this rack; move it away and run \`tq recover --journal\``;
  throw new OperatorError("ERR_TQ_CLI_JOURNAL_BEHIND", text);
}

function checkEmpty(records: Records): void {
  if (records.length === 0) return;
  const text = "the journal holds records already; move it away before it is rebuilt";
  throw new OperatorError("ERR_TQ_CLI_CONTRADICTION", text);
}

function nothingProposed(): OperatorError {
  const text = "nothing was ever proposed for this rack; `tq upgrade` or `tq create` begins";
  return new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
}

function whyPreparing({ record, coordinator, seen }: Round): string {
  const asked = record.coordinator;
  if (coordinator === undefined) {
    const failure = seen.failures.get(asked);
    return failure?.message ?? `${asked} did not answer`;
  }
  if (coordinator?.epoch !== record.epoch) return `${asked} has not begun yet`;
  if (coordinator.operation === "prepare") {
    const silent = [...record.members.keys()].filter((id) => !coordinator.acks.includes(id));
    return `${coordinator.acks.length} of ${record.members.size} have their share, ${acknowledgementsNeeded(record)} are needed; not yet: ${silent.join(", ")}`;
  }
  return `${asked} has ${coordinator.collected.length} of the ${coordinator.threshold} old shares that are needed`;
}
