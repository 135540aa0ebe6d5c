/**
 * The processes of the model's control plane: one or two of them share a database, and follow the
 * protocol's section 8 as `database.ts` and `steps.ts` have it.
 */
import type { BaseboardId, CoordinatorStatus, Epoch, ErrorCode, RackId } from "trust-quorum";
import type { Database, Transition } from "./database.ts";
import type { Host, Outcome } from "./host.ts";
import type { ControlPlaneObserver } from "./observer.ts";
import type { ModelRecord } from "./record.ts";
import type { Sled } from "./sled.ts";
import { nextSteps } from "./steps.ts";
import type { Step, View } from "./steps.ts";

/** Told of every decision on what to do next, and of what it rests on. */
export type OnSteps = (record: ModelRecord, view: View, steps: readonly Step[]) => void;

/** A transition without its time, which is the host's. */
type Change = Transition extends infer T ? (T extends unknown ? Omit<T, "now"> : never) : never;

/**
 * One process of the control plane. It keeps only what it has read and polled in memory, and that may be
 * out of date: another process may have changed the records since.
 */
export class ControlPlane {
  readonly #host: Host;
  readonly #observer: ControlPlaneObserver;
  readonly #database: Database;
  readonly #rackId: RackId;
  readonly #onSteps: OnSteps | undefined;
  /** Sleds that this control plane cannot reach by itself. */
  readonly unreachable = new Set<number>();
  #record: ModelRecord | null = null;
  #polled: CoordinatorStatus | null | undefined = undefined;
  #refused: ErrorCode | undefined = undefined;
  /** The number of crashes, by which an answer to a request from before a crash is recognized. */
  #incarnation = 0;

  constructor(options: {
    host: Host;
    observer: ControlPlaneObserver;
    database: Database;
    rackId: RackId;
    onSteps?: OnSteps | undefined;
  }) {
    this.#host = options.host;
    this.#observer = options.observer;
    this.#database = options.database;
    this.#rackId = options.rackId;
    this.#onSteps = options.onSteps;
  }

  /** What this control plane has read last. */
  get record(): ModelRecord | null {
    return this.#record;
  }

  /** The process dies, and its memory with it. */
  crash(): void {
    this.#incarnation += 1;
    this.#record = null;
    this.#polled = undefined;
    this.#refused = undefined;
  }

