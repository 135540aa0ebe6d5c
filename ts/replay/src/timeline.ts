/**
 * The recorded state of each node at any point of a log, without a replay.
 *
 * Invariants: a view is never changed; the view after an event shares with the previous one whatever the
 * event did not change. So the views of 100,000 events take some megabytes, and a binary search finds the
 * one of any point. The same pass collects the positions of annotations and of definitions of
 * configurations.
 */
import { isCall } from "@trust-quorum/event-log";
import type {
  EventLog,
  LogObserver,
  LogEvent,
  LogHeader,
  LogAlarm,
  LogCallEvent,
  LogChange,
  LogCollection,
  LogCoordinating,
  LogInitial,
  LogShare,
  LogState,
} from "@trust-quorum/event-log";
import type { BaseboardId, Epoch } from "trust-quorum";

/** The persistent state of a node, with the public parts of its shares. */
export interface StateView {
  readonly lrtq: LogState["lrtq"];
  /** The names of the configurations by epoch. */
  readonly configs: ReadonlyMap<Epoch, string>;
  readonly shares: ReadonlyMap<Epoch, LogShare>;
  readonly commits: readonly Epoch[];
  readonly expunged: LogState["expunged"];
  /** The highest epoch that the control plane has given up. */
  readonly abandoned: Epoch | null;
}

/** The state of a node at a point of a log. */
export interface NodeView {
  readonly id: BaseboardId;
  /** False between a crash and the restart after it. */
  readonly running: boolean;
  readonly generation: number;
  /** The latest generation that was saved according to the log. */
  readonly savedGeneration: number;
  readonly digest: string;
  readonly state: StateView;
  readonly connected: readonly BaseboardId[];
  readonly coordinating: LogCoordinating | null;
  readonly computing: LogCollection | null;
  readonly collecting: LogCollection | null;
  readonly loaded: readonly Epoch[];
  readonly alarms: readonly LogAlarm[];
  /** How many inputs were refused since the log began or the node restarted. */
  readonly refused: number;
}

/** Collects the states of all nodes while a log is read; {@link Timeline} is made of it. */
export class TimelineCollector implements LogObserver {
  readonly initial = new Map<BaseboardId, NodeView>();
  /** For each node the positions of its events, ascending, and the views after them. */
  readonly positions = new Map<BaseboardId, number[]>();
  readonly views = new Map<BaseboardId, NodeView[]>();
  /** The positions of the events that define configurations, by the names of these. */
  readonly definitions = new Map<string, number>();
  /** The positions of the annotations, ascending. */
  readonly annotations: number[] = [];
  readonly #now = new Map<BaseboardId, NodeView>();
  #epochOf: EpochOf = () => undefined;

  header(header: LogHeader, configs: EventLog["configs"]): void {
    this.#epochOf = (key) => configs.get(key)?.epoch;
    for (const key of Object.keys(header.configs ?? {})) this.definitions.set(key, -1);
    for (const initial of header.nodes) {
      const view = firstView(initial, this.#epochOf);
      this.initial.set(initial.id, view);
      this.positions.set(initial.id, []);
      this.views.set(initial.id, []);
      this.#now.set(initial.id, view);
    }
  }

  event(event: LogEvent, position: number): void {
    for (const key in event.configs) this.definitions.set(key, position);
    if (!isCall(event)) this.annotations.push(position);
    const view = this.#after(event);
    if (view === undefined) return;
    this.#now.set(view.id, view);
    this.positions.get(view.id)?.push(position);
    this.views.get(view.id)?.push(view);
  }

  /** The state after an event of the node that it is about, if it is about one. */
  #after(event: LogEvent): NodeView | undefined {
    if (isCall(event)) {
      const view = this.#now.get(event.node);
      return view && afterCall(view, event, this.#epochOf);
    }
    const { annotation } = event;
    if (annotation.kind !== "crash") return undefined;
    const view = this.#now.get(annotation.node);
    return view && { ...view, running: false, ...NOTHING, connected: [] };
  }
}

/**
 * The states of all nodes of a log at every point of it.
 *
 * @example
 * import { readFile } from "node:fs/promises";
 * import { readLog } from "@trust-quorum/event-log";
 * import { Timeline } from "@trust-quorum/replay";
 *
 * const log = readLog(await readFile("testdata/logs/rack.jsonl"));
 * const timeline = new Timeline(log);
 * const [node] = timeline.nodes;
 * node && timeline.at(node, 100)?.state.commits; // => [3, 4]
 */
export class Timeline {
  readonly log: EventLog;
  readonly #collected: TimelineCollector;

