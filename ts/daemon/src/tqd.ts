/**
 * The daemon's process: options, configuration, signals, the service manager, and how it ends.
 *
 * Invariants: the process ends for exactly one reason, with that reason's exit code; it never goes on
 * after an unexpected error. Once it is to end it does, within a bounded time, whatever becomes of the log
 * and of what was to be said to people. Standard output is the log unless it has a file, standard error is
 * for people.
 */
import { existsSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { stringify } from "smol-toml";
import type { Api } from "./http/server.ts";
import { configKeys, toSnakeKeys } from "@trust-quorum/sled-host/config/keys";
import { CONFIG_VARIABLE, loadConfig } from "@trust-quorum/sled-host/config/load";
import type { Config } from "@trust-quorum/sled-host/config/schema";
import { DaemonError, isDaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { endProcessWithin } from "@trust-quorum/sled-host/os/end";
import { closeAll } from "./sled/close-all.ts";
import { openDebugger } from "./sled/debugging.ts";
import { createLog, errorFields } from "./sled/logger.ts";
import type { Log, OpenLog } from "./sled/logger.ts";
import type { Sled } from "./sled/sled.ts";
import { ServiceReporter } from "./sled/service.ts";

/** How the process ends; docs/operators/install.md lists them. */
export const EXIT = {
  /** It was asked to stop, and did. */
  stopped: 0,
  /** It could not start: the text says what to do. */
  cannotStart: 1,
  /** A wrong option, or a configuration that is not valid. */
  usage: 2,
  /** A change of the ledger could not be made durable; nothing that depended on it was sent. */
  saveFailed: 3,
  /** A mistake of this program. */
  failed: 4,
  /** A graceful stop took longer than it may. */
  stopTimeout: 5,
  /** Both disks hold something else than this sled has saved: a person has to decide. */
  diverged: 6,
} as const;

/** How long the end of the log may take: in good order, and where nothing else may happen first, in ms. */
const DRAIN_MS = 1000;
const FLUSH_MS = 500;
/** How long the process may take to end after that, in milliseconds. */
const END_MS = 500;

/** How often it is looked whether a debugger can connect, in milliseconds. */
const DEBUGGER_LOOK_MS = 1000;

/** The file that is read where none is named, if it is there. */
const DEFAULT_CONFIG = "/etc/tqd/tqd.toml";

interface Options {
  readonly file: string | undefined;
  readonly flags: ReadonlyMap<string, string>;
  readonly mode: "run" | "check" | "print";
}

/**
 * Runs the command. Resolves once the daemon runs; the process ends by signals or failures.
 *
 * @param command.argv as `process.argv` has it
 * @param command.version the package's version
 */
export async function main(command: {
  readonly argv: readonly string[];
  readonly version: string;
}): Promise<void> {
  const { version } = command;
  expectFailingOutput();
  const options = parseOptions(command.argv, version);
  if (options === undefined) return;
  let config: Config;
  try {
    const { file, flags } = options;
    config = loadConfig({ file, flags, environment: process.env });
  } catch (error) {
    if (!isDaemonError(error)) throw error;
    const lines = isDaemonError(error, "ERR_TQD_CONFIG_INVALID")
      ? error.details.problems.map(({ source, key, problem }) =>
          [source, key, problem].filter((part) => part !== "").join(": "),
        )
      : [error.message];
    for (const line of lines) process.stderr.write(`tqd: ${line}\n`);
    endOnceTold(EXIT.usage);
    return;
  }
  if (options.mode === "check") process.stdout.write("the configuration is valid\n");
  else if (options.mode === "print") printConfig(config);
  else await run(config, version);
}

function parseOptions(argv: readonly string[], version: string): Options | undefined {
  const command = new Command("tqd")
    .description("The trust quorum daemon of one sled: holds its share, meets its peers, unlocks.")
    .version(version)
    .addOption(
      new Option("--config <file>", `the configuration (TOML), else ${DEFAULT_CONFIG}`).env(
        CONFIG_VARIABLE,
      ),
    )
    .addOption(
      new Option("--check-config", "check the configuration and end").conflicts("printConfig"),
    )
    .option("--print-config", "print the configuration as it would be used, and end")
    .allowExcessArguments(false)
    .showHelpAfterError("(tqd --help lists the options)")
    .exitOverride()
    .addHelpText("after", HELP);
  for (const { name, flag, variable, schema } of configKeys()) {
    const argument = schema.type === "boolean" ? "[true|false]" : "<value>";
    const list = schema.type === "array" ? " (separated by commas)" : "";
    const text = `${name}: ${schema.description ?? ""}${list}`;
    command.option(`${flag} ${argument}`, `${text} [${variable}]`);
  }
  try {
    command.parse(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) process.exitCode = EXIT.stopped;
    else endOnceTold(EXIT.usage);
    return undefined;
  }
  const given = command.opts<Record<string, string | boolean>>();
  const flags = new Map<string, string>();
  for (const { name, flag } of configKeys()) {
    const value = given[new Option(flag).attributeName()];
    if (value !== undefined) flags.set(name, String(value));
  }
  const { config: named } = given;
  const standard = existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined;
  return {
    file: typeof named === "string" ? named : standard,
    flags,
    mode: given["checkConfig"] === true ? "check" : given["printConfig"] === true ? "print" : "run",
  };
}

const HELP = `
A flag overrides its environment variable (in brackets), which overrides the file.

Signals: SIGTERM and SIGINT stop in good order, SIGHUP loads certificates and peers again
and opens the log's file anew.
Exit codes: 0 stopped, 1 cannot start, 2 wrong option or configuration, 3 the ledger could not be
saved, 4 a mistake of this program, 5 a graceful stop took too long, 6 the disks hold something else
than was saved.`;

function printConfig(config: Config): void {
  process.stdout.write(`${stringify(toSnakeKeys(config)).trimEnd()}\n`);
}

async function run(config: Config, version: string): Promise<void> {
  process.umask(0o077);
  let opened: OpenLog;
  try {
    opened = createLog({ ...config.log, sled: config.sled.id });
  } catch (error) {
    if (!isDaemonError(error)) throw error;
    process.stderr.write(`tqd: ${error.message}\n`);
    endOnceTold(EXIT.cannotStart);
    return;
  }
  const daemon = new Daemon({ config, version, ...opened });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => daemon.fail(error));
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => daemon.stop(signal));
  }
  process.on("SIGHUP", () => daemon.reload());
  process.on("SIGUSR1", () => daemon.debug());
  await daemon.start();
}

