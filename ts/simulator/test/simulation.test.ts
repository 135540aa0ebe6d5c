/** A simulation goes step by step, takes actions of its caller, and goes back to the byte. */
import { LogLines } from "@trust-quorum/event-log";
import { Random } from "@trust-quorum/random";
import { TrustQuorumNode } from "trust-quorum";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { Simulation, record, recordLog, replay, simulate } from "../src/index.ts";
import type { Action, SimulationOptions } from "../src/index.ts";
import { sampled } from "../../../scripts/vitest/effort.ts";

// Refusals are errors, and there are many; nobody looks at where they were made.
const { stackTraceLimit } = Error;
Error.stackTraceLimit = 0;
// Other files may be run in the same process.
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const CALM: SimulationOptions = { profile: "calm", sleds: 5, lrtq: false, slowSaves: false };
const PROPOSE: Action = { kind: "propose", controlPlane: 0, members: [0, 1, 2, 3], coordinator: 0 };

/** Everything that can be seen of a simulation. */
function seen(simulation: Simulation): string {
  const { position, over, failure } = simulation;
  const [sleds, links] = [simulation.sleds(), simulation.links()];
  const configurations = simulation.configurations();
  const { calls, steps, coverage } = simulation.result();
  const all = { position, over, failure, sleds, links, configurations, calls, steps, coverage };
  return JSON.stringify(all);
}

/** The events of a log without its header, which says how to make the run again. */
function eventsOf(text: string): string {
  return text.slice(text.indexOf("\n"));
}

