/**
 * A deterministic rack for breaking: a {@link Simulation} goes step by step, `simulate` runs one seed to its end,
 * `shrink` makes a failing run small, `recordLog` writes a run as an event log. Everything here runs in
 * browsers too, with the `reference` backend. For simulations only: its cryptography draws from the seed.
 *
 * @example
 * import { record, recordLog, replay, shrink } from "@trust-quorum/simulator";
 *
 * const schedule = record(7, { profile: "rough", steps: 100 }, "reference");
 * const { failure } = replay(schedule, "reference");
 * if (failure) {
 *   const failing = { ...schedule, heal: failure.atTheEnd };
 *   const small = shrink(failing, failure.invariant, "reference")?.schedule ?? failing;
 *   console.log(recordLog(small, "reference"));
 * }
 * console.log(failure); // => null
 */
export { Simulation } from "./run/simulation.ts";
export type {
  Backend,
  Failure,
  RunResult,
  Schedule,
  SimulationExtras,
  SimulationStep,
} from "./run/simulation.ts";
export type { ConfigurationView, LinkView, SledView } from "./run/views.ts";
export { FAULTS, INVALID_REQUESTS, describe } from "./schedule/actions.ts";
export type {
  Action,
  InvalidRequest,
  RackAction,
  ReplicaDamage,
  SaveEnd,
} from "./schedule/actions.ts";
export type { CoverageGroup, CoverageReport } from "./rack/coverage.ts";
export { optionsOf, recordLog, scheduleOf } from "./run/event-log.ts";
export type { RecordedRun } from "./run/event-log.ts";
export { INVARIANTS, SimulationFailure } from "./invariants/failure.ts";
export type { Invariant } from "./invariants/failure.ts";
export type { Forgery } from "./adversary/forgery.ts";
export { PROFILES } from "./schedule/options.ts";
export type { Profile, Setup, SimulationOptions, SledSetup } from "./schedule/options.ts";
export { record, replay, simulate } from "./run/simulate.ts";
export { shrink } from "./run/shrink.ts";
export type { ShrinkLimits, Shrunk } from "./run/shrink.ts";
