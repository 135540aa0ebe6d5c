/** The state of a debugger session. */
import type { EventLog, LogObserver } from "@trust-quorum/event-log";
import { Facts, Names, NamesCollector, UsageError, quoted } from "@trust-quorum/explain";
import type { Condition, Renderer } from "@trust-quorum/explain";
import { Replay, Timeline, TimelineCollector } from "@trust-quorum/replay";
import type { Divergence, NodeView } from "@trust-quorum/replay";
import type { TrustQuorumCrypto } from "trust-quorum";
import { EventCounts } from "./event-counts.ts";

/** A breakpoint. */
export interface Breakpoint {
  readonly number: number;
  readonly condition: Condition;
}

interface SessionOptions {
  /** The log's file, as the user named it. */
  readonly path: string;
  readonly crypto: TrustQuorumCrypto;
  /** Columns of the output. */
  readonly width: number;
}

/** What a session needs of all events of a log. */
interface Survey {
  readonly timeline: Timeline;
  readonly names: Names;
  readonly counts: EventCounts;
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
  readonly counts: EventCounts;
  readonly crypto: TrustQuorumCrypto;
  readonly width: number;
  readonly breakpoints: Breakpoint[] = [];
  /** Positions by name. */
  readonly snapshots = new Map<string, number>();
  readonly #replay: Replay;
  #position: number;
  #breakpointsMade = 0;

  constructor(log: EventLog, options: SessionOptions, survey: Survey = surveyOf(log)) {
    this.log = log;
    this.path = options.path;
    this.crypto = options.crypto;
    this.width = options.width;
    this.timeline = survey.timeline;
    this.names = survey.names;
    this.counts = survey.counts;
    this.#replay = new Replay(log, { crypto: options.crypto });
    // The end of a log is most often what a user wants to see first.
    this.#position = log.events.length;
  }

  /** A session with a log that is read now, which shows it to the observers that it is given. */
  static reading(
    read: (observers: readonly LogObserver[]) => EventLog,
    options: SessionOptions,
  ): Session {
    const timeline = new TimelineCollector();
    const names = new NamesCollector();
    const counts = new EventCounts();
    const log = read([timeline, names, counts]);
    const survey = { timeline: new Timeline(log, timeline), names: names.names(), counts };
    return new Session(log, options, survey);
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
    const index = events.get(this.#position - 1)?.index ?? 0;
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
    const [first, last] = [events.get(0)?.index, events.get(events.length - 1)?.index];
    if (first === undefined || last === undefined || index < first || index > last) {
      throw new UsageError(
        first === undefined
          ? "the log has no events"
          : `the log has events ${first} to ${last ?? first}, and not ${index}`,
      );
    }
    // Indices ascend, in a selection of a log with gaps.
    let [low, high] = [0, events.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events.get(middle)?.index ?? index) < index) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}

function surveyOf(log: EventLog): Survey {
  return { timeline: new Timeline(log), names: Names.of(log), counts: EventCounts.of(log) };
}
