/**
 * Exports a part of a log as a log: a range of events, some of the nodes, with or without the secrets. The
 * result replays on its own wherever that is possible.
 */
import { EventLogError, isCall, listedEvents } from "@trust-quorum/event-log";
import type { EventLog, LogEvent, LogHeader, LogInitial } from "@trust-quorum/event-log";
import { configRecord, visitEvent, visitHeader } from "@trust-quorum/event-log/format";
import type { BaseboardId, TrustQuorumCrypto } from "trust-quorum";
import { Replay } from "./replay.ts";

/** The part of a log that is exported. */
export interface ExportOptions {
  /** The position of the first event, from 0. */
  readonly from?: number | undefined;
  /** The position after the last event. */
  readonly to?: number | undefined;
  /** Only these nodes; annotations that name no node are kept. */
  readonly nodes?: readonly BaseboardId[] | undefined;
  /** Whether the secrets of the log are kept. By default they are removed. */
  readonly secrets?: boolean | undefined;
  /** The backend of the replay that determines the nodes' states at the first event. */
  readonly crypto: TrustQuorumCrypto;
}

/**
 * The lines of the part, without their newlines.
 *
 * @throws EventLogError `ERR_TQ_LOG_EXPORT` for a part that is none, or that cannot be told without
 * secrets or with them
 */
export function exportLog(log: EventLog, options: ExportOptions): string[] {
  const { to = log.events.length, secrets = false } = options;
  const wanted = new Set(options.nodes ?? log.header.nodes.map(({ id }) => id));
  checkPart(log, { ...options, to }, wanted);
  const { from, nodes } = beginning(log, { from: options.from ?? 0, to, wanted }, options.crypto);
  const kept = log.events.slice(from, to).filter((event) => concerns(event, wanted));
  const whole = kept.length === log.events.length;
  const sparse = log.header.sparse === true || kept.length < to - from;
  const { simulation, configs: _configs, ...header } = log.header;
  const writer = new PartWriter(log, secrets);
  return [
    writer.header({
      ...header,
      secrets,
      first:
        log.events.get(from)?.index ?? (log.events.get(log.events.length - 1)?.index ?? -1) + 1,
      ...(sparse ? { sparse: true as const } : {}),
      // The seed would reproduce the whole log, with its secrets.
      ...(simulation === undefined || !whole ? {} : { simulation }),
      nodes: [...nodes],
    }),
    ...kept.map((event) => writer.event(event)),
  ];
}

function checkPart(log: EventLog, options: ExportOptions, wanted: ReadonlySet<BaseboardId>): void {
  const { from = 0, to = 0, secrets = false } = options;
  const count = log.events.length;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > count) {
    fail(`it has places 0 to ${count}, not ${from} to ${to}`);
  }
  if (secrets && !log.header.secrets) fail("the log holds no secrets");
  if (secrets && from > 0) fail("with secrets it can only begin where the log begins");
  for (const id of wanted) {
    if (!log.header.nodes.some((node) => node.id === id)) fail(`the log has no node ${id}`);
  }
}

/** The position from which the part can be replayed, `from` or soon after it, and the nodes' states there. */
function beginning(
  log: EventLog,
  part: { from: number; to: number; wanted: ReadonlySet<BaseboardId> },
  crypto: TrustQuorumCrypto,
): { from: number; nodes: readonly LogInitial[] } {
  const { to, wanted } = part;
  let { from } = part;
  if (from === 0) return { from, nodes: log.header.nodes.filter(({ id }) => wanted.has(id)) };
  const replay = new Replay(redactedForReplay(log), { crypto });
  try {
    // A save that is under way cannot be recorded in a header: the part begins when it has ended.
    for (replay.runTo(from); from < to && !replay.atRest(wanted);) replay.runTo(++from);
    const nodes = [...wanted].map((id) => {
      return replay.initial(id) ?? fail(`what ${id} held at event ${from} is not known`);
    });
    return { from, nodes };
  } finally {
    replay.dispose();
  }
}

/** The log without its secrets, for a symbolic replay. */
function redactedForReplay(log: EventLog): EventLog {
  if (!log.header.secrets) return log;
  return {
    ...log,
    header: redact({ ...log.header, secrets: false }),
    events: listedEvents(Array.from(log.events, (event) => redact(event))),
  };
}

function concerns(event: LogEvent, wanted: ReadonlySet<BaseboardId>): boolean {
  if (isCall(event)) return wanted.has(event.node);
  const { annotation } = event;
  return !("node" in annotation) || wanted.has(annotation.node);
}

/** Writes lines, each of which defines the configurations that it is the first to refer to. */
class PartWriter {
  readonly #log: EventLog;
  readonly #secrets: boolean;
  readonly #defined = new Set<string>();

  constructor(log: EventLog, secrets: boolean) {
    this.#log = log;
    this.#secrets = secrets;
  }

  header(header: LogHeader): string {
    const keys = new Set<string>();
    visitHeader(header, { config: (key) => keys.add(key), share: () => undefined });
    return this.#line(header, keys);
  }

  event({ configs: _configs, ...event }: LogEvent): string {
    const keys = new Set<string>();
    visitEvent(event, { config: (key) => keys.add(key), share: () => undefined });
    return this.#line(event, keys);
  }

  #line(line: object, keys: ReadonlySet<string>): string {
    const fresh = [...keys].filter((key) => !this.#defined.has(key));
    const configs = Object.fromEntries(fresh.map((key) => [key, this.#configRecord(key)]));
    fresh.forEach((key) => this.#defined.add(key));
    const shown = this.#secrets ? line : redact(line);
    return JSON.stringify(fresh.length === 0 ? shown : { ...shown, configs });
  }

  #configRecord(key: string): unknown {
    const config = this.#log.configs.get(key);
    return config === undefined ? fail(`${key} was never defined`) : configRecord(config);
  }
}

/** A copy without the bytes of shares. */
function redact<T extends object>(line: T): T {
  return JSON.parse(
    JSON.stringify(line, function (this: unknown, key, value: unknown) {
      if (key === "y" && typeof value === "string") return undefined;
      const created = typeof this === "object" && this !== null && "op" in this;
      return key === "shares" && created && typeof value === "string" ? undefined : value;
    }),
  ) as T;
}

function fail(problem: string): never {
  throw new EventLogError("ERR_TQ_LOG_EXPORT", { problem });
}
