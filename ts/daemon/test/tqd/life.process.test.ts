/** Real `tqd` processes: from nothing to an unlocked rack, through crashes and stops, and what ends one. */
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createParser } from "eventsource-parser";
import type { EventSourceMessage } from "eventsource-parser";
import { Client } from "undici";
import { nativeCrypto, parseBaseboardId } from "trust-quorum";
import type { StreamEvent } from "@trust-quorum/api/schemas/events";
import type { ReadyAnswer } from "@trust-quorum/api/schemas/readiness";
import { toSnake } from "@trust-quorum/sled-host/config/keys";
import { MESH_EVENTS } from "../../src/mesh/counters.ts";
import { issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
import { TestRack, ask, logLines, waitFor } from "./rack.ts";
import type { Answer, TestSled } from "./rack.ts";

describe("a rack of three", () => {
  let rack: TestRack;
  let sleds: [TestSled, TestSled, TestSled];
  /** Everything that was ever answered, for the hunt for secrets below. */
  const answers: string[] = [];
  const keys: Buffer[] = [];
  beforeAll(async () => {
    rack = await TestRack.create(
      3,
      ({ address }, { ca }) => `
[event_log]
enabled = true
folder = "events"
[api.tls]
listen = "${address.replace(":7750", ":7751")}"
certificate = "sled.pem"
key = "sled.key"
ca = "${ca}"
derived_keys = true
`,
    );
    sleds = rack.sleds as [TestSled, TestSled, TestSled];
    await rack.start();
  });
  afterAll(() => rack.destroy());

  async function keep(answer: Promise<Answer>): Promise<Answer> {
    const { text } = await answer;
    answers.push(text);
    return answer;
  }

  test("is live and not ready before its first configuration, and says why", async () => {
    const [sled] = sleds;
    expect((await sled.get("/live")).json()).toEqual({ live: true });
    const ready = await sled.get("/ready");
    expect(ready.status).toBe(503);
    expect(ready.json<ReadyAnswer>().reasons.map(({ code }) => code)).toEqual(["uninitialized"]);
    expect((await sled.lock()).state).toBe("uninitialized");
    const key = await sled.post("/v1/key", { purpose: "zfs", diskId: "d" });
    expect([key.status, key.json()["code"]]).toEqual([409, "ERR_TQD_LOCKED"]);
    const unlock = await sled.post("/v1/unlock", { timeoutMs: 1000 });
    expect(unlock.json()["code"]).toBe("ERR_TQ_NO_COMMITTED_CONFIGURATIONS");
  });

  test("unlocks by itself once a configuration is committed, and is ready", async () => {
    const config = await rack.reconfigure({ epoch: 1, members: sleds, threshold: 2 });
    expect(config.members.map(({ id }) => id)).toEqual(sleds.map(({ id }) => id));
    await rack.allUnlocked(1);
    for (const sled of sleds) {
      expect((await sled.get("/ready")).status).toBe(200);
      // K sleds unlock before the last pair of them is connected.
      await waitFor("all are connected", async () => (await sled.status()).failureTolerance === 1);
      const status = await sled.status();
      expect(status).toMatchObject({ rackId: rack.rackId, failureTolerance: 1 });
      expect(status.lock).toMatchObject({ epoch: 1, threshold: 2, members: 3, loadedEpochs: [1] });
      expect(status.replicas.map(({ healthy }) => healthy)).toEqual([true, true]);
      expect(status.hardening["noCoreDumps"]?.active).toBe(true);
      expect(Object.keys(status.hardening)).toEqual([
        "noCoreDumps",
        "noSwap",
        "lockedSecrets",
        "noDebugger",
      ]);
      expect(status.node.alarms).toEqual([]);
    }
  });

  test("derives the same disk key on every sled, another one for each disk, purpose and epoch", async () => {
    const keyOf = async (sled: TestSled, body: object): Promise<Buffer> => {
      const answer = await sled.post("/v1/key", body);
      expect(answer.status).toBe(200);
      expect(answer.headers["content-type"]).toBe("application/octet-stream");
      expect(answer.headers["tq-epoch"]).toBe("1");
      keys.push(answer.bytes);
      return answer.bytes;
    };
    const wish = { purpose: "zfs", diskId: "S1" };
    const [first, second, third] = await Promise.all(sleds.map((sled) => keyOf(sled, wish)));
    expect(first?.length).toBe(32);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    const others = [
      await keyOf(sleds[0], { ...wish, diskId: "S2" }),
      await keyOf(sleds[0], { ...wish, purpose: "swap" }),
      await keyOf(sleds[0], { purpose: "zfsS", diskId: "1" }),
    ];
    expect(new Set([first, ...others].map((key) => key?.toString("hex"))).size).toBe(4);
    expect((await keyOf(sleds[0], { ...wish, length: 64 })).length).toBe(64);
    expect(await keyOf(sleds[0], { ...wish, derivation: "trustQuorum" })).toEqual(first);
  });

  test("derives a drive's key as the original does, the same on every sled", async () => {
    const drive = { derivation: "original", vendor: "1b96", model: "M 1", serial: "A084E4F0C" };
    const keyOf = async (sled: TestSled, body: object): Promise<Buffer> => {
      const answer = await sled.post("/v1/key", body);
      expect(answer.status).toBe(200);
      keys.push(answer.bytes);
      return answer.bytes;
    };
    const first = await keyOf(sleds[0], drive);
    expect(first.length).toBe(32);
    expect(await keyOf(sleds[1], { ...drive, epoch: 1 })).toEqual(first);
    expect(await keyOf(sleds[0], { ...drive, serial: "A084E4F0D" })).not.toEqual(first);
    for (const wrong of [
      { length: 32 },
      { purpose: "zfs" },
      { vendor: "" },
      { serial: undefined },
    ]) {
      const refused = await sleds[0].post("/v1/key", { ...drive, ...wrong });
      expect(refused.status).toBe(400);
      expect(refused.json()).toMatchObject({ code: "ERR_TQD_BAD_REQUEST" });
    }
  });

  test("hands derived keys to an operator over TLS, where that is configured", async () => {
    const [sled] = sleds;
    const wish = { purpose: "zfs", diskId: "S1" };
    const { cert, key } = await rack.operator("carol");
    const connect = { ca: readFileSync(rack.ca), cert, key, checkServerIdentity: () => undefined };
    const client = new Client(`https://${sled.address.replace(":7750", ":7751")}`, { connect });
    try {
      const answer = await ask(client, "POST", "/v1/key", wish);
      expect(answer.bytes).toEqual((await sled.post("/v1/key", wish)).bytes);
      expect(answer.status).toBe(200);
    } finally {
      await client.destroy();
    }
  });

  test("unlocks by itself after all of it was killed at once", async () => {
    await Promise.all(sleds.map((sled) => sled.kill("SIGKILL")));
    await rack.start();
    await rack.allUnlocked(1);
    const [sled] = sleds;
    const { lock } = await sled.status();
    expect(lock.unlockedAt).not.toBeNull();
    expect(lock.unlockSeconds).toBeGreaterThan(0);
  });

  test("says for whom a locked sled waits and why, and unlocks when enough are there", async () => {
    await Promise.all(sleds.map((sled) => sled.kill("SIGTERM")));
    const [alone, second, third] = sleds;
    await alone.start();
    await waitFor("shares are collected", async () => (await alone.lock()).collectingEpoch === 1);
    const lock = await alone.lock();
    expect(lock.state).toBe("locked");
    expect(lock.collected).toEqual([alone.id]);
    expect(lock.waitingFor.map(({ peer, reason }) => [peer, reason])).toEqual([
      [second.id, "notConnected"],
      [third.id, "notConnected"],
    ]);
    const ready = (await alone.get("/ready")).json<ReadyAnswer>();
    expect(ready.reasons.map(({ code }) => code)).toEqual(["locked"]);
    expect((await alone.status()).failureTolerance).toBe(-1);
    const late = await alone.post("/v1/unlock", { timeoutMs: 50 });
    expect([late.status, late.json()["code"]]).toEqual([504, "ERR_TQD_UNLOCK_TIMEOUT"]);

    const waiting = alone.post("/v1/unlock", { timeoutMs: 60_000 });
    await second.start();
    expect((await waiting).status).toBe(200);
    await third.start();
    await rack.allUnlocked(1);
  });

  test("stays locked after an operator cleared the secrets, until asked to unlock", async () => {
    const [sled] = sleds;
    const cleared = await sled.post("/v1/clear-secrets");
    expect(cleared.json()).toMatchObject({ state: "locked", loadedEpochs: [], automatic: false });
    const ready = (await sled.get("/ready")).json<ReadyAnswer>();
    expect(ready.reasons.map(({ code }) => code)).toEqual(["secretsCleared"]);
    const key = await sled.post("/v1/key", { purpose: "zfs", diskId: "S1" });
    expect([key.status, key.json()["code"]]).toEqual([409, "ERR_TQD_LOCKED"]);
    expect((await sled.lock()).collectingEpoch).toBeNull();
    const unlocked = await sled.post("/v1/unlock", { timeoutMs: 60_000 });
    expect([unlocked.status, unlocked.json()["state"]]).toEqual([200, "unlocked"]);
  });

  test("reconfigures, keeps the old epoch's keys, and tells those who watch", async () => {
    const [sled, second] = sleds;
    const before = await sled.post("/v1/key", { purpose: "zfs", diskId: "S1" });
    const watch = new Watch(sled);
    await watch.open();
    await rack.reconfigure({ epoch: 2, members: sleds, threshold: 2 });
    await rack.allUnlocked(2);
    const old = await second.post("/v1/key", { purpose: "zfs", diskId: "S1", epoch: 1 });
    expect(old.bytes).toEqual(before.bytes);
    const now = await second.post("/v1/key", { purpose: "zfs", diskId: "S1" });
    expect(now.headers["tq-epoch"]).toBe("2");
    expect(now.bytes).not.toEqual(before.bytes);
    keys.push(now.bytes);
    const none = await second.post("/v1/key", { purpose: "zfs", diskId: "S1", epoch: 3 });
    expect([none.status, none.json()["code"]]).toEqual([409, "ERR_TQ_NOT_COMMITTED"]);

    await waitFor("events arrive", () => watch.kinds.includes("lock"));
    expect(watch.kinds).toContain("committed");
    const seen = watch.events[0];
    watch.close();
    const again = new Watch(sled);
    await again.open(seen?.id);
    await waitFor("missed events arrive", () => again.events.length >= watch.events.length - 1);
    expect(again.events.slice(0, watch.events.length - 1)).toEqual(watch.events.slice(1));
    answers.push(JSON.stringify(again.events));
    again.close();
    const { configurations } = await sled.ok<{ configurations: { committed: boolean }[] }>(
      "GET",
      "/v1/configurations",
    );
    expect(configurations.map(({ committed }) => committed)).toEqual([true, true]);
  });

  test("asks a sled through another one, and hands on its refusals", async () => {
    const [sled, second] = sleds;
    const url = `/v1/proxy/${encodeURIComponent(second.id)}`;
    const status = await keep(sled.post(url, { kind: "status" }));
    expect(status.json()).toMatchObject({
      kind: "status",
      status: { persistentState: { commits: [1, 2], expunged: null }, alarms: [] },
    });
    const commit = { kind: "commit", rackId: rack.rackId, epoch: 2 };
    expect((await sled.post(url, commit)).json()).toEqual({ kind: "commit", status: "committed" });
    const early = await sled.post(url, { ...commit, epoch: 9 });
    expect([early.status, early.json()]).toMatchObject([
      409,
      { code: "ERR_TQ_NOT_PREPARED", details: { epoch: 9 } },
    ]);
    const foreign = await sled.post(url, { ...commit, rackId: rack.rackId.replace("b", "c") });
    expect(foreign.json()["code"]).toBe("ERR_TQ_INVALID_RACK_ID");
    const unknown = await sled.post("/v1/proxy/a:b", { kind: "status" });
    expect([unknown.status, unknown.json()["code"]]).toEqual([404, "ERR_TQD_UNKNOWN_PEER"]);
  });

  test("spreads a network configuration to every sled, and keeps it", async () => {
    const [sled, second, third] = sleds;
    expect((await sled.get("/v1/network-config")).status).toBe(404);
    const config = { generation: 5, blob: Buffer.from("uplinks").toString("base64") };
    expect((await sled.request("PUT", "/v1/network-config", config)).status).toBe(200);
    const stale = await sled.request("PUT", "/v1/network-config", config);
    expect([stale.status, stale.json()["code"]]).toEqual([409, "ERR_TQD_STALE_NETWORK_CONFIG"]);
    for (const other of [second, third]) {
      await waitFor(
        "it arrives",
        async () => (await other.get("/v1/network-config")).status === 200,
      );
      expect((await other.get("/v1/network-config")).json()).toEqual(config);
    }
    await second.kill("SIGKILL");
    await second.start();
    expect((await second.get("/v1/network-config")).json()).toEqual(config);
    await rack.allUnlocked(2);
  });

  test("loads certificates again on SIGHUP, without a restart", async () => {
    const [sled] = sleds;
    const { pid } = await sled.status();
    sled.process?.kill("SIGHUP");
    await waitFor("it is loaded", async () => (await sled.status()).configGeneration === 2);
    expect((await sled.status()).pid).toBe(pid);
  });

  test("serves the files of its event log", async () => {
    const [sled] = sleds;
    const { files } = await sled.ok<{ files: { name: string; bytes: number }[] }>("GET", "/v1/log");
    expect(files.length).toBeGreaterThan(0);
    for (const { name } of files) {
      const answer = await keep(sled.get(`/v1/log/${name}`));
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(sled.id);
    }
    expect((await sled.get("/v1/log/..%2Ftqd.toml")).status).toBe(400);
    expect((await sled.get("/v1/log/none")).status).toBe(404);
  });

  test("never shows a share, a rack secret or a derived key in a log, an answer or a metric", async () => {
    const needles = new Map<string, Buffer>();
    const crypto = nativeCrypto();
    const shares = new Map<string, Buffer[]>();
    for (const sled of sleds) {
      for (const url of [
        "/v1/status",
        "/v1/lock",
        "/v1/configurations",
        "/v1/coordinator",
        "/metrics",
      ]) {
        await keep(sled.get(url));
      }
      const ledger = readFileSync(path.join(sled.folder, "replica-a", "ledger.json"), "utf8");
      const { state } = JSON.parse(ledger) as {
        state: { shares: Record<string, { x_coordinate: number; y_coordinates: number[] }> };
      };
      for (const [epoch, { x_coordinate: x, y_coordinates: y }] of Object.entries(state.shares)) {
        needles.set(`${sled.id}'s share of epoch ${epoch}`, Buffer.from(y));
        shares.set(epoch, [...(shares.get(epoch) ?? []), Buffer.of(x, ...y)]);
      }
    }
    for (const [epoch, [a, b]] of shares) {
      if (a === undefined || b === undefined) throw new Error("too few shares");
      const both = Buffer.concat([a, b]);
      needles.set(`the rack secret of epoch ${epoch}`, Buffer.from(crypto.combine(both, 33)));
    }
    keys.forEach((key, index) => needles.set(`derived key ${index}`, key));
    expect(needles.size).toBe(3 * 2 + 2 + keys.length);

    const eventLogs = sleds.flatMap((sled) => {
      const folder = path.join(sled.folder, "events");
      return readdirSync(folder).map((name) => readFileSync(path.join(folder, name), "utf8"));
    });
    const haystack = [...answers, ...sleds.map(({ output }) => output), ...eventLogs].join("\n");
    expect(haystack.length).toBeGreaterThan(10_000);
    for (const [what, bytes] of needles) {
      for (const form of formsOf(bytes)) {
        expect(haystack.includes(form), `${what} as ${form.slice(0, 4)}…`).toBe(false);
      }
    }
    // The hunt itself works: digests are public and are there in one of these forms.
    expect(haystack).toContain(
      Buffer.from(crypto.sha3_256(Buffer.from("uplinks"))).toString("hex"),
    );
  });

  test("counts what its mesh does, by event", async () => {
    const [sled] = sleds;
    const { text } = await sled.get("/metrics");
    const events = [
      ...text.matchAll(/^trust_quorum_transport_events_total\{event="(\w+)"\} (\d+)$/gm),
    ];
    const counts = new Map(events.map(([, event, count]) => [event, Number(count)]));
    expect([...counts.keys()]).toEqual(Object.keys(MESH_EVENTS).map(toSnake));
    for (const event of ["connections_opened", "frames_sent", "bytes_received"]) {
      expect(counts.get(event), event).toBeGreaterThanOrEqual(2);
    }
    expect(counts.get("handler_failures")).toBe(0);
  });

  test("stops in good order: everything is written, exit code 0, no socket left", async () => {
    const codes = await Promise.all(sleds.map((sled) => sled.kill("SIGTERM")));
    expect(codes).toEqual([0, 0, 0]);
    for (const sled of sleds) {
      expect(readdirSync(path.dirname(sled.socket))).toEqual([]);
      const last = logLines(sled.output).at(-1);
      expect(last?.["msg"]).toBe("stopped");
    }
  });

  test("logs to a file where one is named, which SIGHUP opens anew", async () => {
    const [sled] = sleds;
    const file = path.join(sled.folder, "tqd.log");
    sled.output = "";
    await sled.start({ flags: ["--log-file", file] });
    const messages = (name: string): unknown[] =>
      logLines(readFileSync(name, "utf8")).map(({ msg }) => msg);
    await waitFor("it says so", () => messages(file).includes("running"));
    renameSync(file, `${file}.old`);
    sled.process?.kill("SIGHUP");
    await waitFor("it is there again", () => existsSync(file));
    expect(await sled.kill("SIGTERM")).toBe(0);
    expect(logLines(readFileSync(`${file}.old`, "utf8")).map(({ msg }) => msg)).toContain(
      "running",
    );
    expect(logLines(readFileSync(file, "utf8")).at(-1)).toMatchObject({ msg: "stopped" });
    expect(sled.output).toBe("");
    sled.spawn({ flags: ["--log-file", "/nowhere/tqd.log"] });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: .*\/nowhere\/tqd\.log/m);
  });
  /** Something that goes wrong in the process itself, from outside of the program. */
  function preloaded(name: string, code: string): { readonly NODE_OPTIONS: string } {
    const file = path.join(rack.folder, name);
    writeFileSync(file, code);
    return { NODE_OPTIONS: `--import=${file}` };
  }

  test("ends with code 4 and a fatal line after a mistake of the program", async () => {
    const [sled] = sleds;
    sled.output = "";
    const code = `process.on("SIGUSR2", () => { throw new TypeError("a mistake"); });`;
    await sled.start({ env: preloaded("mistake.mjs", code) });
    expect(await sled.kill("SIGUSR2")).toBe(4);
    const fatal = logLines(sled.output).find(({ level }) => level === "fatal");
    expect(fatal).toMatchObject({ msg: "failed", error: { name: "TypeError" } });
  });

  test("ends with code 5 where a graceful stop takes longer than it may", async () => {
    const [sled] = sleds;
    sled.output = "";
    // Nothing that listens ever gets closed.
    const code = `import { Server } from "node:net";
      Server.prototype.close = function () { return this; };`;
    const flags = ["--process-stop-timeout-ms", "200"];
    await sled.start({ flags, env: preloaded("hang.mjs", code) });
    expect(await sled.kill("SIGTERM")).toBe(5);
    const fatal = logLines(sled.output).find(({ level }) => level === "fatal");
    expect(String(fatal?.["msg"])).toContain("took too long");
  });
});

