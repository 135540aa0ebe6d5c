/** A disk for the driver's tests: it keeps copies, and refuses to forget a share or a commit. */
import { expect } from "vitest";
import { LrtqShare } from "../../src/base/share.ts";
import type { RestoredLedger } from "../../src/protocol/node-status.ts";
import type { PersistOutput } from "../../src/protocol/outputs.ts";
import type { PersistentState } from "../../src/protocol/persistent-state.ts";

/** A copy that shares no secret with the original, as a file would hold it. */
export function copyOfState(state: PersistentState): PersistentState {
  const { lrtq } = state;
  return {
    ...state,
    lrtq: lrtq === null ? null : { ...lrtq, share: LrtqShare.copyOf(lrtq.share.bytes) },
    shares: new Map([...state.shares].map(([epoch, share]) => [epoch, share.clone()])),
  };
}

export class Disk {
  /** What a restart would find. */
  #held: RestoredLedger | null;
  /** What the driver knows to be there: nothing else may be spoken of. */
  #confirmed: RestoredLedger | null;

  constructor(ledger: RestoredLedger | null = null) {
    this.#held = ledger;
    this.#confirmed = ledger;
  }

  get held(): RestoredLedger | null {
    return this.#held;
  }

  get confirmed(): PersistentState | null {
    return this.#confirmed?.state ?? null;
  }

  write({ generation, state }: PersistOutput): void {
    const before = this.#held;
    if (before !== null) {
      expect(generation).toBeGreaterThan(before.generation);
      for (const epoch of before.state.commits) expect(state.commits).toContain(epoch);
      for (const [epoch, share] of before.state.shares) {
        expect(state.shares.get(epoch)?.bytes).toEqual(share.bytes);
      }
    }
    for (const share of state.shares.values()) expect(share.wiped).toBe(false);
    for (const epoch of state.commits) {
      expect(state.configs.has(epoch) && state.shares.has(epoch)).toBe(true);
    }
    this.#held = { generation, state: copyOfState(state) };
  }

  confirm(): void {
    this.#confirmed = this.#held;
  }

  /** What a process finds that starts now. */
  read(): RestoredLedger | null {
    this.confirm();
    const held = this.#held;
    return held === null ? null : { ...held, state: copyOfState(held.state) };
  }
}