  /** Proposes the next configuration. False where that is refused. */
  propose(members: readonly BaseboardId[], coordinator: BaseboardId): boolean {
    const committing = this.#database.lastDecided?.state === "committing";
    if (!this.#change({ kind: "propose", members, coordinator })) return false;
    const { coverage } = this.#host;
    coverage.count("phases", `proposed: ${this.#kindOf(this.#database.latest)}`);
    if (committing) coverage.count("phases", "superseded while committing");
    return true;
  }

  /** An operator gives up what is being prepared. False where nothing is. */
  abort(): boolean {
    const { latest } = this.#database;
    if (latest?.isPreparing !== true) return false;
    this.#change({ kind: "abort", epoch: latest.epoch, reason: "the operator gave it up" });
    this.#host.coverage.count("phases", "aborted by an operator");
    return true;
  }

  /** Reads the latest record. */
  read(): boolean {
    const { latest } = this.#database;
    if (latest === undefined) return false;
    if (this.#record?.epoch !== latest.epoch) {
      this.#polled = undefined;
      this.#refused = undefined;
    }
    this.#record = latest;
    return true;
  }

  /** Polls the coordinator of the record that was read, if that is being prepared. */
  poll(): boolean {
    const record = this.#record;
    if (record?.isPreparing !== true) return false;
    const coordinator = this.#host.sleds.of(record.coordinator);
    if (!this.#reaches(coordinator, [])) return false;
    const { node } = coordinator;
    if (node === null) return false;
    const status = this.#host.call(coordinator, "coordinatorStatus", () =>
      node.coordinatorStatus(),
    );
    if (!status.ok) return false;
    this.#onAnswer(coordinator, () => {
      this.#observer.onStatus(coordinator, status.value);
      this.#polled = status.value;
      const { epoch } = record;
      const refused = this.#transact({ kind: "learn", epoch, status: status.value });
      if (refused !== null) this.#observer.onContradiction(`${refused} for epoch ${epoch}`);
    });
    return true;
  }

  /** What is to be done next. */
  steps(): readonly Step[] {
    const record = this.#record;
    if (record === null) return [];
    const view: View = {
      polled: this.#polled,
      refused: this.#refused,
      reachable: this.unreachable.size === 0 ? null : this.#reachable(),
    };
    const steps = nextSteps(record, view);
    this.#onSteps?.(record, view, steps);
    return steps;
  }

  /** Does one of the {@link steps}. False where there was none, or its sled did not answer. */
  act(choice: number): boolean {
    const steps = this.steps();
    const step = steps[choice % Math.max(steps.length, 1)];
    const record = this.#record;
    if (step === undefined || record === null) return false;
    const { epoch } = record;
    switch (step.kind) {
      case "poll":
        return this.poll();
      case "coordinate":
      case "upgrade":
        return this.#coordinate(record, step);
      case "decide":
        return this.#decide(epoch);
      case "commit":
      case "prepareAndCommit":
        return this.#tell(record, step);
      case "abort":
        if (!this.#change({ kind: "abort", epoch, reason: step.reason })) return false;
        this.#host.coverage.count("phases", "aborted by the policy");
        return true;
      case "unreachable":
        this.#host.coverage.count("phases", "a sled that no way leads to");
        return false;
      case "done":
        return false;
      default:
        return step satisfies never;
    }
  }

  #coordinate(record: ModelRecord, { kind, sled: id, via }: RequestStep): boolean {
    const sled = this.#host.sleds.of(id);
    const { node } = sled;
    if (node === null || !this.#reaches(sled, via)) return false;
    const { epoch, threshold, facts } = record;
    const request = { rackId: this.#rackId, epoch, members: [...record.members], threshold };
    const { lastCommittedEpoch } = facts;
    const outcome: Outcome<void> = this.#host.call(sled, kind, () =>
      kind === "upgrade"
        ? node.coordinateUpgradeFromLrtq(request)
        : node.coordinateReconfiguration({ ...request, lastCommittedEpoch }),
    );
    // What was asked for is lost with the answer; the next poll tells.
    this.#polled = undefined;
    if (outcome.ok) return true;
    this.#onAnswer(sled, () => {
      this.#refused = outcome.code;
      const { latest } = this.#database;
      const inTurn = latest?.epoch === epoch && latest.isPreparing;
      if (inTurn) this.#observer.onCoordinationRefused(kind, outcome.code);
    });
    return true;
  }

  #decide(epoch: Epoch): boolean {
    if (this.#database.find(epoch)?.isDecided === true) return true;
    if (!this.#change({ kind: "decide", epoch })) return false;
    const decided = this.#database.find(epoch);
    if (decided !== undefined) this.#observer.onCommitDecided(decided);
    return true;
  }

  #tell({ epoch, config }: ModelRecord, { kind, sled: id, via }: RequestStep): boolean {
    const sled = this.#host.sleds.of(id);
    const { node } = sled;
    if (node === null || !this.#reaches(sled, via)) return false;
    if (via.length > 0) this.#host.coverage.count("phases", `${kind} by proxy`);
    const outcome = this.#host.call(sled, kind, () => {
      if (kind === "prepareAndCommit" && config !== null) return node.prepareAndCommit(config);
      node.commit({ rackId: this.#rackId, epoch });
      return "committed";
    });
    this.#onAnswer(sled, () => {
      if (!outcome.ok) {
        const superseded = this.#database.lastDecided?.epoch !== epoch;
        this.#observer.onCommitRefused(sled, kind, outcome.code, superseded);
        return;
      }
      if (outcome.value === "pending") return;
      this.#transact({ kind: "acknowledge", epoch, sled: id });
      this.#observer.onCommitAcknowledged(sled, epoch);
    });
    return true;
  }

  /** Runs `take` with an answer of a sled, unless this process has died meanwhile. */
  #onAnswer(sled: Sled, take: () => void): void {
    const incarnation = this.#incarnation;
    this.#host.answer(sled, () => {
      if (incarnation === this.#incarnation) take();
    });
  }

  /** Changes the records, and counts a refusal: the other control plane may have been faster. */
  #change(change: Change): boolean {
    const refused = this.#transact(change);
    if (refused !== null) this.#host.coverage.count("refusals", `control plane: ${refused}`);
    return refused === null;
  }

  /** Changes the records; of its own one this process knows the outcome. */
  #transact(change: Change): ErrorCode | null {
    const refused = this.#database.transact({ ...change, now: this.#host.time });
    if (refused !== null || change.kind === "propose" || change.kind === "abort") return refused;
    if (this.#record?.epoch === change.epoch) {
      this.#record = this.#database.find(change.epoch) ?? null;
    }
    return null;
  }

  #kindOf(proposed: ModelRecord | undefined): string {
    if (proposed?.facts.lrtqUpgrade === true) return "upgradeFromLrtq";
    return proposed?.facts.lastCommittedEpoch === null ? "initial" : "reconfigure";
  }

  #reachable(): Set<BaseboardId> {
    const reachable = new Set<BaseboardId>();
    for (const sled of this.#host.sleds.all) {
      if (!this.unreachable.has(sled.index)) reachable.add(sled.id);
    }
    return reachable;
  }

  /** Whether a request gets there: directly, or through the first proxy that is up and connected. */
  #reaches(sled: Sled, via: readonly BaseboardId[]): boolean {
    if (via.length === 0) return sled.node !== null && !this.unreachable.has(sled.index);
    return via.some((id) => {
      const proxy = this.#host.sleds.of(id);
      return proxy.node !== null && this.#host.network.isConnected(proxy.index, sled.index);
    });
  }
}

type RequestStep = Extract<Step, { readonly via: readonly BaseboardId[] }>;