/** Output that fails must not end the process in a way of its own, with a stack trace and another code. */
function expectFailingOutput(): void {
  process.stderr.on("error", () => undefined);
  // Only `--help` and its like print here: the log has a way of its own.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Who reads may go away: `tqd --help | head`.
    if (error.code === "EPIPE") return;
    process.stderr.write(`tqd: the output cannot be written: ${problemOf(error)}\n`);
    endOnceTold(EXIT.cannotStart);
  });
}

/** Ends the process once standard error has been read, or nobody has read it for a second. */
function endOnceTold(code: number): void {
  process.exitCode = code;
  endProcessWithin(DRAIN_MS + END_MS, code);
  setTimeout(() => process.exit(code), DRAIN_MS);
  process.stderr.write("", () => process.exit(code));
}

/** The daemon of this process. */
class Daemon {
  readonly #config: Config;
  readonly #version: string;
  readonly #log: Log;
  readonly #drained: OpenLog["drained"];
  readonly #flush: OpenLog["flush"];
  readonly #reopenLog: OpenLog["reopen"];
  readonly #service: ServiceReporter;
  #sled: Sled | undefined;
  #api: Api | undefined;
  #stopping = false;

  constructor(options: OpenLog & { readonly config: Config; readonly version: string }) {
    this.#config = options.config;
    this.#version = options.version;
    this.#log = options.log;
    this.#drained = options.drained;
    this.#flush = options.flush;
    this.#reopenLog = options.reopen;
    this.#service = new ServiceReporter(options.log);
  }

