/**
 * The control plane that `tq` plays (protocol section 8): it proposes a rack's configurations and
 * brings each to its end. All that it knows is in the store and on the sleds.
 */
import {
  LRTQ_EPOCH,
  abortConfiguration,
  acknowledgementsNeeded,
  committedMembers,
  eligibleCoordinators,
  isCommitDecided,
  isPreparing,
  parseRackId,
  proposeConfiguration,
} from "trust-quorum";
import type {
  BaseboardId,
  Configuration,
  ConfigurationRecord,
  Epoch,
  Proposal,
  RackId,
} from "trust-quorum";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { configurationOf } from "@trust-quorum/api/convert";
import { highestEpochKnown, rebuildRecords } from "./rebuild.ts";
import type { Rebuilt } from "./rebuild.ts";
import { Reconciler, isSettled } from "./reconciler.ts";
import type { RecordStore, Round } from "./reconciler.ts";
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
  readonly store: RecordStore;
  readonly sleds: Sleds;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly pause?: (milliseconds: number) => Promise<void>;
  readonly coordinatorPatienceMs?: number;
  readonly memberPatienceMs?: number;
}

/** What somebody wants the rack to become. */
export interface Wish {
  readonly kind: Proposal["kind"];
  readonly rackId: RackId;
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
      pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      coordinatorPatienceMs: COORDINATOR_PATIENCE_MS,
      memberPatienceMs: MEMBER_PATIENCE_MS,
      ...options,
    };
  }

  /** All records, ascending by epoch. */
  get records(): readonly ConfigurationRecord[] {
    return this.#options.store.records;
  }

  /** The record of the highest epoch. */
  get latest(): ConfigurationRecord | undefined {
    return this.records.at(-1);
  }

  /** The latest configuration whose commit was decided. */
  get current(): ConfigurationRecord | undefined {
    return this.records.findLast(isCommitDecided);
  }

  /**
   * Proposes the next configuration; {@link finish} brings it about. What is still being prepared for
   * the very same members and kind is left as it is, so that a command that was killed goes on.
   *
   * @throws OperatorError `ERR_TQ_CLI_IN_PROGRESS` where another one is being prepared, or was
   * decided since the wish was made,
   * `ERR_TQ_CLI_JOURNAL_BEHIND` where the sleds know epochs that the store does not,
   * `ERR_TQ_CLI_CONTRADICTION`, `ERR_TQ_CLI_NOT_DONE` where no sled can coordinate;
   * TrustQuorumError as `proposeConfiguration`
   */
  async propose(wish: Wish): Promise<ConfigurationRecord> {
    const { latest } = this;
    if (latest !== undefined && isPreparing(latest)) {
      if (serves(latest, wish, this.#kindOf(latest))) return latest;
      const text = `epoch ${latest.epoch} is still being prepared; run \`tq resume\` to finish it or \`tq abort\` to give it up`;
      throw new OperatorError("ERR_TQ_CLI_IN_PROGRESS", text);
    }
    const decided = this.current?.epoch ?? null;
    if (wish.basedOn !== undefined && wish.basedOn !== decided) {
      const text = `the members were changed meanwhile (epoch ${decided ?? "none"} is the latest now); nothing was done, run the command again`;
      throw new OperatorError("ERR_TQ_CLI_IN_PROGRESS", text);
    }
    const seen = await survey(this.#options.sleds);
    this.#checkNotBehind(seen);
    const { record, superseded } = this.#proposal(wish, seen, this.records);
    this.#options.store.write(superseded === null ? [record] : [superseded, record]);
    return record;
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
      const { latest } = this;
      if (latest === undefined) throw nothingProposed();
      // What was aborted before is nobody's wish any more.
      if (clock === null && latest.state === "aborted") return { kind: "aborted", record: latest };
      if (clock?.reconciler.epoch !== latest.epoch) clock = this.#clock(latest);
      const round = await clock.reconciler.round();
      options.onProgress?.({ kind: "round", round });
      const outcome = this.#judge(round, clock, options);
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
  abort(reason: string): ConfigurationRecord {
    const { latest } = this;
    if (latest === undefined) throw nothingProposed();
    const aborted = abortConfiguration(latest, reason, this.#options.now());
    if (aborted !== latest) this.#options.store.write([aborted]);
    return aborted;
  }

  /**
   * Rebuilds the records from the sleds, for a store that has none; see `rebuild.ts` for what comes
   * back.
   *
   * @param gone sleds that are lost for good
   * @throws OperatorError `ERR_TQ_CLI_CONTRADICTION`, `ERR_TQ_CLI_JOURNAL_BEHIND`
   */
  async rebuild(gone: ReadonlySet<BaseboardId> = new Set()): Promise<Rebuilt> {
    const { sleds, store, now } = this.#options;
    if (this.records.length > 0) {
      const text = "the journal holds records already; move it away before it is rebuilt";
      throw new OperatorError("ERR_TQ_CLI_CONTRADICTION", text);
    }
    const seen = await survey(sleds);
    const configurations = await this.#configurations(seen);
    const wanted = new Set([
      ...sleds.keys(),
      ...configurations.flatMap((config) => config.members),
    ]);
    const views = await ledgers(sleds, seen, wanted);
    const rebuilt = rebuildRecords({ configurations, ledgers: views, gone }, now());
    if (rebuilt.records.length > 0) store.write(rebuilt.records);
    return rebuilt;
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
    const { store, sleds, now } = this.#options;
    const reconciler = new Reconciler({ epoch: latest.epoch, store, sleds, now });
    return {
      reconciler,
      before: latest,
      changedAt: now(),
      coordinatorSeenAt: now(),
      pauseMs: PAUSE_MS[0],
    };
  }

  #judge(round: Round, clock: Clock, options: FinishOptions): Outcome | "again" | "wait" {
    const { now, coordinatorPatienceMs, memberPatienceMs } = this.#options;
    const { record, waitingFor, seen } = round;
    // Somebody else on the same store was faster.
    if (this.latest?.epoch !== record.epoch) return "again";
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
  #preempt(
    record: ConfigurationRecord,
    seen: Survey,
    reason: string,
    options: FinishOptions,
  ): Outcome | "again" | "wait" {
    const { store, now } = this.#options;
    this.#avoid.add(record.coordinator);
    const aborted = abortConfiguration(record, reason, now());
    const others = this.records.filter(({ epoch }) => epoch !== record.epoch);
    const next = this.#tryProposal(this.#wishOf(record), seen, [...others, aborted]);
    if (next === null || this.#proposals >= PROPOSALS_MAX) {
      const late = now() >= options.deadline || options.signal?.aborted === true;
      return late ? { kind: "unfinished", record, reason } : "wait";
    }
    this.#proposals += 1;
    store.write([aborted, next]);
    options.onProgress?.({ kind: "preempted", aborted, next });
    return "again";
  }

  /** After the policy gave an epoch up. Where somebody else did, that is respected. */
  #proposeAnew({ record, seen, gaveUp }: Round, options: FinishOptions): Outcome | "again" {
    this.#avoid.add(record.coordinator);
    const next =
      gaveUp && this.#proposals < PROPOSALS_MAX
        ? this.#tryProposal(this.#wishOf(record), seen, this.records)
        : null;
    if (next === null) return { kind: "aborted", record };
    this.#proposals += 1;
    this.#options.store.write([next]);
    options.onProgress?.({ kind: "preempted", aborted: record, next });
    return "again";
  }

  #tryProposal(
    wish: Wish,
    seen: Survey,
    records: readonly ConfigurationRecord[],
  ): ConfigurationRecord | null {
    try {
      return this.#proposal(wish, seen, records).record;
    } catch (error) {
      if (error instanceof OperatorError && error.code === "ERR_TQ_CLI_NOT_DONE") return null;
      throw error;
    }
  }

  #proposal(wish: Wish, seen: Survey, records: readonly ConfigurationRecord[]) {
    const coordinator = wish.coordinator ?? this.#chooseCoordinator(wish, seen, records);
    const { kind, rackId, members } = wish;
    return proposeConfiguration(
      records,
      { kind, rackId: parseRackId(rackId), members, coordinator },
      this.#options.now(),
    );
  }

  /** The first member that answers and may coordinate; those that failed before come last. */
  #chooseCoordinator(
    wish: Wish,
    seen: Survey,
    records: readonly ConfigurationRecord[],
  ): BaseboardId {
    const able = eligibleCoordinators(records, wish.members).filter((id) => {
      const state = seen.answers.get(id)?.node.persistentState;
      if (state === undefined || state.expunged !== null) return false;
      return wish.kind !== "upgradeFromLrtq" || state.hasLrtqShare;
    });
    const chosen = able.find((id) => !this.#avoid.has(id));
    if (chosen !== undefined) return chosen;
    const text =
      able.length === 0
        ? "no member that answers can coordinate: it must have acknowledged the last commit (from a bootstore: hold a share); bring one up, `tq status` shows who is missing"
        : "every member that could coordinate failed or refused; `tq history` says why";
    throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
  }

  /** What a record was proposed for. */
  #wishOf(record: ConfigurationRecord): Wish {
    const members = [...record.members.keys()];
    return { kind: this.#kindOf(record), rackId: record.rackId, members };
  }

  /** The records of a rack that came from the bootstore begin at epoch 2. */
  #kindOf(record: ConfigurationRecord): Proposal["kind"] {
    if (record.lastCommittedEpoch !== null) return "reconfigure";
    return this.records[0]?.epoch === LRTQ_EPOCH ? "initial" : "upgradeFromLrtq";
  }

  #checkNotBehind({ answers }: Survey): void {
    const views = new Map<BaseboardId, LedgerView>();
    for (const [id, { node }] of answers) {
      views.set(id, { ...node.persistentState, coordinating: node.coordinating?.epoch ?? null });
    }
    const known = highestEpochKnown(views);
    const latest = this.latest?.epoch ?? 0;
    if (known === null || known <= latest) return;
    const text =
      latest === 0
        ? `the journal is lost (the sleds are at epoch ${known}); run \`tq recover --journal\``
        : `the sleds know epoch ${known}, the journal only epoch ${latest}: it is an old copy, or another control plane changes this rack; move it away and run \`tq recover --journal\``;
    throw new OperatorError("ERR_TQ_CLI_JOURNAL_BEHIND", text);
  }
}

interface Clock {
  readonly reconciler: Reconciler;
  before: ConfigurationRecord;
  changedAt: number;
  coordinatorSeenAt: number;
  pauseMs: number;
}

/** Whether what is being prepared is what is wished for. */
function serves(record: ConfigurationRecord, wish: Wish, kind: Proposal["kind"]): boolean {
  const members = new Set(wish.members);
  return (
    kind === wish.kind &&
    record.rackId === wish.rackId &&
    members.size === record.members.size &&
    [...record.members.keys()].every((id) => members.has(id)) &&
    (wish.coordinator === undefined || wish.coordinator === record.coordinator)
  );
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
