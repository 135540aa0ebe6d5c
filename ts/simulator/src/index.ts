/**
 * A deterministic rack for breaking: `simulate` runs one seed, `shrink` makes a failing run small,
 * `recordLog` writes a run as an event log. For simulations only: its cryptography draws from the seed.
 *
 * @example
 * const schedule = record(7, { profile: "rough" }, "native");
 * const { failure } = replay(schedule, "native");
 * if (failure) {
 *   const small = shrink({ ...schedule, heal: failure.atTheEnd }, failure.invariant, "native");
 *   if (small) writeFileSync("small.jsonl", recordLog(small.schedule, "native"));
 * }
 */
export { FAULTS, ODD_REQUESTS, describe } from "./actions.ts";
export type { Action, OddRequest, ReplicaDamage, SaveEnd } from "./actions.ts";
export type { CoverageGroup, CoverageReport } from "./coverage.ts";
export { optionsOf, recordLog, scheduleOf } from "./event-log.ts";
export type { RecordedRun } from "./event-log.ts";
export { INVARIANTS, SimulationFailure } from "./failure.ts";
export type { Invariant } from "./failure.ts";
export type { Forgery } from "./forgery.ts";
export type { NodeMaker } from "./host.ts";
export { PROFILES } from "./options.ts";
export type { Profile, Setup, SimulationOptions, SledSetup } from "./options.ts";
export { record } from "./report.ts";
export { replay, simulate } from "./simulate.ts";
export type { Backend, Failure, RunResult, Schedule } from "./simulate.ts";
export { shrink } from "./shrink.ts";
export type { ShrinkLimits, Shrunk } from "./shrink.ts";
