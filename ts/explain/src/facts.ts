/** Queries on a log up to a point, on which explanations are based. */
import { isCall } from "@trust-quorum/event-log";
import type {
  Annotation,
  EventLog,
  LogCallEvent,
  LogMessage,
  LogNodeEvent,
  LogOut,
} from "@trust-quorum/event-log";
import { countBelow } from "@trust-quorum/replay";
import type { NodeView, Timeline } from "@trust-quorum/replay";
import type { BaseboardId, Epoch } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";

/** A call and its position in the log. */
export interface Placed {
  readonly position: number;
  readonly event: LogCallEvent;
}

/** A message that a node sent. */
export interface Sent extends Placed {
  readonly to: BaseboardId;
  readonly message: LogMessage;
}

/** The epoch of a message, or null for one without. */
export function epochOf(log: EventLog, message: LogMessage): Epoch | null {
  if ("epoch" in message) return message.epoch;
  return "config" in message ? (log.configs.get(message.config)?.epoch ?? null) : null;
}

/** Queries on a log up to a point: what its sleds sent, received, refused and held. */
export class Facts {
  readonly log: EventLog;
  readonly timeline: Timeline;
  /** The position up to which the log is considered. */
  readonly end: number;

  constructor(timeline: Timeline, end: number) {
    this.timeline = timeline;
    this.log = timeline.log;
    this.end = end;
  }

  /** The state of a node at `end`, or undefined if the log does not record the node. */
  view(node: BaseboardId): NodeView | undefined {
    return this.timeline.at(node, this.end);
  }

  /** Whether the log records this node's own events. */
  records(node: BaseboardId): boolean {
    return this.timeline.at(node, 0) !== undefined;
  }

  /** A node's calls in [from, end), in order. */
  *calls(node: BaseboardId, from = 0): Generator<Placed> {
    const positions = this.timeline.eventsOf(node);
    for (let i = countBelow(positions, from); i < positions.length; i++) {
      const position = positions[i] ?? this.end;
      if (position >= this.end) return;
      const placed = this.#callAt(position);
      if (placed !== null) yield placed;
    }
  }

  /** The first call of a node, from a position on, that fulfils a test. */
  first(node: BaseboardId, test: (event: LogCallEvent) => boolean, from = 0): Placed | undefined {
    for (const placed of this.calls(node, from)) if (test(placed.event)) return placed;
    return undefined;
  }

  /** The last call of a node, from a position on, that fulfils a test. */
  last(node: BaseboardId, test: (event: LogCallEvent) => boolean, from = 0): Placed | undefined {
    const positions = this.timeline.eventsOf(node);
    for (let i = countBelow(positions, this.end) - 1; i >= 0; i--) {
      const position = positions[i] ?? 0;
      if (position < from) return undefined;
      const placed = this.#callAt(position);
      if (placed !== null && test(placed.event)) return placed;
    }
    return undefined;
  }

  /** The messages that a node sent to another, in order. */
  sent(
    from: BaseboardId,
    to: BaseboardId,
    test: (message: LogMessage) => boolean,
    since = 0,
  ): Sent[] {
    const sent: Sent[] = [];
    for (const placed of this.calls(from, since)) {
      for (const out of placed.event.out ?? []) {
        if ("message" in out && out.to === to && test(out.message)) {
          sent.push({ ...placed, to, message: out.message });
        }
      }
    }
    return sent;
  }

  /** The messages that a node received from another, in order. */
  received(
    node: BaseboardId,
    from: BaseboardId | null,
    test: (message: LogMessage) => boolean,
    since = 0,
  ): (Placed & { readonly from: BaseboardId; readonly message: LogMessage })[] {
    const received: (Placed & { from: BaseboardId; message: LogMessage })[] = [];
    for (const placed of this.calls(node, since)) {
      const { event } = placed;
      if (event.call !== "receive" || event.args == null) continue;
      if (from !== null && event.args.from !== from) continue;
      if (test(event.args.message)) received.push({ ...placed, ...event.args });
    }
    return received;
  }

