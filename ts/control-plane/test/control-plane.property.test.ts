/**
 * The control plane on real nodes, with requests and answers lost, sleds that crash and come back, a
 * control plane that is killed before and after any of its writes and run again, and two of them at
 * once on one store: it always ends well.
 */
import { Random } from "@trust-quorum/random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { baseboardId, isTrustQuorumError, parseRackId } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { isCommitDecided } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { isOperatorError } from "@trust-quorum/api/client/errors";
import { ControlPlane } from "../src/control-plane.ts";
import type { ChangeRequest } from "../src/control-plane.ts";
import { withRecords } from "../src/record-store.ts";
import type { RecordStore, Records, Transaction } from "../src/record-store.ts";
import { FakeRack } from "./fake-rack.ts";
import { bootstore } from "./lrtq.ts";
import { QUICK, either } from "../../../scripts/vitest/effort.ts";

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
/** A sled that was removed never comes back: it would have to be reset. */
const POOL = 20;
const change = fc.record({ remove: fc.nat({ max: 2 }), add: fc.nat({ max: 3 }) });

class Killed extends Error {}

/** A store in memory that kills its writer before or after a write, where it is told to. */
class Store implements RecordStore {
  records: readonly ConfigurationRecord[] = [];
  writes = 0;
  killAt: { write: number; when: "before" | "after" } | null = null;

  async read(): Promise<Records> {
    await Promise.resolve();
    return this.records;
  }

  async change<T>(_rackId: RackId, decide: (records: Records) => Transaction<T>): Promise<T> {
    // As with a database, another control plane's transactions come between.
    await Promise.resolve();
    const { write, result } = decide(this.records);
    if (write.length > 0) this.#write(write);
    await Promise.resolve();
    return result;
  }

  #write(changed: Records): void {
    this.writes += 1;
    const kill = this.killAt?.write === this.writes ? this.killAt.when : null;
    if (kill === "before") throw new Killed();
    for (const record of changed) {
      const before = this.records.find(({ epoch }) => epoch === record.epoch);
      // Nothing that was settled ever moves back.
      if (before !== undefined && isCommitDecided(before))
        expect(isCommitDecided(record)).toBe(true);
      if (before?.state === "aborted") expect(record.state).toBe("aborted");
    }
    this.records = withRecords(this.records, changed);
    if (kill === "after") throw new Killed();
  }
}

interface Plan {
  readonly lrtq: boolean;
  readonly requests: readonly { readonly remove: number; readonly add: number }[];
  /** Of each 100 calls, how many lose their request, their answer; of each 100 rounds, crashes. */
  readonly rates: { readonly request: number; readonly answer: number; readonly crash: number };
  readonly kills: readonly { readonly write: number; readonly when: "before" | "after" }[];
  readonly planes: 1 | 2;
  readonly seed: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  lrtq: fc.boolean(),
  requests: fc.array(change, { minLength: 1, maxLength: 4 }),
  rates: fc.record({
    request: fc.nat({ max: 15 }),
    answer: fc.nat({ max: 15 }),
    crash: fc.nat({ max: 15 }),
  }),
  kills: fc.array(
    fc.record({
      write: fc.integer({ min: 1, max: 40 }),
      when: fc.constantFrom("before" as const, "after" as const),
    }),
    { maxLength: 4 },
  ),
  planes: fc.constantFrom(1 as const, 2 as const),
  seed: fc.integer(),
});

test("ends well whatever is lost, crashes or is killed, also with two control planes on one store", async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(plan, async (chosen) => {
      const run = new Run(chosen);
      for (const request of chosen.requests) await run.faulty(request);
      for (const { state } of run.store.records) reached.add(state);
      await run.healed();
      run.check();
    }),
    { numRuns: Number(process.env["TQ_PLANE_RUNS"] ?? either(25, 5)) },
  );
  if (QUICK) return;
  // The property says nothing where aborts and supersessions never come up.
  expect([...reached]).toEqual(expect.arrayContaining(["aborted", "committed"]));
});

class Run {
  readonly rack: FakeRack;
  readonly store = new Store();
  readonly ids: readonly BaseboardId[];
  readonly #plan: Plan;
  readonly #random: Random;
  #now = 0;
  #calm = false;
  #wanted: readonly BaseboardId[] = [];
  #used = 0;

