/** A simulation's nodes with a recorder around them: its event log is in the format that racks write too. */
import { Recorder } from "@trust-quorum/event-log";
import type { Annotation, LogSink } from "@trust-quorum/event-log";
import type { BaseboardId, TrustQuorumCrypto } from "trust-quorum";
import { describe } from "../schedule/actions.ts";
import type { Action } from "../schedule/actions.ts";
import type { Setup } from "../schedule/options.ts";
import type { SimulationFailure } from "../invariants/failure.ts";
import type { NodeMaker } from "../rack/host.ts";

/** What a recording is made with. */
export interface RecordingOptions {
  readonly setup: Setup;
  readonly crypto: TrustQuorumCrypto;
  readonly sink: LogSink;
  /** Virtual milliseconds. */
  readonly now: () => number;
  /** What the header says of how to make the run again; absent where that is not known yet. */
  readonly repeat?: unknown;
}

/** Records one simulation, its secrets included. */
export class Recording {
  readonly #recorder: Recorder;
  readonly #sleds: readonly BaseboardId[];
  readonly #known = new Set<BaseboardId>();

  constructor({ setup, crypto, sink, now, repeat }: RecordingOptions) {
    this.#sleds = setup.sleds.map(({ id }) => id);
    this.#recorder = new Recorder({
      sink,
      producer: { name: "@trust-quorum/simulator", version: "0.1.0" },
      clock: { kind: "virtual", now },
      crypto,
      rackId: setup.rackId,
      secrets: true,
      guard: setup.guard,
      ...(repeat !== undefined && { simulation: { seed: setup.seed, options: repeat } }),
    });
  }

  /** Makes the nodes of the rack. */
  readonly make: NodeMaker = (node) => {
    if (this.#known.has(node.self)) return this.#recorder.restart(node);
    this.#known.add(node.self);
    return this.#recorder.add(node);
  };

  /** An action has applied. Those that are calls on nodes are in the log already. */
  applied(action: Action): void {
    const annotation = annotationOf(this.#sleds, action);
    if (annotation !== null) this.#recorder.annotate(annotation);
  }

  failed({ invariant, message }: SimulationFailure): void {
    const text = `invariant ${invariant} does not hold: ${message}`;
    this.#recorder.annotate({ kind: "text", text });
  }

  /** Writes what is left. */
  flush(): void {
    this.#recorder.flush();
  }
}

/** What a log says of an action that is no call, or not only one. */
function annotationOf(sleds: readonly BaseboardId[], action: Action): Annotation | null {
  const id = (index: number): BaseboardId => sleds[index] as BaseboardId;
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
      return { kind: "partition", groups: [[...sleds]] };
    case "partition": {
      const inside = action.side.map(id);
      const outside = sleds.filter((one) => !inside.includes(one));
      if (action.direction === "both") return { kind: "partition", groups: [inside, outside] };
      return { kind: "fault", name: `partition ${action.direction}`, text: describe(action) };
    }
    case "lose":
      return { kind: "lost", from: id(action.from), to: id(action.to), message: "the next one" };
    case "heal":
      return { kind: "text", text: "every fault ends" };
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
