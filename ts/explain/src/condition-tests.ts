/** The tests that conditions consist of: of an event, or of a node's state. */
import { CALLS, isCall } from "@trust-quorum/event-log";
import type { EventLog, LogEvent, LogMessage } from "@trust-quorum/event-log";
import type { NodeView } from "@trust-quorum/replay";
import type { BaseboardId } from "trust-quorum";
import { KINDS, numberOf, oneOf } from "./condition-words.ts";
import { epochOf, nodeEvents } from "./facts.ts";
import { quoted } from "./names.ts";
import type { Names } from "./names.ts";
import { UsageError } from "./usage.ts";

/** A test of an event alone. */
export type EventTest = (event: LogEvent) => boolean;
/** A test of a node. */
export type ViewTest = (view: NodeView) => boolean;

/** The test of a word with an argument: `kind prepare`, `from 10`. */
export function argumentTest(
  word: string,
  argument: string,
  { log, names }: { readonly log: EventLog; readonly names: Names },
): EventTest {
  switch (word) {
    case "event":
    case "from":
    case "to": {
      const index = numberOf(word, argument);
      if (word === "event") return (event) => event.index === index;
      return word === "from" ? (event) => event.index >= index : (event) => event.index <= index;
    }
    case "node": {
      const id = names.resolve(argument);
      return (event) => nodesOf(event).includes(id);
    }
    case "peer": {
      const id = names.resolve(argument);
      return (event) => peersOf(event).includes(id);
    }
    case "kind":
    case "sends":
    case "receives": {
      const kind = oneOf(argument, KINDS, "kind of message");
      const sent = (event: LogEvent) => messagesOf(event, "sent").some((one) => one.kind === kind);
      const got = (event: LogEvent) =>
        messagesOf(event, "received").some((one) => one.kind === kind);
      if (word === "sends") return (event) => sent(event);
      return word === "receives" ? (event) => got(event) : (event) => sent(event) || got(event);
    }
    case "epoch": {
      const epoch = numberOf(word, argument);
      return (event) => epochsOf(log, event).includes(epoch);
    }
    default: {
      const call = oneOf(argument, CALLS, "call");
      return (event) => isCall(event) && event.call === call;
    }
  }
}

/** The test of a word without an argument, or with a reason or code: `commit`, `refused stale_prepare`. */
export function plainTest(word: string, code: string | null): EventTest {
  switch (word) {
    case "commit":
      return (event) => isCall(event) && event.state?.commits !== undefined;
    case "expunge":
      return (event) => isCall(event) && event.state?.expunged !== undefined;
    case "unlock":
      return (event) => has(event, ({ kind }) => kind === "rackSecretsReady");
    case "alarm":
      return (event) =>
        has(event, (one) => one.kind === "alarm" && (code === null || one.alarm.kind === code));
    case "refused":
      return (event) =>
        has(event, (one) => one.kind === "refused" && (code === null || one.reason === code));
    case "error":
      return (event) => {
        if (!isCall(event) || typeof event.result !== "object" || !("error" in event.result))
          return false;
        return code === null || event.result.error === code;
      };
    case "restart":
      return (event) => isCall(event) && event.call === "restart";
    case "persist":
      return (event) => isCall(event) && (event.out ?? []).some((out) => "persist" in out);
    case "fault":
      return (event) => !isCall(event) && !["text", "decision"].includes(event.annotation.kind);
    default:
      return (event) => !isCall(event) && event.annotation.kind === word;
  }
}

/** Tests whether a node runs, or is expunged. */
export function flagTest(field: "running" | "expunged"): ViewTest {
  return field === "running" ? (view) => view.running : (view) => view.state.expunged !== null;
}

/** Tests whether a list of a node contains an epoch. */
export function listTest(field: string, epoch: number): ViewTest {
  return (view) => listOf(view, field).includes(epoch);
}

/** Compares a number of a node; false if the node has no such number at that point. */
export function numberTest(field: string, operator: string, number: number): ViewTest {
  const compare = comparison(operator);
  return (view) => {
    const actual = numberOfView(view, field);
    return actual !== null && compare(actual, number);
  };
}

function comparison(operator: string): (a: number, b: number) => boolean {
  switch (operator) {
    case "=":
    case "is":
      return (a, b) => a === b;
    case "!=":
      return (a, b) => a !== b;
    case "<":
      return (a, b) => a < b;
    case ">":
      return (a, b) => a > b;
    case "<=":
      return (a, b) => a <= b;
    case ">=":
      return (a, b) => a >= b;
    default:
      throw new UsageError(`there is no operator ${quoted(operator)}: write =, !=, <, >, <= or >=`);
  }
}

function listOf({ state, loaded }: NodeView, field: string): readonly number[] {
  if (field === "commits") return state.commits;
  if (field === "loaded") return loaded;
  return [...(field === "shares" ? state.shares : state.configs).keys()];
}

function numberOfView(view: NodeView, field: string): number | null {
  switch (field) {
    case "coordinating":
      return view.coordinating?.epoch ?? null;
    case "computing":
      return view.computing?.epoch ?? null;
    case "collecting":
      return view.collecting?.epoch ?? null;
    case "alarms":
      return view.alarms.length;
    case "refused":
      return view.refused;
    default:
      return view.generation;
  }
}

function has(
  event: LogEvent,
  test: (one: ReturnType<typeof nodeEvents>[number]) => boolean,
): boolean {
  return isCall(event) && nodeEvents(event).some(test);
}

function messagesOf(event: LogEvent, way: "sent" | "received"): LogMessage[] {
  if (!isCall(event)) return [];
  if (way === "received")
    return event.call === "receive" && event.args != null ? [event.args.message] : [];
  return (event.out ?? []).flatMap((out) => ("message" in out ? [out.message] : []));
}

function nodesOf(event: LogEvent): readonly BaseboardId[] {
  if (isCall(event)) return [event.node];
  const { annotation } = event;
  if (annotation.kind === "link") return [annotation.a, annotation.b];
  if (annotation.kind === "lost") return [annotation.from, annotation.to];
  return "node" in annotation ? [annotation.node] : [];
}

function peersOf(event: LogEvent): readonly BaseboardId[] {
  if (!isCall(event)) return nodesOf(event);
  const { args } = event;
  const peers = (event.out ?? []).flatMap((out) => ("message" in out ? [out.to] : []));
  if (args != null && "peer" in args) peers.push(args.peer);
  if (args != null && "from" in args) peers.push(args.from);
  return peers;
}

/** The epochs that an event is about. */
function epochsOf(log: EventLog, event: LogEvent): number[] {
  if (!isCall(event)) {
    const { annotation } = event;
    return "epoch" in annotation ? [annotation.epoch] : [];
  }
  const epochs: number[] = [];
  for (const message of [...messagesOf(event, "sent"), ...messagesOf(event, "received")]) {
    const epoch = epochOf(log, message);
    if (epoch !== null) epochs.push(epoch);
  }
  const { args, state } = event;
  epochs.push(...(state?.commits ?? []));
  if (args != null && "epoch" in args) epochs.push(args.epoch);
  if (args != null && "config" in args) epochs.push(log.configs.get(args.config)?.epoch ?? -1);
  for (const one of nodeEvents(event))
    if ("epoch" in one && one.epoch !== null) epochs.push(one.epoch);
  return epochs;
}