describe("a daemon ends", () => {
  let rack: TestRack;
  let sled: TestSled;
  beforeAll(async () => {
    rack = await TestRack.create(1);
    sled = rack.sleds[0] as TestSled;
  });
  afterAll(() => rack.destroy());

  test("with code 2 and every problem of its configuration, and --check-config says the same", async () => {
    for (const flags of [[], ["--check-config"]]) {
      sled.output = "";
      sled.spawn({ flags: [...flags, "--log-level", "loud", "--mesh-listen", "nowhere"] });
      expect(await sled.exit).toBe(2);
      expect(sled.output).toContain('tqd: --log-level: log.level: "loud" is not one of');
      expect(sled.output).toContain("tqd: --mesh-listen: mesh.listen:");
    }
  });

  test("with code 2 for an unknown option, and 0 for --version, --help and --check-config", async () => {
    for (const [flag, code] of [
      ["--nonsense", 2],
      ["--version", 0],
      ["--help", 0],
      ["--check-config", 0],
      ["--print-config", 0],
    ] as const) {
      sled.spawn({ flags: [flag] });
      expect(await sled.exit, flag).toBe(code);
    }
  });

  test("with code 1 where its blank folders are not to be begun", async () => {
    for (const replica of ["replica-a", "replica-b"]) {
      mkdirSync(path.join(sled.folder, replica), { mode: 0o700 });
    }
    sled.output = "";
    sled.spawn({ flags: ["--ledger-create", "false"] });
    expect(await sled.exit).toBe(1);
    expect(logLines(sled.output).at(-1)).toMatchObject({
      level: "fatal",
      error: { code: "ERR_TQD_STORE_NOT_INITIALIZED" },
    });
  });

  test("with code 1 and what the loader says where the native addon does not load", async () => {
    sled.output = "";
    sled.spawn({ env: { NODE_OPTIONS: "--no-addons" } });
    expect(await sled.exit).toBe(1);
    const told = sled.output.split("\n").filter((line) => line.startsWith("tqd: "));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /^tqd: the daemon cannot start its cryptography: the native addon does not load: ERR_DLOPEN_DISABLED: /,
    );
    expect(told[0]).not.toContain("Cannot find");
  });

  test("with code 1 and one sentence where its certificate is not there", async () => {
    sled.output = "";
    sled.spawn({ flags: ["--mesh-certificate", "/nowhere.pem"] });
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: .*nowhere\.pem/m);
  });

  test("with code 1 and one sentence where certificate or key of its API will not do", async () => {
    const { certificate, key } = sled.certificate;
    const open = path.join(sled.folder, "open.key");
    copyFileSync(key, open);
    chmodSync(open, 0o644);
    const other = await issueSledCertificate(rack.authority, parseBaseboardId("part:other"));
    const foreign = path.join(sled.folder, "foreign.key");
    writeFileSync(foreign, other.key, { mode: 0o600 });
    for (const [pem, secret, problem] of [
      [sled.configFile, key, "no certificate in PEM"],
      [certificate, open, "chmod 600"],
      [certificate, foreign, "does not belong to the certificate"],
    ] as const) {
      sled.output = "";
      sled.spawn({
        flags: [
          ...["--api-tls-listen", "127.0.0.1:0", "--api-tls-ca", rack.ca],
          ...["--api-tls-certificate", pem, "--api-tls-key", secret],
        ],
      });
      expect(await sled.exit).toBe(1);
      expect(sled.output).toMatch(new RegExp(`^tqd: .*${problem}`, "m"));
      expect(sled.output).not.toContain("PRIVATE KEY");
    }
  });

  test("with code 1 where the socket's folder is open to others, or the socket is something else", async () => {
    const folder = path.dirname(sled.socket);
    chmodSync(folder, 0o755);
    sled.output = "";
    sled.spawn();
    expect(await sled.exit).toBe(1);
    expect(sled.output).toMatch(/^tqd: the socket .* would not be safe: .*chmod 700/m);
    chmodSync(folder, 0o700);
    writeFileSync(sled.socket, "precious");
    sled.spawn();
    expect(await sled.exit).toBe(1);
    expect(readFileSync(sled.socket, "utf8")).toBe("precious");
  });

  test("with code 1 where another process listens on its socket; that of a dead one is replaced", async () => {
    rmSync(sled.socket);
    const other = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(sled.socket, resolve));
    sled.output = "";
    sled.spawn();
    expect(await sled.exit).toBe(1);
    expect(sled.output).toContain("another process listens on");
    await new Promise((resolve) => other.close(resolve));
    await sled.start();
    await sled.kill("SIGKILL");
    expect(readdirSync(path.dirname(sled.socket))).toEqual(["s"]);
    await sled.start();
    expect(await sled.kill("SIGINT")).toBe(0);
  });

  test("does not, where one replica fails and degraded mode was chosen; it says so", async () => {
    await sled.start({ flags: ["--ledger-degraded"] });
    rmSync(path.join(sled.folder, "replica-b"), { recursive: true });
    const answer = await sled.post("/v1/reconfigure", {
      rackId: rack.rackId,
      epoch: 1,
      lastCommittedEpoch: null,
      members: [sled.id, "a:1", "a:2"],
      threshold: 2,
    });
    expect(answer.status).toBe(202);
    const status = await sled.status();
    expect(status.degradedMode).toBe(true);
    expect(status.replicas.map(({ healthy }) => healthy)).toEqual([true, false]);
    expect(status.replicas[1]?.problem).toMatch(/./);
    expect((await sled.get("/metrics")).text).toContain("trust_quorum_replicas_healthy 1\n");
    expect(logLines(sled.output).some((line) => line["notice"] === "failed")).toBe(true);
    expect(await sled.kill("SIGTERM")).toBe(0);
  });

  test("with code 3 where a change cannot be made durable, and nothing of it was sent", async () => {
    await sled.start({ flags: ["--ledger-degraded"] });
    // Folders that are gone fail like a disk that is.
    for (const replica of ["replica-a", "replica-b"]) {
      rmSync(path.join(sled.folder, replica), { recursive: true });
    }
    const answer = sled
      .post("/v1/reconfigure", {
        rackId: rack.rackId,
        epoch: 2,
        lastCommittedEpoch: null,
        members: [sled.id, "a:1", "a:2"],
        threshold: 2,
      })
      .then(({ status }) => status)
      .catch(() => "gone");
    expect(await sled.exit).toBe(3);
    expect([503, "gone"]).toContain(await answer);
    // What was being written when the process ended may come after it.
    const fatal = logLines(sled.output).findLast(({ level }) => level === "fatal");
    expect(fatal).toMatchObject({ error: { code: "ERR_TQ_LEDGER_SAVE_FAILED" } });
  });
});

