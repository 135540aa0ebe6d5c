/** Logs and traces from bytes and streams, compressed or not, in whatever pieces they come. */
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { isEventLogError, openLog, readLog } from "@trust-quorum/event-log";
import type { EventLogError, LogSource } from "@trust-quorum/event-log";
import { describe, expect, test } from "vitest";
import { crypto, random } from "../../event-log/test/cluster.ts";
import { randomRun } from "../../event-log/test/random-run.ts";
import { openLogOrTrace, readLogOrTrace } from "../src/index.ts";

const text = new TextEncoder().encode(randomRun({ seed: 31, steps: 200 }).text);
const trace = new Uint8Array(
  readFileSync(new URL("../../../testdata/traces/trace-0004-lrtq.jsonl.gz", import.meta.url)),
);

/** A stream of pieces of up to so many bytes; it may end with an error. */
function streamOf(bytes: Uint8Array, piece: number, error?: Error): ReadableStream<Uint8Array> {
  const below = random(piece);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const next = bytes.slice(at, at + 1 + below(piece));
      at += next.length;
      if (next.length > 0) controller.enqueue(next);
      else if (error === undefined) controller.close();
      else controller.error(error);
    },
  });
}

async function failureOf(source: LogSource): Promise<unknown> {
  try {
    await openLog(source);
  } catch (error) {
    return error;
  }
  throw new Error("it was accepted");
}

async function logErrorOf(source: LogSource): Promise<EventLogError> {
  const error = await failureOf(source);
  if (!isEventLogError(error)) throw error;
  return error;
}

describe.each([
  ["plain", text],
  ["compressed", new Uint8Array(gzipSync(text))],
])("a %s log", (_name, bytes) => {
  const expected = readLog(text);

  test("opens from its bytes", async () => {
    expect(await openLog(bytes)).toEqual(expected);
    expect(await openLogOrTrace(bytes, { crypto })).toEqual(expected);
  });

  test.each([1, 2, 100, 10_000, 10_000_000])("opens in pieces of up to %i bytes", async (piece) => {
    expect(await openLog(streamOf(bytes, piece))).toEqual(expected);
  });

  test("whose stream fails, fails with that error", async () => {
    const error = new Error("the network is gone");
    for (const length of [0, 1, 10, bytes.length >> 1, bytes.length]) {
      expect(await failureOf(streamOf(bytes.slice(0, length), 1000, error))).toBe(error);
    }
  });
});

test("a stream is cancelled where its log is refused", async () => {
  let cancelled = false;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("{}\n")),
    cancel: () => void (cancelled = true),
  });
  expect(await logErrorOf(source)).toMatchObject({ code: "ERR_TQ_LOG_NOT_A_LOG", line: 1 });
  expect(cancelled).toBe(true);
});

test("damaged compression is told from a damaged log", async () => {
  const damaged = new Uint8Array(gzipSync(text));
  // In the checksum at its end: damage before that mostly shows in a line first.
  damaged[damaged.length - 6] = (damaged[damaged.length - 6] ?? 0) ^ 0xff;
  expect(await logErrorOf(damaged)).toMatchObject({ code: "ERR_TQ_LOG_BAD_GZIP", line: null });
  const cut = new Uint8Array(gzipSync(text)).slice(0, -200);
  expect(await logErrorOf(streamOf(cut, 500))).toMatchObject({ code: "ERR_TQ_LOG_BAD_GZIP" });
  expect(await logErrorOf(new Uint8Array())).toMatchObject({ code: "ERR_TQ_LOG_EMPTY" });
  const bad = new Uint8Array(gzipSync("[1]\n"));
  expect(await logErrorOf(bad)).toMatchObject({ code: "ERR_TQ_LOG_NOT_A_LOG", line: 1 });
});

test("a last line that was cut off in a stream is left out, with a notice", async () => {
  const log = await openLog(streamOf(text.slice(0, -20), 777));
  expect(log.events).toHaveLength(readLog(text).events.length - 1);
  expect(log.notices).toHaveLength(1);
});

test("a trace of the original opens as the log of what it did here", async () => {
  const expected = readLogOrTrace(gunzipSync(trace), { crypto });
  expect(expected.header.secrets).toBe(true);
  expect(await openLogOrTrace(streamOf(trace, 5000), { crypto })).toEqual(expected);
});
