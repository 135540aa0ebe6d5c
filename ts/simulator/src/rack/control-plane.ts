/**
 * The control plane: one database of records, and one or two processes that follow the policy of the
 * core. A process keeps in memory only what it has read and polled, and may be overtaken by the other.
 */
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, CoordinatorStatus, ErrorCode, RackId } from "trust-quorum";
import {
  abortConfiguration,
  acknowledgeCommit,
  decideCommit,
  isCommitDecided,
  isPreparing,
  learnFromCoordinator,
  nextActions,
  proposeConfiguration,
} from "trust-quorum/control";
import type {
  ConfigurationRecord,
  ControlAction,
  Proposal,
  ReconcilerView,
} from "trust-quorum/control";
import type { Database } from "./database.ts";
import type { Host } from "./host.ts";
import type { ControlPlaneObserver } from "./observer.ts";
import type { Sled } from "./sled.ts";

/** One process of the control plane; two of them share a {@link Database}. */
export class ControlPlane {
  readonly #host: Host;
  readonly #observer: ControlPlaneObserver;
  readonly #database: Database;
  readonly #rackId: RackId;
  readonly #fromLrtq: boolean;
  /** Sleds that this control plane cannot reach by itself. */
  readonly unreachable = new Set<number>();
  #record: ConfigurationRecord | null = null;
  #polled: CoordinatorStatus | null | undefined = undefined;
  #refused: ErrorCode | undefined = undefined;
  /** Counts up at every crash, so that an answer to an earlier life is recognized. */
  #life = 0;

  constructor(options: {
    host: Host;
    observer: ControlPlaneObserver;
    database: Database;
    rackId: RackId;
    fromLrtq: boolean;
  }) {
    this.#host = options.host;
    this.#observer = options.observer;
    this.#database = options.database;
    this.#rackId = options.rackId;
    this.#fromLrtq = options.fromLrtq;
  }

  /** What this control plane has read last. */
  get record(): ConfigurationRecord | null {
    return this.#record;
  }

  crash(): void {
    this.#life += 1;
    this.#record = null;
    this.#polled = undefined;
    this.#refused = undefined;
  }

  /** Proposes the next configuration. False where the policy refuses it. */
  propose(members: readonly BaseboardId[], coordinator: BaseboardId): boolean {
    const { records } = this.#database;
    const kind: Proposal["kind"] =
      this.#database.lastDecided !== undefined
        ? "reconfigure"
        : this.#fromLrtq
          ? "upgradeFromLrtq"
          : "initial";
    const proposal = { rackId: this.#rackId, kind, members, coordinator };
    return this.#transaction(() => {
      const { record, superseded } = proposeConfiguration(records, proposal, this.#host.time);
      if (superseded !== null) this.#database.store(superseded);
      records.push(record);
      this.#host.coverage.count("phases", `proposed: ${kind}`);
      if (superseded !== null) this.#host.coverage.count("phases", "superseded while committing");
    });
  }

  abort(): boolean {
    const latest = this.#database.latest;
    if (latest === undefined || !isPreparing(latest)) return false;
    this.#database.store(abortConfiguration(latest, "the operator gave it up", this.#host.time));
    this.#host.coverage.count("phases", "aborted by an operator");
    return true;
  }

