/**
 * The daemon's log: JSON lines on standard output or in a file, by pino. What is logged is always an object made
 * for it of named public parts. Errors are logged by code, text and stack alone, never as they are:
 * other properties of an error object may hold what must not be logged.
 */
import { pino } from "pino";
import type { Logger } from "pino";
import { LogOutput } from "./log-output.ts";

/** The log, as the daemon's parts see it. */
export type Log = Logger;

/** Bytes that wait for a slow reader of the log; beyond them lines are dropped. */
const LOG_BYTES_WAITING_MAX = 1024 * 1024;

/** A log, how to write out all of it before the process ends, and how to open its file anew. */
export interface OpenLog {
  readonly log: Log;
  /** Resolves once all lines so far are written, they cannot be, or the time is up. */
  readonly drained: (milliseconds: number) => Promise<void>;
  /**
   * Writes what waits, at once, for at most this long. A line that a thread of the pool is writing at that
   * moment may come after it: where there is time, wait for {@link drained} first.
   */
  readonly flush: (milliseconds: number) => void;
  /** @throws the system's error; then it goes on as before */
  readonly reopen: () => void;
}

/**
 * Opens the log.
 *
 * @throws DaemonError `ERR_TQD_START_FAILED` where its file cannot be written to
 */
export function createLog(options: {
  readonly level: string;
  readonly file?: string | undefined;
  readonly fileBytesMax: number;
  readonly sled: string;
}): OpenLog {
  const { file, fileBytesMax } = options;
  const output = LogOutput.open({
    file,
    fileBytesMax,
    bytesWaitingMax: LOG_BYTES_WAITING_MAX,
    onLost: ({ lines, problem }) => log.warn({ lines, problem }, "lines of this log were lost"),
  });
  const log = pino(
    {
      level: options.level,
      base: { sled: options.sled, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => output.write(line) },
  );
  return {
    log,
    drained: (milliseconds) => output.drained(milliseconds),
    flush: (milliseconds) => output.flush(milliseconds),
    reopen: () => output.reopen(),
  };
}

/** What of an error is logged. */
export function errorFields(error: unknown): { readonly error: Readonly<Record<string, unknown>> } {
  if (!(error instanceof Error)) return { error: { message: "something that is no error" } };
  const { code } = error as { code?: unknown };
  return {
    error: {
      name: error.name,
      ...(typeof code === "string" ? { code } : {}),
      message: error.message,
      stack: error.stack,
      ...(error.cause instanceof Error ? { cause: errorFields(error.cause).error } : {}),
    },
  };
}
