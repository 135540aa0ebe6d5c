/** A run as an event log: the format that racks write too, here with the simulation's secrets in it. */
import { LogLines } from "@trust-quorum/event-log";
import type { Action } from "../schedule/actions.ts";
import { setUp } from "../schedule/options.ts";
import { currentActions } from "../schedule/recorded-actions.ts";
import type { SimulationOptions } from "../schedule/options.ts";
import { Simulation } from "./simulation.ts";
import type { Backend, Schedule } from "./simulation.ts";

/**
 * Runs a schedule with a recorder around its nodes.
 *
 * @returns the log: JSON lines, the header first. Faults and decisions stand in it as annotations.
 */
export function recordLog(schedule: Schedule, backend: Backend): string {
  const sink = new LogLines();
  const repeat = optionsOf(schedule);
  const simulation = Simulation.ofSchedule(schedule, backend, { log: { sink, repeat } });
  simulation.run();
  simulation.dispose();
  return sink.text();
}

/** What the header of a log says of its run: {@link scheduleOf} makes the run again from it. */
export interface RecordedRun {
  readonly options: SimulationOptions;
  /** Sleds that are left out, by number. */
  readonly absent: readonly number[];
  readonly heal: boolean;
  readonly actions: readonly Action[];
}

/** The `simulation.options` of a log's header; the seed stands beside them. */
export function optionsOf({ setup, actions, heal: healed }: Schedule): RecordedRun {
  const { steps, profile, encode, slowSaves, guard, absent, bootstore } = setup;
  const sleds = setup.sleds.length;
  const options = { steps, profile, encode, slowSaves, guard, sleds, lrtq: bootstore !== null };
  return { options, absent, heal: healed, actions };
}

/**
 * The schedule of a run that the simulator has recorded, for shrinking it further, say.
 *
 * @param simulation the `simulation` of the log's header
 * @returns undefined where the log is not of this simulator
 */
export function scheduleOf(simulation: {
  readonly seed: string | number;
  readonly options: unknown;
}): Schedule | undefined {
  const run = simulation.options as Partial<RecordedRun> | null;
  if (run === null || typeof run !== "object") return undefined;
  const { options, absent, heal: healed, actions } = run;
  if (options === undefined || absent === undefined || !Array.isArray(actions)) return undefined;
  // Sleds had no guard when logs did not say so.
  const setup = setUp(Number(simulation.seed), { ...options, guard: options.guard ?? "original" });
  return { setup: { ...setup, absent }, actions: currentActions(actions), heal: healed === true };
}
