/**
 * The daemon's log: JSON lines on standard output, by pino. What is logged is always an object made
 * for it of named public parts. Errors are logged by code, text and stack alone, never as they are:
 * what else hangs on an object is nobody's business.
 */
import { pino } from "pino";
import type { Logger } from "pino";

/** The log, as the daemon's parts see it. */
export type Log = Logger;

/** Bytes that wait for a slow reader of the log; beyond them lines are dropped. */
const LOG_BYTES_WAITING_MAX = 1024 * 1024;

/** A log on standard output, and how to write out all of it before the process ends. */
export function createLog(options: { readonly level: string; readonly sled: string }): {
  readonly log: Log;
  readonly flush: () => void;
} {
  const destination = pino.destination({ fd: 1, sync: false, maxLength: LOG_BYTES_WAITING_MAX });
  // A log that nobody reads any more must not end the daemon.
  destination.on("error", () => undefined);
  const log = pino(
    {
      level: options.level,
      base: { sled: options.sled, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    log,
    flush: () => {
      try {
        destination.flushSync();
      } catch {
        // Nobody reads it any more.
      }
    },
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
