/** The vocabulary of conditions. */
import type { LogMessage } from "@trust-quorum/event-log";
import { quoted, suggestion } from "./names.ts";
import { UsageError } from "./usage.ts";

/** The kinds of messages. */
export const KINDS: readonly LogMessage["kind"][] = [
  "prepare",
  "prepareAck",
  "getShare",
  "share",
  "getLrtqShare",
  "lrtqShare",
  "expunged",
  "commitAdvance",
];
/** Tests of an event without an argument. */
export const PLAIN = [
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
/** Tests of an event with an argument. */
export const WITH_ARGUMENT = [
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
/** The fields of a node that can be tested. */
export const FIELDS = [
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
 * A whole number that JavaScript holds exactly.
 *
 * @throws UsageError
 */
export function numberOf(what: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new UsageError(`${what} takes a number, not ${quoted(text)}`);
  }
  return number;
}

/**
 * One of the known words, regardless of upper and lower case.
 *
 * @throws UsageError with a suggestion
 */
export function oneOf<T extends string>(text: string, known: readonly T[], what: string): T {
  const found = known.find((one) => one.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const hint = suggestion(text, known, `there are ${known.join(", ")}`);
  throw new UsageError(`there is no ${what} ${quoted(text)}; ${hint}`);
}
