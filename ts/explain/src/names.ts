/** Short names of sleds: as much of their ids as is unambiguous in a log. */
import { isCall } from "@trust-quorum/event-log";
import type { EventLog, LogEvent, LogHeader, LogObserver } from "@trust-quorum/event-log";
import { closestNames } from "@trust-quorum/event-log/closest";
import type { BaseboardId } from "trust-quorum";
import { UsageError } from "./usage.ts";

/** The sleds of a log and their short names. */
export class Names {
  readonly #short = new Map<string, string>();
  readonly #ids: readonly BaseboardId[];

  constructor(ids: Iterable<BaseboardId>) {
    this.#ids = [...new Set(ids)];
    const serials = new Map<string, number>();
    for (const id of this.#ids) serials.set(serial(id), (serials.get(serial(id)) ?? 0) + 1);
    for (const id of this.#ids)
      this.#short.set(id, serials.get(serial(id)) === 1 ? serial(id) : id);
  }

  /** The sleds of a log: of its header, of configurations and of events. */
  static of(log: EventLog): Names {
    const collector = new NamesCollector();
    collector.header(log.header, log.configs);
    for (const event of log.events) collector.event(event);
    return collector.names();
  }

  /** All ids. */
  get ids(): readonly BaseboardId[] {
    return this.#ids;
  }

  /** The serial number if it is unique in the log, else the whole id. */
  short(id: string): string {
    return this.#short.get(id) ?? id;
  }

  /** A list of short names; of a long one, the first ones and how many more there are. */
  list(ids: readonly string[], max = 6): string {
    if (ids.length === 0) return "none";
    const shown = ids.slice(0, max).map((id) => this.short(id));
    const more = ids.length - shown.length;
    return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
  }

  /**
   * The sled with this id or serial number, or whose id alone ends like this.
   *
   * @throws UsageError with suggestions
   */
  resolve(text: string): BaseboardId {
    const wanted = text.toUpperCase();
    const exact = this.#ids.filter((id) => id === text || serial(id).toUpperCase() === wanted);
    const [first] = exact;
    if (first !== undefined && exact.length === 1) return first;
    const ending = this.#ids.filter((id) => id.toUpperCase().endsWith(wanted));
    const [only] = ending;
    if (only !== undefined && ending.length === 1) return only;
    if (ending.length > 1) {
      throw new UsageError(`${quoted(text)} may be ${this.list(ending)}: write more of it`);
    }
    const names = this.#ids.map((id) => this.short(id));
    const hint = suggestion(text, names, `it has ${this.list(this.#ids)}`);
    throw new UsageError(`the log has no sled ${quoted(text)}; ${hint}`);
  }
}

/** Suggests names that are similar to a word; returns another text if there are none. */
export function suggestion(word: string, names: readonly string[], otherwise: string): string {
  const like = closestNames(word, names);
  return like.length > 0 ? `did you mean ${like.join(" or ")}?` : otherwise;
}

/** A user's word for a message: shortened, and without control characters. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}

function serial(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}

/** Collects the sleds of a log while it is read. */
export class NamesCollector implements LogObserver {
  readonly #recorded = new Set<BaseboardId>();
  readonly #others = new Set<BaseboardId>();
  #configs: EventLog["configs"] = new Map();

  header(header: LogHeader, configs: EventLog["configs"]): void {
    this.#configs = configs;
    for (const { id } of header.nodes) this.#recorded.add(id);
  }

  event(event: LogEvent): void {
    if (!isCall(event) || event.args == null) return;
    if ("peer" in event.args) this.#others.add(event.args.peer);
    if ("from" in event.args) this.#others.add(event.args.from);
  }

  /** The names, after the last event. */
  names(): Names {
    const members = [...this.#configs.values()].flatMap((config) => config.members);
    return new Names([...this.#recorded, ...members, ...this.#others]);
  }
}
