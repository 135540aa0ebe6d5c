/**
 * The daemon's log: JSON lines on standard output or in a file, by pino. What is logged is always an object made
 * for it of named public parts. Errors are logged by code, text and stack alone, never as they are:
 * other properties of an error object may hold what must not be logged.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import type { Logger } from "pino";
import { openLogFile } from "./log-file.ts";
import type { LogDestination } from "./log-file.ts";

/** The log, as the daemon's parts see it. */
export type Log = Logger;

/** Bytes that wait for a slow reader of the log; beyond them lines are dropped. */
const LOG_BYTES_WAITING_MAX = 1024 * 1024;

/** How long the end of a log may take to be written, in milliseconds, before nobody waits for it. */
const DRAIN_MS = 1000;

/** A log, how to write out all of it before the process ends, and how to open its file anew. */
export interface OpenLog {
  readonly log: Log;
  /** Resolves once all lines so far are written, or nobody takes them for a second. */
  readonly drained: () => Promise<void>;
  /**
   * Writes what waits, at once. A line that a thread of the pool is writing at that moment may come after
   * it: where there is time, wait for {@link drained} first.
   */
  readonly flush: () => void;
  readonly reopen: () => void;
}

/**
 * Opens the log.
 *
 * @throws DaemonError `ERR_TQD_START_FAILED` where its file cannot be written to
 */
export async function createLog(options: {
  readonly level: string;
  readonly file?: string | undefined;
  readonly fileBytesMax: number;
  readonly sled: string;
}): Promise<OpenLog> {
  const { file, fileBytesMax: bytesMax } = options;
  const bytesWaitingMax = LOG_BYTES_WAITING_MAX;
  const { stream, reopen } =
    file === undefined
      ? standardOutput(bytesWaitingMax)
      : await openLogFile({ file, bytesMax, bytesWaitingMax });
  // A log that nobody reads any more must not end the daemon.
  stream.on("error", () => undefined);
  const { counted, drained } = countWaiting(stream);
  const log = pino(
    {
      level: options.level,
      base: { sled: options.sled, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    counted,
  );
  return {
    log,
    drained,
    flush: () => {
      try {
        stream.flushSync();
      } catch {
        // Nobody reads it any more.
      }
    },
    reopen,
  };
}

/** The stream does not say whether it is writing: what goes in and comes out is counted. */
function countWaiting(stream: LogDestination["stream"]): {
  readonly counted: { write(line: string): void };
  readonly drained: () => Promise<void>;
} {
  let bytes = 0;
  stream.on("write", (count: number) => (bytes -= count));
  stream.on("drop", (line: string) => (bytes -= Buffer.byteLength(line)));
  return {
    counted: {
      write: (line) => {
        bytes += Buffer.byteLength(line);
        stream.write(line);
      },
    },
    drained: async () => {
      const end = performance.now() + DRAIN_MS;
      while (bytes > 0 && performance.now() < end) await sleep(1);
    },
  };
}

function standardOutput(maxLength: number): LogDestination {
  return { stream: pino.destination({ fd: 1, sync: false, maxLength }), reopen: () => undefined };
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