  /** Reads the latest record. */
  read(): boolean {
    const latest = this.#database.latest;
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
    if (record === null || !isPreparing(record)) return false;
    const coordinator = this.#host.sleds.of(record.coordinator);
    if (!this.#reaches(coordinator, [])) return false;
    const { node } = coordinator;
    if (node === null) return false;
    const status = this.#host.call(coordinator, "coordinatorStatus", () =>
      node.coordinatorStatus(),
    );
    if (!status.ok) return false;
    const life = this.#life;
    this.#host.answer(coordinator, () => {
      if (life !== this.#life) return;
      this.#observer.onStatus(coordinator, status.value);
      this.#learn(record.epoch, status.value);
    });
    return true;
  }

  /** What the policy names next. */
  actions(): readonly ControlAction[] {
    const record = this.#record;
    if (record === null) return [];
    const view: ReconcilerView = {
      coordinator: this.#polled,
      refused: this.#refused,
      ...(this.unreachable.size === 0 ? {} : { reachable: this.#reachable() }),
    };
    return nextActions(record, view);
  }

  /** Does one of {@link actions}. False where there was none, or its sled did not answer. */
  act(choice: number): boolean {
    const actions = this.actions();
    const action = actions[choice % Math.max(actions.length, 1)];
    const record = this.#record;
    if (action === undefined || record === null) return false;
    switch (action.kind) {
      case "pollCoordinator":
        return this.poll();
      case "coordinate":
      case "upgrade":
        return this.#coordinate(record, action);
      case "recordCommit":
        return this.#decide(record.epoch);
      case "commit":
      case "prepareAndCommit":
        return this.#tell(record.epoch, action);
      case "abort":
        return this.#transaction(() => {
          const current = this.#current(record.epoch);
          this.#database.store(abortConfiguration(current, action.reason, this.#host.time));
          this.#host.coverage.count("phases", "aborted by the policy");
        });
      case "unreachable":
        this.#host.coverage.count("phases", "a sled that no way leads to");
        return false;
      case "done":
        return false;
      default:
        return action satisfies never;
    }
  }

  #learn(epoch: number, status: CoordinatorStatus | null): void {
    this.#polled = status;
    const current = this.#current(epoch);
    try {
      const learnt = learnFromCoordinator(current, status, this.#host.time);
      this.#database.store(learnt);
      if (this.#record?.epoch === epoch) this.#record = learnt;
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      this.#observer.onContradiction(error.message);
    }
  }

  #coordinate(
    record: ConfigurationRecord,
    action: Extract<ControlAction, { kind: "coordinate" | "upgrade" }>,
  ): boolean {
    const sled = this.#host.sleds.of(action.sled);
    const { node } = sled;
    if (node === null || !this.#reaches(sled, action.via)) return false;
    const outcome =
      action.kind === "upgrade"
        ? this.#host.call(sled, action.kind, () => node.coordinateUpgradeFromLrtq(action.request))
        : this.#host.call(sled, action.kind, () => node.coordinateReconfiguration(action.request));
    // What was asked for is lost with the answer; the next poll tells.
    this.#polled = undefined;
    if (outcome.ok) return true;
    const life = this.#life;
    this.#host.answer(sled, () => {
      if (life !== this.#life) return;
      this.#refused = outcome.code;
      const current = this.#current(record.epoch);
      const inTurn = isPreparing(current) && current === this.#database.latest;
      if (inTurn) this.#observer.onCoordinationRefused(action.kind, outcome.code);
    });
    return true;
  }

  #decide(epoch: number): boolean {
    return this.#transaction(() => {
      const current = this.#current(epoch);
      if (isCommitDecided(current)) return;
      const decided = decideCommit(current, this.#host.time);
      this.#database.store(decided);
      if (this.#record?.epoch === epoch) this.#record = decided;
      this.#observer.onCommitDecided(decided);
    });
  }

  #tell(
    epoch: number,
    action: Extract<ControlAction, { kind: "commit" | "prepareAndCommit" }>,
  ): boolean {
    const sled = this.#host.sleds.of(action.sled);
    const { node } = sled;
    if (node === null || !this.#reaches(sled, action.via)) return false;
    if (action.via.length > 0) this.#host.coverage.count("phases", `${action.kind} by proxy`);
    const outcome =
      action.kind === "commit"
        ? this.#host.call(sled, action.kind, () => {
            node.commit(action.request);
            return "committed" as const;
          })
        : this.#host.call(sled, action.kind, () => node.prepareAndCommit(action.config));
    const life = this.#life;
    this.#host.answer(sled, () => {
      if (life !== this.#life) return;
      if (!outcome.ok) {
        const superseded = this.#database.lastDecided?.epoch !== epoch;
        this.#observer.onCommitRefused(sled, action.kind, outcome.code, superseded);
        return;
      }
      if (outcome.value === "pending") return;
      const acknowledged = acknowledgeCommit(this.#current(epoch), [sled.id], this.#host.time);
      this.#database.store(acknowledged);
      if (this.#record?.epoch === epoch) this.#record = acknowledged;
      this.#observer.onCommitAcknowledged(sled, epoch);
    });
    return true;
  }

  #current(epoch: number): ConfigurationRecord {
    const record = this.#database.find(epoch);
    if (record === undefined) throw new Error(`there is no record of epoch ${epoch}`);
    return record;
  }

  /** Runs a transaction; the policy may refuse it, as another control plane may have been faster. */
  #transaction(run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      this.#host.coverage.count("refusals", `control plane: ${error.code}`);
      return false;
    }
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
