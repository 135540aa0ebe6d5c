/** `tq-debug LOG`: opens a log of a rack or of a simulation and explains it. */
import { resolve } from "node:path";
import { isEventLogError } from "@trust-quorum/event-log";
import type { LogObserver } from "@trust-quorum/event-log";
import { UsageError, plain } from "@trust-quorum/explain";
import { openLogFile } from "@trust-quorum/replay/files";
import { Command as Program, CommanderError } from "commander";
import { nativeCrypto, referenceCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import type { Answer } from "./command.ts";
import { linesOf, runLine } from "./commands.ts";
import { prompt } from "./prompt.ts";
import type { Printer } from "./prompt.ts";
import { Session } from "./session.ts";

const COLUMNS_MIN = 80;
const COLUMNS_MAX = 120;

interface Options {
  readonly exec?: string;
  readonly json?: boolean;
  readonly width?: string;
}

const program = new Program("tq-debug")
  .description("Opens the event log of a rack or of a simulation, replays it and explains it.")
  .argument("<log>", "an event log (.jsonl, also .gz), or a trace of the original")
  .option("-e, --exec <commands>", "runs commands, separated by `;`, and ends")
  .option("--json", "prints one JSON document for each command")
  .option("--width <columns>", `columns of the output, ${COLUMNS_MIN} to ${COLUMNS_MAX}`)
  .addHelpText(
    "after",
    "\nWithout --exec it asks for commands; `help` lists them.\nExit codes: 0, 1 where the log and its replay differ or a command fails, 2 for invalid usage.",
  )
  .allowExcessArguments(false)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "tq-debug: ")) });

/** Runs the program; resolves with its exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const options = program.opts<Options>();
  const path = program.args[0] ?? "";
  const printer = options.json === true ? jsonPrinter() : textPrinter();
  try {
    const session = open(path, widthOf(options));
    if (session.log.header.secrets) {
      process.stderr.write(
        "tq-debug: this log holds secrets: treat the file like the racks' own ledgers\n",
      );
    }
    if (options.exec === undefined) return await prompt(session, printer);
    return await execute(session, printer, options.exec);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printer.usageError(error.message);
    return 2;
  }
}

async function execute(session: Session, printer: Printer, text: string): Promise<number> {
  const lines = linesOf(text);
  if (lines.length === 0)
    throw new UsageError("--exec contains no command; `--exec help` lists the commands");
  let code = 0;
  for (const line of lines) {
    const ran = await runLine(session, line);
    if (ran === undefined) continue;
    printer.answer(ran.command, ran.answer);
    if (ran.answer.failed === true) code = 1;
    if (ran.answer.quit === true) break;
  }
  return code;
}

function open(path: string, width: number): Session {
  const file = resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
  const crypto = backend();
  try {
    const read = (observers: readonly LogObserver[]) => openLogFile(file, { crypto, observers });
    return Session.reading(read, { path, crypto, width });
  } catch (error) {
    if (isEventLogError(error)) throw new UsageError(`${path}: ${error.message} (${error.code})`);
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new UsageError(`${path}: there is no such file`);
    if (typeof code === "string" && /^E[A-Z]+$/.test(code))
      throw new UsageError(`${path}: cannot be read (${code})`);
    throw error;
  }
}

/** The native backend, or the reference implementation if there is none: to read a log, only hashes are needed. */
function backend(): TrustQuorumCrypto {
  try {
    return nativeCrypto();
  } catch {
    return referenceCrypto();
  }
}

function widthOf({ width }: Options): number {
  if (width === undefined) {
    const columns = process.stdout.isTTY ? process.stdout.columns : 100;
    return Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, columns));
  }
  const number = Number(width);
  if (!/^\d+$/.test(width) || number < COLUMNS_MIN || number > COLUMNS_MAX) {
    throw new UsageError(`--width takes a number from ${COLUMNS_MIN} to ${COLUMNS_MAX}`);
  }
  return number;
}

function textPrinter(): Printer {
  return {
    answer: (_command, { lines }) => {
      if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
    },
    usageError: (text) => process.stderr.write(`tq-debug: ${plain(text)}\n`),
  };
}

function jsonPrinter(): Printer {
  const print = (document: object) =>
    process.stdout.write(`${JSON.stringify(document, withoutSecrets)}\n`);
  return {
    answer: (command, { json, failed }: Answer) =>
      print({ command, ok: failed !== true, answer: json }),
    usageError: (text) => print({ ok: false, error: plain(text) }),
  };
}

/** Removes the secrets of a log from a document; only `export … with-secrets` writes them. */
function withoutSecrets(this: unknown, key: string, value: unknown): unknown {
  if (key === "y" && typeof value === "string") return undefined;
  const drawn = key === "shares" && typeof value === "string";
  return drawn && typeof this === "object" && this !== null && "op" in this ? undefined : value;
}

// The reader of the output may close the pipe before its end.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
