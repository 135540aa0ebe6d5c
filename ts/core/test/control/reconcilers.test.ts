/**
 * Several reconcilers at once on one store, in any interleaving, each deciding on what it read and
 * polled some time ago: a commit is never taken back, never decided below K + Z sleds that really have
 * prepared, and records only move along the allowed edges.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import type { BaseboardId } from "../../src/base/id-types.ts";
import { nextActions } from "../../src/control/next-actions.ts";
import type { ControlAction } from "../../src/control/next-actions.ts";
import { eligibleCoordinators, proposeConfiguration } from "../../src/control/propose.ts";
import {
  abortConfiguration,
  acknowledgeCommit,
  committedMembers,
  decideCommit,
  isCommitDecided,
  learnFromCoordinator,
  preparedMembers,
} from "../../src/control/record.ts";
import type { ConfigurationRecord } from "../../src/control/record.ts";
import type { CoordinatorStatus } from "../../src/protocol/coordinator.ts";
import { configOf, proposal, sled, sleds } from "./racks.ts";
import type { Edges } from "./racks.ts";
import { QUICK, runs } from "../../../../scripts/vitest/effort.ts";

const RECONCILERS = 3;
const POOL = 7;

const EDGES: Edges = {
  preparing: ["committing", "aborted"],
  preparing_lrtq_upgrade: ["committing", "aborted"],
  committing: ["committed", "committed_partially"],
  committed: [],
  committed_partially: [],
  aborted: [],
};
const MEMBER_ORDER = ["unacked", "prepared", "committed"];

/** The sleds, as far as the control plane can tell: who has prepared and committed what. */
class World {
  readonly prepared = new Map<number, Set<BaseboardId>>();
  readonly committed = new Map<number, Set<BaseboardId>>();
  /** What each coordinator has in memory: gone when it crashes. */
  readonly coordinating = new Map<BaseboardId, ConfigurationRecord>();
  /** Sleds that nobody reaches. */
  readonly cut = new Set<BaseboardId>();

  status(id: BaseboardId): CoordinatorStatus | null {
    const record = this.coordinating.get(id);
    if (record === undefined) return null;
    const ready = this.prepared.get(record.epoch) ?? new Set();
    return {
      epoch: record.epoch,
      lrtqUpgrade: record.state === "preparing_lrtq_upgrade",
      operation: "prepare",
      config: configOf(record),
      acks: [...record.members.keys()].filter((member) => ready.has(member)),
    };
  }

  /** A coordinator takes the request unless it has seen the epoch already. */
  coordinate(record: ConfigurationRecord): boolean {
    if (this.prepared.has(record.epoch)) return false;
    this.prepared.set(record.epoch, new Set([record.coordinator]));
    this.coordinating.set(record.coordinator, record);
    return true;
  }
}

interface Reconciler {
  /** Read at some time, acted on later. */
  record: ConfigurationRecord | null;
  polled: CoordinatorStatus | null | undefined;
  refused: boolean;
  /** Each with the record that it was decided on. */
  actions: { readonly record: ConfigurationRecord; readonly action: ControlAction }[];
}

class Store {
  readonly records: ConfigurationRecord[] = [];
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** One transaction: read, change, check, write. */
  update(epoch: number, change: (record: ConfigurationRecord) => ConfigurationRecord): void {
    const at = this.records.findIndex((record) => record.epoch === epoch);
    const before = this.records[at];
    if (before === undefined) throw new Error(`no record of epoch ${epoch}`);
    let after = before;
    try {
      after = change(before);
    } catch (error) {
      // What raced with somebody else's change is refused, and changes nothing.
      if (!isTrustQuorumError(error)) throw error;
    }
    this.#check(before, after);
    // Safe to run twice.
    if (after !== before) expect(change(after)).toBe(after);
    this.records[at] = after;
  }

