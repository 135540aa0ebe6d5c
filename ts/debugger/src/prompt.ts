/** The interactive prompt; also reads commands from a pipe. */
import { createInterface } from "node:readline";
import { UsageError } from "@trust-quorum/explain";
import type { Answer } from "./command.ts";
import { completions, linesOf, runLine } from "./commands.ts";
import { historyFile, readHistory, writeHistory } from "./history.ts";
import type { Session } from "./session.ts";

/** Prints the output of commands. */
export interface Printer {
  answer(command: string, answer: Answer): void;
  /** Prints the message of a `UsageError`. */
  usageError(text: string): void;
}

/** Runs commands until the input ends. Resolves with the exit code. */
export async function prompt(session: Session, printer: Printer): Promise<number> {
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const file = historyFile(process.env);
  const readline = createInterface({
    input: process.stdin,
    output: interactive ? process.stdout : undefined,
    terminal: interactive,
    prompt: "tq-debug> ",
    history: interactive ? readHistory(file) : [],
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (line: string) => completions(session, line),
  });
  readline.on("history", (lines) => {
    if (interactive) writeHistory(file, lines);
  });
  // Ctrl-C discards the line and does not end the session.
  readline.on("SIGINT", () => {
    process.stdout.write("\n(quit, or Ctrl-D, ends the session)\n");
    readline.prompt();
  });
  let code = 0;
  if (interactive) readline.prompt();
  for await (const line of readline) {
    const ended = await runLines(session, printer, line, (found) => (code = Math.max(code, found)));
    if (ended) break;
    if (interactive) readline.prompt();
  }
  readline.close();
  // In an interactive session, errors were shown, and are no failure of the session.
  return interactive ? 0 : code;
}

async function runLines(
  session: Session,
  printer: Printer,
  text: string,
  result: (code: number) => void,
): Promise<boolean> {
  for (const line of linesOf(text)) {
    try {
      const ran = await runLine(session, line);
      if (ran === undefined) continue;
      printer.answer(ran.command, ran.answer);
      if (ran.answer.failed === true) result(1);
      if (ran.answer.quit === true) return true;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      printer.usageError(error.message);
      result(2);
    }
  }
  return false;
}
