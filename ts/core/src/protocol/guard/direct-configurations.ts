/**
 * The configurations that the control plane itself has told this node of (protocol section 6.0, G3 and
 * G4). Their members are members known here, also where this sled has slept through so many changes
 * that nobody of its latest committed configuration is left.
 *
 * Invariants: only epochs above the latest committed one are remembered, since from a commit on the
 * committed configuration says who is a member; at most {@link DIRECT_CONFIGURATIONS_MAX}, the lowest
 * epochs making room; in memory only, since the control plane tells again until it is acknowledged.
 */
import type { BaseboardId, Epoch } from "../../base/id-types.ts";
import { DIRECT_CONFIGURATIONS_MAX } from "./limits.ts";

/** An epoch that the control plane named, and its members. */
export interface DirectConfiguration {
  readonly epoch: Epoch;
  readonly members: readonly BaseboardId[];
}

export class DirectConfigurations {
  readonly #members = new Map<Epoch, readonly BaseboardId[]>();

  add({ epoch, members }: DirectConfiguration): void {
    this.#members.set(epoch, [...members]);
    while (this.#members.size > DIRECT_CONFIGURATIONS_MAX) {
      this.#members.delete(Math.min(...this.#members.keys()) as Epoch);
    }
  }

  has(epoch: Epoch): boolean {
    return this.#members.has(epoch);
  }

  /** Whether the control plane has named this sled as a member. */
  names(id: BaseboardId): boolean {
    return [...this.#members.values()].some((members) => members.includes(id));
  }

  /** The highest epoch that the control plane named, or 0. */
  get highest(): number {
    return Math.max(0, ...this.#members.keys());
  }

  /** The control plane has given this epoch up. */
  forget(epoch: Epoch): void {
    this.#members.delete(epoch);
  }

  /** Epochs up to this one are committed, or superseded by what is. */
  committed(epoch: Epoch): void {
    for (const one of [...this.#members.keys()]) if (one <= epoch) this.#members.delete(one);
  }

  list(): DirectConfiguration[] {
    return [...this.#members].map(([epoch, members]) => ({ epoch, members }));
  }

  resume(configurations: readonly DirectConfiguration[]): void {
    this.#members.clear();
    for (const configuration of configurations) this.add(configuration);
  }
}
