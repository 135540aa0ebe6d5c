/**
 * Opens event logs and traces of the original, which differ in their first line. A trace is run on this
 * project's nodes, and the log of that run is returned.
 */
import type { EventLog, LogObserver, LogSource } from "@trust-quorum/event-log";
import { LogReader, jsonLines, linesOf } from "@trust-quorum/event-log/format";
import type { JsonLine } from "@trust-quorum/event-log/format";
import type { TrustQuorumCrypto } from "trust-quorum";
import { logOfTrace } from "./trace/log.ts";
import { isTraceHeader, traceOf } from "./trace/read.ts";

/** Options of opening a log or a trace. */
export interface OpenOptions {
  /** The backend that hashes, and with which a trace is run. */
  readonly crypto: TrustQuorumCrypto;
  /** Are shown the log while it is read. */
  readonly observers?: readonly LogObserver[] | undefined;
}

/**
 * Reads a log or a trace from its bytes.
 *
 * @throws EventLogError with the code and the line of the first thing that is wrong
 */
export function readLogOrTrace(bytes: Uint8Array, options: OpenOptions): EventLog {
  const reader = new Reader(options);
  for (const line of jsonLines(bytes)) reader.take(line);
  return reader.end();
}

/**
 * Reads a log or a trace from bytes or from a stream of them, decompressing it where it is compressed with
 * gzip.
 *
 * @throws EventLogError with the code and the line of the first thing that is wrong, and what the stream
 * throws
 * @example
 * import { openAsBlob } from "node:fs";
 * import { referenceCrypto } from "trust-quorum";
 * import { openLogOrTrace } from "@trust-quorum/replay";
 *
 * const file = await openAsBlob("testdata/logs/rack.jsonl");
 * const log = await openLogOrTrace(file.stream(), { crypto: referenceCrypto() });
 * log.header.nodes.length; // => 5
 */
export async function openLogOrTrace(source: LogSource, options: OpenOptions): Promise<EventLog> {
  const reader = new Reader(options);
  for await (const lines of linesOf(source)) for (const line of lines) reader.take(line);
  return reader.end();
}

class Reader {
  readonly #options: OpenOptions;
  readonly #log: LogReader;
  /** The lines so far, if it is a trace. */
  #trace: JsonLine[] | null = null;

  constructor(options: OpenOptions) {
    const { crypto, observers } = options;
    this.#options = options;
    this.#log = new LogReader({ hash: (bytes) => crypto.sha3_256(bytes), observers });
  }

  take(line: JsonLine): void {
    if (line.line === 1 && "value" in line && isTraceHeader(line.value)) this.#trace = [];
    if (this.#trace === null) this.#log.take(line);
    else this.#trace.push(line);
  }

  end(): EventLog {
    if (this.#trace === null) return this.#log.end();
    return logOfTrace(traceOf(this.#trace), this.#options);
  }
}
