/**
 * The event stream (Server-Sent Events, WHATWG HTML section 9.2): one client each.
 *
 * Invariants: what waits for a client in its socket is bounded, whether it is what happens now or what it
 * missed before; what is kept is sent once there is room again, and where it is gone the client is told how many.
 * One that does not read at all is cut off. A client that comes back with the last id it saw gets what it missed,
 * as far as it is kept.
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
  /** The last event that was sent, or that the client was told it has missed. */
  let cursor = 0;
  let stalledSince: number | null = null;

  const write = (text: string): void => {
    if (!response.write(text)) stalledSince ??= performance.now();
  };
  // What its socket has not taken is counted here, too.
  const isFull = (): boolean => response.writableLength > STREAM_BYTES_WAITING_MAX;
  const send = (event: StreamEvent): void => {
    const missed = event.sequence - cursor - 1;
    if (missed > 0) write(gap(missed));
    write(frame(events.run, event));
    cursor = event.sequence;
  };
  /** Sends what is kept after the cursor, until too much waits; the rest goes when that was taken. */
  const catchUp = (): void => {
    if (cursor === events.sequence) return;
    for (const event of events.since(cursor).events) {
      if (isFull()) return;
      send(event);
    }
    if (cursor < events.sequence) write(gap(events.sequence - cursor));
    cursor = events.sequence;
  };
  const tell = (event: StreamEvent): void => {
    // A client that is behind gets it in its turn.
    if (cursor === event.sequence - 1 && !isFull()) send(event);
  };
  const heartbeat = setInterval(() => {
    if (stalledSince !== null && performance.now() - stalledSince > STALLED_MS) response.destroy();
    else if (!isFull()) write(": still here\n\n");
  }, HEARTBEAT_MS);
  heartbeat.unref();

  response.writeHead(200, {
    "content-type": EVENT_STREAM,
    "cache-control": "no-store",
    connection: "keep-alive",
  });
  write(`: trust-quorum events of run ${events.run}\nretry: 2000\n\n`);
  const resumed = resumeAt(events, lastEventId);
  if (resumed === null) {
    // An id of another run of the daemon, or an invalid one: what was missed is not known.
    write(gap(-1));
    cursor = (events.since(0).events[0]?.sequence ?? events.sequence + 1) - 1;
  } else cursor = resumed;
  catchUp();
  const unsubscribe = events.subscribe(tell);

  response.on("drain", () => {
    stalledSince = null;
    catchUp();
  });
  response.once("close", () => {
    clearInterval(heartbeat);
    unsubscribe();
    onEnd();
  });
  return () => response.end();
}

/** After which event a client goes on, or null where nobody knows. */
function resumeAt(events: EventHub, lastEventId: string | undefined): number | null {
  if (lastEventId === undefined) return events.sequence;
  const match = /^([0-9a-z]{1,16})-([0-9]{1,15})$/.exec(lastEventId);
  if (match?.[1] !== events.run) return null;
  return Math.min(Number(match[2]), events.sequence);
}

function frame(run: string, event: StreamEvent): string {
  return `id: ${run}-${event.sequence}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** A gap has no id: coming back with the id before it asks for the missed events again. */
function gap(missed: number): string {
  return `event: gap\ndata: ${JSON.stringify({ kind: "gap", missed })}\n\n`;
}
