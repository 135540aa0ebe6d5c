/** Events and nodes as lines of text. */
import { isCall } from "@trust-quorum/event-log";
import type { Annotation, EventLog, LogCallEvent, LogEvent, LogOut } from "@trust-quorum/event-log";
import type { NodeView } from "@trust-quorum/replay";
import { epochOf } from "./facts.ts";
import type { Names } from "./names.ts";

/** What texts about a log depend on. */
export interface Renderer {
  readonly log: EventLog;
  readonly names: Names;
  /** Columns of the output. */
  readonly width: number;
}

/** Text from a log without control characters. */
export function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?");
}

/** Cuts a line to the width. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
}

/** Breaks a text at spaces; the first line keeps its indentation, those after it get this one. */
export function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const content = rest.length - rest.trimStart().length;
    const space = rest.lastIndexOf(" ", width);
    const at = space > content ? space : rest.indexOf(" ", Math.max(width, content));
    if (at < 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = indent + rest.slice(at + 1).trimStart();
  }
  return [...lines, rest];
}

/** One line for an event. */
export function eventLine(renderer: Renderer, event: LogEvent): string {
  const { log, names, width } = renderer;
  const index = String(event.index).padStart(6);
  const at = timeText(log, event.time);
  if (!isCall(event))
    return cut(plain(`${index} ${at}  — ${annotationText(names, event.annotation)}`), width);
  const node = names.short(event.node);
  return cut(
    plain(`${index} ${at}  ${node}  ${callText(renderer, event)}${effectsText(renderer, event)}`),
    width,
  );
}

/** A time of the log: since the start of a simulation, or the time of day. */
export function timeText(log: EventLog, time: number): string {
  if (log.header.clock === "virtual") return `${String(Math.round(time)).padStart(7)}ms`;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().slice(11, 23);
}

/** The call with its arguments. */
function callText({ log, names }: Renderer, event: LogCallEvent): string {
  const { call } = event;
  if (event.args === null) return `${call} (arguments that a log cannot hold)`;
  switch (event.call) {
    case "connect":
    case "disconnect":
      return `${call} ${names.short(event.args?.peer ?? "?")}`;
    case "receive":
      return event.args === undefined
        ? call
        : `receive ${messageText(log, event.args.message)} from ${names.short(event.args.from)}`;
    case "refuseUndecodable":
      return `undecodable bytes from ${names.short(event.args?.from ?? "?")}: ${event.args?.code ?? ""}`;
    case "persisted":
      return `persisted generation ${event.args?.generation ?? "?"}`;
    case "restart":
      return `restart from generation ${event.args?.generation ?? "?"}`;
    case "coordinateReconfiguration":
    case "coordinateUpgradeFromLrtq":
      return `${call} epoch ${event.args?.epoch ?? "?"}, ${event.args?.members.length ?? "?"} members, threshold ${event.args?.threshold ?? "?"}`;
    case "commit":
    case "abandon":
    case "retire":
    case "loadRackSecret":
      return `${call} epoch ${event.args?.epoch ?? "?"}`;
    case "prepareAndCommit":
      return `${call} epoch ${log.configs.get(event.args?.config ?? "")?.epoch ?? "?"}`;
    case "tick":
    case "clearSecrets":
    case "drain":
      return call;
    default:
      return event satisfies never;
  }
}

/** A message by kind and epoch. */
export function messageText(log: EventLog, message: Parameters<typeof epochOf>[1]): string {
  const epoch = epochOf(log, message);
  return epoch === null ? message.kind : `${message.kind} ${epoch}`;
}

/** The text of an annotation. */
function annotationText(names: Names, annotation: Annotation): string {
  switch (annotation.kind) {
    case "crash":
      return `${names.short(annotation.node)} crashes${annotation.text === undefined ? "" : `: ${annotation.text}`}`;
    case "link": {
      const arrow = annotation.oneWay === true ? "→" : "↔";
      return `link ${names.short(annotation.a)} ${arrow} ${names.short(annotation.b)} ${annotation.up ? "up" : "down"}`;
    }
    case "partition":
      return annotation.groups.length < 2
        ? "the partition ends"
        : `partition: ${annotation.groups.map((group) => names.list(group)).join(" | ")}`;
    case "lost": {
      const epoch = annotation.epoch === undefined ? "" : ` ${annotation.epoch}`;
      return `lost: ${annotation.message}${epoch} from ${names.short(annotation.from)} to ${names.short(annotation.to)}`;
    }
    case "fault":
      return `fault: ${annotation.name}${annotation.node === undefined ? "" : ` at ${names.short(annotation.node)}`}${annotation.text === undefined ? "" : `: ${annotation.text}`}`;
    case "decision":
      return `${annotation.by} decides: ${annotation.text}`;
    case "text":
      return annotation.text;
    default:
      return annotation satisfies never;
  }
}

