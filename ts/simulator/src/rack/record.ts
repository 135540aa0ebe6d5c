/**
 * What the model of the control plane knows of one configuration: the proposal, and when it learnt
 * what. The states of a configuration and of its members are derived from these facts alone.
 *
 * The model (`record.ts`, `database.ts`, `steps.ts`, `control-plane.ts`) is written from the protocol's section 8
 * and uses neither `trust-quorum/control`, which implements the same section, nor `@trust-quorum/control-plane`.
 * Tests compare it with both, so that a mistake would have to be made twice.
 */
import type { BaseboardId, Epoch } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";

/** Where a configuration stands, by the names of section 8. */
export type RecordState =
  | "preparing"
  | "preparing_lrtq_upgrade"
  | "committing"
  | "committed"
  | "committed_partially"
  | "aborted";

/** The facts. Times are virtual milliseconds, null until it happened. */
interface Facts {
  readonly epoch: Epoch;
  /** The configuration that it follows; null for a rack's first, and for an upgrade from LRTQ. */
  readonly lastCommittedEpoch: Epoch | null;
  readonly lrtqUpgrade: boolean;
  readonly coordinator: BaseboardId;
  /** In the protocol's order. */
  readonly members: ReadonlySet<BaseboardId>;
  readonly proposedAt: number;
  /** What the coordinator has made of the proposal, once it was learnt. */
  readonly config: Configuration | null;
  /** The members known to have prepared, and since when. */
  readonly preparedAt: ReadonlyMap<BaseboardId, number>;
  /** The members that have acknowledged the commit, and when. */
  readonly committedAt: ReadonlyMap<BaseboardId, number>;
  readonly decidedAt: number | null;
  readonly supersededAt: number | null;
  readonly abortedAt: number | null;
  readonly abortReason: string | null;
}

/** What is known of a configuration as soon as it is proposed. */
export type ProposedFacts = Pick<
  Facts,
  "epoch" | "lastCommittedEpoch" | "lrtqUpgrade" | "coordinator" | "members" | "proposedAt"
>;

/** What may become known of it later. */
export type LearntFacts = Partial<Omit<Facts, keyof ProposedFacts>>;

/** The most members for which Z is 0, 1, 2 and 3; it is 4 above. */
const TOLERANCE_LIMITS = [4, 8, 15, 23] as const;

/** One row of the database. It is never changed: {@link with} makes the one that takes its place. */
export class ModelRecord {
  readonly #facts: Facts;

  private constructor(facts: Facts) {
    this.#facts = facts;
  }

  static propose(facts: ProposedFacts): ModelRecord {
    return new ModelRecord({
      ...facts,
      config: null,
      preparedAt: new Map(),
      committedAt: new Map(),
      decidedAt: null,
      supersededAt: null,
      abortedAt: null,
      abortReason: null,
    });
  }

  /** The record with some facts more. */
  with(learnt: LearntFacts): ModelRecord {
    return new ModelRecord({ ...this.#facts, ...learnt });
  }

  get facts(): Facts {
    return this.#facts;
  }

  get epoch(): Epoch {
    return this.#facts.epoch;
  }

  get coordinator(): BaseboardId {
    return this.#facts.coordinator;
  }

  get members(): ReadonlySet<BaseboardId> {
    return this.#facts.members;
  }

  get config(): Configuration | null {
    return this.#facts.config;
  }

  /** K: a majority of the members. */
  get threshold(): number {
    return Math.floor(this.#facts.members.size / 2) + 1;
  }

  /** Z: so many members may be lost right after the commit was decided. */
  get tolerance(): number {
    return TOLERANCE_LIMITS.filter((limit) => this.#facts.members.size > limit).length;
  }

  /** The members known to have prepared, in the protocol's order. */
  get prepared(): readonly BaseboardId[] {
    return [...this.#facts.members].filter((id) => this.#facts.preparedAt.has(id));
  }

  /** Whether the coordinator is still to hand out shares: neither decided nor given up. */
  get isPreparing(): boolean {
    return this.#facts.decidedAt === null && this.#facts.abortedAt === null;
  }

  /** Whether the commit was decided, whoever has acknowledged it. */
  get isDecided(): boolean {
    return this.#facts.decidedAt !== null;
  }

  /** Whether K + Z members have prepared what the coordinator has made. */
  get mayBeDecided(): boolean {
    const { config, preparedAt } = this.#facts;
    return (
      this.isPreparing && config !== null && preparedAt.size >= this.threshold + this.tolerance
    );
  }

  /** Whether K + Z members have acknowledged the commit, so that the next configuration may follow. */
  get mayBeSuperseded(): boolean {
    return this.isDecided && this.#facts.committedAt.size >= this.threshold + this.tolerance;
  }

  get state(): RecordState {
    const { lrtqUpgrade, decidedAt, supersededAt, abortedAt, members, committedAt } = this.#facts;
    if (abortedAt !== null) return "aborted";
    if (decidedAt === null) return lrtqUpgrade ? "preparing_lrtq_upgrade" : "preparing";
    if (supersededAt !== null) return "committed_partially";
    return committedAt.size === members.size ? "committed" : "committing";
  }
}
