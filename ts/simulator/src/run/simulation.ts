/** One simulation, from its first step to the checks at its end. Whole runs are made of it. */
import type { LogSink } from "@trust-quorum/event-log";
import { isTrustQuorumError, nativeCrypto, referenceCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import { Random } from "@trust-quorum/random";
import type { Action } from "../schedule/actions.ts";
import { Chooser } from "../schedule/chooser.ts";
import { mayPropose } from "../schedule/membership.ts";
import { setUp } from "../schedule/options.ts";
import type { Setup, SimulationOptions } from "../schedule/options.ts";
import { Coverage } from "../rack/coverage.ts";
import type { CoverageReport } from "../rack/coverage.ts";
import { World } from "../rack/world.ts";
import { SimulationFailure } from "../invariants/failure.ts";
import type { Invariant } from "../invariants/failure.ts";
import { heal } from "../recovery/heal.ts";
import { Recording } from "./recording.ts";
import { configurationsOf, linksOf, sledsOf } from "./views.ts";
import type { ConfigurationView, LinkView, SledView } from "./views.ts";

/**
 * Which implementation of the cryptography a run uses; its draws come from the seed in any case. Only
 * `reference` runs in browsers. Both give the same run.
 */
export type Backend = "native" | "reference";

/** An invariant that did not hold. */
export interface Failure {
  readonly invariant: Invariant;
  readonly message: string;
  /** The rack's virtual time when it was found, in milliseconds: each action takes one. */
  readonly step: number;
  /** Whether it was found while the rack was healed, after the schedule. */
  readonly atTheEnd: boolean;
  readonly error: SimulationFailure;
}

/** What became of a run. */
export interface RunResult {
  readonly setup: Setup;
  /** Actions of the schedule, and what healing the rack took. */
  readonly steps: number;
  /** Calls on nodes, starts and polls included. */
  readonly calls: number;
  readonly failure: Failure | null;
  readonly coverage: CoverageReport;
}

/** A run that can be made again: its setup and its actions. */
export interface Schedule {
  readonly setup: Setup;
  readonly actions: readonly Action[];
  /** Whether the rack is healed, and checked, after the last action. */
  readonly heal: boolean;
}

/** An action that was taken from the schedule. */
export interface SimulationStep {
  readonly action: Action;
  /** Whether it has done something (a failure included), or did not apply, e.g. to a sled that is down. */
  readonly applied: boolean;
}

/** What else a simulation does. */
export interface SimulationExtras {
  /**
   * Where its event log goes, simulated secrets included. `repeat` stands in the header as what the run
   * can be made again from; without it the log says nothing of that.
   */
  readonly log?: { readonly sink: LogSink; readonly repeat?: unknown };
}

/** What a simulation follows from: of equal ones the same comes, to the byte. */
interface Origin {
  readonly setup: Setup;
  readonly backend: Backend;
  /** The actions of its schedule; null where they are drawn. */
  readonly actions: readonly Action[] | null;
  readonly heal: boolean;
}

/**
 * A rack, and a schedule of what happens to it. {@link step} takes the next action from the schedule,
 * {@link apply} puts one of the caller's before it, {@link run} takes all that are left and then heals the rack.
 * The invariants are checked after each of them; where one does not hold, {@link failure} says so and nothing
 * more happens.
 *
 * Everything follows from the seed, the options and the actions put in between, so {@link fork} can go back: it
 * makes a simulation as this one was after any number of actions.
 *
 * @example
 * import { Simulation } from "@trust-quorum/simulator";
 *
 * const simulation = Simulation.ofSeed(7, { profile: "calm", sleds: 5, lrtq: false }, "reference");
 * const members = [0, 1, 2, 3];
 * simulation.apply({ kind: "propose", controlPlane: 0, members, coordinator: 0 });
 * simulation.apply({ kind: "crash", sled: 3, noticed: true });
 * simulation.apply({ kind: "heal" });
 * console.log(simulation.configurations()[0]?.state); // => "committed"
 * console.log(simulation.sleds()[3]?.status?.rackSecrets.loaded.length); // => 2
 *
 * const before = simulation.fork(1);
 * console.log(before.configurations()[0]?.state); // => "preparing"
 * console.log(simulation.run().failure); // => null
 * for (const one of [simulation, before]) one.dispose();
 */
export class Simulation {
  readonly #origin: Origin;
  readonly #recording: Recording | null;
  /** Null where the rack could not even be started: then there is a failure. */
  #world: World | null = null;
  #chooser: Chooser | null = null;
  /** How many actions were taken from the schedule. */
  #taken = 0;
  /** The caller's actions, by their places among all. */
  readonly #byHand = new Map<number, Action>();
  #failure: Failure | null = null;
  #ended = false;

  private constructor(origin: Origin, { log }: SimulationExtras = {}) {
    const { setup, backend, actions } = origin;
    const crypto = backendOf(backend);
    const now = (): number => this.#world?.host.time ?? 0;
    this.#origin = origin;
    this.#recording = log === undefined ? null : new Recording({ setup, crypto, now, ...log });
    this.#check(false, () => {
      const world = new World(setup, crypto, { make: this.#recording?.make });
      this.#world = world;
      if (actions === null) this.#chooser = new Chooser(world, new Random(setup.seed, "schedule"));
    });
  }

  /**
   * A simulation whose schedule is drawn from a seed.
   *
   * @param seed a safe integer
   */
  static ofSeed(
    seed: number,
    options: SimulationOptions,
    backend: Backend,
    extras?: SimulationExtras,
  ): Simulation {
    return new Simulation(
      { setup: setUp(seed, options), backend, actions: null, heal: true },
      extras,
    );
  }

  /** A simulation of a schedule that is known. */
  static ofSchedule(schedule: Schedule, backend: Backend, extras?: SimulationExtras): Simulation {
    return new Simulation({ ...schedule, backend }, extras);
  }

  /** What was fixed before the first action: the sleds, the profile. */
  get setup(): Setup {
    return this.#origin.setup;
  }

  /** How many actions there were so far, those that did not apply included. */
  get position(): number {
    return this.#taken + this.#byHand.size;
  }

  /** The invariant that did not hold; null as long as all of them do. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Whether nothing more can happen: an invariant did not hold, or {@link run} was called. */
  get over(): boolean {
    return this.#failure !== null || this.#ended;
  }

  /** Takes the next action from the schedule. Undefined at its end, and where the simulation is over. */
  step(): SimulationStep | undefined {
    if (this.over) return undefined;
    let action: Action | undefined;
    this.#check(false, () => {
      action = this.#next();
    });
    if (action === undefined) return undefined;
    this.#taken += 1;
    return { action, applied: this.#do(action) };
  }

  /**
   * Does what the caller wants, before the schedule goes on.
   *
   * @returns false where the action does not apply, or the simulation is over. A proposal that no control plane
   * of these runs makes does not apply, e.g. one with a sled that was dropped and not reset: the invariants do
   * not hold of it
   * @throws RangeError for a sled that is none; nothing has happened then
   */
  apply(action: Action): boolean {
    const world = this.#world;
    if (this.over || world === null) return false;
    for (const index of sledsIn(action)) world.sleds.at(index);
    if (action.kind === "propose" && !mayPropose(world, action)) return false;
    this.#byHand.set(this.position, action);
    return this.#do(action);
  }

  /** Takes all that is left of the schedule, heals the rack, and checks that it works. */
  run(): RunResult {
    while (this.step() !== undefined);
    const world = this.#world;
    if (!this.over && world !== null && this.#origin.heal) this.#check(true, () => heal(world));
    this.#ended = true;
    return this.result();
  }

  /** What has become of it so far. */
  result(): RunResult {
    const { host } = this.#world ?? {};
    return {
      setup: this.setup,
      steps: host?.time ?? 0,
      calls: host?.calls ?? 0,
      failure: this.#failure,
      coverage: (host?.coverage ?? new Coverage()).report(),
    };
  }

  /**
   * A simulation of its own that is where this one was after so many actions, and goes on with the same schedule.
   * The actions are done anew, which takes as long as they did. It has no event log; and where this one was
   * {@link run} to its end, the other one is not healed yet.
   *
   * @param position from 0 to {@link position}, which is the default
   * @throws RangeError for any other
   */
  fork(position: number = this.position): Simulation {
    const copy = new Simulation(this.#origin);
    this.#repeat(copy, position, () => undefined);
    return copy;
  }

  /**
   * All actions so far as a schedule: {@link Simulation.ofSchedule} makes them again, and `recordLog` writes their
   * event log. Takes as long as {@link fork}.
   */
  schedule(): Schedule {
    const actions: Action[] = [];
    const copy = new Simulation(this.#origin);
    this.#repeat(copy, this.position, (action) => actions.push(action));
    copy.dispose();
    const heals = this.#failure?.atTheEnd ?? (this.#ended && this.#origin.heal);
    return { setup: this.setup, actions, heal: heals };
  }

  /** Every sled, by its number. */
  sleds(): readonly SledView[] {
    return this.#world === null ? [] : sledsOf(this.#world);
  }

  /** The links on which messages are on their way. */
  links(): readonly LinkView[] {
    return this.#world === null ? [] : linksOf(this.#world);
  }

  /** What the control planes have on record, ascending by epoch. */
  configurations(): readonly ConfigurationView[] {
    return this.#world === null ? [] : configurationsOf(this.#world);
  }

  /** Zeroes what the nodes hold, and writes what is left of the event log. Nothing is called afterwards. */
  dispose(): void {
    this.#ended = true;
    this.#recording?.flush();
    this.#world?.end();
  }

  #next(): Action | undefined {
    const { actions, setup } = this.#origin;
    if (actions !== null) return actions[this.#taken];
    return this.#taken < setup.steps ? this.#chooser?.next() : undefined;
  }

  #do(action: Action): boolean {
    const world = this.#world;
    if (world === null) return false;
    let applied = true;
    this.#check(false, () => {
      if (action.kind === "heal") heal(world);
      else applied = world.apply(action);
      if (applied) this.#recording?.applied(action);
    });
    return applied;
  }

  #repeat(copy: Simulation, position: number, done: (action: Action) => void): void {
    if (!Number.isSafeInteger(position) || position < 0 || position > this.position) {
      throw new RangeError(`a position is from 0 to ${this.position}, not ${position}`);
    }
    while (copy.position < position) {
      const byHand = this.#byHand.get(copy.position);
      if (byHand !== undefined) copy.apply(byHand);
      const action = byHand ?? copy.step()?.action;
      if (action === undefined) throw new Error("a simulation did not repeat itself");
      done(action);
    }
  }

  /** Runs something, and keeps the failure that it finds. */
  #check(atTheEnd: boolean, run: () => void): void {
    try {
      run();
    } catch (cause) {
      const error = failureOf(cause);
      const { invariant, message } = error;
      const step = this.#world?.host.time ?? 0;
      this.#failure = { invariant, message, step, atTheEnd, error };
      this.#recording?.failed(error);
    }
  }
}

/** The backend of this name. */
function backendOf(name: Backend): TrustQuorumCrypto {
  return name === "native" ? nativeCrypto() : referenceCrypto();
}

/** An error of the core in a place where it must not raise any, such as the encoding of a ledger. */
function failureOf(error: unknown): SimulationFailure {
  if (error instanceof SimulationFailure) return error;
  if (!isTrustQuorumError(error)) throw error;
  return new SimulationFailure("never-throws", error.message, { cause: error });
}

/** The names under which an action, or a forgery in it, has numbers of sleds. */
const SLED_FIELDS: ReadonlySet<string> = new Set(
  "a as b by coordinator from members side sled to".split(" "),
);

/** The numbers of all sleds that an action names. */
function sledsIn(action: object): number[] {
  return Object.entries(action).flatMap(([name, value]: [string, unknown]) => {
    if (SLED_FIELDS.has(name)) return [value].flat() as number[];
    return name === "forgery" ? sledsIn(value as object) : [];
  });
}
