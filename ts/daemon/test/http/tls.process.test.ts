/** The API's own TLS: what becomes of its key, and of connections when its files are replaced. */
import { X509Certificate } from "node:crypto";
import dns from "node:dns";
import type * as DnsPromises from "node:dns/promises";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { baseboardId } from "trust-quorum";
import { serveApi } from "../../src/http/server.ts";
import type { Api } from "../../src/http/server.ts";
import {
  createAuthority,
  issueOperatorCertificate,
  issueSledCertificate,
} from "@trust-quorum/sled-host/pki/authority";
import type { IssuedCertificate } from "@trust-quorum/sled-host/pki/authority";
import type * as PkiFiles from "@trust-quorum/sled-host/pki/files";
import { writeCertificate } from "@trust-quorum/sled-host/pki/files";
import type { LoadedKeyPair } from "@trust-quorum/sled-host/pki/files";
import { EventHub } from "../../src/sled/events.ts";

/** What was logged at the default level, the latest last. */
const logged: string[] = [];
/** Every key pair that was loaded, the latest last. */
const pairs: LoadedKeyPair[] = [];
vi.mock("@trust-quorum/sled-host/pki/files", async (original) => {
  const files = await original<typeof PkiFiles>();
  return {
    ...files,
    loadKeyPair: async (...given: Parameters<typeof files.loadKeyPair>) => {
      const pair = await files.loadKeyPair(...given);
      expect(pair.key.toString()).toContain("PRIVATE KEY");
      pairs.push(pair);
      return pair;
    },
  };
});

// What the daemon itself asks for; what Fastify asks for is answered below.
vi.mock("node:dns/promises", async (original) => {
  const promises = await original<typeof DnsPromises>();
  const lookup = (host: string) =>
    host === "localhost" ? { address: "127.0.0.1", family: 4 } : promises.lookup(host);
  return { ...promises, lookup };
});

const folder = mkdtempSync(path.join(tmpdir(), "tqd-api-tls-"));
const files = {
  certificate: path.join(folder, "api.pem"),
  key: path.join(folder, "api.key"),
  ca: path.join(folder, "ca.pem"),
};
let authority: IssuedCertificate;
let operator: IssuedCertificate;
let api: Api;
let port: number;
beforeAll(async () => {
  authority = await createAuthority("first");
  operator = await issueOperatorCertificate(authority, "alice");
  writeFileSync(files.ca, authority.certificate);
  const issued = await issueSledCertificate(authority, baseboardId("part", "S1"));
  await writeCertificate(files, issued);
  port = await freePort();
  // Most machines have two addresses of this name; here it is sure to have them.
  const two = ["127.0.0.1", "127.0.0.2"].map((address) => ({ address, family: 4 }));
  vi.spyOn(dns, "lookup").mockImplementation((...given: unknown[]) => {
    const answer = given.at(-1) as (error: null, ...found: unknown[]) => void;
    if (given.length > 2) answer(null, two);
    else answer(null, given[0] === "localhost" ? "127.0.0.1" : given[0], 4);
  });
  const nothing = (): void => undefined;
  const sled = { metrics: { request: nothing }, events: new EventHub() };
  const told = (_: object, text: string): void => void logged.push(text);
  const log = { info: told, debug: nothing, warn: told, error: told };
  api = await serveApi({
    config: {
      socket: path.join(folder, "run", "s"),
      allowedUids: [],
      allowedGids: [],
      keysPerMinute: 1,
      streamsMax: 1,
      tls: {
        listen: `localhost:${port}`,
        ...files,
        operators: [],
        readOnly: "operator",
        derivedKeys: false,
      },
    },
    sled,
    log,
    eventLogFolder: null,
  } as unknown as Parameters<typeof serveApi>[0]);
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** A connection of the operator that has asked something; ends with the connection's end. */
async function ask(
  options: ConnectionOptions = {},
): Promise<{ answer: string; ended: Promise<void> }> {
  const { certificate: cert, key } = operator;
  const ca = readFileSync(files.ca);
  const checkServerIdentity = (): undefined => undefined;
  const socket = connect({
    host: "127.0.0.1",
    port,
    cert,
    key,
    ca,
    checkServerIdentity,
    ...options,
  });
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
    socket.once("data", (chunk: Buffer) => resolve(chunk.toString()));
    socket.write("GET /live HTTP/1.1\r\nhost: sled\r\n\r\n");
  });
  return { answer, ended };
}

