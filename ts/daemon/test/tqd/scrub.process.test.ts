/** Real daemons whose replicas are changed while they run. */
import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { VerifyAnswer } from "@trust-quorum/api/schemas/verify";
import { EXIT } from "../../src/tqd.ts";
import { TestRack } from "./rack.ts";
import type { TestSled } from "./rack.ts";

let rack: TestRack;
let sled: TestSled;

beforeEach(async () => {
  rack = await TestRack.create(1);
  [sled] = rack.sleds as [TestSled];
  await sled.start();
});
afterEach(async () => {
  await rack.destroy();
});

const file = (replica: "a" | "b", name = "ledger.json"): string =>
  path.join(sled.folder, `replica-${replica}`, name);

/** A change of the ledger. */
async function change(epoch: number): Promise<void> {
  const answer = await sled.post("/v1/reconfigure", {
    rackId: rack.rackId,
    epoch,
    lastCommittedEpoch: null,
    members: [sled.id, "a:1", "a:2"],
    threshold: 2,
  });
  expect(answer.status).toBe(202);
}

function flipShareBit(replica: "a" | "b"): void {
  const bytes = readFileSync(file(replica));
  const at = bytes.indexOf('"shares"') + 40;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file(replica), bytes);
}

const verify = (): Promise<VerifyAnswer> => sled.ok("POST", "/v1/verify");

describe("a replica that is changed while its daemon runs", () => {
  test("is mended from the other one, counted and alarmed, and the sled goes on", async () => {
    await change(1);
    expect(await verify()).toMatchObject({ outcome: "sound", generation: 1 });
    expect((await sled.status()).node.alarms).toEqual([]);
    flipShareBit("b");
    expect(await verify()).toMatchObject({
      outcome: "mended",
      replicas: [{ outcome: "sound" }, { outcome: "mended", keptAside: [] }],
    });
    expect(readFileSync(file("b"))).toEqual(readFileSync(file("a")));
    const status = await sled.status();
    expect(status.node.alarms).toMatchObject([
      { kind: "replicaDamaged", details: { folder: path.dirname(file("b")), mended: true } },
    ]);
    expect(status.scrub).toMatchObject({
      everyMinutes: 1440,
      last: { outcome: "mended" },
      counts: { sound: 1, mended: 1, damaged: 0, diverged: 0, failed: 0 },
    });
    const metrics = (await sled.get("/metrics")).text;
    expect(metrics).toContain('trust_quorum_scrubs_total{outcome="mended"} 1\n');
    expect(metrics).toContain('trust_quorum_alarms{kind="replicaDamaged"} 1\n');
    expect(metrics).toMatch(/trust_quorum_replica_faults_total\{folder="[^"]*replica-b"\} 1\n/);
    expect(sled.output).toContain('"alarm":"replicaDamaged"');
    await change(2);
    expect(await verify()).toMatchObject({ outcome: "sound", generation: 2 });
  });

  test("is kept aside where it is an old copy of itself, and mended", async () => {
    await change(1);
    copyFileSync(file("b"), path.join(sled.folder, "old"));
    await change(2);
    copyFileSync(path.join(sled.folder, "old"), file("b"));
    const { outcome, replicas } = await verify();
    expect(outcome).toBe("mended");
    const [kept] = replicas[1]?.keptAside ?? [];
    expect(readFileSync(file("b", kept))).toEqual(readFileSync(path.join(sled.folder, "old")));
    expect(readFileSync(file("b"))).toEqual(readFileSync(file("a")));
  });

  test("shows as damaged where the other one is, too; the next change writes both anew", async () => {
    await change(1);
    rmSync(file("a"));
    rmSync(file("b"));
    expect(await verify()).toMatchObject({ outcome: "damaged" });
    const { replicas, node } = await sled.status();
    expect(replicas.map(({ healthy }) => healthy)).toEqual([false, false]);
    expect(replicas[0]?.problem).toBe("its ledger is missing");
    expect(node.alarms.map(({ kind }) => kind)).toEqual(["replicaDamaged", "replicaDamaged"]);
    await change(2);
    expect(await verify()).toMatchObject({ outcome: "sound" });
    expect((await sled.status()).replicas.map(({ healthy }) => healthy)).toEqual([true, true]);
  });
});

test("both replicas put back to an older state: it writes nothing, answers, and ends with a code of its own", async () => {
  await change(1);
  copyFileSync(file("a"), path.join(sled.folder, "old"));
  await change(2);
  for (const replica of ["a", "b"] as const) {
    copyFileSync(path.join(sled.folder, "old"), file(replica));
  }
  const old = readFileSync(path.join(sled.folder, "old"));
  expect(await verify()).toMatchObject({
    outcome: "diverged",
    replicas: [{ outcome: "different" }, { outcome: "different" }],
  });
  expect(await sled.exit).toBe(EXIT.diverged);
  expect(sled.output).toContain('"alarm":"ledgerDiverged"');
  for (const replica of ["a", "b"] as const) {
    expect(readFileSync(file(replica))).toEqual(old);
    expect(readdirSync(path.dirname(file(replica))).sort()).toEqual(["ledger.json", "marker.json"]);
  }
});

test("the room on each replica's file system is in the status and the metrics", async () => {
  const { replicas } = await sled.status();
  for (const { space } of replicas) {
    expect(space).toMatchObject({ state: expect.stringMatching(/^(ok|low|critical)$/) as unknown });
    expect(space?.freeBytes).toBeGreaterThan(0);
    expect(space?.totalBytes).toBeGreaterThanOrEqual(space?.freeBytes ?? 0);
  }
  const metrics = (await sled.get("/metrics")).text;
  expect(metrics).toMatch(/trust_quorum_replica_free_bytes\{folder="[^"]*replica-a"\} [1-9]/);
  expect(metrics).toMatch(/trust_quorum_replica_space_low\{folder="[^"]*replica-b"\} [012]\n/);
});
