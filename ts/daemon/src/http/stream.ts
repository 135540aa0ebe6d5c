/**
 * The event stream (Server-Sent Events, WHATWG HTML section 9.2): one client each.
 *
 * Invariants: what waits for a slow client is bounded; such a client misses events, is told how many,
 * and is cut off where it does not read at all. A client that comes back with the last id it saw gets
 * what it missed, as far as it is kept.
 */
import type { ServerResponse } from "node:http";
import type { EventHub } from "../sled/events.ts";
import type { StreamEvent } from "@trust-quorum/api/schemas/events";

/** The media type of a stream. */
export const EVENT_STREAM = "text/event-stream; charset=utf-8";
/** A line now and then, so that both ends notice a dead connection, in milliseconds. */
const HEARTBEAT_MS = 15_000;
/** Bytes that wait for a client before it begins to miss events. */
const STREAM_BYTES_WAITING_MAX = 256 * 1024;
/** How long a client may not read anything at all, in milliseconds. */
const STALLED_MS = 60_000;

/** Sends events until the client goes or the returned function is called; then calls `onEnd`, once. */
export function streamEvents(options: {
  readonly response: ServerResponse;
  readonly events: EventHub;
  /** The client's `Last-Event-ID`. */
  readonly lastEventId: string | undefined;
  readonly onEnd: () => void;
}): () => void {
  const { response, events, lastEventId, onEnd } = options;
  let missed = 0;
  let stalledSince: number | null = null;

  const write = (text: string): void => {
    if (!response.write(text)) stalledSince ??= performance.now();
  };
  const tell = (event: StreamEvent): void => {
    if (response.writableLength > STREAM_BYTES_WAITING_MAX) {
      missed += 1;
      return;
    }
    if (missed > 0) {
      write(gap(missed));
      missed = 0;
    }
    write(frame(events.run, event));
  };
  const heartbeat = setInterval(() => {
    if (stalledSince !== null && performance.now() - stalledSince > STALLED_MS) response.destroy();
    else if (response.writableLength <= STREAM_BYTES_WAITING_MAX) write(": still here\n\n");
  }, HEARTBEAT_MS);
  heartbeat.unref();

  response.writeHead(200, {
    "content-type": EVENT_STREAM,
    "cache-control": "no-store",
    connection: "keep-alive",
  });
  write(`: trust-quorum events of run ${events.run}\nretry: 2000\n\n`);
  for (const text of resumed(events, lastEventId)) write(text);
  const unsubscribe = events.subscribe(tell);

  response.on("drain", () => {
    stalledSince = null;
  });
  response.once("close", () => {
    clearInterval(heartbeat);
    unsubscribe();
    onEnd();
  });
  return () => response.end();
}

/** What a client that was here before has missed. */
function resumed(events: EventHub, lastEventId: string | undefined): string[] {
  if (lastEventId === undefined) return [];
  const match = /^([0-9a-z]{1,16})-([0-9]{1,15})$/.exec(lastEventId);
  // An id of another run of the daemon, or an invalid one: what was missed is not known.
  if (match?.[1] !== events.run) return [gap(-1), ...events.since(0).events.map(framed(events))];
  const { events: kept, missed } = events.since(Number(match[2]));
  return [...(missed > 0 ? [gap(missed)] : []), ...kept.map(framed(events))];
}

function framed(events: EventHub): (event: StreamEvent) => string {
  return (event) => frame(events.run, event);
}

function frame(run: string, event: StreamEvent): string {
  return `id: ${run}-${event.sequence}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A gap has no id: coming back with the id before it asks for the missed events again. */
function gap(missed: number): string {
  return `event: gap\ndata: ${JSON.stringify({ kind: "gap", missed })}\n\n`;
}
