/** A sled is asked over a socket or over TLS, and whatever answers there, a call ends with a clear error. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { baseboardId } from "trust-quorum";
import { HttpSled } from "../../src/client/http.ts";
import { RefusedError, isOperatorError } from "../../src/client/errors.ts";
import {
  createAuthority,
  issueOperatorCertificate,
  issueSledCertificate,
} from "@trust-quorum/sled-host/pki/authority";
import { writeCertificate } from "@trust-quorum/sled-host/pki/files";

/** No test waits for it, however slow the machine is. */
const LIMIT_MS = 60_000;
let folder: string;
let closing: (() => Promise<unknown>)[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tq-http-"));
  closing = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(closing.map((close) => close()));
  rmSync(folder, { recursive: true });
});

const socket = () => path.join(folder, "s");

function sled(): HttpSled {
  const api = new HttpSled("S1", { kind: "socket", path: socket() }, LIMIT_MS);
  closing.push(() => api.close());
  return api;
}

async function serve(routes: (server: FastifyInstance) => unknown): Promise<void> {
  const server = Fastify({ forceCloseConnections: true });
  routes(server);
  await server.listen({ path: socket() });
  closing.push(() => server.close());
}

async function failure(run: () => Promise<unknown>) {
  try {
    await run();
  } catch (error) {
    if (isOperatorError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

test("an answer as documented is taken", async () => {
  await serve((server) => server.get("/v1/coordinator", () => ({ coordinating: null })));
  expect(await sled().coordinator()).toEqual({ coordinating: null });
});

test("a refusal keeps the sled's own code, text and details", async () => {
  const answer = {
    code: "ERR_TQ_NOT_PREPARED",
    message: "no share of epoch 3",
    details: { epoch: 3 },
  };
  await serve((server) => server.post("/v1/commit", (_, reply) => reply.code(409).send(answer)));
  const error = await failure(() =>
    sled().commit({ rackId: "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0", epoch: 3 }),
  );
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({
    code: "ERR_TQ_CLI_REFUSED",
    refusal: "ERR_TQ_NOT_PREPARED",
    status: 409,
    details: { epoch: 3 },
  });
});

test("a daemon that is stopping counts as one that does not answer", async () => {
  const answer = { code: "ERR_TQD_STOPPING", message: "the daemon is stopping", details: {} };
  await serve((server) => server.get("/v1/status", (_, reply) => reply.code(503).send(answer)));
  expect((await failure(() => sled().status())).code).toBe("ERR_TQ_CLI_UNREACHABLE");
});

test.each([
  ["something that is no JSON", "<html>"],
  ["JSON of another shape", '{"coordinating":7}'],
  ["more fields than documented", '{"coordinating":null,"extra":1}'],
])("%s is refused, not believed", async (_, body) => {
  await serve((server) => server.get("/v1/coordinator", (_request, reply) => reply.send(body)));
  expect((await failure(() => sled().coordinator())).code).toBe("ERR_TQ_CLI_BAD_ANSWER");
});

test("an error without a reason is refused too", async () => {
  await serve((server) => server.get("/v1/status", (_, reply) => reply.code(500).send("oops")));
  expect((await failure(() => sled().status())).code).toBe("ERR_TQ_CLI_BAD_ANSWER");
});

test("nobody at the socket, and a socket at which nobody answers, end in time", async () => {
  const error = await failure(() => sled().status());
  expect(error.code).toBe("ERR_TQ_CLI_UNREACHABLE");
  expect(error.message).toContain("is its tqd running?");
  // The time is over once the request has arrived, however long that takes.
  const limit = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(limit.signal);
  const silent = createServer((connection) => {
    connection.once("data", () => limit.abort(new DOMException("too late", "TimeoutError")));
  });
  await new Promise<void>((resolve) => silent.listen(socket(), resolve));
  closing.push(() => new Promise((resolve) => silent.close(resolve)));
  const late = await failure(() => sled().status());
  expect(late.message).toContain(`no answer within ${LIMIT_MS} ms`);
  expect(timeout).toHaveBeenCalledExactlyOnceWith(LIMIT_MS);
});

test("a key comes as bytes with its epoch; one that is too long is refused", async () => {
  await serve((server) =>
    server.post("/v1/key", (request, reply) => {
      const { purpose } = request.body as { purpose: string };
      const bytes = Buffer.alloc(purpose === "long" ? 65 : 32, 7);
      return reply.header("tq-epoch", "3").type("application/octet-stream").send(bytes);
    }),
  );
  const { key, epoch } = await sled().key({ purpose: "zfs", diskId: "d" });
  expect([epoch, key]).toEqual([3, new Uint8Array(32).fill(7)]);
  const long = await failure(() => sled().key({ purpose: "long", diskId: "d" }));
  expect(long.code).toBe("ERR_TQ_CLI_BAD_ANSWER");
});

test("over TLS the certificate has to be that sled's, whatever the host is called", async () => {
  const [one, two] = [baseboardId("part", "S1"), baseboardId("part", "S2")];
  const authority = await createAuthority("test");
  const at = (name: string) => path.join(folder, name);
  await writeCertificate({ certificate: at("ca.pem"), key: at("ca.key") }, authority);
  for (const id of [one, two]) {
    const issued = await issueSledCertificate(authority, id);
    await writeCertificate({ certificate: at(`${id}.pem`), key: at(`${id}.key`) }, issued);
  }
  const operator = await issueOperatorCertificate(authority, "test");
  await writeCertificate({ certificate: at("op.pem"), key: at("op.key") }, operator);
  const server = Fastify({
    https: {
      cert: readFileSync(at(`${one}.pem`)),
      key: readFileSync(at(`${one}.key`)),
      ca: readFileSync(at("ca.pem")),
      requestCert: true,
      rejectUnauthorized: true,
    },
  });
  server.get("/v1/coordinator", () => ({ coordinating: null }));
  await server.listen({ host: "127.0.0.1", port: 0 });
  closing.push(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  const ask = (id: typeof one) => {
    const files = { certificate: at("op.pem"), key: at("op.key"), ca: at("ca.pem") };
    const url = `https://127.0.0.1:${port}`;
    const api = new HttpSled(id, { kind: "tls", url, sled: id, ...files }, 5000);
    closing.push(() => api.close());
    return api.coordinator();
  };
  expect(await ask(one)).toEqual({ coordinating: null });
  const error = await failure(() => ask(two));
  expect(error.message).toContain("its certificate is that of sled part:S1");
});
