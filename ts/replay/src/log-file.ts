/** Opens log files: compressed or not, event logs or traces of the original. */
import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { EventLogError, readLog } from "@trust-quorum/event-log";
import type { EventLog } from "@trust-quorum/event-log";
import { jsonLines } from "@trust-quorum/event-log/format";
import type { TrustQuorumCrypto } from "trust-quorum";
import { logOfTrace } from "./trace/log.ts";
import { isTraceHeader, readTrace } from "./trace/read.ts";
import type { Trace } from "./trace/read.ts";

/** The most bytes of a log, decompressed: 1 GiB. */
export const LOG_FILE_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Reads a log or a trace from a file, decompressing it where it is compressed with gzip.
 *
 * @throws EventLogError, and the file system's error where there is no such file
 */
export function openLogFile(
  path: string,
  options: { readonly crypto: TrustQuorumCrypto },
): EventLog {
  const bytes = bytesOf(path);
  if (beginsTrace(bytes)) return logOfTrace(readTrace(bytes), options.crypto);
  return readLog(bytes, { hash: (data) => options.crypto.sha3_256(data) });
}

/**
 * Reads a trace of the original from a file, as it is told there.
 *
 * @throws EventLogError, and the file system's error where there is no such file
 */
export function openTraceFile(path: string): Trace {
  return readTrace(bytesOf(path));
}

function bytesOf(path: string): Uint8Array {
  const { size } = statSync(path);
  if (size > LOG_FILE_BYTES_MAX) {
    throw new EventLogError("ERR_TQ_LOG_NOT_A_LOG", { problem: `it has ${size} bytes` });
  }
  const raw = readFileSync(path);
  return raw[0] === 0x1f && raw[1] === 0x8b ? decompressed(raw) : raw;
}

function decompressed(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: LOG_FILE_BYTES_MAX });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : "it is damaged";
    throw new EventLogError("ERR_TQ_LOG_BAD_GZIP", { problem }, { cause });
  }
}

function beginsTrace(bytes: Uint8Array): boolean {
  const [first] = jsonLines(bytes);
  return first !== undefined && "value" in first && isTraceHeader(first.value);
}
