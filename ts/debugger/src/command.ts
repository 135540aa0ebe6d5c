/** What a command is. */
import type { Session } from "./session.ts";
import { UsageError } from "./usage.ts";

/** What a command says: to people and to programs. */
export interface Answer {
  readonly lines: readonly string[];
  readonly json: unknown;
  /** Whether it found something wrong: the exit code is 1. */
  readonly failed?: boolean;
  /** Whether the session ends. */
  readonly quit?: boolean;
}

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