  /** @param collected what was collected while the log was read; otherwise the log is read through */
  constructor(log: EventLog, collected: TimelineCollector = collect(log)) {
    this.log = log;
    this.#collected = collected;
  }

  /** The nodes in the header's order. */
  get nodes(): readonly BaseboardId[] {
    return [...this.#collected.initial.keys()];
  }

  /** The state of a node after the first `position` events; undefined for a node that the log does not record. */
  at(node: BaseboardId, position: number): NodeView | undefined {
    const { initial, positions, views } = this.#collected;
    const count = countBelow(positions.get(node) ?? [], position);
    return count === 0 ? initial.get(node) : views.get(node)?.[count - 1];
  }

  /** The positions of a node's events, ascending. */
  eventsOf(node: BaseboardId): readonly number[] {
    return this.#collected.positions.get(node) ?? [];
  }

  /** The positions of the annotations, ascending. */
  get annotations(): readonly number[] {
    return this.#collected.annotations;
  }

  /** The position of the event that defines a configuration; -1 for the header, undefined for an unknown name. */
  definedAt(key: string): number | undefined {
    return this.#collected.definitions.get(key);
  }
}

function collect(log: EventLog): TimelineCollector {
  const collector = new TimelineCollector();
  collector.header(log.header, log.configs);
  let position = 0;
  for (const event of log.events) collector.event(event, position++);
  return collector;
}

const NOTHING = { coordinating: null, computing: null, collecting: null, loaded: [] } as const;

type EpochOf = (configKey: string) => Epoch | undefined;

function firstView(initial: LogInitial, epochOf: EpochOf): NodeView {
  return {
    id: initial.id,
    running: true,
    generation: initial.generation,
    savedGeneration: initial.generation,
    digest: initial.digest,
    state: stateView(initial.state, epochOf),
    connected: initial.connected ?? [],
    coordinating: initial.coordinating ?? null,
    computing: initial.computing ?? null,
    collecting: initial.collecting ?? null,
    loaded: initial.loaded ?? [],
    alarms: initial.alarms ?? [],
    refused: 0,
  };
}

function afterCall(view: NodeView, event: LogCallEvent, epochOf: EpochOf): NodeView {
  if (event.call === "restart") {
    if (event.args == null) return view;
    const { generation, digest, state } = event.args;
    return {
      ...view,
      ...NOTHING,
      running: true,
      generation,
      savedGeneration: generation,
      digest,
      state: stateView(state, epochOf),
      connected: [],
      alarms: [],
      refused: 0,
    };
  }
  const { state: change } = event;
  const connected = connectedAfter(view.connected, event);
  const seen = outputsOf(event);
  const saved =
    event.call === "persisted" && event.result === undefined ? event.args?.generation : undefined;
  const same =
    change === undefined &&
    connected === view.connected &&
    seen === null &&
    saved === undefined &&
    event.coordinating === undefined &&
    event.computing === undefined &&
    event.collecting === undefined &&
    event.loaded === undefined;
  if (same) return view;
  // Field by field, since most events come here: a spread takes several times as long.
  return {
    id: view.id,
    running: view.running,
    generation: change?.generation ?? view.generation,
    savedGeneration: saved ?? view.savedGeneration,
    digest: change?.digest ?? view.digest,
    state: change === undefined ? view.state : changedState(view.state, change, epochOf),
    connected,
    coordinating: event.coordinating === undefined ? view.coordinating : event.coordinating,
    computing: event.computing === undefined ? view.computing : event.computing,
    collecting: event.collecting === undefined ? view.collecting : event.collecting,
    loaded: event.loaded ?? view.loaded,
    alarms:
      seen === null || seen.alarms.length === 0 ? view.alarms : [...view.alarms, ...seen.alarms],
    refused: view.refused + (seen?.refused ?? 0),
  };
}

function connectedAfter(
  before: readonly BaseboardId[],
  event: LogCallEvent,
): readonly BaseboardId[] {
  if (event.result !== undefined || event.args == null) return before;
  if (event.call === "connect") {
    const { peer } = event.args;
    return before.includes(peer) ? before : [...before, peer];
  }
  if (event.call === "disconnect") {
    const { peer } = event.args;
    return before.includes(peer) ? before.filter((id) => id !== peer) : before;
  }
  return before;
}

function outputsOf(event: LogCallEvent): { alarms: LogAlarm[]; refused: number } | null {
  let seen: { alarms: LogAlarm[]; refused: number } | null = null;
  for (const out of event.out ?? []) {
    if (!("event" in out)) continue;
    if (out.event.kind === "refused") (seen ??= { alarms: [], refused: 0 }).refused += 1;
    else if (out.event.kind === "alarm")
      (seen ??= { alarms: [], refused: 0 }).alarms.push(out.event.alarm);
  }
  return seen;
}

function stateView(state: LogState, epochOf: EpochOf): StateView {
  return {
    lrtq: state.lrtq,
    configs: configsOf(new Map(), state.configs, epochOf),
    shares: sharesOf(new Map(), state.shares),
    commits: state.commits,
    expunged: state.expunged,
    abandoned: state.abandoned ?? null,
  };
}

function changedState(state: StateView, change: LogChange, epochOf: EpochOf): StateView {
  const { configs, shares, commits, expunged, abandoned, dropped = [] } = change;
  const kept = dropped.length === 0 ? state : withoutEpochs(state, new Set(dropped));
  return {
    lrtq: change.lrtqDropped === true ? null : state.lrtq,
    configs: configs === undefined ? kept.configs : configsOf(kept.configs, configs, epochOf),
    shares: shares === undefined ? kept.shares : sharesOf(kept.shares, shares),
    commits:
      commits === undefined ? kept.commits : [...kept.commits, ...commits].sort((a, b) => a - b),
    expunged: expunged ?? state.expunged,
    abandoned: abandoned ?? state.abandoned,
  };
}

function withoutEpochs(
  { configs, shares, commits }: StateView,
  dropped: ReadonlySet<Epoch>,
): Pick<StateView, "configs" | "shares" | "commits"> {
  return {
    configs: new Map([...configs].filter(([epoch]) => !dropped.has(epoch))),
    shares: new Map([...shares].filter(([epoch]) => !dropped.has(epoch))),
    commits: commits.filter((epoch) => !dropped.has(epoch)),
  };
}

function configsOf(
  before: ReadonlyMap<Epoch, string>,
  keys: readonly string[],
  epochOf: EpochOf,
): ReadonlyMap<Epoch, string> {
  const after = new Map(before);
  for (const key of keys) {
    const epoch = epochOf(key);
    if (epoch !== undefined) after.set(epoch, key);
  }
  return new Map([...after].sort(([a], [b]) => a - b));
}

function sharesOf(
  before: ReadonlyMap<Epoch, LogShare>,
  shares: Readonly<Record<string, LogShare>>,
): ReadonlyMap<Epoch, LogShare> {
  const added = Object.entries(shares).map(([e, share]): [Epoch, LogShare] => [
    Number(e) as Epoch,
    share,
  ]);
  return new Map([...before, ...added].sort(([a], [b]) => a - b));
}

/** How many of the ascending numbers are below a limit. */
export function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