  /** The reason for which a node refused the input of an event, or null. */
  refusal(placed: Placed): string | null {
    const { event } = placed;
    const from = event.call === "receive" ? (event.args?.from ?? "Nexus") : "Nexus";
    const own = refusalIn(event, from);
    // An output that had to wait for a save is among those of a later event.
    if (own !== null || event.undrained !== true) return own;
    const next = this.first(event.node, () => true, placed.position + 1);
    return next?.event.call === "persisted" ? refusalIn(next.event, from) : null;
  }

  /** The position of a node's last restart, or 0. */
  started(node: BaseboardId): number {
    return this.last(node, ({ call }) => call === "restart")?.position ?? 0;
  }

  /** The first restart or crash of a node in (from, end). */
  stopped(
    node: BaseboardId,
    from: number,
  ): { position: number; what: "restart" | "crash" } | undefined {
    const restart = this.first(node, ({ call }) => call === "restart", from + 1);
    const crash = this.annotation((one) => one.kind === "crash" && one.node === node, from + 1);
    if (crash !== undefined && (restart === undefined || crash.position < restart.position)) {
      return { position: crash.position, what: "crash" };
    }
    return restart === undefined ? undefined : { position: restart.position, what: "restart" };
  }

  /** The first annotation in [from, end) that fulfils a test. */
  annotation(
    test: (annotation: Annotation) => boolean,
    from = 0,
  ): { position: number; annotation: Annotation } | undefined {
    const positions = this.timeline.annotations;
    for (let i = countBelow(positions, from); i < positions.length; i++) {
      const position = positions[i] ?? this.end;
      if (position >= this.end) return undefined;
      const event = this.log.events.get(position);
      if (event !== undefined && !isCall(event) && test(event.annotation)) {
        return { position, annotation: event.annotation };
      }
    }
    return undefined;
  }

  /** Whether `node` is connected to `peer` at `end`, and the position of the last change of that. */
  link(node: BaseboardId, peer: BaseboardId): { up: boolean; since: number | null } {
    const change = this.last(
      node,
      (event) =>
        event.call === "restart" ||
        ((event.call === "connect" || event.call === "disconnect") &&
          event.args?.peer === peer &&
          event.result === undefined),
    );
    const up = this.view(node)?.connected.includes(peer) ?? false;
    return { up, since: change?.position ?? null };
  }

  /** The configuration of an epoch: the one that `node` holds, else one that another node holds, else any. */
  config(epoch: number, node?: BaseboardId): Configuration | undefined {
    const own = node === undefined ? undefined : this.view(node)?.state.configs.get(epoch as Epoch);
    if (own !== undefined) return this.log.configs.get(own);
    const keys = [...this.log.configs].filter(([, config]) => config.epoch === epoch);
    const known = keys.filter(([key]) => this.#definedBefore(key));
    const held = known.find(([key]) =>
      this.timeline.nodes.some((one) => this.view(one)?.state.configs.get(epoch as Epoch) === key),
    );
    return (held ?? known[0])?.[1];
  }

  /** The epochs of all configurations that are defined before `end`, ascending. */
  epochs(): number[] {
    const known = [...this.log.configs].filter(([key]) => this.#definedBefore(key));
    return [...new Set(known.map(([, { epoch }]) => epoch))].sort((a, b) => a - b);
  }

  /** The name of an event in a text: its index. */
  name(position: number): string {
    const index = this.log.events.get(position)?.index;
    return index === undefined ? "the end" : `event ${index}`;
  }

  #definedBefore(key: string): boolean {
    return (this.timeline.definedAt(key) ?? Infinity) < this.end;
  }

  #callAt(position: number): Placed | null {
    const event = this.log.events.get(position);
    return event !== undefined && isCall(event) ? { position, event } : null;
  }
}

const NO_OUTPUTS: readonly LogOut[] = [];

/** The node's events among the outputs of an event. */
export function nodeEvents(event: LogCallEvent): LogNodeEvent[] {
  const events: LogNodeEvent[] = [];
  for (const out of event.out ?? NO_OUTPUTS) if ("event" in out) events.push(out.event);
  return events;
}

function refusalIn(event: LogCallEvent, from: string): string | null {
  const refused = nodeEvents(event).find((one) => one.kind === "refused" && one.from === from);
  return refused?.kind === "refused" ? refused.reason : null;
}
