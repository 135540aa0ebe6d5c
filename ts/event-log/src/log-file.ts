/** Opens log files: compressed or not, event logs or traces of the original. */
import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { TrustQuorumCrypto } from "trust-quorum";
import { EventLogError } from "./errors.ts";
import { readLog } from "./read.ts";
import type { EventLog } from "./read.ts";
import { readTrace } from "./trace.ts";

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
  const { size } = statSync(path);
  if (size > LOG_FILE_BYTES_MAX) {
    throw new EventLogError("ERR_TQ_LOG_NOT_A_LOG", { problem: `it has ${size} bytes` });
  }
  const raw = readFileSync(path);
  const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? decompressed(raw) : raw;
  if (isTrace(bytes)) return readTrace(bytes, options.crypto);
  return readLog(bytes, { hash: (data) => options.crypto.sha3_256(data) });
}

function decompressed(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: LOG_FILE_BYTES_MAX });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : "it is damaged";
    throw new EventLogError("ERR_TQ_LOG_BAD_GZIP", { problem }, { cause });
  }
}

/** Whether the first line is a trace's header. */
function isTrace(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0x0a);
  try {
    const first: unknown = JSON.parse(
      new TextDecoder().decode(bytes.subarray(0, Math.max(0, end))),
    );
    return typeof first === "object" && first !== null && "trace" in first && "initial" in first;
  } catch {
    return false;
  }
}
