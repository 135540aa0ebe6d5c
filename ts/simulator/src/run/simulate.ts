/** One run: a world, a schedule that follows from the seed, and the end. */
import { isTrustQuorumError, nativeCrypto, referenceCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import type { Action } from "../schedule/actions.ts";
import { Chooser } from "../schedule/chooser.ts";
import type { CoverageReport } from "../rack/coverage.ts";
import { SimulationFailure } from "../invariants/failure.ts";
import type { Invariant } from "../invariants/failure.ts";
import { heal } from "../recovery/heal.ts";
import type { NodeMaker } from "../rack/host.ts";
import { setUp } from "../schedule/options.ts";
import type { Setup, SimulationOptions } from "../schedule/options.ts";
import { Random } from "@trust-quorum/random";
import { World } from "../rack/world.ts";

/** Which implementation of the cryptography a run uses; its draws come from the seed in any case. */
export type Backend = "native" | "reference";

/** What a run found. */
export interface Failure {
  readonly invariant: Invariant;
  readonly message: string;
  /** How many actions of the schedule were drawn when it was found; the end counts as after all. */
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

/** A run that can be made again: its setup and the actions that applied. */
export interface Schedule {
  readonly setup: Setup;
  readonly actions: readonly Action[];
  /** Whether the rack is healed, and checked, after the last action. */
  readonly heal: boolean;
}

/** The backend of this name. */
export function backendOf(name: Backend): TrustQuorumCrypto {
  return name === "native" ? nativeCrypto() : referenceCrypto();
}

/**
 * Simulates one seed. The same seed, options and version give the same run, to the byte.
 *
 * @param record takes every action that applied, for {@link replay}
 * @example
 * import { simulate } from "@trust-quorum/simulator";
 *
 * const { failure } = simulate(7, { profile: "rough" }, "native");
 * failure; // => null
 */
export function simulate(
  seed: number,
  options: SimulationOptions,
  backend: Backend,
  record?: (action: Action) => void,
): RunResult {
  const crypto = backendOf(backend);
  const setup = setUp(seed, options);
  let step = 0;
  return run(setup, crypto, undefined, (world) => {
    const chooser = new Chooser(world, new Random(seed, "schedule"));
    for (; step < setup.steps; step++) {
      const action = chooser.next();
      record?.(action);
      world.apply(action);
    }
    return () => heal(world);
  });
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
  make?: NodeMaker,
  applied?: (index: number) => void,
): RunResult {
  return run(schedule.setup, backendOf(backend), make, (world) => {
    schedule.actions.forEach((action, index) => {
      try {
        if (world.apply(action)) applied?.(index);
      } catch (error) {
        applied?.(index);
        throw error;
      }
    });
    return schedule.heal ? () => heal(world) : () => undefined;
  });
}

function run(
  setup: Setup,
  crypto: TrustQuorumCrypto,
  make: NodeMaker | undefined,
  play: (world: World) => () => void,
): RunResult {
  let world: World | null = null;
  let failure: Failure | null = null;
  let atTheEnd = false;
  try {
    world = new World(setup, crypto, { make });
    const end = play(world);
    atTheEnd = true;
    end();
  } catch (error) {
    const found = failureOf(error);
    const { invariant, message } = found;
    failure = { invariant, message, step: world?.host.time ?? 0, atTheEnd, error: found };
  }
  const result = {
    setup,
    steps: world?.host.time ?? 0,
    calls: world?.host.calls ?? 0,
    failure,
    coverage: world?.host.coverage.report() ?? EMPTY,
  };
  world?.end();
  return result;
}

/** An error of the core in a place where it must not raise any, such as the encoding of a ledger. */
function failureOf(error: unknown): SimulationFailure {
  if (error instanceof SimulationFailure) return error;
  if (!isTrustQuorumError(error)) throw error;
  return new SimulationFailure("never-throws", error.message, { cause: error });
}

const EMPTY = Object.fromEntries(
  ["calls", "messages", "refusals", "alarms", "events", "phases", "faults", "actions"].map(
    (group) => [group, {}],
  ),
) as unknown as CoverageReport;
