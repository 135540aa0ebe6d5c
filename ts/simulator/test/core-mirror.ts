/**
 * Follows the model's control plane with the real policy, `trust-quorum/control`: each transition and
 * each decision of the model is made by core's functions too, and what they say must be the same.
 */
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, Epoch, ErrorCode, RackId } from "trust-quorum";
import * as control from "trust-quorum/control";
import type { ConfigurationRecord, ControlAction, Proposal } from "trust-quorum/control";
import type { Configuration } from "trust-quorum/protocol";
import type { OnSteps } from "../src/rack/control-plane.ts";
import type { OnTransition, Transition } from "../src/rack/database.ts";
import type { ModelRecord } from "../src/rack/record.ts";
import type { Step, View } from "../src/rack/steps.ts";

/** The functions of the policy that are compared: tests put mistakes in their places. */
export type Policy = Pick<
  typeof control,
  | "abortConfiguration"
  | "acknowledgeCommit"
  | "decideCommit"
  | "eligibleCoordinators"
  | "learnFromCoordinator"
  | "nextActions"
  | "proposeConfiguration"
>;

/** What is compared of a record, of the model or of core. */
type Compared = Readonly<Record<string, unknown>>;

type Naming = (config: Configuration | null) => unknown;

/** The model and the real policy do not say the same. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";

  constructor(where: string, model: unknown, core: unknown) {
    super(`${where}: the model says ${text(model)}, core ${text(core)}`);
  }
}

/** Core's side of a rack's control plane: the records, and what is to be done next. */
export class CoreMirror {
  readonly #policy: Policy;
  readonly #rackId: RackId;
  readonly #fromLrtq: boolean;
  readonly #records: ConfigurationRecord[] = [];
  /** Core's record beside the model's; control planes may look at old ones of both. */
  readonly #twins = new WeakMap<ModelRecord, ConfigurationRecord>();
  /** The model's records, once there are some. */
  #model: { readonly records: readonly ModelRecord[] } | undefined;
  /** How much was compared. */
  transitions = 0;
  decisions = 0;

  constructor(options: { rackId: RackId; fromLrtq: boolean; policy?: Partial<Policy> }) {
    this.#rackId = options.rackId;
    this.#fromLrtq = options.fromLrtq;
    this.#policy = { ...control, ...options.policy };
  }

  /** The database whose transitions follow. */
  follow(model: { readonly records: readonly ModelRecord[] }): void {
    this.#model = model;
  }

