/** What the tools of HTTP's users expect of a real `tqd`: HEAD, refusals before there is a route, media types. */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Check } from "typebox/value";
import { ErrorSchema } from "@trust-quorum/api/schemas/errors";
import { TestRack, waitFor } from "./rack.ts";
import type { TestSled } from "./rack.ts";

const ERRORS = readFileSync(new URL("../../../../ERRORS.md", import.meta.url), "utf8");

let rack: TestRack;
let sled: TestSled;
beforeAll(async () => {
  rack = await TestRack.create(
    1,
    () => 'streams_max = 1\n[event_log]\nenabled = true\nfolder = "events"\n',
  );
  sled = rack.sleds[0] as TestSled;
  await sled.start();
});
afterAll(() => rack.destroy());

interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes, and reads until the connection ends. */
function raw(bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(sled.socket, () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("close", () => {
      const text = Buffer.concat(chunks).toString();
      const [head = "", ...rest] = text.split("\r\n\r\n");
      const [line = "", ...fields] = head.split("\r\n");
      const headers = new Map(
        fields.map((field): [string, string] => {
          const colon = field.indexOf(":");
          return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
        }),
      );
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
      resolve({ status, headers, body: rest.join("\r\n\r\n") });
    });
    socket.on("error", reject);
  });
}

function send(method: string, path: string, ...fields: string[]): Promise<RawAnswer> {
  const head = [`${method} ${path} HTTP/1.1`, "host: sled", "connection: close", ...fields];
  return raw(`${head.join("\r\n")}\r\n\r\n`);
}

/** The code of a refusal that has the API's form, with its status. */
function refusal({ status, headers, body }: RawAnswer): [number, string] {
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(headers.get("x-request-id")).toMatch(/^r-[0-9a-z]+$/);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(Number(headers.get("content-length"))).toBe(Buffer.byteLength(body));
  const value: unknown = JSON.parse(body);
  expect(Check(ErrorSchema, value), body).toBe(true);
  const { code } = value as { code: string };
  expect(ERRORS).toContain(`\`${code}\``);
  return [status, code];
}

