/** Files of limited size beside a node that never waits for them, and a driver that is recorded. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogLines, Recorder, readLog } from "@trust-quorum/event-log";
import { LogFiles } from "@trust-quorum/event-log/files";
import type { EventLog } from "@trust-quorum/event-log";
import { TrustQuorumDriver, nativeCrypto, wipeMessage } from "trust-quorum";
import type { BaseboardId, Envelope } from "trust-quorum";
import { afterAll, describe, expect, test } from "vitest";
import { Replay } from "../src/index.ts";
import { RACK, crypto, sled } from "../../event-log/test/cluster.ts";
import { randomRun } from "../../event-log/test/random-run.ts";

const root = mkdtempSync(join(tmpdir(), "event-log-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

function folder(): string {
  return join(root, String(++folders));
}

function logsIn(path: string): EventLog[] {
  return readdirSync(path)
    .sort()
    .map((name) => readLog(readFileSync(join(path, name))));
}

function expectExact(log: EventLog): void {
  const replay = new Replay(log, { crypto });
  replay.runTo(log.events.length);
  expect(replay.divergences.slice(0, 2)).toEqual([]);
}

describe("log files", () => {
  test("follow one another without a gap, are the owner's alone, and each replays", async () => {
    const path = folder();
    const files = await LogFiles.open({ folder: path, fileBytesMax: 40_000, filesMax: 100 });
    const { recorder } = randomRun({ seed: 21, steps: 900, sink: files });
    await files.close();
    const logs = logsIn(path);
    expect(logs.length).toBeGreaterThan(3);
    expect(logs.reduce((sum, { events }) => sum + events.length, 0)).toBe(recorder.events);
    expect(files.status()).toMatchObject({ linesDropped: 0, failures: 0, bytesBuffered: 0 });
    for (const log of logs) expectExact(log);
    for (const name of readdirSync(path))
      expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
  });

  test("the oldest go first, and numbers go on after a restart of the process", async () => {
    const path = folder();
    const first = await LogFiles.open({ folder: path, fileBytesMax: 20_000, filesMax: 3 });
    randomRun({ seed: 22, steps: 900, sink: first });
    await first.close();
    const before = readdirSync(path).sort();
    expect(before).toHaveLength(3);
    const second = await LogFiles.open({ folder: path, filesMax: 3 });
    randomRun({ seed: 23, steps: 20, sink: second });
    await second.close();
    const after = readdirSync(path).sort();
    expect(after).toHaveLength(3);
    expect(after.slice(0, 2)).toEqual(before.slice(1));
    expect((after[2] ?? "") > (before[2] ?? "")).toBe(true);
  });

  test("a disk too slow for the buffer loses lines, counts them, and leaves no gap in a file", async () => {
    const path = folder();
    const files = await LogFiles.open({ folder: path, bufferBytesMax: 30_000, retryMs: 0 });
    // All in one turn of the event loop: nothing can be written meanwhile.
    const { recorder } = randomRun({ seed: 24, steps: 400, sink: files });
    expect(recorder.failures).toBe(0);
    expect(files.status().linesDropped).toBeGreaterThan(0);
    await files.close();
    for (const log of logsIn(path)) expectExact(log);
  });

  test("a disk that fails stops nothing, is counted, and is tried again", async () => {
    const path = folder();
    let now = 0;
    const files = await LogFiles.open({ folder: path, retryMs: 100, now: () => now });
    rmSync(path, { recursive: true });
    files.begin("{}");
    files.line("{}");
    await until(() => files.status().failures === 1);
    expect(files.status()).toMatchObject({ lastFailure: "ENOENT", file: null });
    expect(files.wantsHeader).toBe(false);
    mkdirSync(path);
    now = 100;
    expect(files.wantsHeader).toBe(true);
    files.begin('{"again":true}');
    await until(() => files.status().file !== null && files.status().bytesBuffered === 0);
    await files.close();
    expect(readdirSync(path)).toHaveLength(1);
  });

  test("a folder that cannot be made is told at once", async () => {
    const path = folder();
    mkdirSync(path);
    chmodSync(path, 0o600);
    await expect(LogFiles.open({ folder: join(path, "..", `${path}/a\0b`) })).rejects.toThrow();
  });
});

test("drivers with slow saves are recorded, and their logs replay", async () => {
  const sinks = new Map<BaseboardId, LogLines>();
  const drivers = new Map<BaseboardId, TrustQuorumDriver>();
  const ids = [1, 2, 3].map(sled);
  let tick = 0;
  for (const self of ids) {
    const sink = new LogLines();
    sinks.set(self, sink);
    const recorder = new Recorder({
      sink,
      producer: { name: "test", version: "1" },
      clock: { kind: "wall", now: () => ++tick },
      crypto: nativeCrypto(),
    });
    const node = recorder.add({ self, ledger: null });
    const driver = new TrustQuorumDriver({
      node,
      save: () => new Promise((done) => setImmediate(done)),
      send: ({ to, message }: Envelope) => {
        // Inputs from within a callback, as a host may give them.
        drivers.get(to)?.receive(self, message);
        wipeMessage(message);
      },
    });
    drivers.set(self, driver);
  }
  const [first] = ids;
  if (first === undefined) throw new Error("no sleds");
  for (const [id, driver] of drivers) for (const peer of ids) if (peer !== id) driver.connect(peer);
  const request = { rackId: RACK, epoch: 1, members: ids, threshold: 2, lastCommittedEpoch: null };
  await drivers.get(first)?.coordinateReconfiguration(request);
  const acks = async () => {
    const status = await drivers.get(first)?.coordinatorStatus();
    return status?.operation === "prepare" ? status.acks.length : 0;
  };
  // Saves end in later turns of the event loop.
  while ((await acks()) < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  for (const driver of drivers.values()) await driver.commit({ rackId: RACK, epoch: 1 });
  for (const driver of drivers.values()) (await driver.waitForRackSecret(1)).dispose();
  await expect(drivers.get(first)?.commit({ rackId: RACK, epoch: 9 })).rejects.toThrow();
  for (const driver of drivers.values()) await driver.stop();
  for (const sink of sinks.values()) {
    const log = readLog(new TextEncoder().encode(sink.text()));
    expect(log.events.length).toBeGreaterThan(5);
    expectExact(log);
  }
});

/** Waits for a condition. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