  propose(members: readonly BaseboardId[], lrtq: boolean): void {
    const committed = this.records.some(isCommitDecided);
    const kind = committed ? "reconfigure" : lrtq ? "upgradeFromLrtq" : "initial";
    const [coordinator] = eligibleCoordinators(this.records, members);
    if (coordinator === undefined) return;
    try {
      const request = proposal(members.length, { kind, members, coordinator });
      const { record, superseded } = proposeConfiguration(this.records, request, 1);
      const latest = this.records.at(-1);
      expect(record.epoch).toBe(latest === undefined ? (lrtq ? 2 : 1) : latest.epoch + 1);
      if (superseded !== null) this.update(superseded.epoch, () => superseded);
      this.records.push(record);
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
    }
  }

  #check(before: ConfigurationRecord, after: ConfigurationRecord): void {
    if (after.state !== before.state) expect(EDGES[before.state]).toContain(after.state);
    for (const [id, { state }] of before.members) {
      const next = after.members.get(id)?.state ?? "gone";
      expect(MEMBER_ORDER.indexOf(next)).toBeGreaterThanOrEqual(MEMBER_ORDER.indexOf(state));
    }
    if (before.config !== null) expect(after.config).toBe(before.config);
    const needed = after.threshold + after.commitCrashTolerance;
    const prepared = this.world.prepared.get(after.epoch) ?? new Set();
    const committed = this.world.committed.get(after.epoch) ?? new Set();
    for (const id of preparedMembers(after)) expect(prepared).toContain(id);
    for (const id of committedMembers(after)) expect(committed).toContain(id);
    if (isCommitDecided(after)) expect(prepared.size).toBeGreaterThanOrEqual(needed);
    if (after.state === "committed") expect(committed.size).toBe(after.members.size);
    if (after.state === "committed_partially") {
      expect(committed.size).toBeGreaterThanOrEqual(needed);
    }
  }
}

type Step =
  | { readonly kind: "read" | "poll" | "decide" | "act" | "round"; readonly who: number }
  | { readonly kind: "prepare"; readonly sled: number }
  | { readonly kind: "crash" | "cut" | "mend"; readonly sled: number }
  | { readonly kind: "abort"; readonly back: number }
  | { readonly kind: "propose"; readonly members: readonly number[] };

const sledNumber = fc.nat({ max: POOL - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      kind: fc.constantFrom("read", "poll", "decide", "act", "act", "round"),
      who: fc.nat({ max: RECONCILERS - 1 }),
    }),
  },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("prepare"), sled: sledNumber }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("crash", "cut", "mend"), sled: sledNumber }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort"), back: fc.nat({ max: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("propose"),
      members: fc.uniqueArray(sledNumber, { minLength: 3, maxLength: POOL }),
    }),
  },
);

test("reconcilers that interleave never take back a commit, nor decide one too early", () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.integer({ min: 3, max: POOL }),
      fc.array(step, { minLength: 50, maxLength: 400, size: "max" }),
      (lrtq, size, steps) => {
        const run = new Run(lrtq, size);
        for (const next of steps) run.step(next);
        for (const { state } of run.store.records) reached.add(state);
        run.finish();
      },
    ),
    { numRuns: runs(200) },
  );
  if (QUICK) return;
  // The property says nothing if the interesting states never come up.
  expect([...reached].sort()).toEqual(Object.keys(EDGES).sort());
});

class Run {
  readonly world = new World();
  readonly store = new Store(this.world);
  readonly reconcilers: Reconciler[];
  readonly #lrtq: boolean;

  constructor(lrtq: boolean, size: number) {
    this.#lrtq = lrtq;
    this.reconcilers = Array.from({ length: RECONCILERS }, () => ({
      record: null,
      polled: undefined,
      refused: false,
      actions: [],
    }));
    this.store.propose(sleds(size), lrtq);
  }

