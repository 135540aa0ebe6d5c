/**
 * The control plane (Nexus), as far as the demo needs one: it keeps the records and does what the
 * library's policy says. It decides nothing itself.
 */
import type { BaseboardId, CoordinatorStatus, TrustQuorumDriver } from "trust-quorum";
import {
  abortConfiguration,
  acknowledgeCommit,
  decideCommit,
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
import type { Rack } from "./rack.ts";

export class ControlPlane {
  readonly #rack: Rack;
  #records: readonly ConfigurationRecord[] = [];

  constructor(rack: Rack) {
    this.#rack = rack;
  }

  /** All records of the rack, by epoch. */
  get records(): readonly ConfigurationRecord[] {
    return this.#records;
  }

  /** The record of the highest epoch. */
  get latest(): ConfigurationRecord {
    const latest = this.#records.at(-1);
    if (latest === undefined) throw new Error("nothing was proposed yet");
    return latest;
  }

  /** Proposes the next configuration; {@link reconcile} asks its coordinator. */
  propose(proposal: Proposal): ConfigurationRecord {
    const { record, superseded } = proposeConfiguration(this.#records, proposal, Date.now());
    const before =
      superseded === null ? this.#records : [...this.#records.slice(0, -1), superseded];
    this.#records = [...before, record];
    return record;
  }

  /** Gives the latest configuration up. */
  abort(reason: string): void {
    this.#store(abortConfiguration(this.latest, reason, Date.now()));
  }

  /**
   * One round: looks at the rack, and does what is to be done now, each thing once.
   *
   * @returns what was done, in order
   */
  async reconcile(): Promise<readonly ControlAction[]> {
    const done: ControlAction[] = [];
    let view = await this.#look();
    for (;;) {
      const next = nextActions(this.latest, view).filter((action) => !isAmong(done, action));
      if (next.length === 0) return done;
      for (const action of next) {
        view = await this.#perform(action, view);
        done.push(action);
      }
    }
  }

  /** Whom the control plane reaches, and whom these reach. */
  async #look(): Promise<ReconcilerView> {
    const reachable = this.#rack.powered.filter((sled) => this.#rack.reachable(sled));
    const connections = new Map<BaseboardId, Iterable<BaseboardId>>();
    for (const sled of reachable) {
      connections.set(sled, (await this.#rack.node(sled).status()).connectedPeers);
    }
    return { reachable: new Set(reachable), connections };
  }

  async #perform(action: ControlAction, view: ReconcilerView): Promise<ReconcilerView> {
    switch (action.kind) {
      case "pollCoordinator":
        return { ...view, coordinator: await this.#poll(action) };
      case "upgrade":
        await this.#node(action).coordinateUpgradeFromLrtq(action.request);
        return view;
      case "coordinate":
        await this.#node(action).coordinateReconfiguration(action.request);
        return view;
      case "recordCommit":
        this.#store(decideCommit(this.latest, Date.now()));
        return view;
      case "commit":
        await this.#node(action).commit(action.request);
        this.#acknowledge(action.sled);
        return view;
      case "prepareAndCommit":
        if ((await this.#node(action).prepareAndCommit(action.config)) === "committed") {
          this.#acknowledge(action.sled);
        }
        return view;
      case "abort":
        this.abort(action.reason);
        return view;
      case "unreachable":
      case "done":
        return view;
      default:
        return action satisfies never;
    }
  }

  async #poll(action: { sled: BaseboardId; via: readonly BaseboardId[] }) {
    const status: CoordinatorStatus | null = await this.#node(action).coordinatorStatus();
    this.#store(learnFromCoordinator(this.latest, status, Date.now()));
    return status;
  }

  #node({ sled, via }: { sled: BaseboardId; via: readonly BaseboardId[] }): TrustQuorumDriver {
    // Here whoever other sleds reach is reached by the control plane too.
    if (via.length > 0) throw new Error(`${sled} is reached only through ${via.join(", ")}`);
    return this.#rack.node(sled);
  }

  #acknowledge(sled: BaseboardId): void {
    this.#store(acknowledgeCommit(this.latest, [sled], Date.now()));
  }

  #store(record: ConfigurationRecord): void {
    this.#records = [...this.#records.slice(0, -1), record];
  }
}

function isAmong(done: readonly ControlAction[], action: ControlAction): boolean {
  const sled = "sled" in action ? action.sled : undefined;
  return done.some(
    (other) => other.kind === action.kind && ("sled" in other ? other.sled : undefined) === sled,
  );
}
