/** A run as an event log: the format that racks write too, here with the simulation's secrets in it. */
import { LogLines, Recorder } from "@trust-quorum/event-log";
import type { Annotation } from "@trust-quorum/event-log";
import type { BaseboardId } from "trust-quorum";
import type { Action } from "../schedule/actions.ts";
import { describe } from "../schedule/actions.ts";
import { SimulationFailure } from "../invariants/failure.ts";
import { heal } from "../recovery/heal.ts";
import { setUp } from "../schedule/options.ts";
import { currentActions } from "../schedule/recorded-actions.ts";
import type { SimulationOptions } from "../schedule/options.ts";
import type { Backend, Schedule } from "./simulate.ts";
import { backendOf } from "./simulate.ts";
import type { NodeMaker } from "../rack/host.ts";
import { World } from "../rack/world.ts";

/**
 * Runs a schedule with a recorder around its nodes.
 *
 * @returns the log: JSON lines, the header first. Faults and decisions stand in it as annotations.
 */
export function recordLog(schedule: Schedule, backend: Backend): string {
  const { setup } = schedule;
  const sink = new LogLines();
  const crypto = backendOf(backend);
  const known = new Set<BaseboardId>();
  let world: World | null = null;
  const recorder = new Recorder({
    sink,
    producer: { name: "@trust-quorum/simulator", version: "0.1.0" },
    clock: { kind: "virtual", now: () => world?.host.time ?? 0 },
    crypto,
    rackId: setup.rackId,
    secrets: true,
    simulation: { seed: setup.seed, options: optionsOf(schedule) },
  });
  const make: NodeMaker = (node) => {
    if (known.has(node.self)) return recorder.restart(node);
    known.add(node.self);
    return recorder.add(node);
  };
  try {
    world = new World(setup, crypto, { make });
    for (const action of schedule.actions) {
      const annotation = annotationOf(world, action);
      if (world.apply(action) && annotation !== null) recorder.annotate(annotation);
    }
    if (schedule.heal) heal(world);
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    const text = `invariant ${error.invariant} does not hold: ${error.message}`;
    recorder.annotate({ kind: "text", text });
  }
  recorder.flush();
  world?.end();
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
  const { steps, profile, encode, slowSaves, absent, bootstore } = setup;
  const sleds = setup.sleds.length;
  const options = { steps, profile, encode, slowSaves, sleds, lrtq: bootstore !== null };
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
  const setup = setUp(Number(simulation.seed), options);
  return { setup: { ...setup, absent }, actions: currentActions(actions), heal: healed === true };
}

/** What a log says of an action that is no call, or not only one. */
function annotationOf(world: World, action: Action): Annotation | null {
  const id = (index: number): BaseboardId => world.host.sleds.at(index).id;
  switch (action.kind) {
    case "deliver":
    case "settle":
    case "tick":
    case "clear":
    case "load":
    case "poll":
    case "read":
    case "act":
    case "restart":
      return null;
    case "connect":
      return { kind: "link", a: id(action.a), b: id(action.b), up: true };
    case "disconnect": {
      const link: Annotation = { kind: "link", a: id(action.a), b: id(action.b), up: false };
      return action.half ? { ...link, oneWay: true } : link;
    }
    case "crash":
      return { kind: "crash", node: id(action.sled) };
    case "healPartition":
      return { kind: "partition", groups: [world.sleds.all.map((sled) => sled.id)] };
    case "partition": {
      const inside = action.side.map(id);
      const outside = world.sleds.all.map((sled) => sled.id).filter((one) => !inside.includes(one));
      if (action.direction === "both") return { kind: "partition", groups: [inside, outside] };
      return { kind: "fault", name: `partition ${action.direction}`, text: describe(action) };
    }
    case "lose":
      return { kind: "lost", from: id(action.from), to: id(action.to), message: "the next one" };
    case "propose":
    case "abort":
    case "controlPlaneCrash":
    case "controlPlaneLink":
      return {
        kind: "decision",
        by: `control plane ${action.controlPlane}`,
        text: describe(action),
      };
    case "save":
      if (action.end === "done") return null;
      return { kind: "fault", name: `save ${action.end}`, node: id(action.sled) };
    case "damage":
    case "factoryReset":
    case "invalidRequest":
      return { kind: "fault", name: action.kind, node: id(action.sled), text: describe(action) };
    case "forge":
      return { kind: "fault", name: "forged message", node: id(action.to), text: describe(action) };
    default:
      return action satisfies never;
  }
}