  readonly onTransition: OnTransition = (transition, refused) => {
    this.transitions += 1;
    const code = this.#transact(transition);
    // Where several rules refuse, it is left open which of them is named.
    if ((code === null) !== (refused === null))
      throw new Disagreement(transition.kind, refused, code);
    const { records = [] } = this.#model ?? {};
    if (records.length !== this.#records.length) {
      throw new Disagreement(transition.kind, records.length, this.#records.length);
    }
    records.forEach((record, i) => {
      const twin = this.#records[i];
      if (twin === undefined || this.#twins.get(record) === twin) return;
      compareRecords(transition.kind, { model: record, core: twin, rackId: this.#rackId });
      this.#twins.set(record, twin);
    });
  };

  readonly onSteps: OnSteps = (record, view, steps) => {
    this.decisions += 1;
    const twin = this.#twins.get(record);
    if (twin === undefined) throw new Disagreement("steps", record.epoch, "no such record");
    const model = steps.map((step) => ofStep(step, record, this.#rackId));
    const core = this.#policy.nextActions(twin, viewOf(view)).map(ofAction);
    if (!same(model, core)) throw new Disagreement("steps", model, core);
  };

  /** Who may coordinate. */
  eligible(members: readonly BaseboardId[]): readonly BaseboardId[] {
    return this.#policy.eligibleCoordinators(this.#records, members);
  }

  #transact(transition: Transition): ErrorCode | null {
    try {
      this.#apply(transition);
      return null;
    } catch (error) {
      if (isTrustQuorumError(error)) return error.code;
      throw error;
    }
  }

  #apply(transition: Transition): void {
    const { now } = transition;
    const policy = this.#policy;
    switch (transition.kind) {
      case "propose": {
        const { members, coordinator } = transition;
        const proposal = { rackId: this.#rackId, kind: this.#kind(), members, coordinator };
        const { record, superseded } = policy.proposeConfiguration(this.#records, proposal, now);
        if (superseded !== null) this.#store(superseded);
        this.#records.push(record);
        return;
      }
      case "learn": {
        const { epoch, status } = transition;
        this.#change(epoch, (record) => policy.learnFromCoordinator(record, status, now));
        return;
      }
      case "decide":
        this.#change(transition.epoch, (record) => policy.decideCommit(record, now));
        return;
      case "acknowledge": {
        const { epoch, sled } = transition;
        this.#change(epoch, (record) => policy.acknowledgeCommit(record, [sled], now));
        return;
      }
      case "abort": {
        const { epoch, reason } = transition;
        this.#change(epoch, (record) => policy.abortConfiguration(record, reason, now));
        return;
      }
      default:
        transition satisfies never;
    }
  }

  #kind(): Proposal["kind"] {
    if (this.#records.some(control.isCommitDecided)) return "reconfigure";
    return this.#fromLrtq ? "upgradeFromLrtq" : "initial";
  }

  #change(epoch: Epoch, change: (record: ConfigurationRecord) => ConfigurationRecord): void {
    const record = this.#records.find((one) => one.epoch === epoch);
    if (record === undefined) throw new Error(`core has no record of epoch ${epoch}`);
    this.#store(change(record));
  }

  #store(record: ConfigurationRecord): void {
    this.#records[this.#records.findIndex(({ epoch }) => epoch === record.epoch)] = record;
  }
}

/**
 * Compares the model's record of an epoch with the real one.
 *
 * @param of names configurations, so that the same ones have the same name; by default those are the same that
 * are one object
 * @throws Disagreement where they differ, with `where` and the name of the field
 */
export function compareRecords(
  where: string,
  { model, core, rackId }: { model: ModelRecord; core: ConfigurationRecord; rackId: RackId },
  of: Naming = nameOf,
): void {
  const [one, other] = [ofModel(model, rackId, of), ofCore(core, of)];
  for (const [name, value] of Object.entries(one)) {
    if (!same(value, other[name])) throw new Disagreement(`${where}: ${name}`, value, other[name]);
  }
}

function ofModel(record: ModelRecord, rackId: RackId, of: Naming): Compared {
  const { facts, epoch, state, threshold, tolerance, coordinator, config } = record;
  const { preparedAt, committedAt, supersededAt } = facts;
  const completedAt = state === "committed" ? Math.max(...committedAt.values()) : null;
  return {
    rackId,
    epoch,
    lastCommittedEpoch: facts.lastCommittedEpoch,
    state,
    threshold,
    tolerance,
    coordinator,
    members: [...record.members].map((id) => {
      const where = committedAt.has(id) ? "committed" : preparedAt.has(id) ? "prepared" : "unacked";
      return [id, where, preparedAt.get(id) ?? null, committedAt.get(id) ?? null];
    }),
    config: of(config),
    aborted: facts.abortReason !== null,
    created: facts.proposedAt,
    decided: facts.decidedAt,
    completed: supersededAt ?? completedAt,
    abortedAt: facts.abortedAt,
  };
}

function ofCore(record: ConfigurationRecord, of: Naming): Compared {
  return {
    rackId: record.rackId,
    epoch: record.epoch,
    lastCommittedEpoch: record.lastCommittedEpoch,
    state: record.state,
    threshold: record.threshold,
    tolerance: record.commitCrashTolerance,
    coordinator: record.coordinator,
    members: [...record.members].map(([id, { state, timePrepared, timeCommitted }]) => {
      return [id, state, timePrepared, timeCommitted];
    }),
    config: of(record.config),
    aborted: record.abortReason !== null,
    created: record.timeCreated,
    decided: record.timeCommitting,
    completed: record.timeCommitted,
    abortedAt: record.timeAborted,
  };
}

/** Which request goes to whom, and what stands in it. */
function ofStep(step: Step, record: ModelRecord, rackId: RackId): unknown {
  const { epoch, threshold, facts, config } = record;
  const request = { rackId, epoch, members: [...record.members], threshold };
  switch (step.kind) {
    case "coordinate":
      return { ...step, request: { ...request, lastCommittedEpoch: facts.lastCommittedEpoch } };
    case "upgrade":
      return { ...step, request };
    case "commit":
      return { ...step, request: { rackId, epoch } };
    case "prepareAndCommit":
      return { ...step, config: nameOf(config) };
    case "abort":
      return { kind: "abort" };
    default:
      return step;
  }
}

function ofAction(action: ControlAction): unknown {
  switch (action.kind) {
    case "pollCoordinator":
      return { kind: "poll", sled: action.sled, via: action.via };
    case "recordCommit":
      return { kind: "decide" };
    case "prepareAndCommit":
      return { ...action, config: nameOf(action.config) };
    case "abort":
      return { kind: "abort" };
    default:
      return action;
  }
}

function viewOf({ polled, refused, reachable }: View): Parameters<Policy["nextActions"]>[1] {
  const view = { coordinator: polled, refused };
  return reachable === null ? view : { ...view, reachable };
}

const names = new WeakMap<Configuration, number>();
let named = 0;

/** A number for each configuration: both sides keep the very one that was learnt. */
function nameOf(config: Configuration | null): number {
  if (config === null) return 0;
  const name = names.get(config) ?? (named += 1);
  names.set(config, name);
  return name;
}

/** JSON with the fields in alphabetical order. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function same(one: unknown, other: unknown): boolean {
  return one === other || text(one) === text(other);
}
