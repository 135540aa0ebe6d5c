/**
 * The file that a daemon logs to. It is rotated at a size, and one older file is kept: a daemon
 * that never restarts must not fill a disk with its log.
 */
import { once } from "node:events";
import { renameSync, statSync } from "node:fs";
import { pino } from "pino";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";

type Destination = ReturnType<typeof pino.destination>;

/** Where a log is written to. */
export interface LogDestination {
  readonly stream: Destination;
  /** Opens the file anew: another program may have renamed it. */
  readonly reopen: () => void;
}

/**
 * Opens the file, and puts it aside whenever it has become long.
 *
 * @param options.bytesWaitingMax bytes that may wait to be written; beyond them lines are dropped
 * @throws DaemonError `ERR_TQD_START_FAILED` where it cannot be written to
 */
export async function openLogFile(options: {
  readonly file: string;
  readonly bytesMax: number;
  readonly bytesWaitingMax: number;
}): Promise<LogDestination> {
  const { file, bytesMax } = options;
  const stream = pino.destination({
    dest: file,
    sync: false,
    mode: 0o600,
    maxLength: options.bytesWaitingMax,
  });
  try {
    await once(stream, "ready");
  } catch (cause) {
    const details = { part: "log", problem: `${file}: ${problemOf(cause)}` };
    throw new DaemonError("ERR_TQD_START_FAILED", details, { cause });
  }
  let bytes = sizeOf(file);
  stream.on("write", (count: number) => {
    bytes += count;
    if (bytes < bytesMax) return;
    bytes = 0;
    try {
      renameSync(file, `${file}.1`);
      stream.reopen();
    } catch {
      // It goes on in the same file, and is tried again when that has grown by as much.
    }
  });
  return {
    stream,
    reopen: () => {
      bytes = sizeOf(file);
      stream.reopen();
    },
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
