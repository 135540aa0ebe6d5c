/**
 * Makes a failing schedule small: whole kinds of actions are left out, then sleds, then events one by
 * one (Zeller and Hildebrandt's ddmin), as long as the same invariant still fails.
 */
import type { Action } from "./actions.ts";
import { FAULTS, concerns } from "./actions.ts";
import type { Invariant } from "./failure.ts";
import { replay } from "./simulate.ts";
import type { Backend, Schedule } from "./simulate.ts";

/** What is left of a schedule. */
export interface Shrunk {
  readonly schedule: Schedule;
  readonly invariant: Invariant;
  readonly message: string;
  /** How often the schedule was run on the way. */
  readonly runs: number;
}

/** When to stop. */
export interface ShrinkLimits {
  /** Runs at most. Default 4,000. */
  readonly runsMax?: number | undefined;
  /** Milliseconds at most. Default 60,000. */
  readonly millisecondsMax?: number | undefined;
}

/**
 * Makes a failing schedule as small as it gets.
 *
 * @returns undefined where the schedule does not fail with this invariant at all
 * @example
 * const actions: Action[] = [];
 * const { setup, failure } = simulate(7, {}, "native", (action) => actions.push(action));
 * if (failure) shrink({ setup, actions, heal: failure.atTheEnd }, failure.invariant, "native");
 */
export function shrink(
  schedule: Schedule,
  invariant: Invariant,
  backend: Backend,
  limits: ShrinkLimits = {},
): Shrunk | undefined {
  const search = new Search(invariant, backend, limits);
  if (!search.fails(schedule)) return undefined;
  let best = search.truncated(schedule);
  for (let before = Infinity; best.actions.length < before && !search.over();) {
    before = best.actions.length;
    best = withoutKinds(search, best);
    best = withoutSleds(search, best);
    best = ddmin(search, best);
  }
  return { schedule: best, invariant, message: search.message, runs: search.runs };
}

class Search {
  readonly #invariant: Invariant;
  readonly #backend: Backend;
  readonly #runsMax: number;
  readonly #until: number;
  /** What the last failing run said. */
  message = "";
  runs = 0;
  #step = 0;

  constructor(invariant: Invariant, backend: Backend, limits: ShrinkLimits) {
    this.#invariant = invariant;
    this.#backend = backend;
    this.#runsMax = limits.runsMax ?? 4000;
    this.#until = Date.now() + (limits.millisecondsMax ?? 60_000);
  }

  /** Whether the limits are reached. */
  over(): boolean {
    return this.runs >= this.#runsMax || Date.now() > this.#until;
  }

  fails(schedule: Schedule): boolean {
    this.runs += 1;
    const { failure } = replay(schedule, this.#backend);
    if (failure?.invariant !== this.#invariant) return false;
    this.message = failure.message;
    this.#step = failure.step;
    return true;
  }

  /** The schedule without what comes after the failure. */
  truncated(schedule: Schedule): Schedule {
    if (schedule.heal) return schedule;
    return { ...schedule, actions: schedule.actions.slice(0, this.#step) };
  }
}

/** Leaves out whole kinds of actions: the faults, then whatever else there is most of. */
function withoutKinds(search: Search, schedule: Schedule): Schedule {
  let best = schedule;
  const counts = new Map<Action["kind"], number>(FAULTS.map((kind) => [kind, Infinity]));
  for (const { kind } of schedule.actions) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const [kind] of [...counts].sort(([, a], [, b]) => (a === b ? 0 : b - a))) {
    const actions = best.actions.filter((action) => action.kind !== kind);
    if (actions.length === best.actions.length) continue;
    const candidate = { ...best, actions };
    if (!search.over() && search.fails(candidate)) best = search.truncated(candidate);
  }
  return best;
}

/** Leaves out sleds, the last ones first: also from the memberships that are proposed. */
function withoutSleds(search: Search, schedule: Schedule): Schedule {
  let best = schedule;
  for (let sled = schedule.setup.sleds.length - 1; sled >= 0; sled--) {
    if (best.setup.absent.includes(sled) || search.over()) continue;
    const absent = [...best.setup.absent, sled];
    const candidate: Schedule = {
      ...best,
      setup: { ...best.setup, absent },
      actions: best.actions.flatMap((action) => withoutSled(action, sled)),
    };
    if (search.fails(candidate)) best = search.truncated(candidate);
  }
  return best;
}

function withoutSled(action: Action, sled: number): Action[] {
  if (concerns(action, sled)) return [];
  if (action.kind === "propose" && action.members.includes(sled)) {
    const members = action.members.filter((member) => member !== sled);
    return members.length < 3 ? [action] : [{ ...action, members }];
  }
  if (action.kind === "partition") {
    return [{ ...action, side: action.side.filter((member) => member !== sled) }];
  }
  return [action];
}

function ddmin(search: Search, schedule: Schedule): Schedule {
  let best = schedule;
  for (let size = best.actions.length >> 1; size >= 1 && !search.over(); size >>= 1) {
    // Single events are tried until none of them can go: leaving one out may free another.
    for (let before = Infinity; best.actions.length < before && !search.over();) {
      before = size === 1 ? best.actions.length : -1;
      best = withoutChunks(search, best, size);
    }
  }
  return best;
}

/** Leaves out chunks of this size, from the end: what comes last often hangs on nothing else. */
function withoutChunks(search: Search, schedule: Schedule, size: number): Schedule {
  let best = schedule;
  for (let at = best.actions.length - size; at > -size && !search.over(); at -= size) {
    const from = Math.max(0, at);
    const actions = [...best.actions.slice(0, from), ...best.actions.slice(Math.max(0, at + size))];
    if (actions.length === best.actions.length) continue;
    const candidate = { ...best, actions };
    if (search.fails(candidate)) best = search.truncated(candidate);
  }
  return best;
}
