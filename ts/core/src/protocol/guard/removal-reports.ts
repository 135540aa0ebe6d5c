/**
 * Who has said that this sled is no member any more (protocol section 6.0, G2). One member's word is
 * not enough: a sled that believed it would answer nobody for good.
 *
 * Invariants: one report a member of the configuration that they are counted for, each for an epoch
 * above it; in memory only. A commit, or a configuration that includes this sled, clears them.
 */
import type { BaseboardId, Epoch } from "../../base/id-types.ts";
import type { Configuration } from "../configuration.ts";

/** That some members, but fewer than K, say that this sled was removed. */
export interface RemovalReports {
  /** The lowest epoch that one of them names. */
  readonly epoch: Epoch;
  /** Who says so, in the order in which they said it first. */
  readonly from: readonly BaseboardId[];
  /** K: how many have to say so before this sled believes it. */
  readonly threshold: number;
}

/** What became of a report. */
export type Reported = "believed" | "noted" | "not_a_member" | "not_above";

export class RemovalNotes {
  readonly #said = new Map<BaseboardId, Epoch>();

  /**
   * A peer says that this sled was removed at an epoch.
   *
   * @param known the latest committed configuration, or the latest one where none is committed
   */
  report(known: Configuration, from: BaseboardId, epoch: Epoch): Reported {
    if (!known.has(from)) return "not_a_member";
    if (epoch <= known.epoch) return "not_above";
    this.#said.set(from, epoch);
    return this.#said.size >= known.threshold ? "believed" : "noted";
  }

  clear(): void {
    this.#said.clear();
  }

  /** The reports so far, or null where there are none. */
  summary(known: Configuration | null): RemovalReports | null {
    if (known === null || this.#said.size === 0) return null;
    const epoch = Math.min(...this.#said.values()) as Epoch;
    return { epoch, from: [...this.#said.keys()], threshold: known.threshold };
  }

  list(): { from: BaseboardId; epoch: Epoch }[] {
    return [...this.#said].map(([from, epoch]) => ({ from, epoch }));
  }

  resume(reports: readonly { readonly from: BaseboardId; readonly epoch: Epoch }[]): void {
    this.#said.clear();
    for (const { from, epoch } of reports) this.#said.set(from, epoch);
  }
}
