/**
 * The language of conditions, for filters and breakpoints:
 *
 *     condition := all { "or" all };  all := one { ["and"] one };  one := "not" one | "(" condition ")" | test
 *
 * A test is a word with its argument (`node BRM1`, `kind prepare`, `commit`, `refused stale_prepare`) or
 * looks at a node (`BRM1.commits has 4`, `any.alarms > 0`). Words may be joined with `=`: `node=BRM1`.
 */
import { CALLS, isCall } from "@trust-quorum/event-log";
import type { EventLog, LogEvent, LogMessage, NodeView, Timeline } from "@trust-quorum/event-log";
import type { BaseboardId } from "trust-quorum";
import { epochOf, nodeEvents } from "./facts.ts";
import { quoted, suggestion } from "./names.ts";
import type { Names } from "./names.ts";
import { UsageError } from "./usage.ts";

/** Where a condition is looked at: an event, with the state before and after it. */
export interface Place {
  readonly position: number;
  readonly event: LogEvent;
}

/** A condition, compiled. */
export interface Condition {
  readonly text: string;
  /** Whether it holds for the event, or after it. */
  holds(place: Place): boolean;
  /** Whether it becomes true with the event: tests of a node's state hold at many events in a row. */
  begins(place: Place): boolean;
}

type Test = (place: Place, after: boolean) => boolean;

const KINDS: readonly LogMessage["kind"][] = [
  "prepare",
  "prepareAck",
  "getShare",
  "share",
  "getLrtqShare",
  "lrtqShare",
  "expunged",
  "commitAdvance",
];
const PLAIN = [
  "commit",
  "alarm",
  "error",
  "refused",
  "fault",
  "restart",
  "crash",
  "unlock",
  "expunge",
  "persist",
  "decision",
];
const WITH_ARGUMENT = [
  "event",
  "from",
  "to",
  "node",
  "peer",
  "kind",
  "epoch",
  "call",
  "sends",
  "receives",
];
const FIELDS = [
  "commits",
  "shares",
  "configs",
  "loaded",
  "connected",
  "coordinating",
  "computing",
  "collecting",
  "generation",
  "alarms",
  "refused",
  "running",
  "expunged",
];

/** All words of the language, for completion. */
export const CONDITION_WORDS: readonly string[] = [
  ...WITH_ARGUMENT,
  ...PLAIN,
  ...KINDS,
  "and",
  "or",
  "not",
];

/**
 * Compiles a condition.
 *
 * @throws UsageError that says what is wrong
 */
export function compile(words: readonly string[], timeline: Timeline, names: Names): Condition {
  const tokens = words.flatMap((word) => tokensOf(word));
  const parser = new Parser(tokens, timeline, names);
  const test = parser.all();
  return {
    text: tokens.join(" "),
    holds: (place) => test(place, true),
    begins: (place) => test(place, true) && !(parser.looksAtState && test(place, false)),
  };
}

function tokensOf(word: string): string[] {
  return word
    .replaceAll(/([()]|>=|<=|!=|[=<>])/g, " $1 ")
    .split(/\s+/)
    .filter((token) => token !== "");
}

class Parser {
  readonly #tokens: readonly string[];
  readonly #timeline: Timeline;
  readonly #log: EventLog;
  readonly #names: Names;
  #next = 0;
  looksAtState = false;

  constructor(tokens: readonly string[], timeline: Timeline, names: Names) {
    this.#tokens = tokens;
    this.#timeline = timeline;
    this.#log = timeline.log;
    this.#names = names;
  }

