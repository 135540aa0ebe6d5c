/**
 * A deterministic rack for breaking: `simulate` runs one seed, `shrink` makes a failing run small,
 * `recordLog` writes a run as an event log. For simulations only: its cryptography draws from the seed.
 *
 * @example
 * import { record, replay, shrink } from "@trust-quorum/simulator";
 *
 * const schedule = record(7, { profile: "rough" }, "native");
 * const { failure } = replay(schedule, "native");
 * failure; // => null
 * if (failure) shrink({ ...schedule, heal: failure.atTheEnd }, failure.invariant, "native");
 */
export { FAULTS, INVALID_REQUESTS, describe } from "./schedule/actions.ts";
export type { Action, InvalidRequest, ReplicaDamage, SaveEnd } from "./schedule/actions.ts";
export type { CoverageGroup, CoverageReport } from "./rack/coverage.ts";
export { optionsOf, recordLog, scheduleOf } from "./run/event-log.ts";
export type { RecordedRun } from "./run/event-log.ts";
export { INVARIANTS, SimulationFailure } from "./invariants/failure.ts";
export type { Invariant } from "./invariants/failure.ts";
export type { Forgery } from "./adversary/forgery.ts";
export type { NodeMaker } from "./rack/host.ts";
export { PROFILES } from "./schedule/options.ts";
export type { Profile, Setup, SimulationOptions, SledSetup } from "./schedule/options.ts";
export { record, replay, simulate } from "./run/simulate.ts";
export type { Backend, Failure, RunResult, Schedule } from "./run/simulate.ts";
export { shrink } from "./run/shrink.ts";
export type { ShrinkLimits, Shrunk } from "./run/shrink.ts";