  step(next: Step): void {
    switch (next.kind) {
      case "read":
      case "poll":
      case "decide":
      case "act":
        this.#reconcile(this.reconcilers[next.who] as Reconciler, next.kind);
        return;
      case "round":
        this.#round(this.reconcilers[next.who] as Reconciler);
        return;
      case "prepare":
        for (const record of this.world.coordinating.values()) {
          const id = sled(next.sled);
          if (record.members.has(id)) this.world.prepared.get(record.epoch)?.add(id);
        }
        return;
      case "crash":
        this.world.coordinating.delete(sled(next.sled));
        return;
      case "cut":
        this.world.cut.add(sled(next.sled));
        return;
      case "mend":
        this.world.cut.delete(sled(next.sled));
        return;
      case "abort": {
        const record = this.store.records.at(-1 - next.back);
        if (record === undefined) return;
        this.store.update(record.epoch, (r) => abortConfiguration(r, "an operator says so", 3));
        return;
      }
      case "propose":
        this.store.propose(next.members.map(sled), this.#lrtq);
        return;
      default:
        next satisfies never;
    }
  }

  /** With everybody working one after the other, the latest record comes to its end. */
  finish(): void {
    const [reconciler] = this.reconcilers;
    this.world.cut.clear();
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < POOL; i++) this.step({ kind: "prepare", sled: i });
      for (const kind of ["read", "poll", "decide"] as const) {
        this.#reconcile(reconciler as Reconciler, kind);
      }
      while ((reconciler?.actions.length ?? 0) > 0)
        this.#reconcile(reconciler as Reconciler, "act");
    }
    expect(["committed", "aborted"]).toContain(this.store.records.at(-1)?.state);
  }

  #round(self: Reconciler): void {
    for (const kind of ["read", "poll", "decide"] as const) this.#reconcile(self, kind);
    while (self.actions.length > 0) this.#reconcile(self, "act");
  }

  #reconcile(self: Reconciler, kind: "read" | "poll" | "decide" | "act"): void {
    switch (kind) {
      case "read":
        self.record = this.store.records.at(-1) ?? null;
        self.polled = undefined;
        return;
      case "poll":
        if (self.record === null) return;
        self.polled = this.world.status(self.record.coordinator);
        return;
      case "decide": {
        const { record, polled } = self;
        if (record === null) return;
        if (polled !== undefined) {
          this.store.update(record.epoch, (r) => learnFromCoordinator(r, polled, 2));
        }
        const refused = self.refused ? "ERR_TQ_PREPARED_EPOCH_MISMATCH" : undefined;
        const actions = nextActions(record, { coordinator: polled, refused });
        self.actions = actions.map((action) => ({ record, action }));
        expect(self.actions.length).toBeGreaterThan(0);
        return;
      }
      case "act": {
        const next = self.actions.shift();
        if (next !== undefined) this.#act(self, next.record, next.action);
        return;
      }
      default:
        kind satisfies never;
    }
  }

  #act(self: Reconciler, record: ConfigurationRecord, action: ControlAction): void {
    const { epoch } = record;
    switch (action.kind) {
      case "coordinate":
      case "upgrade":
        self.refused = !this.world.coordinate(record);
        return;
      case "recordCommit":
        this.store.update(epoch, (r) => decideCommit(r, 4));
        return;
      case "commit":
      case "prepareAndCommit": {
        // A sled is only ever told to commit what the store has decided.
        const stored = this.store.records.find((r) => r.epoch === epoch);
        expect(stored !== undefined && isCommitDecided(stored)).toBe(true);
        if (this.world.cut.has(action.sled)) return;
        const committed = this.world.committed.get(epoch) ?? new Set();
        this.world.committed.set(epoch, committed.add(action.sled));
        this.world.prepared.get(epoch)?.add(action.sled);
        this.store.update(epoch, (r) => acknowledgeCommit(r, [action.sled], 5));
        return;
      }
      case "abort":
        this.store.update(epoch, (r) => abortConfiguration(r, action.reason, 6));
        return;
      case "pollCoordinator":
      case "unreachable":
      case "done":
        return;
      default:
        action satisfies never;
    }
  }
}