const older = { maxVersion: "TLSv1.2", minVersion: "TLSv1.2" } as const;

test("its key's PEM is zero once the server has it, at the start and after a reload", async () => {
  expect(pairs).toHaveLength(1);
  expect(pairs[0]?.key.every((byte) => byte === 0)).toBe(true);
  expect((await ask()).answer).toContain("200 OK");
  await api.reload();
  expect(pairs).toHaveLength(2);
  expect(pairs[1]?.key.every((byte) => byte === 0)).toBe(true);
  expect((await ask()).answer).toContain("200 OK");
});

test("a name with several addresses is listened to on one, which a reload reaches", async () => {
  expect((await ask()).answer).toContain("200 OK");
  await expect(ask({ host: "127.0.0.2" })).rejects.toThrow();
});

test("it is TLS 1.3 alone, after a reload too", async () => {
  await expect(ask(older)).rejects.toThrow("protocol version");
  await api.reload();
  await expect(ask(older)).rejects.toThrow("protocol version");
});

test("a reload that cannot be leaves the old certificate in use", async () => {
  const before = readFileSync(files.key);
  writeFileSync(files.key, "rubbish");
  await expect(api.reload()).rejects.toMatchObject({ code: "ERR_TQD_CERTIFICATE_INVALID" });
  expect((await ask()).answer).toContain("200 OK");
  writeFileSync(files.key, before);
});

test("a reload keeps who is connected, and ends it where the authorities have changed", async () => {
  const { ended } = await ask();
  let isOver = false;
  void ended.then(() => (isOver = true));
  await api.reload();
  expect((await ask()).answer).toContain("200 OK");
  expect(isOver).toBe(false);
  const next = await createAuthority("next");
  writeFileSync(files.ca, authority.certificate + next.certificate);
  await api.reload();
  await ended;
  expect((await ask()).answer).toContain("200 OK");
});

test("a renewed certificate is used by itself, and the log says so once", async () => {
  const shown = await serverFingerprint();
  const renewed = await issueSledCertificate(authority, baseboardId("part", "S1"));
  const { fingerprint256 } = new X509Certificate(renewed.certificate);
  expect(shown).not.toBe(fingerprint256);
  logged.length = 0;
  await writeCertificate(files, renewed);
  await vi.waitFor(async () => expect(await serverFingerprint()).toBe(fingerprint256), 20_000);
  // Other files beside it change, too.
  for (const name of ["a", "b"]) {
    writeFileSync(path.join(folder, name), "");
    await api.reload();
  }
  expect(logged.filter((text) => text.includes("new certificate"))).toHaveLength(1);
});

test("files that cannot be used are told once, and the old certificate goes on until they can", async () => {
  const before = readFileSync(files.key);
  const shown = await serverFingerprint();
  const loads = pairs.length;
  logged.length = 0;
  writeFileSync(files.key, "rubbish");
  const problems = (): number => logged.filter((text) => text.includes("old certificate")).length;
  await vi.waitFor(() => expect(problems()).toBe(1), 20_000);
  for (let i = 0; i < 3; i++) {
    writeFileSync(path.join(folder, "other"), String(i));
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  expect(problems()).toBe(1);
  expect(await serverFingerprint()).toBe(shown);
  writeFileSync(files.key, before);
  await vi.waitFor(() => expect(pairs.length).toBeGreaterThan(loads), 20_000);
  expect(await serverFingerprint()).toBe(shown);
});

/** Of the certificate that the server shows now. */
async function serverFingerprint(): Promise<string> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    cert: operator.certificate,
    key: operator.key,
    ca: readFileSync(files.ca),
    checkServerIdentity: (): undefined => undefined,
  });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerX509Certificate() ?? { fingerprint256: "none" };
  socket.destroy();
  return fingerprint256;
}