/** One client of the event stream. */
class Watch {
  readonly events: { id: string | undefined; event: string | undefined; data: string }[] = [];
  readonly #client: Client;

  constructor(sled: TestSled) {
    this.#client = new Client("http://sled", { socketPath: sled.socket });
  }

  get kinds(): string[] {
    return this.events.map(({ data }) => (JSON.parse(data) as StreamEvent).kind);
  }

  async open(lastEventId?: string): Promise<void> {
    const { statusCode, body } = await this.#client.request({
      method: "GET",
      path: "/v1/events",
      headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
    });
    expect(statusCode).toBe(200);
    const parser = createParser({
      onEvent: ({ id, event, data }: EventSourceMessage) => this.events.push({ id, event, data }),
    });
    body.on("data", (chunk: Buffer) => parser.feed(chunk.toString()));
    body.on("error", () => undefined);
  }

  close(): void {
    void this.#client.destroy();
  }
}

/** The ways in which bytes end up in a text. */
function formsOf(bytes: Buffer): string[] {
  const list = [...bytes];
  return [
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    list.join(","),
    list.join(", "),
    list.join(" "),
    // As an object of indices, which is what JSON makes of a Uint8Array.
    list.map((byte, index) => `"${index}":${byte}`).join(","),
    list.map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
    bytes.toString("latin1"),
  ];
}

test("the forms that are hunted for are found where they are", () => {
  const bytes = randomBytes(32);
  const text = JSON.stringify({
    a: bytes.toString("hex"),
    b: [...bytes],
    c: new Uint8Array(bytes),
  });
  const found = formsOf(bytes).filter((form) => text.includes(form));
  expect(found.length).toBe(3);
});
