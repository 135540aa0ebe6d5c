/** What the control plane does when things go wrong, one by one, on real nodes in one process. */
import { describe, expect, test } from "vitest";
import { baseboardId, parseRackId } from "trust-quorum";
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import { acknowledgementsNeeded, isCommitDecided } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { isOperatorError } from "@trust-quorum/api/client/errors";
import { ControlPlane } from "../src/control-plane.ts";
import type { Outcome, Progress, ChangeRequest } from "../src/control-plane.ts";
import { withRecords } from "../src/record-store.ts";
import type { RecordStore, Records, Transaction } from "../src/record-store.ts";
import { FakeRack } from "./fake-rack.ts";
import { bootstore } from "./lrtq.ts";

const RACK = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const ids = Array.from({ length: 8 }, (_, i) => baseboardId("part", `S${i}`));
const sled = (i: number) => ids[i] as BaseboardId;

class Store implements RecordStore {
  records: readonly ConfigurationRecord[] = [];
  onWrite: (changed: readonly ConfigurationRecord[]) => void = () => undefined;

  read(): Promise<Records> {
    return Promise.resolve(this.records);
  }

  async change<T>(_rackId: RackId, decide: (records: Records) => Transaction<T>): Promise<T> {
    // As a database: what others do comes between.
    await Promise.resolve();
    const { write, result } = decide(this.records);
    if (write.length > 0) this.write(write);
    return result;
  }

  write(changed: Records): void {
    this.records = withRecords(this.records, changed);
    this.onWrite(changed);
  }
}

/** A rack of 5 with a control plane whose clock stands still but for its pauses. */
class Bench {
  readonly rack = new FakeRack(ids);
  store = new Store();
  now = 0;

  controlPlane(store: RecordStore = this.store): ControlPlane {
    return new ControlPlane({
      rackId: RACK,
      store,
      sleds: this.rack.sleds,
      now: () => this.now,
      pause: (milliseconds) => {
        this.now += milliseconds;
        this.rack.tick();
        return Promise.resolve();
      },
    });
  }

  request(members: readonly BaseboardId[] = ids.slice(0, 5)): ChangeRequest {
    const kind = this.store.records.some(isCommitDecided) ? "reconfigure" : "initial";
    return { kind, members };
  }

  async reach(
    members?: readonly BaseboardId[],
    onProgress?: (progress: Progress) => void,
  ): Promise<Outcome> {
    const controlPlane = this.controlPlane();
    await controlPlane.propose(this.request(members));
    return controlPlane.finish({ deadline: this.now + 60_000, ...(onProgress && { onProgress }) });
  }

  /** The latest epoch whose commit was decided. */
  decided(): Epoch | null {
    return this.store.records.findLast(isCommitDecided)?.epoch ?? null;
  }

  states(): string[] {
    return this.store.records.map(({ state }) => state);
  }
}

async function code(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (isOperatorError(error)) return error.code;
    throw error;
  }
  return "no error";
}

test("a request that was made before somebody else changed the members is refused, and nothing is proposed", async () => {
  const bench = new Bench();
  await bench.reach();
  // One operator is asked for a serial number while another one adds a sled.
  const request = { ...bench.request(ids.slice(0, 4)), basedOn: bench.decided() };
  await bench.reach(ids.slice(0, 6));
  expect(await code(() => bench.controlPlane().propose(request))).toBe("ERR_TQ_CLI_IN_PROGRESS");
  expect(bench.states()).toHaveLength(2);
  const anew = { ...request, basedOn: bench.decided() };
  expect((await bench.controlPlane().propose(anew)).epoch).toBe(3);
});

