/** A run as an event log: the format that racks write too, here with the simulation's secrets in it. */
import { writeFileSync } from "node:fs";
import { LogLines, Recorder } from "@trust-quorum/event-log";
import type { Annotation } from "@trust-quorum/event-log";
import type { BaseboardId } from "trust-quorum";
import type { Action } from "./actions.ts";
import { describe } from "./actions.ts";
import { SimulationFailure } from "./failure.ts";
import { heal } from "./heal.ts";
import type { Backend, Schedule } from "./simulate.ts";
import { backendOf } from "./simulate.ts";
import { World } from "./world.ts";

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
  const make: ConstructorParameters<typeof World>[2] = (node) => {
    if (known.has(node.self)) return recorder.restart(node);
    known.add(node.self);
    return recorder.add(node);
  };
  try {
    world = new World(setup, crypto, make);
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

/** Writes {@link recordLog} to a file. */
export function writeLog(schedule: Schedule, backend: Backend, file: string): void {
  writeFileSync(file, recordLog(schedule, backend));
}

/** What a reader needs to make the run again, sleds by number. */
function optionsOf({ setup, actions, heal: healed }: Schedule): object {
  const { steps, profile, encode, slowSaves, absent, hostile, planes, restartAll } = setup;
  const sleds = setup.sleds.map(({ id }) => id);
  const fixed = { steps, profile, encode, slowSaves, absent, hostile, planes, restartAll, sleds };
  return { ...fixed, lrtq: setup.bootstore !== null, heal: healed, actions };
}

/** What a log says of an action that is no call, or not only one. */
function annotationOf(world: World, action: Action): Annotation | null {
  const id = (index: number): BaseboardId => world.host.sled(index).id;
  switch (action.kind) {
    case "deliver":
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
      return { kind: "partition", groups: [world.sleds.map((sled) => sled.id)] };
    case "partition": {
      const inside = action.side.map(id);
      const outside = world.sleds.map((sled) => sled.id).filter((one) => !inside.includes(one));
      if (action.direction === "both") return { kind: "partition", groups: [inside, outside] };
      return { kind: "fault", name: `partition ${action.direction}`, text: describe(action) };
    }
    case "lose":
      return { kind: "lost", from: id(action.from), to: id(action.to), message: "the next one" };
    case "propose":
    case "abort":
    case "planeCrash":
    case "planeLink":
      return { kind: "decision", by: `control plane ${action.plane}`, text: describe(action) };
    case "save":
      if (action.end === "done") return null;
      return { kind: "fault", name: `save ${action.end}`, node: id(action.sled) };
    case "damage":
    case "factoryReset":
    case "odd":
      return { kind: "fault", name: action.kind, node: id(action.sled), text: describe(action) };
    case "forge":
      return { kind: "fault", name: "forged message", node: id(action.to), text: describe(action) };
    default:
      return action satisfies never;
  }
}
