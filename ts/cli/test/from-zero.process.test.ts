/**
 * From nothing to an unlocked rack, on real processes: the bootstore's ledgers are upgraded, a sled
 * joins, the power fails and comes back; then a sled is removed, others are lost, and the journal is.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { LEDGERS, TryRack } from "./tq.ts";

const rack = new TryRack();
afterAll(() => rack.clean());

async function key(sled: string, epoch: number): Promise<string> {
  const file = path.join(rack.folder, `key-${sled}-${epoch}`);
  const what = ["--purpose", "test", "--disk", "disk-1", "--epoch", String(epoch)];
  await rack.ok("key", sled, ...what, "--output", file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  return readFileSync(file).toString("hex");
}

test("a rack of bootstore ledgers comes up, and is shown as what it is", async () => {
  const out = await rack.ok("up", "--sleds", "5", "--from", LEDGERS);
  expect(out).toContain("5 of 5 sleds run");
  const seen = await rack.status();
  expect(seen).toMatchObject({ epoch: null, members: [], unlocked: false });
  expect(seen.sleds.map(({ lock }) => lock)).toEqual(Array(5).fill("lrtqOnly"));
  expect((await rack.run(["status", "--check"])).code).toBe(3);
  const again = (await rack.json("up")) as { sleds: { ran: boolean }[] };
  expect(again.sleds.map(({ ran }) => ran)).toEqual(Array(5).fill(true));
});

test("the upgrade shows what will change, does nothing where asked not to, and commits epoch 2", async () => {
  expect(await rack.json("upgrade", "--dry-run")).toMatchObject({
    result: "planned",
    before: null,
    after: { members: 5, threshold: 3, commitCrashTolerance: 1, tolerance: 2 },
  });
  expect(await rack.json("history")).toEqual({ records: [] });
  expect(await rack.json("upgrade")).toMatchObject({ result: "committed", epoch: 2, unacked: [] });
  const seen = await rack.until(({ unlocked }) => unlocked);
  expect(seen).toMatchObject({ epoch: 2, threshold: 3, missing: [], unfinished: null });
  expect(await rack.json("upgrade")).toMatchObject({ result: "unchanged", epoch: 2 });
});

test("a sled joins, and derives the same keys from every epoch, the bootstore's too", async () => {
  const added = (await rack.json("member", "add")) as { members: string[] };
  expect(added).toMatchObject({ result: "committed", epoch: 3, threshold: 4 });
  expect(added.members).toContain("913-0000019:TRY00001");
  await rack.until(({ unlocked, epoch }) => unlocked && epoch === 3);
  const keys = new Set<string>();
  for (const epoch of [1, 2, 3]) {
    const old = await key("BRM42220001", epoch);
    expect(await key("TRY00001", epoch)).toBe(old);
    keys.add(old);
  }
  expect(keys.size).toBe(3);
});

test("after a power failure the rack unlocks by itself, with the same keys", async () => {
  const before = readFileSync(path.join(rack.folder, "key-BRM42220001-1")).toString("hex");
  await rack.ok("down");
  const dark = await rack.status();
  expect(dark.sleds.every(({ lock }) => lock === null)).toBe(true);
  await rack.ok("up");
  await rack.ok("unlock", "--wait");
  const seen = await rack.status();
  expect(seen).toMatchObject({ unlocked: true, epoch: 3, missing: [], unfinished: null });
  expect(seen.sleds.flatMap(({ alarms }) => alarms)).toEqual([]);
  expect(await key("BRM42220008", 1)).toBe(before);
});

test("removing a sled needs its serial number from a person, or --yes", async () => {
  const refused = await rack.run(["member", "remove", "BRM42220029"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("--yes");
  expect(await rack.json("member", "remove", "--yes", "BRM42220029")).toMatchObject({
    result: "committed",
    epoch: 4,
    threshold: 3,
  });
  const list = (await rack.json("member", "list")) as { members: { id: string }[] };
  expect(list.members.map(({ id }) => id)).not.toContain("913-0000019:BRM42220029");
});

test("a sled that was removed is not added again before it was reset, whether it knows or not", async () => {
  for (const restarted of [false, true]) {
    if (restarted) {
      await rack.ok("down", "BRM42220029");
      await rack.ok("up", "BRM42220029");
    }
    const refused = await rack.run(["member", "add", "BRM42220029"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("empty both of its ledger folders");
  }
  const { records } = (await rack.json("history")) as { records: { epoch: number }[] };
  expect(records.map(({ epoch }) => epoch)).toEqual([2, 3, 4]);
});

test("below K the rack waits and says for whom, and unlocks when one of them is back", async () => {
  await rack.until(({ unlocked, epoch }) => unlocked && epoch === 4);
  await rack.ok("down");
  await rack.ok("up", "BRM42220015", "BRM42220022");
  const waiting = await rack.run(["unlock", "--wait", "--timeout", "1", "BRM42220015"]);
  expect(waiting.code).toBe(3);
  const seen = await rack.status();
  expect(seen).toMatchObject({ unlocked: false, epoch: 4 });
  expect(seen.missing).toHaveLength(3);
  const doctor = await rack.run(["doctor", "--json"]);
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toContain("bring up the members that are missing");
  await rack.ok("up", "TRY00001");
  await rack.ok("unlock", "--wait", "BRM42220015", "BRM42220022", "TRY00001");
  await rack.ok("up");
  await rack.until(({ unlocked }) => unlocked);
});

test("a lost journal comes back from the sleds, and a change goes on from it", async () => {
  const before = (await rack.json("history")) as { records: { epoch: number }[] };
  const file = path.join(rack.rack, "control-plane", "journal");
  writeFileSync(file, "damaged");
  const refused = await rack.run(["member", "add", "--json"]);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({
    error: { code: "ERR_TQ_CLI_JOURNAL_UNREADABLE" },
  });
  expect(refused.stderr).toContain("tq recover --journal");
  rmSync(file);
  expect(await rack.json("recover", "--journal")).toMatchObject({ result: "rebuilt" });
  const after = (await rack.json("history")) as { records: { epoch: number }[] };
  expect(after.records.map(({ epoch }) => epoch)).toEqual([2, 3, 4]);
  expect(after.records).toHaveLength(before.records.length);
  expect(await rack.json("member", "add")).toMatchObject({ result: "committed", epoch: 5 });
});
