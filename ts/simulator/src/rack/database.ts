/**
 * The model's database: the records of one rack, which all control planes share and which survive
 * them, and the only transitions that section 8 of the protocol allows. Each is one transaction.
 */
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId, CoordinatorStatus, Epoch, ErrorCode, RackId } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";
import { ModelRecord } from "./record.ts";

/** What a control plane wants to record. `now` is virtual milliseconds. */
export type Transition = { readonly now: number } & (
  | {
      readonly kind: "propose";
      readonly members: readonly BaseboardId[];
      readonly coordinator: BaseboardId;
    }
  /** What a poll of the coordinator has answered; null for "nothing". */
  | { readonly kind: "learn"; readonly epoch: Epoch; readonly status: CoordinatorStatus | null }
  | { readonly kind: "decide"; readonly epoch: Epoch }
  /** A member has the commit on its disk. */
  | { readonly kind: "acknowledge"; readonly epoch: Epoch; readonly sled: BaseboardId }
  | { readonly kind: "abort"; readonly epoch: Epoch; readonly reason: string }
);

/** Told of every transition that was tried; `refused` is null where it was granted. */
export type OnTransition = (transition: Transition, refused: ErrorCode | null) => void;

/** Members of a configuration, at least and at most. */
const MEMBERS_MIN = 3;
const MEMBERS_MAX = 32;

/** The records of one rack, in the order of their epochs, which follow one another. */
export class Database {
  readonly #rackId: RackId;
  readonly #fromLrtq: boolean;
  readonly #onTransition: OnTransition | undefined;
  readonly #records: ModelRecord[] = [];

  constructor(options: {
    rackId: RackId;
    /** Whether the rack ran LRTQ, which counts as its epoch 1. */
    fromLrtq: boolean;
    onTransition?: OnTransition | undefined;
  }) {
    this.#rackId = options.rackId;
    this.#fromLrtq = options.fromLrtq;
    this.#onTransition = options.onTransition;
  }

  get records(): readonly ModelRecord[] {
    return this.#records;
  }

  get latest(): ModelRecord | undefined {
    return this.#records.at(-1);
  }

  get lastDecided(): ModelRecord | undefined {
    return this.#records.findLast(({ isDecided }) => isDecided);
  }

  find(epoch: number): ModelRecord | undefined {
    return this.#records[epoch - this.#firstEpoch];
  }

  /** Those of some sleds that may coordinate the next configuration of them. */
  eligibleCoordinators(members: readonly BaseboardId[]): readonly BaseboardId[] {
    return [...members].sort(compareBaseboardIds).filter((id) => this.#mayCoordinate(id));
  }

  /**
   * Whether a sled may still keep something of a configuration from after `reset` that was committed,
   * or that another one was committed after. Unless the latest one has it as a member, the others may
   * tell it at any time that it is expunged.
   */
  mayKeepOld(sled: BaseboardId, reset: number): boolean {
    const decided = this.lastDecided?.epoch ?? 0;
    return this.#records.some(
      ({ epoch, members, isDecided }) =>
        epoch > reset && members.has(sled) && (isDecided || epoch < decided),
    );
  }

  /**
   * Tries a transition. One that would say what is recorded already changes nothing.
   *
   * @returns null, or the code of the rule that refuses it; then nothing has changed
   */
  transact(transition: Transition): ErrorCode | null {
    const refused = this.#transact(transition);
    this.#onTransition?.(transition, refused);
    return refused;
  }

