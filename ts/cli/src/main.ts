/** `tq`: reads the command line, runs the command, and turns what went wrong into an exit code. */
import { CommanderError } from "commander";
import type { Command } from "commander";
import { isTrustQuorumError } from "trust-quorum";
import { EXIT, OperatorError, messageOf } from "@trust-quorum/api/client/errors";
import { isDaemonError } from "@trust-quorum/sled-host/errors";
import { program } from "./program.ts";

/** Options of {@link main}. */
export interface MainOptions {
  readonly args: readonly string[];
  readonly version: string;
}

/**
 * Runs `tq`.
 *
 * @param options.args the arguments behind the program's name
 * @param options.version what `--version` prints
 * @returns the exit code, see `tq --help`
 */
export async function main({ args, version }: MainOptions): Promise<number> {
  const tq = program(version);
  everyCommand(tq, (command) => command.exitOverride());
  expectFailingOutput(args);
  try {
    await tq.parseAsync([...args], { from: "user" });
    return EXIT.ok;
  } catch (error) {
    return report(error, args.includes("--json"));
  }
}

/** What cannot be printed must not end the command with a stack trace, nor with the wrong exit code. */
function expectFailingOutput(args: readonly string[]): void {
  // There is no other place to say so.
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") {
      // Whoever reads our output may stop reading, e.g. head(1): that is no error, and what is done still counts.
      if (args.includes("--watch")) process.exit(EXIT.ok);
      return;
    }
    process.stderr.write(`tq: the output cannot be written: ${messageOf(error)}\n`);
    process.exit(EXIT.failed);
  });
}

function report(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) {
    // Commander has printed the text, or the help that was asked for.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const known = error instanceof OperatorError || isTrustQuorumError(error) || isDaemonError(error);
  const exit = error instanceof OperatorError ? error.exitCode : EXIT.failed;
  const code = known ? error.code : "ERR_TQ_CLI_INTERNAL";
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: { code, message: messageOf(error) } })}\n`);
  }
  process.stderr.write(`tq: ${messageOf(error)}${known ? "" : " (this is a bug of tq)"}\n`);
  if (!known && error instanceof Error && process.env["TQ_DEBUG"] === "1") {
    process.stderr.write(`${error.stack ?? ""}\n`);
  }
  return exit;
}

function everyCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) everyCommand(child, visit);
}
