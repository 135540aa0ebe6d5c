/** Connections that only hold places do not shut operators out of the API of a real `tqd`. */
import { spawn } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import path from "node:path";
import { connect as tlsConnect } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Client } from "undici";
import { TestRack, ask, waitFor } from "./rack.ts";
import type { Answer, TestSled } from "./rack.ts";

const FRIEND = 54_322;
const STRANGER = 54_321;
const SILENT = 2000;
/** What an operator is promised, in milliseconds. */
const ANSWER_MS = 2000;

let rack: TestRack;
let sled: TestSled;
let tls: { host: string; port: number };
let alice: { cert: string; key: string };
beforeAll(async () => {
  rack = await TestRack.create(
    1,
    ({ address }, { ca }) => `
allowed_uids = [${FRIEND}]
[api.tls]
listen = "${address.replace(":7750", ":7751")}"
certificate = "sled.pem"
key = "sled.key"
ca = "${ca}"
`,
  );
  sled = rack.sleds[0] as TestSled;
  for (const folder of [rack.folder, sled.folder, path.dirname(sled.socket)])
    chmodSync(folder, 0o711);
  await sled.start({ flags: ["--log-level", "info"] });
  tls = { host: sled.address.split(":")[0] ?? "", port: 7751 };
  alice = await rack.operator("alice");
});
afterAll(() => rack.destroy());

const held: Socket[] = [];
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  await waitFor("they are gone", async () => (await sled.get("/live")).status === 200);
});

/** Opens connections and keeps them, without a word or with one. */
async function hold(count: number, open: () => Socket, word?: string): Promise<void> {
  for (let begun = 0; begun < count; begun += 100) {
    const opened = Array.from({ length: 100 }, () => {
      const socket = open();
      held.push(socket);
      return new Promise<void>((resolve) => {
        socket.once("error", () => resolve());
        socket.once("connect", () => {
          if (word !== undefined) socket.write(word);
          resolve();
        });
      });
    });
    await Promise.all(opened);
  }
}

async function askTls(url: string): Promise<Answer> {
  const client = new Client(`https://${tls.host}:${tls.port}`, {
    connect: { ca: readFileSync(rack.ca), checkServerIdentity: () => undefined, ...alice },
  });
  try {
    return await ask(client, "GET", url);
  } finally {
    await client.destroy();
  }
}

/** Both ways answer an operator in time, several times in a row. */
async function answersOperators(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const answer of [() => sled.get("/v1/status"), () => askTls("/v1/status")]) {
      const began = performance.now();
      expect((await answer()).status).toBe(200);
      expect(performance.now() - began).toBeLessThan(ANSWER_MS);
    }
  }
}

describe("with connections that only hold places, operators are answered in time", () => {
  test("where 2,000 are silent on the unix socket", async () => {
    await hold(SILENT, () => connect(sled.socket));
    await answersOperators();
  });

  test("where 2,000 are silent at the TLS port", async () => {
    await hold(SILENT, () => connect(tls));
    await answersOperators();
  });

  test("where 2,000 begin a request and never end it", async () => {
    await hold(SILENT, () => connect(sled.socket), "GET /live HTTP/1.1\r\n");
    await answersOperators();
  });

  test("where they begin a handshake and never end it", async () => {
    await hold(600, () => connect(tls), "\u0016\u0003\u0001\u0002");
    await answersOperators();
  });

  test("where they are clients of TLS without a certificate", async () => {
    const open = (): Socket => tlsConnect({ ...tls, rejectUnauthorized: false });
    await hold(300, open);
    await answersOperators();
  });
});

test("a user's requests that take long leave room for other users", async () => {
  const waiting = `POST /v1/unlock HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`;
  const script = `const { connect } = require("node:net"); let last = "";
    for (let i = 0; i < 200; i++) connect(${JSON.stringify(sled.socket)}, function () {
      this.write(${JSON.stringify(waiting)});
    }).on("data", (d) => { if (last === "") console.log(last = String(d)); }).on("error", () => {});
    setTimeout(() => console.log("ready"), 1500); setTimeout(() => {}, 60000);`;
  if (process.geteuid?.() !== 0) return;
  const child = spawn(process.execPath, ["-e", script], { uid: FRIEND, gid: FRIEND, cwd: "/" });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  try {
    await waitFor("they are there", () => output.includes("ready"));
    expect(output).toContain("ERR_TQD_TOO_MANY_CONNECTIONS");
    expect(output).toMatch(/^x-request-id: r-/m);
    await answersOperators();
  } finally {
    child.kill("SIGKILL");
  }
});

describe.skipIf(process.geteuid?.() !== 0)("a user who may not use the socket", () => {
  test("is told so and closed at once, without having asked for anything", async () => {
    const script = `const s = require("node:net").connect(${JSON.stringify(sled.socket)});
      let t = ""; const began = Date.now();
      s.on("data", (d) => (t += d)).on("end", () => console.log(JSON.stringify({ ms: Date.now() - began, t })));`;
    const child = spawn(process.execPath, ["-e", script], {
      uid: STRANGER,
      gid: STRANGER,
      cwd: "/",
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise((resolve) => child.once("close", resolve));
    const { ms, t } = JSON.parse(output) as { ms: number; t: string };
    expect(t).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(t).toContain('"code":"ERR_TQD_FORBIDDEN"');
    expect(t).toMatch(/^x-request-id: r-/m);
    expect(ms).toBeLessThan(1000);
    const refused = /refused_total\{reason="not_allowed"\} (\d+)/.exec(
      (await sled.get("/metrics")).text,
    );
    expect(Number(refused?.[1])).toBeGreaterThan(0);
  });
});

test("a stop does not wait for those that are silent", async () => {
  await hold(100, () => connect(sled.socket));
  await hold(100, () => connect(tls));
  const began = performance.now();
  expect(await sled.kill("SIGTERM")).toBe(0);
  expect(performance.now() - began).toBeLessThan(5000);
  await sled.start();
});
