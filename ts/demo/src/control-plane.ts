/**
 * The control plane (Nexus) of the demo: that of `@trust-quorum/control-plane`, with its records in
 * memory, run a round at a time, so that things can go wrong between two rounds.
 */
import { ControlPlane as RackControlPlane } from "@trust-quorum/control-plane/control-plane";
import type { ChangeRequest } from "@trust-quorum/control-plane/control-plane";
import { Reconciler } from "@trust-quorum/control-plane/reconciler";
import type { Round } from "@trust-quorum/control-plane/reconciler";
import { MemoryRecordStore } from "@trust-quorum/control-plane/record-store";
import type { Records } from "@trust-quorum/control-plane/record-store";
import type { Sleds } from "@trust-quorum/control-plane/survey";
import type { RackId } from "trust-quorum";
import type { ConfigurationRecord } from "trust-quorum/control";

/** Keeps what it knows at hand, so that a scene can tell of it. */
export class ControlPlane {
  readonly #rackId: RackId;
  readonly #sleds: Sleds;
  readonly #store = new MemoryRecordStore();
  #records: Records = [];

  constructor(rackId: RackId, sleds: Sleds) {
    this.#rackId = rackId;
    this.#sleds = sleds;
  }

  /** All records of the rack, by epoch. */
  get records(): Records {
    return this.#records;
  }

  /** The record of the highest epoch. */
  get latest(): ConfigurationRecord {
    const latest = this.#records.at(-1);
    if (latest === undefined) throw new Error("nothing was proposed yet");
    return latest;
  }

  /** Proposes the next configuration; {@link reconcile} asks its coordinator. */
  async propose(request: ChangeRequest): Promise<ConfigurationRecord> {
    await this.#rack().propose(request);
    return this.#learn();
  }

  /** Gives the latest configuration up. */
  async abort(reason: string): Promise<void> {
    await this.#rack().abort(reason);
    await this.#learn();
  }

  /** One round: looks at the rack, and does what is to be done now, each thing once. */
  async reconcile(): Promise<Round> {
    const { epoch } = this.latest;
    const options = { rackId: this.#rackId, store: this.#store, sleds: this.#sleds, now: Date.now };
    const round = await new Reconciler({ ...options, epoch }).round();
    await this.#learn();
    return round;
  }

  #rack(): RackControlPlane {
    return new RackControlPlane({ rackId: this.#rackId, store: this.#store, sleds: this.#sleds });
  }

  async #learn(): Promise<ConfigurationRecord> {
    this.#records = await this.#store.read(this.#rackId);
    return this.latest;
  }
}
