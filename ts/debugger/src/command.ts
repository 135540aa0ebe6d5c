/** The interface of a command, and helpers for its arguments. */
import { UsageError, quoted } from "@trust-quorum/explain";
import type { Session } from "./session.ts";

/** The output of a command, for people and for programs. */
export interface Answer {
  readonly lines: readonly string[];
  readonly json: unknown;
  /** Whether it found an error or a difference: then the exit code is 1. */
  readonly failed?: boolean;
  /** Whether the session ends. */
  readonly quit?: boolean;
}

/** A command of the prompt and of `--exec`; `help` is generated from these fields. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** More lines for `help COMMAND`. */
  readonly more?: readonly string[];
  run(session: Session, args: readonly string[]): Answer | Promise<Answer>;
}

/** A positive integer argument. */
export function countArgument(text: string | undefined, fallback: number, usage: string): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (!/^\d{1,9}$/.test(text) || number < 1) {
    throw new UsageError(`expected a whole number from 1, not ${JSON.stringify(text)}: ${usage}`);
  }
  return number;
}

/** Refuses arguments beyond the most that a command takes. */
export function noMore(args: readonly string[], most: number, usage: string): void {
  if (args.length > most) {
    throw new UsageError(`unexpected argument ${JSON.stringify(args[most])}: ${usage}`);
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
