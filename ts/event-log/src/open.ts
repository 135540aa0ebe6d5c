/**
 * Logs from bytes or from a stream of them, compressed with gzip or not, wherever there are streams: in
 * browsers and in Node.
 */
import { EventLogError } from "./errors.ts";
import { JsonLines, joined } from "./lines.ts";
import type { JsonLine } from "./lines.ts";
import { LogReader } from "./read.ts";
import type { EventLog, ReadOptions } from "./read.ts";

/** The most bytes of a log, decompressed: 1 GiB. */
export const LOG_BYTES_MAX = 1024 * 1024 * 1024;

/** What a log is read from: all of its bytes, or a stream such as `file.stream()` or `response.body`. */
export type LogSource = Uint8Array | ReadableStream<Uint8Array>;

/**
 * Reads a log, decompressing it where it is compressed with gzip. Of a stream no more is kept than the
 * line under way and what was read.
 *
 * @throws EventLogError with the code and the line of the first thing that is wrong, and what the stream
 * throws
 * @example
 * import { openAsBlob } from "node:fs";
 * import { openLog } from "@trust-quorum/event-log";
 *
 * const file = await openAsBlob("testdata/logs/rack.jsonl");
 * const log = await openLog(file.stream());
 * log.events.length; // => 252
 */
export async function openLog(source: LogSource, options: ReadOptions = {}): Promise<EventLog> {
  const reader = new LogReader(options);
  for await (const lines of linesOf(source)) for (const line of lines) reader.take(line);
  return reader.end();
}

/**
 * The lines of a log or trace, decompressed; as many at a time as came in one piece.
 *
 * @throws EventLogError `ERR_TQ_LOG_BAD_GZIP`, `ERR_TQ_LOG_LINE_TOO_LONG`, and `ERR_TQ_LOG_NOT_A_LOG` beyond
 * {@link LOG_BYTES_MAX}; what the stream throws
 */
export async function* linesOf(source: LogSource): AsyncGenerator<Iterable<JsonLine>, void> {
  const lines = new JsonLines();
  let bytes = 0;
  for await (const piece of decompressed(source)) {
    bytes += piece.length;
    if (bytes > LOG_BYTES_MAX) {
      const problem = `it has more than ${LOG_BYTES_MAX} bytes`;
      throw new EventLogError("ERR_TQ_LOG_NOT_A_LOG", { problem });
    }
    yield lines.push(piece);
  }
  yield lines.end();
}

/** The bytes, or what they are decompressed where they begin as gzip does. */
async function* decompressed(source: LogSource): AsyncGenerator<Uint8Array, void> {
  const input = new Input(source);
  if (!(await input.isGzip())) {
    yield* piecesOf(input.stream());
    return;
  }
  try {
    yield* piecesOf(input.stream().pipeThrough(new DecompressionStream("gzip")));
  } catch (cause) {
    if (input.failure !== null) throw input.failure.error;
    const problem = cause instanceof Error ? cause.message : "it is damaged";
    throw new EventLogError("ERR_TQ_LOG_BAD_GZIP", { problem }, { cause });
  }
}

async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  // Not every browser iterates over streams.
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever stops early wants no more of it; of a stream that has ended or failed nothing is left.
    reader.cancel().catch(() => undefined);
  }
}

/** A source whose beginning can be looked at before it is read. */
class Input {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | null;
  #head: Uint8Array;
  /** What the source failed with. */
  failure: { readonly error: unknown } | null = null;

  constructor(source: LogSource) {
    this.#reader = "getReader" in source ? source.getReader() : null;
    this.#head = "getReader" in source ? new Uint8Array() : source;
  }

  async isGzip(): Promise<boolean> {
    while (this.#head.length < 2) {
      const piece = await this.#next();
      if (piece === null) break;
      this.#head = this.#head.length === 0 ? piece : joined([this.#head, piece]);
    }
    return this.#head[0] === 0x1f && this.#head[1] === 0x8b;
  }

  /** All of it, from the beginning on. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => {
        if (this.#head.length > 0) controller.enqueue(this.#head);
      },
      pull: async (controller) => {
        const piece = await this.#next();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
      cancel: (reason) => this.#reader?.cancel(reason),
    });
  }

  async #next(): Promise<Uint8Array | null> {
    try {
      const read = await this.#reader?.read();
      return read?.value ?? null;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