function effectsText(renderer: Renderer, event: LogCallEvent): string {
  const parts: string[] = [];
  const { result, state } = event;
  if (typeof result === "string") parts.push(result);
  else if (result !== undefined)
    parts.push("error" in result ? result.error : `threw ${result.thrown}`);
  if (state?.commits !== undefined) parts.push(`COMMITS ${state.commits.join(", ")}`);
  if (state?.expunged !== undefined) parts.push(`EXPUNGED as of ${state.expunged.epoch}`);
  parts.push(...outputTexts(renderer, event.out ?? []));
  if (event.coordinating === null) parts.push("coordinates no more");
  return parts.length === 0 ? "" : ` → ${parts.join("; ")}`;
}

function outputTexts({ log, names }: Renderer, out: readonly LogOut[]): string[] {
  const sends = new Map<string, string[]>();
  const rest: string[] = [];
  for (const one of out) {
    if ("message" in one) {
      const text = messageText(log, one.message);
      sends.set(text, [...(sends.get(text) ?? []), one.to]);
    } else if ("persist" in one) rest.push(`saves generation ${one.persist}`);
    else if (one.event.kind === "refused") rest.push(`refused: ${one.event.reason}`);
    else if (one.event.kind === "alarm") rest.push(`ALARM ${one.event.alarm.kind}`);
    else if (one.event.kind === "rackSecretsReady") rest.push(`unlocked ${one.event.epoch}`);
  }
  return [...[...sends].map(([text, to]) => `${text} to ${names.list(to, 3)}`), ...rest];
}

/** The fields of a node, by name. */
export function nodeFields({ names }: Renderer, view: NodeView): Record<string, string> {
  const { state } = view;
  const work = (one: { epoch: number; threshold: number; collected: readonly string[] } | null) =>
    one === null
      ? "no"
      : `epoch ${one.epoch}: ${one.collected.length} of ${one.threshold} shares (${names.list(one.collected)})`;
  const { coordinating } = view;
  return {
    running: view.running ? "yes" : "no (crashed)",
    generation: `${view.generation}, saved ${view.savedGeneration}`,
    lrtq:
      state.lrtq === null
        ? "no"
        : `share x=${state.lrtq.share.x}, threshold ${state.lrtq.threshold}`,
    configs: numbers([...state.configs.keys()]),
    shares: numbers([...state.shares.keys()]),
    commits: numbers(state.commits),
    expunged:
      state.expunged === null
        ? "no"
        : `as of epoch ${state.expunged.epoch}, by ${names.short(state.expunged.from)}`,
    connected: names.list(view.connected, 8),
    coordinating:
      coordinating?.operation === "prepare"
        ? `epoch ${coordinating.epoch}: prepare, ${coordinating.acks.length} acks (${names.list(coordinating.acks)})`
        : coordinating === null
          ? "no"
          : `${coordinating.operation} for ${work(coordinating)}`,
    computing: work(view.computing),
    collecting: work(view.collecting),
    loaded: numbers(view.loaded),
    alarms: view.alarms.length === 0 ? "none" : view.alarms.map(({ kind }) => kind).join(", "),
    refused: String(view.refused),
    digest: view.digest.slice(0, 16),
  };
}

function numbers(list: readonly number[]): string {
  return list.length === 0 ? "none" : list.join(", ");
}

/** The JSON form of a node's state, without the bytes of shares. */
export function viewJson(view: NodeView): unknown {
  const shares = [...view.state.shares].map(([epoch, { x, sha3 }]) => [epoch, { x, sha3 }]);
  const { lrtq } = view.state;
  return {
    ...view,
    state: {
      ...view.state,
      lrtq: lrtq && { ...lrtq, share: { x: lrtq.share.x, sha3: lrtq.share.sha3 } },
      configs: Object.fromEntries(view.state.configs),
      shares: Object.fromEntries(shares) as unknown,
    },
  };
}
