/**
 * Makes a failing schedule small, as long as the same invariant still fails in the same way: the order of
 * deliveries is given up where it does not matter, then sleds are left out, then whole kinds of actions,
 * then events one by one (Zeller and Hildebrandt's ddmin). Actions that did not apply
 * are left out on the way.
 */
import type { Action } from "../schedule/actions.ts";
import { FAULTS, concerns } from "../schedule/actions.ts";
import type { Invariant } from "../invariants/failure.ts";
import { replay } from "./simulate.ts";
import type { Backend, Failure, Schedule } from "./simulation.ts";

/** What is left of a schedule. */
export interface Shrunk {
  readonly schedule: Schedule;
  readonly invariant: Invariant;
  readonly message: string;
  /** How often the schedule was run on the way. */
  readonly runs: number;
}

/** When to stop. Both count work, not time, so that the result is the same on every machine. */
export interface ShrinkLimits {
  /** Runs at most. Default 4,000. */
  readonly runsMax?: number | undefined;
  /** Steps of all runs together at most, those of healing included. Default 4,000,000. */
  readonly stepsMax?: number | undefined;
}

/**
 * Makes a failing schedule as small as it gets. What is left fails with the same words and the same
 * error as the whole did, but for the numbers in them: a smaller run that breaks the invariant in another
 * way would show another mistake.
 *
 * @returns undefined where the schedule does not fail with this invariant at all
 * @example
 * import { shrink, simulate } from "@trust-quorum/simulator";
 * import type { Action } from "@trust-quorum/simulator";
 *
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
  let best = search.attempt(schedule);
  if (best === undefined) return undefined;
  best = settled(search, best);
  for (let before = Infinity; best.actions.length < before && !search.over();) {
    before = best.actions.length;
    best = withoutSleds(search, best);
    best = withoutKinds(search, best);
    best = ddmin(search, best);
  }
  return { schedule: best, invariant, message: search.message, runs: search.runs };
}

class Search {
  readonly #invariant: Invariant;
  readonly #backend: Backend;
  readonly #runsMax: number;
  readonly #stepsMax: number;
  /** In which way the whole schedule failed; unknown before it was run. */
  #kind: string | undefined;
  /** What the last failing run said. */
  message = "";
  runs = 0;
  #steps = 0;

  constructor(invariant: Invariant, backend: Backend, limits: ShrinkLimits) {
    this.#invariant = invariant;
    this.#backend = backend;
    this.#runsMax = limits.runsMax ?? 4000;
    this.#stepsMax = limits.stepsMax ?? 4_000_000;
  }

  /** Whether the limits are reached. */
  over(): boolean {
    return this.runs >= this.#runsMax || this.#steps >= this.#stepsMax;
  }

  /**
   * The schedule without what did not apply in it or came after the failure, if it fails. Undefined too
   * once the limits are reached.
   */
  attempt(schedule: Schedule): Schedule | undefined {
    if (this.over()) return undefined;
    const applied: number[] = [];
    const { failure, steps } = replay(schedule, this.#backend, (index) => {
      applied.push(index);
    });
    this.runs += 1;
    this.#steps += steps;
    if (failure?.invariant !== this.#invariant) return undefined;
    const kind = kindOf(failure);
    this.#kind ??= kind;
    if (kind !== this.#kind) return undefined;
    this.message = failure.message;
    const failing = { ...schedule, heal: failure.atTheEnd };
    if (applied.length === schedule.actions.length) return failing;
    // What did not apply has done nothing; it is run again all the same, to be sure.
    const actions = applied.map((index) => schedule.actions[index] as Action);
    return this.attempt({ ...failing, actions }) ?? failing;
  }
}

/** What a failure says, and the error that it comes from, without epochs, sleds and other numbers. */
function kindOf({ message, error: { cause } }: Failure): string {
  const words = cause instanceof Error ? [message, cause.name, cause.message] : [message];
  return words.map((text) => text.replaceAll(/\S*\d\S*(?: \S*\d\S*)*/g, "#")).join("\n");
}

/**
 * Everything arrives at once, as far from the beginning as the failure allows: a delivery names a link,
 * not a message, so that one fewer would shift all later ones. What is left depends on the other actions only.
 */
function settled(search: Search, schedule: Schedule): Schedule {
  const { actions } = schedule;
  let best = schedule;
  for (let part = 16; part > 0; part--) {
    const end = Math.ceil((actions.length * part) / 16);
    const head = actions.slice(0, end).flatMap((action): Action[] => {
      const { kind } = action;
      const arrives = kind === "deliver" || (kind === "save" && action.end === "done");
      return arrives ? [] : [action, { kind: "settle" }];
    });
    const found = search.attempt({ ...schedule, actions: [...head, ...actions.slice(end)] });
    if (found !== undefined && found.actions.length < best.actions.length) best = found;
    if (found !== undefined) return best;
  }
  return best;
}

/** Leaves out whole kinds of actions: the faults, then whatever else there is most of. */
function withoutKinds(search: Search, schedule: Schedule): Schedule {
  let best = schedule;
  const counts = new Map<Action["kind"], number>(FAULTS.map((kind) => [kind, Infinity]));
  for (const { kind } of schedule.actions) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const [kind] of [...counts].sort(([, a], [, b]) => (a === b ? 0 : b - a))) {
    const actions = best.actions.filter((action) => action.kind !== kind);
    if (actions.length === best.actions.length) continue;
    best = search.attempt({ ...best, actions }) ?? best;
  }
  return best;
}

/** Leaves out sleds, the last ones first: also from the memberships that are proposed. */
function withoutSleds(search: Search, schedule: Schedule): Schedule {
  let best = schedule;
  for (let sled = schedule.setup.sleds.length - 1; sled >= 0; sled--) {
    if (best.setup.absent.includes(sled)) continue;
    const absent = [...best.setup.absent, sled];
    const setup = { ...best.setup, absent };
    const actions = best.actions.flatMap((action) => withoutSled(action, sled));
    best = search.attempt({ ...best, setup, actions }) ?? best;
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

/** Leaves out chunks of this size, from the end: nothing else depends on the last ones. */
function withoutChunks(search: Search, schedule: Schedule, size: number): Schedule {
  let best = schedule;
  for (let at = best.actions.length - size; at > -size && !search.over(); at -= size) {
    const from = Math.max(0, at);
    const actions = [...best.actions.slice(0, from), ...best.actions.slice(Math.max(0, at + size))];
    if (actions.length === best.actions.length) continue;
    best = search.attempt({ ...best, actions }) ?? best;
  }
  return best;
}