describe("a coordinator", () => {
  test("that is lost is pre-empted: another one coordinates the next epoch", async () => {
    const bench = new Bench();
    const controlPlane = bench.controlPlane();
    const first = await controlPlane.propose(bench.request());
    bench.rack.crash(first.coordinator);
    const seen: Progress["kind"][] = [];
    const outcome = await controlPlane.finish({
      deadline: 60_000,
      onProgress: ({ kind }) => seen.push(kind),
    });
    expect(outcome).toMatchObject({
      kind: "committed",
      record: { epoch: 2, coordinator: sled(1) },
    });
    expect(bench.store.records[0]?.abortReason).toContain("did not answer for 10 s");
    expect(seen).toContain("preempted");
  });

  test("that crashed after it began, and is back, is found out, and the epoch is given up", async () => {
    const bench = new Bench();
    // Two of five are down, so that epoch 1 cannot reach K + Z = 4.
    bench.rack.crash(sled(3));
    bench.rack.crash(sled(4));
    const controlPlane = bench.controlPlane();
    const { coordinator } = await controlPlane.propose(bench.request());
    expect((await controlPlane.finish({ deadline: 2000 })).kind).toBe("unfinished");
    bench.rack.crash(coordinator);
    bench.rack.startAll();
    const outcome = await bench.controlPlane().finish({ deadline: 60_000 });
    expect(outcome).toMatchObject({ kind: "committed", record: { epoch: 2 } });
    expect(bench.states()).toEqual(["aborted", "committed"]);
  });

  test("that refuses is given up, with its reason, and another one asked", async () => {
    const { rackId, sleds } = bootstore();
    const stranger = baseboardId("part", "S0");
    const members = [...sleds.keys(), stranger];
    const store = new Store();
    const rack = new FakeRack(members, sleds);
    const controlPlane = new ControlPlane({ rackId, store, sleds: rack.sleds });
    await controlPlane.propose({ kind: "upgradeFromLrtq", members, coordinator: stranger });
    const outcome = await controlPlane.finish({ deadline: Date.now() + 60_000 });
    expect(outcome).toMatchObject({ kind: "committed", record: { epoch: 3, state: "committed" } });
    expect(store.records[0]?.abortReason).toContain("ERR_TQ_NO_LRTQ_SHARE");
  });

  test("that was chosen and refuses is not chosen again", async () => {
    const { rackId, sleds } = bootstore();
    const [first] = sleds;
    if (first === undefined) throw new Error("no sleds");
    // It still runs on the bootstore, so it refuses everything but an upgrade; and it comes first.
    const members = [first[0], ...ids.slice(0, 4)];
    const store = new Store();
    const rack = new FakeRack(members, new Map([first]));
    const controlPlane = new ControlPlane({ rackId, store, sleds: rack.sleds });
    const proposed = await controlPlane.propose({ kind: "initial", members });
    expect(proposed.coordinator).toBe(first[0]);
    const outcome = await controlPlane.finish({ deadline: Date.now() + 60_000 });
    expect(outcome).toMatchObject({
      kind: "committed",
      record: { epoch: 2, coordinator: sled(0) },
    });
    expect(store.records[0]?.abortReason).toContain("ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED");
  });
});

describe("a member", () => {
  test("that missed its Prepare computes its share after prepareAndCommit", async () => {
    const bench = new Bench();
    bench.rack.crash(sled(4));
    const early = await bench.reach();
    expect(early.kind === "committed" && [...early.waitingFor.keys()]).toEqual([sled(4)]);
    bench.rack.startAll();
    expect(bench.states()).toEqual(["committing"]);
    expect(await bench.controlPlane().finish({ deadline: bench.now + 60_000 })).toMatchObject({
      kind: "committed",
      record: { state: "committed" },
    });
    expect(bench.rack.saved(sled(4)).shares.has(1 as never)).toBe(true);
  });

  test("that only its peers reach is told through one of them", async () => {
    const bench = new Bench();
    bench.rack.hidden.add(sled(4));
    const calls: string[] = [];
    bench.rack.delivery = (_, call) => {
      calls.push(call);
      return "arrives";
    };
    const outcome = await bench.reach();
    expect(outcome).toMatchObject({ kind: "committed", record: { state: "committed" } });
    expect(calls).toContain("proxy commit");
    expect(bench.rack.saved(sled(4)).commits.has(1 as never)).toBe(true);
  });

  test("is never told to commit before the decision is stored", async () => {
    const bench = new Bench();
    bench.rack.delivery = (_, call) => {
      if (/ommit/.test(call)) expect(bench.store.records.at(-1)?.state).toMatch(/^committ/);
      return "arrives";
    };
    await bench.reach();
    await bench.reach(ids.slice(1, 7));
    const { store } = bench;
    for (const record of store.records) {
      const prepared = [...record.members.values()].filter(({ state }) => state !== "unacked");
      expect(prepared.length).toBeGreaterThanOrEqual(acknowledgementsNeeded(record));
    }
  });
});

test("what is being prepared for the same members goes on, for others it is refused", async () => {
  const bench = new Bench();
  bench.rack.crash(sled(3));
  bench.rack.crash(sled(4));
  const first = await bench.controlPlane().propose(bench.request());
  expect(await bench.controlPlane().propose(bench.request())).toBe(first);
  const others = bench.request(ids.slice(0, 6));
  expect(await code(() => bench.controlPlane().propose(others))).toBe("ERR_TQ_CLI_IN_PROGRESS");
  await bench.controlPlane().abort("for the test");
  expect((await bench.controlPlane().propose(others)).epoch).toBe(2);
});