  async start(): Promise<void> {
    const config = this.#config;
    this.#log.info({ version: this.#version, node: process.version }, "starting");
    try {
      const { sled, api } = await this.#startParts();
      if (this.#isStopping()) return;
      this.#log.info({ socket: config.api.socket, tls: api.tlsAddress }, "running");
      this.#service.running(sled);
      if (!config.process.allowDebugging) this.#watchForDebuggers();
    } catch (error) {
      // What is stopped while it starts may well fail to.
      if (!this.#isStopping()) this.#cannotStart(error);
    }
  }

  /** Stops in good order, within its time. A second signal does not hurry it. */
  stop(signal: string): void {
    if (this.#stopping) return;
    this.#log.info({ signal }, "stopping");
    this.#stopInOrder(EXIT.stopped);
  }

  #stopInOrder(code: number): void {
    this.#stopping = true;
    this.#service.stopping();
    const { stopTimeoutMs } = this.#config.process;
    const end = performance.now() + stopTimeoutMs;
    // Where the event loop is blocked, timers do not come due either.
    const late = code === EXIT.stopped ? EXIT.stopTimeout : code;
    endProcessWithin(stopTimeoutMs + FLUSH_MS + END_MS, late);
    const timeout = setTimeout(() => {
      this.#end(late, () => {
        this.#log.fatal("the stop took too long; what was acknowledged is on disk");
      });
    }, stopTimeoutMs).unref();
    void this.#stopParts().then(
      async () => {
        clearTimeout(timeout);
        this.#log.info("stopped");
        await this.#drained(Math.min(DRAIN_MS, Math.max(0, end - performance.now())));
        this.#end(code);
      },
      (error: unknown) => this.fail(error),
    );
  }

  reload(): void {
    try {
      this.#reopenLog();
    } catch (error) {
      this.#log.error(errorFields(error), "the log's file could not be opened anew");
    }
    const sled = this.#sled;
    if (sled === undefined || this.#stopping) return;
    this.#log.info("loading certificates and peers again");
    void sled
      .reload()
      .then(() => this.#api?.reload())
      .catch((error: unknown) => {
        this.#log.error(errorFields(error), "not all could be loaded; the old ones stay in use");
      });
  }

  /** Opens Node's debugger, as Node would by itself, where that is allowed. */
  debug(): void {
    if (this.#config.process.allowDebugging) {
      if (process.features.inspector && openDebugger() === null) {
        process.getBuiltinModule("node:inspector").open();
      }
    } else this.#log.warn("SIGUSR1 does nothing here: process.allow_debugging is not set");
  }

  /** Ends the process after a mistake of this program: half of a daemon is worse than none. */
  fail(error: unknown): void {
    this.#end(EXIT.failed, () => this.#log.fatal(errorFields(error), "failed"));
  }

  async #startParts(): Promise<{ readonly sled: Sled; readonly api: Api }> {
    const config = this.#config;
    const log = this.#log;
    const { startSled } = await import("./sled/compose.ts");
    const { serveApi } = await import("./http/server.ts");
    const onFatal = (error: unknown): void => this.fail(error);
    const onDiverged = (): void => this.#diverged();
    const sled = await startSled({ config, version: this.#version, log, onFatal, onDiverged });
    this.#sled = sled;
    void sled.stopped.then((stop) => {
      if (stop.reason !== "saveFailed") return;
      if (isDaemonError(stop.error, "ERR_TQD_STORE_DIVERGED")) this.#diverged();
      else this.#saveFailed(stop.error);
    });
    const eventLogFolder = config.eventLog.enabled ? config.eventLog.folder : null;
    const api = await serveApi({ config: config.api, sled, log, eventLogFolder });
    this.#api = api;
    return { sled, api };
  }

  /** Whatever opens a debugger later, code that was preloaded for example, does not get far with it. */
  #watchForDebuggers(): void {
    setInterval(() => {
      if (openDebugger() === null) return;
      this.fail(new DaemonError("ERR_TQD_DEBUGGING", { problem: "a debugger can connect to it" }));
    }, DEBUGGER_LOOK_MS).unref();
  }

  /** A method, since the compiler takes a field to stay what it was before something was awaited. */
  #isStopping(): boolean {
    return this.#stopping;
  }

  async #stopParts(): Promise<void> {
    await closeAll(this.#log, [() => this.#api?.close(), () => this.#sled?.stop()]);
  }

  /**
   * Stops: nothing may be written to these disks, and whoever asked for the scrub still gets the answer. It
   * is not started again by itself, since it would go on from what the disks hold.
   */
  #diverged(): void {
    if (this.#stopping) return;
    this.#log.fatal(
      "the disks hold something else than this sled has saved: nothing was written to them, and nothing is any more",
    );
    this.#stopInOrder(EXIT.diverged);
  }

  #saveFailed(error: Error): void {
    this.#end(EXIT.saveFailed, () => {
      this.#log.fatal(
        errorFields(error),
        "the ledger could not be saved: nothing that depended on it was sent; see to the disks, then start again",
      );
    });
  }

  #cannotStart(error: unknown): never {
    if (!isDaemonError(error)) {
      this.fail(error);
    }
    this.#end(EXIT.cannotStart, () => {
      this.#log.fatal(errorFields(error), "cannot start");
      process.stderr.write(`tqd: ${problemOf(error)}\n`);
    });
  }

  /** Ends the process, at once and in any case. What is to be said last is said if it can be. */
  #end(code: number, say: () => void = () => undefined): never {
    endProcessWithin(FLUSH_MS + END_MS, code);
    try {
      say();
      this.#flush(FLUSH_MS);
    } catch {
      // There is nobody left to tell.
    }
    process.exit(code);
  }
}
