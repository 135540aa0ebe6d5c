/** The state of a debugger session. */
import type { EventLog } from "@trust-quorum/event-log";
import { Facts, Names, UsageError, quoted } from "@trust-quorum/explain";
import type { Condition, Renderer } from "@trust-quorum/explain";
import { Replay, Timeline } from "@trust-quorum/replay";
import type { Divergence, NodeView } from "@trust-quorum/replay";
import type { TrustQuorumCrypto } from "trust-quorum";

/** A breakpoint. */
export interface Breakpoint {
  readonly number: number;
  readonly condition: Condition;
}

/**
 * A log, the current position in it, breakpoints and snapshots.
 *
 * Invariants: the position is the number of events that have happened, from 0 to all. Going back shows the
 * recorded states. Going forward replays the events that were not replayed yet, so each difference is
 * reported once.
 */
export class Session {
  readonly log: EventLog;
  readonly path: string;
  readonly timeline: Timeline;
  readonly names: Names;
  readonly crypto: TrustQuorumCrypto;
  readonly width: number;
  readonly breakpoints: Breakpoint[] = [];
  /** Positions by name. */
  readonly snapshots = new Map<string, number>();
  readonly #replay: Replay;
  #position: number;
  #breakpointsMade = 0;

  constructor(options: { log: EventLog; path: string; crypto: TrustQuorumCrypto; width: number }) {
    this.log = options.log;
    this.path = options.path;
    this.crypto = options.crypto;
    this.width = options.width;
    this.timeline = new Timeline(options.log);
    this.names = Names.of(options.log);
    this.#replay = new Replay(options.log, { crypto: options.crypto });
    // The end of a log is most often what a user wants to see first.
    this.#position = options.log.events.length;
  }

  get renderer(): Renderer {
    return { log: this.log, names: this.names, width: this.width };
  }

  /** How many events have happened. */
  get position(): number {
    return this.#position;
  }

  /** How many events were replayed and compared. */
  get replayed(): number {
    return this.#replay.position;
  }

  /** Queries on the log up to the current position. */
  get facts(): Facts {
    return new Facts(this.timeline, this.#position);
  }

  /**
   * The state of a sled at the current position.
   *
   * @throws UsageError
   */
  viewOf(name: string): NodeView {
    const id = this.names.resolve(name);
    const view = this.timeline.at(id, this.#position);
    if (view !== undefined) return view;
    throw new UsageError(
      `the log does not record ${this.names.short(id)} itself; it records ${this.names.list(this.timeline.nodes)}`,
    );
  }

  moveTo(position: number): void {
    this.#position = Math.max(0, Math.min(position, this.log.events.length));
  }

  /** Replays up to a position, and returns the differences from `since` on. */
  replayTo(position: number, since = 0): Divergence[] {
    this.#replay.runTo(position);
    return this.#replay.divergences.filter(
      (one) => (one.position >= since || since === 0) && one.position < position,
    );
  }

  addBreakpoint(condition: Condition): Breakpoint {
    const breakpoint = { number: ++this.#breakpointsMade, condition };
    this.breakpoints.push(breakpoint);
    return breakpoint;
  }

  /** The current position in words. */
  where(): string {
    const { events } = this.log;
    if (this.#position === 0) return "at the beginning";
    const index = events[this.#position - 1]?.index ?? 0;
    return this.#position === events.length
      ? `at the end, after event ${index}`
      : `after event ${index}`;
  }

  /**
   * The position that a text names: `start`, `end`, `here`, a snapshot, or after the event with this index.
   *
   * @throws UsageError
   */
  positionOf(text: string): number {
    const { events } = this.log;
    if (text === "start") return 0;
    if (text === "end") return events.length;
    if (text === "here") return this.#position;
    const snapshot = this.snapshots.get(text);
    if (snapshot !== undefined) return snapshot;
    if (!/^\d{1,15}$/.test(text)) {
      throw new UsageError(
        `${quoted(text)} is not a position: use the number of an event, start, end, here or the name of a snapshot`,
      );
    }
    const index = Number(text);
    const position = events.findIndex((event) => event.index >= index);
    const [first, last] = [events[0]?.index, events.at(-1)?.index];
    if (position < 0 || first === undefined || index < first) {
      throw new UsageError(
        first === undefined
          ? "the log has no events"
          : `the log has events ${first} to ${last ?? first}, and not ${index}`,
      );
    }
    return position + 1;
  }
}
