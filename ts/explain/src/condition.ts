/**
 * The language of conditions, for filters and breakpoints:
 *
 *     condition := all { "or" all };  all := one { ["and"] one };  one := "not" one | "(" condition ")" | test
 *
 * A test is a word with its argument (`node BRM1`, `kind prepare`, `commit`, `refused stale_prepare`) or
 * the test of a node's field (`BRM1.commits has 4`, `any.alarms > 0`). Words may be joined with `=`: `node=BRM1`.
 */
import { isCall } from "@trust-quorum/event-log";
import type { LogEvent } from "@trust-quorum/event-log";
import type { Timeline } from "@trust-quorum/replay";
import { argumentTest, flagTest, listTest, numberTest, plainTest } from "./condition-tests.ts";
import type { EventTest, ViewTest } from "./condition-tests.ts";
import {
  CONDITION_WORDS,
  FIELDS,
  KINDS,
  PLAIN,
  WITH_ARGUMENT,
  numberOf,
  oneOf,
} from "./condition-words.ts";
import { quoted, suggestion } from "./names.ts";
import type { Names } from "./names.ts";
import { UsageError } from "./usage.ts";

/** An event and its position, at which a condition is evaluated with the states before and after it. */
export interface LocatedEvent {
  readonly position: number;
  readonly event: LogEvent;
}

/** A compiled condition. */
export interface Condition {
  readonly text: string;
  /** Whether it holds for the event and the states after it. */
  holds(at: LocatedEvent): boolean;
  /** Whether it holds now and did not before: a test of a node's state holds for many events in a row. */
  begins(at: LocatedEvent): boolean;
}

type Test = (at: LocatedEvent, after: boolean) => boolean;

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
    holds: (at) => test(at, true),
    begins: (at) => test(at, true) && !(parser.looksAtState && test(at, false)),
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
  readonly #names: Names;
  #next = 0;
  looksAtState = false;

  constructor(tokens: readonly string[], timeline: Timeline, names: Names) {
    this.#tokens = tokens;
    this.#timeline = timeline;
    this.#names = names;
  }

  /** The whole text. */
  all(): Test {
    if (this.#tokens.length === 0)
      throw new UsageError("a condition is missing; see help conditions");
    const test = this.#either();
    const left = this.#tokens[this.#next];
    if (left !== undefined)
      throw new UsageError(`invalid condition: ${quoted(left)} was not expected`);
    return test;
  }

  #either(): Test {
    const tests = [this.#every()];
    while (this.#eat("or")) tests.push(this.#every());
    return (at, after) => tests.some((test) => test(at, after));
  }

  #every(): Test {
    const tests = [this.#one()];
    for (;;) {
      this.#eat("and");
      const next = this.#tokens[this.#next];
      if (next === undefined || next === "or" || next === ")") break;
      tests.push(this.#one());
    }
    return (at, after) => tests.every((test) => test(at, after));
  }

  #one(): Test {
    if (this.#eat("not")) {
      const test = this.#one();
      return (at, after) => !test(at, after);
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
    if (PLAIN.includes(word)) {
      const code = ["refused", "error", "alarm"].includes(word) ? this.#code() : null;
      return ofEvent(plainTest(word, code));
    }
    if ((KINDS as readonly string[]).includes(word)) return this.#argumentTest("kind", word);
    const hint = suggestion(word, CONDITION_WORDS, "see help conditions");
    throw new UsageError(`there is no test ${quoted(word)}; ${hint}`);
  }

  #argumentTest(word: string, argument: string): Test {
    const { log } = this.#timeline;
    return ofEvent(argumentTest(word, argument, { log, names: this.#names }));
  }

  /** An optional reason or code. */
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

  #fieldTest(field: string): ViewTest {
    if (field === "running" || field === "expunged") {
      const flag = flagTest(field);
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
      return listTest(field, number);
    }
    return numberTest(field, operator, number);
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

function ofEvent(test: EventTest): Test {
  return ({ event }) => test(event);
}