/** The rack's control plane does what is next, and everything arrives, until nothing is left to do. */
function settle(simulation: Simulation): void {
  for (let round = 0; round < 8; round++) {
    for (const kind of ["read", "poll"] as const) simulation.apply({ kind, controlPlane: 0 });
    for (let choice = 0; choice < 4; choice++) {
      simulation.apply({ kind: "act", controlPlane: 0, choice });
    }
    simulation.apply({ kind: "settle" });
  }
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("step by step", () => {
  it.each(sampled([3, 4, 8, 15, 21], 3))(
    "the same comes as in one run, secrets included (seed %i)",
    (seed) => {
      const options = { steps: 500 };
      const sink = new LogLines();
      const simulation = Simulation.ofSeed(seed, options, "native", { log: { sink } });
      let steps = 0;
      while (simulation.step() !== undefined) steps += 1;
      expect(steps).toBe(500);
      expect(simulation.position).toBe(500);
      const result = simulation.run();
      expect(result).toEqual(simulate(seed, options, "native"));
      expect(simulation.over).toBe(true);
      expect(simulation.step()).toBeUndefined();
      expect(simulation.apply({ kind: "settle" })).toBe(false);
      simulation.dispose();
      const log = recordLog(record(seed, options, "native"), "native");
      expect(eventsOf(sink.text())).toBe(eventsOf(log));
    },
  );

  it("a schedule is its own, and ends where it ends", () => {
    const schedule = record(5, { steps: 50 }, "native");
    const simulation = Simulation.ofSchedule({ ...schedule, heal: false }, "native");
    for (const action of schedule.actions) expect(simulation.step()?.action).toEqual(action);
    expect(simulation.step()).toBeUndefined();
    const steps = simulation.result().steps;
    expect(simulation.run().steps).toBe(steps);
    expect(simulation.schedule()).toEqual({ ...schedule, heal: false });
    simulation.dispose();
  });
});

describe("by hand", () => {
  it("a configuration is proposed, committed and unlocked", () => {
    const simulation = Simulation.ofSeed(1, CALM, "native");
    expect(simulation.configurations()).toEqual([]);
    expect(simulation.apply(PROPOSE)).toBe(true);
    expect(simulation.configurations()).toMatchObject([
      { epoch: 1, state: "preparing", prepared: [], committed: [] },
    ]);
    settle(simulation);
    const [one] = simulation.configurations();
    expect(one?.state).toBe("committed");
    expect(one?.committed).toEqual(one?.members);
    expect(simulation.apply({ kind: "load", sled: 2, back: 0 })).toBe(true);
    const [first] = simulation.links();
    expect(first).toMatchObject({ from: 2, messages: 1, blocked: false });
    simulation.apply({ kind: "settle" });
    expect(simulation.sleds()[2]?.status?.rackSecrets.loaded).toEqual([1]);
    expect(simulation.sleds()[1]?.status?.rackSecrets.loaded).toEqual([]);
    simulation.dispose();
  });

  it("a sled crashes, loses a replica and comes back; a message is lost; a link is cut", () => {
    const simulation = Simulation.ofSeed(1, CALM, "native");
    simulation.apply(PROPOSE);
    settle(simulation);
    expect(simulation.apply({ kind: "damage", sled: 1, replica: 0, how: "torn" })).toBe(false);
    expect(simulation.apply({ kind: "crash", sled: 1, noticed: true })).toBe(true);
    expect(simulation.apply({ kind: "crash", sled: 1, noticed: true })).toBe(false);
    expect(simulation.sleds()[1]?.status).toBeNull();
    expect(simulation.apply({ kind: "damage", sled: 1, replica: 0, how: "torn" })).toBe(true);
    // Nobody could read anything then: that is beyond what this profile promises.
    expect(simulation.apply({ kind: "damage", sled: 1, replica: 1, how: "torn" })).toBe(false);
    expect(simulation.apply({ kind: "restart", sled: 1 })).toBe(true);
    expect(simulation.sleds()[1]?.status?.persistentState.commits).toEqual([1]);

    simulation.apply({ kind: "load", sled: 2, back: 0 });
    const before = simulation.links();
    expect(before.map(({ to }) => to)).toContain(3);
    expect(simulation.apply({ kind: "lose", from: 2, to: 3 })).toBe(true);
    expect(simulation.links()).toHaveLength(before.length - 1);
    expect(simulation.apply({ kind: "disconnect", a: 2, b: 0, half: false })).toBe(true);
    expect(simulation.sleds()[2]?.status?.connectedPeers).not.toContain(simulation.sleds()[0]?.id);
    simulation.apply({ kind: "settle" });
    expect(simulation.sleds()[2]?.status?.rackSecrets.loaded).toEqual([]);

    expect(simulation.apply({ kind: "heal" })).toBe(true);
    expect(simulation.failure).toBeNull();
    const loaded = simulation.sleds().map(({ status }) => status?.rackSecrets.loaded ?? []);
    for (const epochs of loaded.slice(0, 4)) expect(epochs).toContain(1);
    // Healed, it goes on.
    expect(simulation.step()).toBeDefined();
    expect(simulation.run().failure).toBeNull();
    simulation.dispose();
  });

  it("a sled that is none is a RangeError, and nothing has happened", () => {
    const simulation = Simulation.ofSeed(2, { ...CALM, profile: "hostile" }, "native");
    for (let i = 0; i < 40; i++) simulation.step();
    const before = seen(simulation);
    const wrong: Action[] = [
      { kind: "crash", sled: 5, noticed: true },
      { kind: "connect", a: 0, b: -1 },
      { kind: "partition", side: [1, 0.5], direction: "both" },
      { ...PROPOSE, members: [0, 1, 5] },
      {
        kind: "forge",
        by: 0,
        as: 0,
        to: 1,
        forgery: { kind: "prepare", epoch: 9, members: [0, 1, 9], coordinator: 0, right: true },
      },
    ];
    for (const action of wrong) expect(() => simulation.apply(action)).toThrow(RangeError);
    expect(seen(simulation)).toBe(before);
    simulation.dispose();
  });

  it("a proposal that the checks are not made for does not apply", () => {
    const lrtq = Simulation.ofSeed(3, { ...CALM, lrtq: true, sleds: 6 }, "native");
    const without = lrtq
      .sleds()
      .findIndex(({ status }) => status?.persistentState.hasLrtqShare !== true);
    const members = [0, 1, 2, 3, 4, 5];
    expect(lrtq.apply({ kind: "propose", controlPlane: 0, members, coordinator: without })).toBe(
      false,
    );
    expect(lrtq.position).toBe(0);
    lrtq.dispose();

    const dropped = Simulation.ofSeed(1, CALM, "native");
    dropped.apply(PROPOSE);
    settle(dropped);
    expect(dropped.apply({ ...PROPOSE, members: [0, 1, 2] })).toBe(true);
    settle(dropped);
    // Sled 3 may learn at any time that it is expunged: only emptied it may come back.
    expect(dropped.apply(PROPOSE)).toBe(false);
    expect(dropped.apply({ kind: "factoryReset", sled: 3 })).toBe(true);
    dropped.apply({ kind: "restart", sled: 3 });
    expect(dropped.apply(PROPOSE)).toBe(true);
    expect(dropped.run().failure).toBeNull();
    dropped.dispose();
  });
});

/** Puts actions of a caller between those of the schedule, some of which do not apply. */
function meddle(simulation: Simulation, random: Random, steps: number): void {
  const sleds = simulation.setup.sleds.length;
  const any = (): number => random.below(sleds);
  for (let i = 0; i < steps; i++) {
    const draw = random.below(60);
    if (draw === 0) simulation.apply({ kind: "heal" });
    else if (draw === 1)
      simulation.apply({ kind: "crash", sled: any(), noticed: random.chance(0.5) });
    else if (draw === 2) simulation.apply({ kind: "restart", sled: any() });
    else if (draw === 3) {
      simulation.apply({ kind: "disconnect", a: any(), b: any(), half: random.chance(0.5) });
    } else if (draw === 4) simulation.apply({ kind: "connect", a: any(), b: any() });
    else if (draw === 5) simulation.apply({ kind: "settle" });
    else if (draw === 6) {
      const members = random
        .shuffled(Array.from({ length: sleds }, (_, n) => n))
        .slice(0, 3 + random.below(3));
      const [coordinator = 0] = members;
      simulation.apply({ kind: "propose", controlPlane: 0, members, coordinator });
    } else if (draw === 7) {
      const how = random.pick(["missing", "torn", "old"] as const);
      simulation.apply({ kind: "damage", sled: any(), replica: random.below(2) as 0 | 1, how });
    } else if (draw === 8) simulation.apply({ kind: "lose", from: any(), to: any() });
    else simulation.step();
  }
}

describe("a fork", () => {
  it("is where the other one was, wherever it goes back to, and goes on as it did", () => {
    for (const seed of sampled([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 12)) {
      const random = new Random(seed, "meddling");
      const simulation = Simulation.ofSeed(seed, { steps: 400 }, "native");
      meddle(simulation, random, 150);
      const middle = { position: simulation.position, seen: seen(simulation) };
      meddle(simulation, random, 150);
      const last = seen(simulation);
      const found = simulation.failure && `seed ${seed}: ${simulation.failure.message}`;
      expect(found).toBeNull();

      const back = simulation.fork(middle.position);
      expect(seen(back)).toBe(middle.seen);
      const same = simulation.fork();
      expect(seen(same)).toBe(last);
      expect(seen(simulation)).toBe(last);

      // What is done to one does nothing to the other.
      back.apply({ kind: "crash", sled: 0, noticed: true });
      back.step();
      expect(seen(simulation)).toBe(last);

      const result = simulation.run();
      expect(result.failure && `seed ${seed}: ${result.failure.message}`).toBeNull();
      expect(same.run()).toEqual(result);
      const schedule = simulation.schedule();
      expect(recordLog(schedule, "native")).toBe(recordLog(same.schedule(), "native"));
      expect(replay(schedule, "native")).toEqual(result);
      for (const one of [simulation, back, same]) one.dispose();
    }
  });

  it("refuses positions that are none", () => {
    const simulation = Simulation.ofSeed(1, CALM, "native");
    simulation.step();
    for (const position of [-1, 0.5, 2, NaN]) {
      expect(() => simulation.fork(position)).toThrow(RangeError);
    }
    expect(simulation.fork(0).position).toBe(0);
    simulation.dispose();
  });
});

describe("where an invariant does not hold", () => {
  it("the simulation stops there, and can be made again", () => {
    // The sleds say that they have committed, and have not.
    vi.spyOn(TrustQuorumNode.prototype, "commit").mockImplementation(() => undefined);
    const simulation = Simulation.ofSeed(1, CALM, "native");
    simulation.apply(PROPOSE);
    settle(simulation);
    const { failure, position } = simulation;
    expect(failure?.invariant).toBe("acknowledged-commits-are-kept");
    expect(failure?.atTheEnd).toBe(false);
    expect(simulation.over).toBe(true);
    expect(simulation.step()).toBeUndefined();
    expect(simulation.apply({ kind: "settle" })).toBe(false);
    expect(simulation.position).toBe(position);
    const again = simulation.fork();
    expect(again.failure?.message).toBe(failure?.message);
    const before = simulation.fork(position - 1);
    expect(before.failure).toBeNull();
    const schedule = simulation.schedule();
    expect(schedule.heal).toBe(false);
    expect(replay(schedule, "native").failure?.message).toBe(failure?.message);
    expect(recordLog(schedule, "native")).toContain("acknowledged-commits-are-kept");
    for (const one of [simulation, again, before]) one.dispose();
  });
});
