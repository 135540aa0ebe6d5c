/** A shrunk run shows the mistake that the whole run showed. */
import { expect, it, vi } from "vitest";
import type { Action } from "../src/schedule/actions.ts";
import { SimulationFailure } from "../src/invariants/failure.ts";
import { shrink } from "../src/run/shrink.ts";
import type { RunResult, Schedule } from "../src/run/simulation.ts";

/** How a run of these actions ends, told by the test. */
let ending: (ticks: readonly number[]) => SimulationFailure | undefined;

vi.mock("../src/run/simulate.ts", () => ({
  replay: ({ actions }: Schedule, _backend: string, applied: (index: number) => void) => {
    for (const index of actions.keys()) applied(index);
    const error = ending(actions.map((action) => (action as { sled: number }).sled));
    const failure = error && { ...error, message: error.message, error, step: 0, atTheEnd: false };
    return { failure: failure ?? null, steps: actions.length } as unknown as RunResult;
  },
}));

function shrunkFrom(ticks: readonly number[]) {
  const actions = ticks.map((sled): Action => ({ kind: "tick", sled }));
  const setup = { sleds: [], absent: [] } as unknown as Schedule["setup"];
  const shrunk = shrink({ setup, actions, heal: false }, "never-throws", "native");
  return {
    ticks: shrunk?.schedule.actions.map((action) => (action as { sled: number }).sled),
    message: shrunk?.message,
  };
}

function thrown(message: string, cause?: Error): SimulationFailure {
  return new SimulationFailure("never-throws", message, { cause });
}

it("drops what does not matter, also where epochs and sleds in the message change", () => {
  ending = (ticks) =>
    ticks.includes(3)
      ? thrown(`part:BRM${ticks.length}: commit ${ticks.length}, with ${ticks.join(", ")}`)
      : undefined;
  const { ticks, message } = shrunkFrom([1, 2, 3, 4, 5, 6]);
  expect(ticks).toEqual([3]);
  expect(message).toBe("part:BRM1: commit 1, with 3");
});

it("does not turn into another failure of the same invariant: other words", () => {
  ending = (ticks) => thrown(ticks.includes(2) && ticks.includes(5) ? "commit 1" : "share 1");
  expect(shrunkFrom([1, 2, 3, 4, 5, 6])).toEqual({ ticks: [2, 5], message: "commit 1" });
});

it("does not turn into another failure of the same invariant: another error behind it", () => {
  ending = (ticks) =>
    thrown("tick threw", ticks.includes(4) ? new RangeError("epoch 7") : new TypeError("epoch 7"));
  expect(shrunkFrom([1, 2, 3, 4, 5, 6]).ticks).toEqual([4]);
  ending = (ticks) =>
    thrown("tick threw", new TypeError(ticks.includes(4) ? "no node" : `no peer ${ticks.length}`));
  expect(shrunkFrom([1, 2, 3, 4, 5, 6]).ticks).toEqual([4]);
});