  /** The whole text. */
  all(): Test {
    if (this.#tokens.length === 0)
      throw new UsageError("a condition is missing; see help conditions");
    const test = this.#either();
    const left = this.#tokens[this.#next];
    if (left !== undefined)
      throw new UsageError(`the condition makes no sense from ${quoted(left)} on`);
    return test;
  }

  #either(): Test {
    const tests = [this.#every()];
    while (this.#eat("or")) tests.push(this.#every());
    return (place, after) => tests.some((test) => test(place, after));
  }

  #every(): Test {
    const tests = [this.#one()];
    for (;;) {
      this.#eat("and");
      const next = this.#tokens[this.#next];
      if (next === undefined || next === "or" || next === ")") break;
      tests.push(this.#one());
    }
    return (place, after) => tests.every((test) => test(place, after));
  }

  #one(): Test {
    if (this.#eat("not")) {
      const test = this.#one();
      return (place, after) => !test(place, after);
    }
    if (this.#eat("(")) {
      const test = this.#either();
      if (!this.#eat(")")) throw new UsageError("a closing parenthesis is missing");
      return test;
    }
    const word = this.#take("a test");
    if (word.includes(".")) return this.#stateTest(word);
    if (WITH_ARGUMENT.includes(word)) {
      this.#eat("=");
      return this.#argumentTest(word, this.#take(`what follows ${word}`));
    }
    if (PLAIN.includes(word)) return this.#plainTest(word);
    if ((KINDS as readonly string[]).includes(word)) return this.#argumentTest("kind", word);
    const hint = suggestion(word, CONDITION_WORDS, "see help conditions");
    throw new UsageError(`there is no test ${quoted(word)}; ${hint}`);
  }

  #argumentTest(word: string, argument: string): Test {
    const log = this.#log;
    switch (word) {
      case "event":
      case "from":
      case "to": {
        const index = numberOf(word, argument);
        if (word === "event") return ({ event }) => event.index === index;
        return word === "from"
          ? ({ event }) => event.index >= index
          : ({ event }) => event.index <= index;
      }
      case "node": {
        const id = this.#names.resolve(argument);
        return ({ event }) => nodesOf(event).includes(id);
      }
      case "peer": {
        const id = this.#names.resolve(argument);
        return ({ event }) => peersOf(event).includes(id);
      }
      case "kind":
      case "sends":
      case "receives": {
        const kind = oneOf(argument, KINDS, "kind of message");
        const sent = (event: LogEvent) =>
          messagesOf(event, "sent").some((one) => one.kind === kind);
        const got = (event: LogEvent) =>
          messagesOf(event, "received").some((one) => one.kind === kind);
        if (word === "sends") return ({ event }) => sent(event);
        return word === "receives"
          ? ({ event }) => got(event)
          : ({ event }) => sent(event) || got(event);
      }
      case "epoch": {
        const epoch = numberOf(word, argument);
        return ({ event }) => epochsOf(log, event).includes(epoch);
      }
      default: {
        const call = oneOf(argument, CALLS, "call");
        return ({ event }) => isCall(event) && event.call === call;
      }
    }
  }

  #plainTest(word: string): Test {
    const code = ["refused", "error", "alarm"].includes(word) ? this.#code() : null;
    switch (word) {
      case "commit":
        return ({ event }) => isCall(event) && event.state?.commits !== undefined;
      case "expunge":
        return ({ event }) => isCall(event) && event.state?.expunged !== undefined;
      case "unlock":
        return ({ event }) => has(event, ({ kind }) => kind === "rackSecretsReady");
      case "alarm":
        return ({ event }) =>
          has(event, (one) => one.kind === "alarm" && (code === null || one.alarm.kind === code));
      case "refused":
        return ({ event }) =>
          has(event, (one) => one.kind === "refused" && (code === null || one.reason === code));
      case "error":
        return ({ event }) => {
          if (!isCall(event) || typeof event.result !== "object" || !("error" in event.result))
            return false;
          return code === null || event.result.error === code;
        };
      case "restart":
        return ({ event }) => isCall(event) && event.call === "restart";
      case "persist":
        return ({ event }) => isCall(event) && (event.out ?? []).some((out) => "persist" in out);
      case "fault":
        return ({ event }) =>
          !isCall(event) && !["text", "decision"].includes(event.annotation.kind);
      default:
        return ({ event }) => !isCall(event) && event.annotation.kind === word;
    }
  }

  /** A reason or code that may follow. */
  #code(): string | null {
    const next = this.#tokens[this.#next];
    if (next === undefined) return null;
    const looksLikeOne = next.startsWith("ERR_TQ_") || (next.includes("_") && !next.includes("."));
    const alarm = /^[a-z]+[A-Z]/.test(next) && !(KINDS as readonly string[]).includes(next);
    if (!looksLikeOne && !alarm) return null;
    this.#next += 1;
    return next;
  }

  /** `NODE.field op value`. */
  #stateTest(word: string): Test {
    this.looksAtState = true;
    const dot = word.lastIndexOf(".");
    const [who, field] = [word.slice(0, dot), word.slice(dot + 1)];
    oneOf(field, FIELDS, "field of a node");
    const nodes =
      who === "any" ? this.#timeline.nodes : who === "node" ? null : [this.#names.resolve(who)];
    const test = this.#fieldTest(field);
    return ({ position, event }, after) => {
      const at = after ? position + 1 : position;
      const ids = nodes ?? (isCall(event) ? [event.node] : []);
      return ids.some((id) => {
        const view = this.#timeline.at(id, at);
        return view !== undefined && test(view);
      });
    };
  }

  #fieldTest(field: string): (view: NodeView) => boolean {
    if (field === "running" || field === "expunged") {
      const flag =
        field === "running"
          ? (v: NodeView) => v.running
          : (v: NodeView) => v.state.expunged !== null;
      if (!this.#eat("=")) return flag;
      const wanted = oneOf(this.#take("yes or no"), ["yes", "no"], "answer") === "yes";
      return (view) => flag(view) === wanted;
    }
    const operator = this.#take(`an operator after ${field}: has, =, !=, <, >, <= or >=`);
    const value = this.#take(`a value after ${operator}`);
    if (field === "connected") {
      if (operator !== "has")
        throw new UsageError("connected is a list: write `connected has NODE`");
      const id = this.#names.resolve(value);
      return (view) => view.connected.includes(id);
    }
    const number = numberOf(field, value);
    if (["commits", "shares", "configs", "loaded"].includes(field)) {
      if (operator !== "has")
        throw new UsageError(`${field} is a list: write \`${field} has EPOCH\``);
      return (view) => listOf(view, field).includes(number);
    }
    const compare = comparison(operator);
    return (view) => {
      const actual = scalarOf(view, field);
      return actual !== null && compare(actual, number);
    };
  }

  #eat(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next += 1;
    return true;
  }

  #take(what: string): string {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new UsageError(`the condition ends where ${what} should stand`);
    this.#next += 1;
    return token;
  }
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

function scalarOf(view: NodeView, field: string): number | null {
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

/** The epochs that an event speaks of. */
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

function numberOf(what: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new UsageError(`${what} takes a number, not ${quoted(text)}`);
  }
  return number;
}

function oneOf<T extends string>(text: string, known: readonly T[], what: string): T {
  const found = known.find((one) => one.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const hint = suggestion(text, known, `there are ${known.join(", ")}`);
  throw new UsageError(`there is no ${what} ${quoted(text)}; ${hint}`);
}
