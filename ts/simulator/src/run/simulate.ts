/** Whole runs: of a seed, or of a schedule that a seed gave. */
import type { Action } from "../schedule/actions.ts";
import type { SimulationOptions } from "../schedule/options.ts";
import { Simulation } from "./simulation.ts";
import type { Backend, RunResult, Schedule } from "./simulation.ts";

/**
 * Simulates one seed to its end. The same seed, options and version give the same run, to the byte.
 *
 * @param record takes every action that was drawn, for {@link replay}
 * @example
 * import { simulate } from "@trust-quorum/simulator";
 *
 * const { failure } = simulate(7, { profile: "rough", steps: 200 }, "reference");
 * console.log(failure); // => null
 */
export function simulate(
  seed: number,
  options: SimulationOptions,
  backend: Backend,
  record?: (action: Action) => void,
): RunResult {
  const simulation = Simulation.ofSeed(seed, options, backend);
  for (let step = simulation.step(); step !== undefined; step = simulation.step()) {
    record?.(step.action);
  }
  return ended(simulation);
}

/** Runs a seed and keeps its schedule. */
export function record(seed: number, options: SimulationOptions, backend: Backend): Schedule {
  const actions: Action[] = [];
  const { setup, failure } = simulate(seed, options, backend, (action) => actions.push(action));
  return { setup, actions, heal: failure?.atTheEnd ?? true };
}

/**
 * Runs a schedule again; actions that do not apply are skipped.
 *
 * @param applied takes the place of every action that has applied, or has failed
 */
export function replay(
  schedule: Schedule,
  backend: Backend,
  applied?: (index: number) => void,
): RunResult {
  const simulation = Simulation.ofSchedule(schedule, backend);
  let index = 0;
  for (let step = simulation.step(); step !== undefined; step = simulation.step(), index++) {
    if (step.applied) applied?.(index);
  }
  return ended(simulation);
}

function ended(simulation: Simulation): RunResult {
  const result = simulation.run();
  simulation.dispose();
  return result;
}
