/** Who may use the API of a real `tqd`, over the unix socket and over TLS, and what is refused how. */
import { spawn } from "node:child_process";
import { chmodSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { connect as tlsConnect } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "undici";
import { Check } from "typebox/value";
import { createAuthority, issueOperatorCertificate } from "@trust-quorum/sled-host/pki/authority";
import { API_BODY_BYTES_MAX } from "@trust-quorum/api/schemas/common";
import { ConfigurationsSchema } from "@trust-quorum/api/schemas/configuration";
import { ErrorSchema } from "@trust-quorum/api/schemas/errors";
import { LockSchema } from "@trust-quorum/api/schemas/lock";
import { CoordinatorSchema } from "@trust-quorum/api/schemas/node";
import { LiveSchema, ReadySchema } from "@trust-quorum/api/schemas/readiness";
import { StatusSchema } from "@trust-quorum/api/schemas/status";
import { TestRack, ask, logLines, waitFor } from "./rack.ts";
import type { Answer, TestSled } from "./rack.ts";

const STRANGER = 54_321;
const FRIEND = 54_322;

let rack: TestRack;
let sled: TestSled;
let tls: { host: string; port: number };
beforeAll(async () => {
  rack = await TestRack.create(
    1,
    ({ address }, { ca }) => `
allowed_uids = [${FRIEND}]
streams_max = 2
keys_per_minute = 3
[api.tls]
listen = "${address.replace(":7750", ":7751")}"
certificate = "sled.pem"
key = "sled.key"
ca = "${ca}"
operators = ["alice"]
read_only = "anyone"
`,
  );
  sled = rack.sleds[0] as TestSled;
  // Another user passes through the folders, and no more.
  for (const folder of [rack.folder, sled.folder, path.dirname(sled.socket)])
    chmodSync(folder, 0o711);
  await sled.start();
  tls = { host: sled.address.split(":")[0] ?? "", port: 7751 };
});
afterAll(() => rack.destroy());

/** The code of a refusal, with its status. */
function refusal(answer: Answer): [number, unknown] {
  expect(Check(ErrorSchema, answer.json())).toBe(true);
  return [answer.status, answer.json()["code"]];
}

describe.skipIf(process.geteuid?.() !== 0)("the unix socket", () => {
  test("is for the daemon's own user, root and those that are allowed; another user is refused", async () => {
    expect(await askAs(FRIEND, "/v1/lock")).toMatchObject({ status: 200 });
    expect(await askAs(STRANGER, "/v1/lock")).toMatchObject({
      status: 403,
      body: { code: "ERR_TQD_FORBIDDEN" },
    });
    expect(await askAs(STRANGER, "/v1/clear-secrets", "POST")).toMatchObject({ status: 403 });
    // Whoever may not use the socket takes nobody's place, not even for what is open to all others.
    expect(await askAs(STRANGER, "/live")).toMatchObject({ status: 403 });
  });

  /** One request of another user. */
  async function askAs(uid: number, url: string, method = "GET"): Promise<object> {
    const script = `require("node:http").request({ socketPath: ${JSON.stringify(sled.socket)},
      path: ${JSON.stringify(url)}, method: ${JSON.stringify(method)} }, (r) => {
        let t = ""; r.on("data", (c) => t += c).on("end", () =>
          console.log(JSON.stringify({ status: r.statusCode, body: JSON.parse(t) })));
      }).end();`;
    const child = spawn(process.execPath, ["-e", script], { uid, gid: uid, cwd: "/" });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    return JSON.parse(output) as object;
  }
});

describe("TLS", () => {
  async function askTls(
    credentials: { cert?: string; key?: string },
    url: string,
    method: "GET" | "POST" = "GET",
    body?: unknown,
  ): Promise<Answer> {
    const client = new Client(`https://${tls.host}:${tls.port}`, {
      connect: {
        ca: readFileSync(rack.ca),
        checkServerIdentity: () => undefined,
        ...credentials,
      },
    });
    try {
      return await ask(client, method, url, body);
    } finally {
      await client.destroy();
    }
  }

  test("serves a listed operator, and derives no keys unless told to", async () => {
    const alice = await rack.operator("alice");
    const lock = await askTls(alice, "/v1/lock");
    expect(lock.status).toBe(200);
    const key = await askTls(alice, "/v1/key", "POST", { purpose: "zfs", diskId: "d" });
    expect(refusal(key)).toEqual([403, "ERR_TQD_KEYS_ONLY_LOCALLY"]);
  });

  test("refuses an operator who is not listed, a sled, and who shows no certificate", async () => {
    const bob = await rack.operator("bob");
    expect(refusal(await askTls(bob, "/v1/lock"))).toEqual([403, "ERR_TQD_FORBIDDEN"]);
    const asSled = {
      cert: readFileSync(sled.certificate.certificate, "utf8"),
      key: readFileSync(sled.certificate.key, "utf8"),
    };
    expect(refusal(await askTls(asSled, "/v1/lock"))).toEqual([403, "ERR_TQD_FORBIDDEN"]);
    expect(refusal(await askTls({}, "/v1/lock"))).toEqual([401, "ERR_TQD_UNAUTHENTICATED"]);
    expect(refusal(await askTls({}, "/v1/clear-secrets", "POST"))).toEqual([
      401,
      "ERR_TQD_UNAUTHENTICATED",
    ]);
  });

  test("refuses alice of another authority, and alice whose certificate has expired", async () => {
    const foreign = await issueOperatorCertificate(await createAuthority("other"), "alice");
    const expired = await issueOperatorCertificate(rack.authority, "alice", {
      notBefore: new Date(Date.now() - 10 * 86_400_000),
      days: 2,
    });
    for (const { certificate, key } of [foreign, expired]) {
      const answer = await askTls({ cert: certificate, key: key.toString() }, "/v1/lock");
      expect(refusal(answer)).toEqual([401, "ERR_TQD_UNAUTHENTICATED"]);
    }
  });

  test("lets anyone read what is open, where that is configured", async () => {
    expect((await askTls({}, "/live")).status).toBe(200);
    expect((await askTls({}, "/metrics")).text).toContain("trust_quorum_locked 1");
  });

  test("is version 1.3 and nothing older", async () => {
    const failure = await new Promise<unknown>((resolve) => {
      const socket = tlsConnect({ ...tls, maxVersion: "TLSv1.2", rejectUnauthorized: false });
      socket.once("error", resolve);
      socket.once("secureConnect", () => resolve("connected"));
    });
    expect((failure as NodeJS.ErrnoException).code).toContain("TLSV1_ALERT_PROTOCOL_VERSION");
  });
});

describe("a request is refused", () => {
  test.each<[string, "GET" | "POST" | "PUT", string, unknown, number, string]>([
    ["that names no route", "GET", "/v1/nothing", undefined, 404, "ERR_TQD_NOT_FOUND"],
    ["with the wrong method", "GET", "/v1/commit", undefined, 404, "ERR_TQD_NOT_FOUND"],
    ["without its body", "POST", "/v1/commit", undefined, 400, "ERR_TQD_BAD_REQUEST"],
    ["with an unknown key", "POST", "/v1/unlock", { now: true }, 400, "ERR_TQD_BAD_REQUEST"],
    ["with a wrong type", "POST", "/v1/unlock", { timeoutMs: "1" }, 400, "ERR_TQD_BAD_REQUEST"],
    ["that is no object", "POST", "/v1/unlock", [1], 400, "ERR_TQD_BAD_REQUEST"],
    [
      "for a key with a label that is too long",
      "POST",
      "/v1/key",
      { purpose: "p".repeat(129), diskId: "d" },
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    [
      "with an epoch that is none",
      "POST",
      "/v1/reconfigure",
      {
        rackId: "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0",
        epoch: 0,
        lastCommittedEpoch: null,
        members: ["913-0000019:BRM1", "a:1", "a:2"],
        threshold: 2,
      },
      400,
      "ERR_TQ_INVALID_EPOCH",
    ],
    [
      "with a threshold that its members cannot have",
      "POST",
      "/v1/reconfigure",
      {
        rackId: "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0",
        epoch: 1,
        lastCommittedEpoch: null,
        members: ["913-0000019:BRM1", "a:1", "a:2"],
        threshold: 3,
      },
      400,
      "ERR_TQ_THRESHOLD_MISMATCH",
    ],
    [
      "to commit what is not prepared",
      "POST",
      "/v1/commit",
      { rackId: "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0", epoch: 1 },
      409,
      "ERR_TQ_NOT_PREPARED",
    ],
    [
      "to upgrade a sled without a bootstore ledger",
      "POST",
      "/v1/upgrade",
      {
        rackId: "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0",
        epoch: 2,
        members: ["913-0000019:BRM1", "a:1", "a:2"],
        threshold: 2,
      },
      409,
      "ERR_TQ_NO_LRTQ_SHARE",
    ],
    [
      "to ask a peer that is none",
      "POST",
      "/v1/proxy/nobody",
      { kind: "status" },
      400,
      "ERR_TQD_BAD_REQUEST",
    ],
    ["for an event log that is not kept", "GET", "/v1/log", undefined, 404, "ERR_TQD_NO_EVENT_LOG"],
  ])("%s", async (_, method, url, body, status, code) => {
    expect(refusal(await sled.request(method, url, body))).toEqual([status, code]);
  });

  test("without a share of its body in the answer, where that is not JSON", async () => {
    const answer = await raw("POST", "application/json", '{"purpose": tellmenot}');
    expect(answer).toContain("ERR_TQD_BAD_REQUEST");
    expect(answer).not.toContain("tellmenot");
  });

  test("that is not JSON by its type, or too large", async () => {
    expect(await raw("POST", "text/plain", "x")).toContain("ERR_TQD_UNSUPPORTED_MEDIA_TYPE");
    const head = "POST /v1/unlock HTTP/1.1\r\nhost: sled\r\ncontent-type: application/json\r\n";
    const length = API_BODY_BYTES_MAX + 1;
    // Its length is enough: nothing of the body is waited for.
    const large = await rawBytes(`${head}content-length: ${length}\r\nconnection: close\r\n\r\n`);
    expect(large).toContain("ERR_TQD_BODY_TOO_LARGE");
  });

  test("whose headers are too large, or that is not HTTP", async () => {
    expect(await rawBytes(`GET /live HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
    expect(await rawBytes("\u0016\u0003\u0001\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    expect((await sled.get("/live")).status).toBe(200);
  });

  test("for keys that are asked for too often", async () => {
    const codes: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      codes.push((await sled.post("/v1/key", { purpose: "zfs", diskId: "d" })).json()["code"]);
    }
    expect(codes).toEqual([
      ...Array.from({ length: 3 }, () => "ERR_TQD_LOCKED"),
      ...Array.from({ length: 2 }, () => "ERR_TQD_RATE_LIMITED"),
    ]);
  });

  test("for more event streams than there may be; a closed one makes room", async () => {
    const clients = [0, 1].map(() => new Client("http://sled", { socketPath: sled.socket }));
    for (const client of clients) {
      const { statusCode, body } = await client.request({ method: "GET", path: "/v1/events" });
      body.on("error", () => undefined);
      expect(statusCode).toBe(200);
    }
    expect(refusal(await sled.get("/v1/events"))).toEqual([503, "ERR_TQD_TOO_MANY_STREAMS"]);
    await clients[0]?.destroy();
    await waitFor("a stream is free", async () => {
      return /trust_quorum_api_streams 1\n/.test((await sled.get("/metrics")).text);
    });
    await clients[1]?.destroy();
  });

  function raw(method: string, type: string, body: string): Promise<string> {
    const head = `${method} /v1/unlock HTTP/1.1\r\nhost: sled\r\nconnection: close\r\n`;
    return rawBytes(
      `${head}content-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  }

  function rawBytes(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(sled.socket, () => socket.write(text));
      let answer = "";
      socket.on("data", (chunk) => (answer += chunk.toString()));
      socket.on("close", () => resolve(answer));
      socket.on("error", reject);
    });
  }
});

describe("answers", () => {
  test("fit their schemas", async () => {
    for (const [url, schema] of [
      ["/live", LiveSchema],
      ["/ready", ReadySchema],
      ["/v1/status", StatusSchema],
      ["/v1/lock", LockSchema],
      ["/v1/configurations", ConfigurationsSchema],
      ["/v1/coordinator", CoordinatorSchema],
    ] as const) {
      const answer = await sled.get(url);
      expect(Check(schema, answer.json()), url).toBe(true);
      expect(answer.headers["cache-control"]).toBe("no-store");
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("have a request's id of their own, which the log shows too", async () => {
    const answer = await sled.post("/v1/commit", { rackId: rack.rackId, epoch: 7 });
    const id = answer.headers["x-request-id"];
    await waitFor("the log has it", () =>
      logLines(sled.output).some((line) => line["request"] === id && line["status"] === 409),
    );
  });

  test("describe themselves as OpenAPI 3.1, with every route", async () => {
    const document = (await sled.get("/openapi.json")).json<{
      openapi: string;
      paths: Record<string, Record<string, { requestBody?: unknown; responses: object }>>;
    }>();
    expect(document.openapi).toBe("3.1.0");
    const listed = Object.entries(document.paths).flatMap(([url, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${url}`),
    );
    const markdown = readFileSync(
      new URL("../../../../docs/operators/api.md", import.meta.url),
      "utf8",
    );
    const documented = [...markdown.matchAll(/^\| `((?:GET|POST|PUT) [^`]+)`/gm)].map(([, text]) =>
      (text ?? "").replaceAll(/:(\w+)/g, "{$1}"),
    );
    expect(listed.toSorted()).toEqual(documented.toSorted());
    expect(document.paths["/v1/commit"]?.["post"]?.requestBody).toBeDefined();
  });
});

test("a first socket folder that does not exist is made, for this user alone", async () => {
  const other = await TestRack.create(1, () => "");
  try {
    const [only] = other.sleds as [TestSled];

    rmSync(path.dirname(only.socket), { recursive: true });
    await only.start();
    expect(statSync(path.dirname(only.socket)).mode & 0o777).toBe(0o700);
    expect(statSync(only.socket).mode & 0o777).toBe(0o600);
  } finally {
    await other.destroy();
  }
});