describe("HEAD", () => {
  test("is answered wherever GET is, with the same status and fields and no body", async () => {
    const document = (await sled.get("/openapi.json")).json<{ paths: Record<string, object> }>();
    const { files } = await sled.ok<{ files: { name: string }[] }>("GET", "/v1/log");
    const urls = Object.entries(document.paths)
      .filter(([url, methods]) => "get" in methods && url !== "/v1/events")
      .map(([url]) => url.replace("{name}", files[0]?.name ?? ""));
    expect(urls.length).toBeGreaterThan(9);
    const varying = new Set(["x-request-id", "date", "content-length"]);
    for (const url of [...urls, "/v1/log/none", "/nowhere"]) {
      const [got, asked] = [await send("GET", url), await send("HEAD", url)];
      expect(asked.body, url).toBe("");
      expect(asked.status, url).toBe(got.status);
      const fields = ({ headers }: RawAnswer): object =>
        Object.fromEntries([...headers].filter(([name]) => !varying.has(name)));
      expect(fields(asked), url).toEqual(fields(got));
      expect(asked.headers.has("content-length"), url).toBe(got.headers.has("content-length"));
    }
  });

  test("of the event stream opens none, and takes nobody's place", async () => {
    for (let i = 0; i < 3; i++) {
      const { status, headers, body } = await send("HEAD", "/v1/events");
      expect([status, body]).toEqual([200, ""]);
      expect(headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    }
    expect((await sled.get("/metrics")).text).toContain("trust_quorum_api_streams 0\n");
  });
});

describe("what never gets as far as a route is refused like everything else", () => {
  test.each<[string, string | Buffer, number, string]>([
    [
      "a path that cannot be decoded",
      "GET /v1/%ff HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "a parameter that is too long",
      `GET /v1/log/${"a".repeat(2000)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "a longer parameter than any file has",
      `GET /v1/log/${"a".repeat(300)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "headers that are too large",
      `GET /live HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
      431,
      "ERR_TQD_HEADERS_TOO_LARGE",
    ],
    [
      "a path that is too long",
      `GET /${"y".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      431,
      "ERR_TQD_HEADERS_TOO_LARGE",
    ],
    ["what is not HTTP", "\u0016\u0003\u0001\u0002\r\n\r\n", 400, "ERR_TQD_BAD_REQUEST"],
    [
      "a method that there is not",
      "NONSENSE / HTTP/1.1\r\nhost: x\r\n\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "a method that nothing has",
      "DELETE /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
      404,
      "ERR_TQD_NOT_FOUND",
    ],
    [
      "a method of WebDAV",
      "PROPFIND /live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
      404,
      "ERR_TQD_NOT_FOUND",
    ],
    ["CONNECT", "CONNECT sled:443 HTTP/1.1\r\nhost: x\r\n\r\n", 404, "ERR_TQD_NOT_FOUND"],
    [
      "a version that there is not",
      "GET /live HTTP/9.1\r\nhost: x\r\n\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "a header without a colon",
      "GET /live HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "a length that is none",
      "POST /v1/unlock HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "two lengths",
      "POST /v1/unlock HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "a chunk that is none",
      "POST /v1/unlock HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    ["no host", "GET /live HTTP/1.1\r\nconnection: close\r\n\r\n", 400, "ERR_TQD_BAD_REQUEST"],
    [
      "two hosts",
      "GET /live HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "an expectation that cannot be met",
      "POST /v1/unlock HTTP/1.1\r\nhost: x\r\nexpect: money\r\nconnection: close\r\n\r\n",
      417,
      "ERR_TQD_BAD_REQUEST",
    ],
  ])("%s", async (_, bytes, status, code) => {
    const answer = await raw(bytes);
    expect(refusal(answer)).toEqual([status, code]);
    expect((await sled.get("/live")).status).toBe(200);
    await waitFor("the log has its id", () =>
      sled.output.includes(`"request":"${answer.headers.get("x-request-id") ?? ""}"`),
    );
  });

  test("and is counted", async () => {
    await raw("nonsense\r\n\r\n");
    expect((await sled.get("/metrics")).text).toMatch(
      /^trust_quorum_api_requests_total\{route="unknown",status="400"\} [1-9]/m,
    );
  });

  test("and none of it ends up in the midst of another answer", async () => {
    const { body } = await raw("GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\nnonsense\r\n\r\n");
    expect(body.split("HTTP/1.1 ").length).toBeLessThanOrEqual(2);
    expect(() => JSON.parse(body.split("HTTP/1.1 ")[0] ?? "") as unknown).not.toThrow();
  });
});

test("a path in the absolute form is the same path", async () => {
  expect((await send("GET", "http://sled/live")).status).toBe(200);
});

describe("a body that is empty is none", () => {
  test.each([
    ["POST", "/v1/clear-secrets", ["content-type: application/json", "content-length: 0"]],
    ["POST", "/v1/clear-secrets", ["content-type: application/json"]],
    ["POST", "/v1/unlock", ["content-type: application/json; charset=utf-8", "content-length: 0"]],
    ["POST", "/v1/clear-secrets", ["content-type: text/plain", "content-length: 0"]],
    ["GET", "/v1/lock", ["content-type: application/json", "content-length: 0"]],
  ])("%s %s with %j", async (method, url, fields) => {
    const { status, body } = await send(method, url, ...fields);
    expect([status, body]).not.toContain(415);
    // Nothing is committed here, which is what is told to whoever unlocks.
    if (url === "/v1/unlock") expect(body).toContain("ERR_TQ_NO_COMMITTED_CONFIGURATIONS");
    else expect(status).toBe(200);
  });

  test("also in chunks", async () => {
    const head = "POST /v1/clear-secrets HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    const type = "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    expect((await raw(`${head}${type}0\r\n\r\n`)).status).toBe(200);
  });

  test("and what has a body that is needed is still refused without it", async () => {
    const answer = await send(
      "POST",
      "/v1/commit",
      "content-type: application/json",
      "content-length: 0",
    );
    expect(refusal(answer)).toEqual([400, "ERR_TQD_BAD_REQUEST"]);
  });
});

describe("POST /v1/proxy/:peer takes every valid id", () => {
  const part = "0123456789".repeat(6).slice(0, 60);
  test.each([
    "913-0000019:BRM42220001",
    "part/with/slashes:serial/too",
    "a/../b:..",
    "100%:%2F%25",
    "%41:%",
    "a b:c+d",
    "a?b=c:d#e;f",
    "a&b:@$,!'()*~",
    'quote":back\\slash',
    "größe:セリアル",
    "🦀:🦀",
    `${part}/%/x:${part}?#y`,
    `${"é".repeat(32)}:${"/".repeat(64)}`,
  ])("%s", async (id) => {
    const url = `/v1/proxy/${encodeURIComponent(id)}`;
    const answer = await sled.post(url, { kind: "status" });
    expect([answer.status, answer.json()]).toMatchObject([
      404,
      { code: "ERR_TQD_UNKNOWN_PEER", details: { peer: id } },
    ]);
  });
});

describe("metrics", () => {
  const openMetrics = "application/openmetrics-text";
  const prometheus =
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

  async function metrics(accept?: string): Promise<RawAnswer> {
    return send("GET", "/metrics", ...(accept === undefined ? [] : [`accept: ${accept}`]));
  }

  test.each([
    [undefined, "text/plain"],
    ["*/*", "text/plain"],
    ["text/plain", "text/plain"],
    ["text/html, */*;q=0.1", "text/plain"],
    [`text/plain, ${openMetrics};q=0.9`, "text/plain"],
    [`${openMetrics};version=7.0.0, text/plain;q=0.1`, "text/plain"],
    [`${openMetrics};q=0`, "text/plain"],
    [openMetrics, openMetrics],
    [`${openMetrics}; version=1.0.0; charset=utf-8`, openMetrics],
    [`text/plain;q=0.5, ${openMetrics};version="1.0.0"`, openMetrics],
    [prometheus, openMetrics],
  ])("with accept: %s are %s", async (accept, type) => {
    const { status, headers } = await metrics(accept);
    expect(status).toBe(200);
    expect(headers.get("content-type")?.startsWith(`${type}; version=`)).toBe(true);
    expect(headers.get("vary")).toBe("accept");
  });

  test("have the same samples in both formats, each by its own rules, in whatever order they are asked for", async () => {
    const first = (await metrics()).body;
    const open = (await metrics(openMetrics)).body;
    const again = (await metrics()).body;
    // How many handles and requests Node has at work differs from one moment to the next.
    const names = (text: string): string[] => [
      ...new Set(
        [...text.matchAll(/^((?!nodejs_active)[a-z_]\w*)[{ ]/gm)].map(([, name]) => name ?? ""),
      ),
    ];
    expect(names(again)).toEqual(names(first));
    expect(names(open)).toEqual(names(first));
    expect(open.endsWith("\n# EOF\n")).toBe(true);
    expect(open).not.toContain("\n\n");
    checkOpenMetrics(open);
  });
});

/** What OpenMetrics 1.0.0 asks for and Prometheus' format does not. */
function checkOpenMetrics(text: string): void {
  const families = new Map<string, string>();
  let family = "";
  for (const line of text.trimEnd().split("\n").slice(0, -1)) {
    const type = /^# TYPE (\S+) (gauge|counter|histogram|summary)$/.exec(line);
    if (type?.[1] !== undefined) {
      expect(families.has(type[1]), line).toBe(false);
      families.set(type[1], type[2] ?? "");
      family = type[1];
      continue;
    }
    const help = /^# HELP (\S+) ((?:[^"\\]|\\["\\n])*)$/.exec(line);
    if (help !== null) continue;
    const sample = /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/.exec(line);
    expect(sample, line).not.toBeNull();
    const [, name = "", labels = "", value = ""] = sample ?? [];
    expect(Number.isNaN(Number(value)) ? value : "a number").toMatch(/^(a number|NaN|[+-]Inf)$/);
    const kind = families.get(family);
    const suffixes = {
      counter: /^_total$/,
      gauge: /^$/,
      histogram: /^_(bucket|sum|count)$/,
      summary: /^(_sum|_count)?$/,
    };
    expect(name.slice(family.length), line).toMatch(suffixes[kind as keyof typeof suffixes]);
    expect(name.startsWith(family), line).toBe(true);
    expect(labels, line).not.toMatch(/le="\d+"/);
  }
  expect([...families.values()].filter((kind) => kind === "counter").length).toBeGreaterThan(5);
}