  get #firstEpoch(): number {
    return this.#fromLrtq ? 2 : 1;
  }

  #transact(transition: Transition): ErrorCode | null {
    if (transition.kind === "propose") return this.#propose(transition);
    const record = this.find(transition.epoch);
    if (record === undefined) throw new RangeError(`there is no record of ${transition.epoch}`);
    switch (transition.kind) {
      case "learn":
        return this.#learn(record, transition);
      case "decide":
        return this.#decide(record, transition);
      case "acknowledge":
        return this.#acknowledge(record, transition);
      case "abort":
        return this.#abort(record, transition);
      default:
        return transition satisfies never;
    }
  }

  /** What is being prepared has to be given up first; what is committing needs K + Z commits. */
  #propose({ members, coordinator, now }: Extract<Transition, { kind: "propose" }>) {
    const ordered = new Set([...members].sort(compareBaseboardIds));
    const { latest, lastDecided } = this;
    if (ordered.size < MEMBERS_MIN || ordered.size > MEMBERS_MAX) {
      return "ERR_TQ_INVALID_MEMBERSHIP_SIZE";
    }
    if (ordered.size < members.length) return "ERR_TQ_INVALID_ARGUMENT";
    if (!ordered.has(coordinator)) return "ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP";
    if (latest?.isPreparing === true) return "ERR_TQ_INVALID_TRANSITION";
    if (!this.#mayCoordinate(coordinator)) return "ERR_TQ_COORDINATOR_NOT_COMMITTED";
    if (lastDecided?.state === "committing") {
      if (!lastDecided.mayBeSuperseded) return "ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS";
      this.#replace(lastDecided, lastDecided.with({ supersededAt: now }));
    }
    this.#records.push(
      ModelRecord.propose({
        epoch: (this.#firstEpoch + this.#records.length) as Epoch,
        lastCommittedEpoch: lastDecided?.epoch ?? null,
        lrtqUpgrade: this.#fromLrtq && lastDecided === undefined,
        coordinator,
        members: ordered,
        proposedAt: now,
      }),
    );
    return null;
  }

  /** The coordinator is in both groups, and has acknowledged the last commit. */
  #mayCoordinate(sled: BaseboardId): boolean {
    const { lastDecided } = this;
    return lastDecided === undefined || lastDecided.facts.committedAt.has(sled);
  }

  /** Stores the configuration, and who has prepared it, where the coordinator is that far. */
  #learn(record: ModelRecord, { status, now }: Extract<Transition, { kind: "learn" }>) {
    if (record.state === "aborted") return null;
    if (status?.epoch !== record.epoch || status.operation !== "prepare") return null;
    const { config, acks, lrtqUpgrade } = status;
    const expected =
      record.config === null
        ? lrtqUpgrade === record.facts.lrtqUpgrade && this.#isOf(config, record)
        : record.config.equals(config);
    if (!expected) return "ERR_TQ_CONTRADICTS_RECORD";
    if (acks.some((id) => !record.members.has(id))) return "ERR_TQ_NOT_A_MEMBER";
    const preparedAt = new Map(record.facts.preparedAt);
    for (const id of acks) if (!preparedAt.has(id)) preparedAt.set(id, now);
    const news = record.config === null || preparedAt.size > record.facts.preparedAt.size;
    if (news) this.#replace(record, record.with({ config: record.config ?? config, preparedAt }));
    return null;
  }

  /** Whether a configuration is what was proposed. */
  #isOf(config: Configuration, record: ModelRecord): boolean {
    const { epoch, coordinator, threshold, members, facts } = record;
    const hasPrior = facts.lrtqUpgrade || facts.lastCommittedEpoch !== null;
    return (
      config.epoch === epoch &&
      config.rackId === this.#rackId &&
      config.coordinator === coordinator &&
      config.threshold === threshold &&
      config.members.length === members.size &&
      config.members.every((id) => members.has(id)) &&
      (config.encryptedRackSecrets !== null) === hasPrior
    );
  }

  /** There is no way back from here. */
  #decide(record: ModelRecord, { now }: Extract<Transition, { kind: "decide" }>) {
    if (record.isDecided) return null;
    if (record.state === "aborted") return "ERR_TQ_INVALID_TRANSITION";
    if (!record.mayBeDecided) return "ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS";
    this.#replace(record, record.with({ decidedAt: now }));
    return null;
  }

  #acknowledge(record: ModelRecord, { sled, now }: Extract<Transition, { kind: "acknowledge" }>) {
    if (!record.isDecided) return "ERR_TQ_INVALID_TRANSITION";
    if (!record.members.has(sled)) return "ERR_TQ_NOT_A_MEMBER";
    const { committedAt, preparedAt } = record.facts;
    if (committedAt.has(sled)) return null;
    this.#replace(
      record,
      record.with({
        committedAt: new Map([...committedAt, [sled, now]]),
        // Who has committed has prepared, at this time at the latest.
        preparedAt: preparedAt.has(sled) ? preparedAt : new Map([...preparedAt, [sled, now]]),
      }),
    );
    return null;
  }

  /** Only before the commit, with a reason; again changes nothing. */
  #abort(record: ModelRecord, { reason, now }: Extract<Transition, { kind: "abort" }>) {
    if (record.isDecided) return "ERR_TQ_INVALID_TRANSITION";
    if (reason.trim() === "") return "ERR_TQ_INVALID_ARGUMENT";
    if (record.state === "aborted") return null;
    this.#replace(record, record.with({ abortedAt: now, abortReason: reason }));
    return null;
  }

  #replace(record: ModelRecord, by: ModelRecord): void {
    this.#records[record.epoch - this.#firstEpoch] = by;
  }
}
