/** Bodies that are no JSON: a key is gone once it was sent, a log file is as long as was announced. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { routes, sendKey } from "../../src/http/routes.ts";
import type { Call, RouteTargets } from "../../src/http/route.ts";

/** Serves one request, and hands both ends to the test. */
async function served(
  serve: (response: ServerResponse, leave: () => void) => Promise<void>,
): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const done = new Promise<void>((resolve, reject) => {
      server.once("request", (_, response: ServerResponse) => {
        serve(response, () => request.destroy()).then(resolve, reject);
      });
    });
    const chunks: Buffer[] = [];
    const request = get({ port, host: "127.0.0.1", agent: false });
    const ended = new Promise<void>((resolve) => {
      request.once("error", () => resolve());
      request.once("response", (response) => {
        response.on("data", (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
        response.once("close", resolve);
      });
    });
    await Promise.all([done, ended]);
    return Buffer.concat(chunks);
  } finally {
    server.close();
  }
}

const closed = (response: ServerResponse) =>
  new Promise<void>((resolve) => response.once("close", resolve));

test("a key arrives whole, and is zeroed once the connection has it", async () => {
  const key = new Uint8Array(32).fill(7);
  const body = await served(async (response) => {
    const gone = closed(response);
    sendKey(response, key, 3);
    await gone;
  });
  expect(body).toEqual(Buffer.alloc(32, 7));
  expect(key).toEqual(new Uint8Array(32));
});

test("a key for a client that has gone before it could be sent is zeroed at once", async () => {
  const key = new Uint8Array(32).fill(7);
  await served(async (response, leave) => {
    const gone = closed(response);
    leave();
    await gone;
    sendKey(response, key, 3);
    expect(key).toEqual(new Uint8Array(32));
  });
});

test("a key whose answer cannot be begun is zeroed at once", async () => {
  const key = new Uint8Array(32).fill(7);
  await served((response) => {
    response.writeHead(200).flushHeaders();
    expect(() => sendKey(response, key, 3)).toThrow("headers");
    expect(key).toEqual(new Uint8Array(32));
    response.end();
    return Promise.resolve();
  });
});

test.each([0, 5])("a log file that grows is sent with the %i bytes that it had", async (bytes) => {
  const folder = mkdtempSync(path.join(tmpdir(), "tqd-log-"));
  try {
    const file = path.join(folder, "a.jsonl");
    writeFileSync(file, "x".repeat(bytes));
    const table = routes({ eventLogFolder: folder } as unknown as RouteTargets);
    const route = table.find(({ url }) => url === "/v1/log/:name");
    const headers = new Map<string, string>();
    const call = {
      params: { name: "a.jsonl" },
      header: (name: string, value: string) => headers.set(name, value),
    };
    const body = await route?.handle(call as unknown as Call<never, never>);
    appendFileSync(file, "more");
    expect(headers.get("content-length")).toBe(String(bytes));
    const chunks = await Readable.from(body as Buffer | Readable).toArray();
    expect(Buffer.concat(chunks as Buffer[]).length).toBe(bytes);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
