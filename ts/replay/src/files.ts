/**
 * `@trust-quorum/replay/files`: logs and traces from files, compressed with gzip or not. Only Node has
 * files; `openLogOrTrace` of the package itself reads streams, wherever there are streams.
 */
import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { EventLogError, LOG_BYTES_MAX } from "@trust-quorum/event-log";
import type { EventLog } from "@trust-quorum/event-log";
import { jsonLines } from "@trust-quorum/event-log/format";
import { readLogOrTrace } from "./open.ts";
import type { OpenOptions } from "./open.ts";
import { traceOf } from "./trace/read.ts";
import type { Trace } from "./trace/read.ts";

/**
 * Reads a log or a trace from a file.
 *
 * @throws EventLogError, and the file system's error where there is no such file
 */
export function openLogFile(path: string, options: OpenOptions): EventLog {
  return readLogOrTrace(bytesOf(path), options);
}

/**
 * Reads a trace of the original from a file, without running it.
 *
 * @throws EventLogError, and the file system's error where there is no such file
 */
export function openTraceFile(path: string): Trace {
  return traceOf(jsonLines(bytesOf(path)));
}

function bytesOf(path: string): Uint8Array {
  const { size } = statSync(path);
  if (size > LOG_BYTES_MAX) {
    throw new EventLogError("ERR_TQ_LOG_NOT_A_LOG", { problem: `it has ${size} bytes` });
  }
  const raw = readFileSync(path);
  return raw[0] === 0x1f && raw[1] === 0x8b ? decompressed(raw) : raw;
}

function decompressed(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: LOG_BYTES_MAX });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : "it is damaged";
    throw new EventLogError("ERR_TQ_LOG_BAD_GZIP", { problem }, { cause });
  }
}
