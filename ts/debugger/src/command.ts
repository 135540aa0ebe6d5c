/** What a command is. */
import { UsageError, quoted } from "@trust-quorum/explain";
import type { Session } from "./session.ts";

/** What a command says: to people and to programs. */
export interface Answer {
  readonly lines: readonly string[];
  readonly json: unknown;
  /** Whether it found something wrong: the exit code is 1. */
  readonly failed?: boolean;
  /** Whether the session ends. */
  readonly quit?: boolean;
}

/** One word that can be typed, in the prompt or with `--exec`; `help` is made from these fields. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** More lines for `help COMMAND`. */
  readonly more?: readonly string[];
  run(session: Session, args: readonly string[]): Answer | Promise<Answer>;
}

/** A whole number among the arguments. */
export function countArgument(text: string | undefined, fallback: number, usage: string): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < 1) {
    throw new UsageError(`it takes a whole number from 1, not ${JSON.stringify(text)}: ${usage}`);
  }
  return number;
}

/** Refuses more arguments than there are. */
export function noMore(args: readonly string[], most: number, usage: string): void {
  if (args.length > most) {
    throw new UsageError(`${JSON.stringify(args[most])} is too much: ${usage}`);
  }
}

/** `limit N` or `last N` at the end of the arguments. */
export function takeLimit(
  args: readonly string[],
  fallback: number,
): { words: readonly string[]; number: number; last: boolean } {
  const word = args.at(-2);
  if (word !== "limit" && word !== "last") return { words: args, number: fallback, last: false };
  const text = args.at(-1) ?? "";
  if (!/^[1-9]\d{0,6}$/.test(text))
    throw new UsageError(`${word} takes a whole number from 1, not ${quoted(text)}`);
  return { words: args.slice(0, -2), number: Number(text), last: word === "last" };
}