  constructor(chosen: Plan) {
    this.#plan = chosen;
    this.#random = new Random(chosen.seed);
    if (chosen.lrtq) {
      const { sleds } = bootstore();
      const fresh = Array.from({ length: POOL }, (_, i) => baseboardId("913-0000019", `NEW${i}`));
      this.ids = [...sleds.keys(), ...fresh];
      this.rack = new FakeRack(this.ids, sleds);
    } else {
      this.ids = Array.from({ length: POOL }, (_, i) => baseboardId("part", `S${i}`));
      this.rack = new FakeRack(this.ids);
    }
    this.rack.delivery = () => {
      if (this.#calm) return "arrives";
      const { request, answer } = this.#plan.rates;
      const roll = this.#random.below(100);
      return roll < request ? "request lost" : roll < request + answer ? "answer lost" : "arrives";
    };
    this.rack.delay = async () => {
      for (let i = this.#random.below(4); i > 0; i--) await Promise.resolve();
    };
  }

  /** Wishes for these members while everything goes wrong; it may or may not come about. */
  async faulty({ remove, add }: Plan["requests"][number]): Promise<void> {
    const current = this.store.records.findLast(isCommitDecided);
    if (current === undefined) this.#wanted = this.ids.slice(0, 5);
    else {
      const members = [...current.members.keys()];
      // Sleds leave from the front: coordinators are chosen from there.
      const stay = members.slice(Math.min(remove, members.length - 3));
      this.#wanted = [...stay, ...this.ids.slice(this.#used, this.#used + add)];
    }
    this.#used = Math.max(this.#used, ...this.#wanted.map((id) => this.ids.indexOf(id) + 1));
    for (const kill of [...this.#plan.kills, null]) {
      this.store.killAt = kill && { ...kill, write: this.store.writes + kill.write };
      await Promise.all(
        Array.from({ length: this.#plan.planes }, () => this.#command(this.#now + 3000)),
      );
    }
  }

  async healed(): Promise<void> {
    this.#calm = true;
    this.store.killAt = null;
    this.rack.startAll();
    for (let round = 0; ; round++) {
      expect(round).toBeLessThan(10);
      await this.#command(this.#now + 600_000);
      const latest = this.store.records.at(-1);
      const same =
        latest !== undefined &&
        latest.state === "committed" &&
        [...latest.members.keys()].sort().join() === [...this.#wanted].sort().join();
      if (same) return;
    }
  }

  /** One `tq`: what it cannot do it says, and it may be killed. */
  async #command(deadline: number): Promise<void> {
    const controlPlane = new ControlPlane({
      rackId: this.#plan.lrtq ? bootstore().rackId : RACK,
      store: this.store,
      sleds: this.rack.sleds,
      now: () => this.#now,
      pause: async (milliseconds) => {
        this.#now += milliseconds;
        await Promise.resolve();
        if (!this.#calm) this.#weather();
        this.rack.tick();
      },
      coordinatorPatienceMs: 1000,
      memberPatienceMs: 1000,
    });
    try {
      const latest = await controlPlane.latest();
      if (latest !== undefined && latest.state !== "aborted" && latest.state !== "committed") {
        const outcome = await controlPlane.finish({ deadline });
        if (outcome.kind === "unfinished") return;
      }
      await controlPlane.propose(this.#request());
      await controlPlane.finish({ deadline });
    } catch (error) {
      if (error instanceof Killed) return;
      if (isTrustQuorumError(error)) return;
      // Nobody else changes this rack, so nothing may look like it.
      if (!isOperatorError(error) || error.code === "ERR_TQ_CLI_CONTRADICTION") throw error;
      if (error.code === "ERR_TQ_CLI_JOURNAL_BEHIND") throw error;
    }
  }

  #request(): ChangeRequest {
    const committed = this.store.records.some(isCommitDecided);
    const kind = committed ? "reconfigure" : this.#plan.lrtq ? "upgradeFromLrtq" : "initial";
    return { kind, members: this.#wanted };
  }

  #weather(): void {
    for (const id of this.ids) {
      if (this.#random.below(100) >= this.#plan.rates.crash) continue;
      if (this.rack.isUp(id)) this.rack.crash(id);
      else this.rack.start(id);
    }
  }

  /** Everybody of the latest configuration has committed it and opens every committed secret, the same. */
  check(): void {
    const latest = this.store.records.at(-1) as ConfigurationRecord;
    const epochs = this.store.records.filter(isCommitDecided).map(({ epoch }) => epoch as number);
    if (this.#plan.lrtq) epochs.unshift(1);
    const secrets = new Map<number, string>();
    for (const id of latest.members.keys()) {
      expect(this.rack.saved(id).commits.has(latest.epoch)).toBe(true);
      expect(this.rack.node(id).status().alarms).toEqual([]);
      this.rack.unlock(id, latest.epoch).dispose();
      for (const epoch of epochs) {
        const secret = this.rack.unlock(id, epoch);
        secret.expose((bytes) => {
          const seen = Buffer.from(bytes).toString("hex");
          expect(secrets.get(epoch) ?? seen).toBe(seen);
          secrets.set(epoch, seen);
        });
        secret.dispose();
      }
    }
    expect(new Set(secrets.values()).size).toBe(epochs.length);
  }
}
