/** The event stream: a slow client is bounded, told what it missed, and harms nobody. */
import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createParser } from "eventsource-parser";
import { streamEvents } from "../../src/http/stream.ts";
import { EVENTS_KEPT, EventHub } from "../../src/sled/events.ts";
import { waitFor } from "../tqd/rack.ts";

let hub: EventHub;
let server: Server;
let responses: ServerResponse[];
let ended: number;
beforeEach(async () => {
  hub = new EventHub();
  responses = [];
  ended = 0;
  server = createServer((request, response) => {
    responses.push(response);
    const id = request.headers["last-event-id"];
    streamEvents({
      response,
      events: hub,
      lastEventId: typeof id === "string" ? id : undefined,
      onEnd: () => (ended += 1),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A client that reads when it is told to. */
class Client {
  readonly socket: Socket;
  readonly events: { id?: string; event?: string; data: Record<string, unknown> }[] = [];

  constructor(lastEventId?: string) {
    const parser = createParser({
      onEvent: ({ id, event, data }) =>
        this.events.push({
          ...(id !== undefined && { id }),
          ...(event !== undefined && { event }),
          data: JSON.parse(data) as Record<string, unknown>,
        }),
    });
    this.socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const header = lastEventId === undefined ? "" : `last-event-id: ${lastEventId}\r\n`;
    this.socket.write(`GET / HTTP/1.1\r\nhost: sled\r\n${header}\r\n`);
    let head = "";
    let body = false;
    this.socket.on("data", (chunk: Buffer) => {
      // Chunked encoding puts lengths on lines of their own, which a parser of events ignores.
      if (body) return parser.feed(chunk.toString());
      head += chunk.toString();
      body = head.includes("\r\n\r\n");
      if (body) parser.feed(head.slice(head.indexOf("\r\n\r\n") + 4));
    });
    this.socket.on("error", () => undefined);
  }
}

describe("an event stream", () => {
  test("drops events for a client that does not read, says how many, and goes on", async () => {
    const client = new Client();
    await waitFor("it is connected", () => responses.length === 1);
    client.socket.pause();
    const [response] = responses as [ServerResponse];
    let most = 0;
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 500; j++) hub.publish("refused", { filler: "x".repeat(1000) });
      most = Math.max(most, response.writableLength);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // 20 MB were published.
    expect(most).toBeLessThan(300 * 1024);
    client.socket.resume();
    await waitFor("the server has caught up", () => response.writableLength === 0);
    hub.publish("committed", { epoch: 1 });
    await waitFor("it arrives", () => client.events.at(-1)?.event === "committed");
    const gaps = client.events.filter(({ event }) => event === "gap");
    const missed = gaps.reduce((sum, { data }) => sum + Number(data["missed"]), 0);
    expect(missed).toBeGreaterThan(10_000);
    // All but the gaps themselves and the last event.
    expect(client.events.length - gaps.length - 1 + missed).toBe(20_000);
    client.socket.destroy();
    await waitFor("it is forgotten", () => ended === 1);
  });

  test("gives a client that comes back what it missed, and a gap where that is gone", async () => {
    for (let i = 0; i < 3; i++) hub.publish("committed", { epoch: i });
    const resumed = new Client(`${hub.run}-1`);
    await waitFor("it has both", () => resumed.events.length === 2);
    expect(resumed.events.map(({ id }) => id)).toEqual([`${hub.run}-2`, `${hub.run}-3`]);
    for (let i = 0; i < EVENTS_KEPT; i++) hub.publish("committed", { epoch: i });
    const late = new Client(`${hub.run}-1`);
    await waitFor("it has all", () => late.events.length === EVENTS_KEPT + 1);
    expect(late.events[0]).toEqual({ event: "gap", data: { kind: "gap", missed: 2 } });
  });

  test.each(["the last id it saw", "an id of another run"])(
    "bounds what waits for a client that comes back with %s and does not read, and sends all that is kept",
    async (kind) => {
      const each = EVENTS_KEPT / 2;
      for (let i = 0; i < each; i++) hub.publish("committed", { filler: "x".repeat(20_000) });
      const client = new Client(kind === "the last id it saw" ? `${hub.run}-0` : "zzz-1");
      client.socket.pause();
      await waitFor("it is connected", () => responses.length === 1);
      const [response] = responses as [ServerResponse];
      // 10 MB are kept. What happens meanwhile comes after them.
      let most = 0;
      for (let i = 0; i < 20; i++) {
        most = Math.max(most, response.writableLength);
        hub.publish("committed", { filler: "x".repeat(20_000) });
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(most).toBeGreaterThan(200 * 1024);
      expect(most).toBeLessThan(300 * 1024);
      client.socket.resume();
      await waitFor("it has all", () => client.events.at(-1)?.id === `${hub.run}-${each + 20}`);
      const sequences = client.events.flatMap(({ data }) => data["sequence"] ?? []);
      expect(sequences).toEqual(Array.from({ length: each + 20 }, (_, i) => i + 1));
    },
  );

  test("tells a client of another run, or with a wrong id, that nobody knows what it missed", async () => {
    hub.publish("committed", { epoch: 1 });
    for (const id of ["zzz-1", "nonsense"]) {
      const client = new Client(id);
      await waitFor("it is told", () => client.events.length === 2);
      expect(client.events[0]?.data).toEqual({ kind: "gap", missed: -1 });
    }
  });
});