describe("a lost journal", () => {
  test("comes back from the sleds: configurations, commits, who has what; and goes on", async () => {
    const bench = new Bench();
    await bench.reach();
    bench.rack.crash(sled(5));
    await bench.reach(ids.slice(0, 6));
    bench.rack.startAll();
    const lost = bench.store;
    bench.store = new Store();
    const { records, notes } = await bench.controlPlane().rebuild();
    expect(notes).toEqual([]);
    expect(records.map(({ epoch, state }) => [epoch, state])).toEqual([
      [1, "committed"],
      [2, "committing"],
    ]);
    records.forEach((record, i) => {
      const before = lost.records[i];
      expect(record.config?.equals(before?.config ?? (undefined as never))).toBe(true);
      expect(record.lastCommittedEpoch).toBe(before?.lastCommittedEpoch);
      expect([...record.members].map(([id, { state }]) => [id, state])).toEqual(
        [...(before?.members ?? [])].map(([id, { state }]) => [id, state]),
      );
    });
    await bench.controlPlane().finish({ deadline: bench.now + 60_000 });
    const outcome = await bench.reach(ids.slice(1, 7));
    expect(outcome).toMatchObject({ kind: "committed", record: { epoch: 3, state: "committed" } });
  });

  test("whose last epoch had K + Z prepared is committed, never proposed anew", async () => {
    const bench = new Bench();
    await bench.reach();
    bench.store.onWrite = ([record]) => {
      if (record?.state === "committing") throw new Error("killed at the decision");
    };
    await expect(bench.reach(ids.slice(0, 6))).rejects.toThrow("killed");
    bench.store = new Store();
    const { records } = await bench.controlPlane().rebuild();
    expect(records.at(-1)).toMatchObject({ epoch: 2, state: "preparing" });
    const outcome = await bench.controlPlane().finish({ deadline: bench.now + 60_000 });
    expect(outcome).toMatchObject({ kind: "committed", record: { epoch: 2, state: "committed" } });
  });

  test("is not rebuilt while a silent member may know of a commit, unless it is gone for good", async () => {
    const bench = new Bench();
    await bench.reach();
    // Killed after the decision; one member was told, the others were not.
    let told = 0;
    bench.rack.delivery = (_, call) => {
      if (call !== "commit") return "arrives";
      told += 1;
      return told === 1 ? "arrives" : "request lost";
    };
    const controlPlane = bench.controlPlane();
    await controlPlane.propose(bench.request(ids.slice(0, 6)));
    await controlPlane.finish({ deadline: bench.now + 1000 });
    const knows = ids.filter((id) => bench.rack.saved(id).commits.has(2 as never));
    expect(knows).toHaveLength(1);
    bench.rack.crash(knows[0] as BaseboardId);
    bench.rack.delivery = () => "arrives";
    bench.store = new Store();
    expect(await code(() => bench.controlPlane().rebuild())).toBe("ERR_TQ_CLI_JOURNAL_BEHIND");
    expect(bench.store.records).toEqual([]);
    await bench.controlPlane().rebuild(new Set(knows));
    expect(bench.states()).toEqual(["committing", "preparing"]);
  });

  test("leaves out epochs that a silent coordinator may have used", async () => {
    const bench = new Bench();
    await bench.reach();
    bench.rack.crash(sled(0));
    bench.store = new Store();
    const { records } = await bench.controlPlane().rebuild();
    expect(records.at(-1)?.epoch).toBe(9);
    expect(records.slice(1).every(({ state }) => state === "aborted")).toBe(true);
    bench.rack.startAll();
    const outcome = await bench.reach(ids.slice(1, 7));
    expect(outcome).toMatchObject({ kind: "committed", record: { epoch: 10 } });
  });
});

describe("another control plane with a journal of its own", () => {
  test("that is behind may not propose", async () => {
    const bench = new Bench();
    await bench.reach();
    const copy = new Store();
    copy.records = bench.store.records;
    await bench.reach(ids.slice(0, 6));
    const request = bench.request(ids.slice(0, 5));
    expect(await code(() => bench.controlPlane(copy).propose(request))).toBe(
      "ERR_TQ_CLI_JOURNAL_BEHIND",
    );
    expect(await code(() => bench.controlPlane(new Store()).propose(request))).toBe(
      "ERR_TQ_CLI_JOURNAL_BEHIND",
    );
  });

  test("that committed the epoch that this one prepares is found out", async () => {
    const bench = new Bench();
    await bench.reach();
    const controlPlane = bench.controlPlane();
    await controlPlane.propose(bench.request(ids.slice(0, 6)));
    const copy = new Store();
    copy.records = bench.store.records;
    await bench.controlPlane(copy).finish({ deadline: bench.now + 60_000 });
    expect(await code(() => controlPlane.finish({ deadline: bench.now + 60_000 }))).toBe(
      "ERR_TQ_CLI_CONTRADICTION",
    );
  });
});
