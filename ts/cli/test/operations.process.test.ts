/**
 * What an operator does besides changing members, on real processes: watching, logs for the debugger,
 * answering at a terminal, repairing a stopped sled's ledger in each way, importing a bootstore's.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RackId } from "trust-quorum";
import { openRackJournal, readRackJournal } from "@trust-quorum/control-plane/journal-folder";
import { NO_TERMINAL } from "./terminal.ts";
import { LEDGERS, TryRack } from "./tq.ts";
import type { Ended } from "./tq.ts";

const TQ_DEBUG = fileURLToPath(new URL("../../debugger/bin/tq-debug.js", import.meta.url));
const [FIRST, SECOND, LEAVING] = ["BRM42220001", "BRM42220008", "BRM42220022"] as const;

const rack = new TryRack();
beforeAll(async () => {
  await rack.ok("up", "--sleds", "4", "--from", LEDGERS);
  await rack.ok("upgrade");
  await rack.until(({ unlocked }) => unlocked);
});
afterAll(() => rack.clean());

const ledger = (sled: string, replica: "a" | "b"): string =>
  path.join(rack.rack, "sleds", sled, `ledger-${replica}`);
const ledgerFile = (sled: string, replica: "a" | "b"): string =>
  path.join(ledger(sled, replica), "ledger.json");
const errorOf = ({ stdout }: Ended): unknown => (JSON.parse(stdout) as { error: unknown }).error;

/** What `tq doctor` finds of one thing of one sled. */
async function diagnosis(sled: string): Promise<unknown> {
  const { stdout } = await rack.run(["doctor", "--json"]);
  // Where something is not well, the error follows on a line of its own.
  const [first = ""] = stdout.split("\n");
  const { checks } = JSON.parse(first) as { checks: { where: string; what: string }[] };
  return checks.find(({ where, what }) => where === sled && what === "disks");
}

test("status --watch shows the rack again and again, until Ctrl-C, which is no failure", async () => {
  const child = rack.start(["status", "--watch"]);
  let shown = "";
  const frames = (): number => shown.split("epoch 2: 4 of 4 members are unlocked").length - 1;
  child.stdout?.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    if (frames() >= 2) child.kill("SIGINT");
  });
  const [code] = (await once(child, "close")) as [number | null];
  expect(code).toBe(0);
  expect(frames()).toBeGreaterThanOrEqual(2);
});

test("tq log collects what tq-debug opens, and never overwrites a file", async () => {
  await rack.ok("log", "--output", "logs");
  for (const sled of [FIRST, SECOND]) {
    const [name = "none"] = readdirSync(path.join(rack.folder, "logs", sled));
    const file = path.join(rack.folder, "logs", sled, name);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const opened = spawnSync(process.execPath, [TQ_DEBUG, file, "--exec", "summary"], {
      encoding: "utf8",
    });
    expect(opened.stderr).toBe("");
    expect(opened.status).toBe(0);
    expect(opened.stdout).toContain(sled);
  }
  const again = await rack.run(["log", "--output", "logs", "--json"]);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain("choose another --output");
});

test("tq verify has a replica that was damaged mended, and doctor goes on to warn of that disk", async () => {
  const sound = readFileSync(ledgerFile(FIRST, "b"));
  writeFileSync(ledgerFile(FIRST, "b"), sound.subarray(0, -1));
  const mended = await rack.ok("verify", FIRST);
  expect(mended).toContain("ledger-b: mended: its ledger is damaged");
  expect(readFileSync(ledgerFile(FIRST, "b"))).toEqual(sound);
  const { result, sleds } = JSON.parse(await rack.ok("verify", "--json")) as {
    result: string;
    sleds: { outcome: string }[];
  };
  expect(result).toBe("ok");
  expect(sleds.map(({ outcome }) => outcome)).toEqual(["sound", "sound", "sound", "sound"]);
  const doctor = (await rack.run(["doctor"])).stdout;
  expect(doctor).toMatch(/BRM42220001 +scrub +warning/);
  expect(doctor).toMatch(/BRM42220008 +scrub +ok +sound at/);
  expect(doctor).toMatch(/BRM42220001 +space +(ok|warning|failed) +.*ledger-a: [0-9]+ MiB free/);
  expect(doctor).toMatch(/BRM42220001 +alarms +failed +replicaDamaged/);
});

test("while another tq works on the rack, a change ends with 4 and changes nothing", async () => {
  const journal = openRackJournal(rack.rack);
  try {
    const rackId = readRackJournal(rack.rack).records[0]?.rackId as RackId;
    const before = await journal.read(rackId);
    const ended = await rack.run(["member", "remove", "--yes", LEAVING, "--json"]);
    expect(ended.code).toBe(4);
    expect(errorOf(ended)).toMatchObject({ code: "ERR_TQ_CLI_BUSY" });
    expect(await journal.read(rackId)).toEqual(before);
  } finally {
    journal.close();
  }
});

test.skipIf(NO_TERMINAL !== null)(
  `at a terminal a sled leaves only for its serial number, typed (${NO_TERMINAL ?? "by a person"})`,
  async () => {
    const question = "Type its serial number to go on";
    const wrong = await rack.atTerminal(
      ["member", "remove", LEAVING],
      [{ after: question, type: FIRST }],
    );
    expect(wrong.code).toBe(1);
    expect(wrong.shown).toContain("nothing was changed");
    expect((await rack.status()).members).toHaveLength(4);
    const right = await rack.atTerminal(
      ["member", "remove", LEAVING],
      [{ after: question, type: LEAVING }],
    );
    expect(right.shown).toContain(question);
    expect(right.code).toBe(0);
    const { members } = await rack.until(({ epoch, unlocked }) => epoch === 3 && unlocked);
    expect(members).toHaveLength(3);
  },
);

describe("the ledger of a stopped sled", () => {
  test("is left alone while its daemon runs", async () => {
    for (const command of [
      ["recover", FIRST],
      ["import-lrtq", path.join(LEDGERS, `${FIRST}.json`), FIRST],
    ]) {
      const ended = await rack.run(command);
      expect(ended.code).toBe(2);
      expect(ended.stderr).toContain(`tq down ${FIRST}`);
    }
  });

  test("in order is told so by doctor and recover, and is not touched, whatever its modes", async () => {
    await rack.ok("down", FIRST);
    const file = ledgerFile(FIRST, "a");
    const before = statSync(file, { bigint: true });
    expect(await diagnosis(FIRST)).toMatchObject({ verdict: "ok", advice: null });
    expect(await rack.ok("recover", FIRST)).toContain("nothing to recover");
    const after = statSync(file, { bigint: true });
    expect([after.ino, after.mtimeNs, after.ctimeNs]).toEqual([
      before.ino,
      before.mtimeNs,
      before.ctimeNs,
    ]);
  });

  test("with one damaged replica is found by doctor, planned by --dry-run, and rebuilt without a question", async () => {
    writeFileSync(ledgerFile(FIRST, "b"), "rubbish");
    const found = await diagnosis(FIRST);
    expect(found).toMatchObject({ verdict: "failed" });
    expect(JSON.stringify(found)).toContain(`tq recover ${FIRST} --dry-run`);
    expect(await rack.json("recover", FIRST, "--dry-run")).toMatchObject({ result: "planned" });
    expect(readFileSync(ledgerFile(FIRST, "b"), "utf8")).toBe("rubbish");
    expect(await rack.json("recover", FIRST)).toEqual({ result: "recovered", mode: "rebuild-a" });
    expect(await diagnosis(FIRST)).toMatchObject({ verdict: "ok" });
    await rack.ok("up", FIRST);
    await rack.until(({ unlocked }) => unlocked);
  });

  test("with one disk gone needs a mode, then the serial number; it goes on alone in degraded mode", async () => {
    await rack.ok("down", SECOND);
    rmSync(ledger(SECOND, "b"), { recursive: true });
    const undecided = await rack.run(["recover", SECOND]);
    expect(undecided.code).toBe(1);
    expect(undecided.stderr).toContain("--mode: alone-a");
    const unconfirmed = await rack.run(["recover", SECOND, "--mode", "alone-a"]);
    expect(unconfirmed.code).toBe(2);
    expect(unconfirmed.stderr).toContain(`--accept-loss "${SECOND}"`);
    const wrong = ["recover", SECOND, "--mode", "alone-a", "--accept-loss", FIRST, "--json"];
    expect(errorOf(await rack.run(wrong))).toMatchObject({ code: "ERR_TQD_RECOVER_UNCONFIRMED" });
    if (NO_TERMINAL === null) {
      const typed = await rack.atTerminal(
        ["recover", SECOND, "--mode", "alone-a"],
        [{ after: `Type "${SECOND}" to go on`, type: SECOND }],
      );
      expect(typed.code).toBe(0);
    } else await rack.ok("recover", SECOND, "--mode", "alone-a", "--accept-loss", SECOND);
    const toml = path.join(rack.rack, "sleds", SECOND, "tqd.toml");
    const text = readFileSync(toml, "utf8");
    writeFileSync(toml, text.replace("[ledger]\n", "[ledger]\ndegraded = true\n"));
    await rack.ok("up", SECOND);
    const seen = await rack.until(({ unlocked }) => unlocked);
    expect(seen.epoch).toBe(NO_TERMINAL === null ? 3 : 2);
    expect(await diagnosis(SECOND)).toMatchObject({ verdict: "failed" });
  });

  test("with nothing left is begun anew only for the serial number, and then takes a bootstore's share", async () => {
    await rack.ok("down", LEAVING);
    for (const replica of ["a", "b"] as const) writeFileSync(ledgerFile(LEAVING, replica), "x");
    const over = ["recover", LEAVING, "--mode", "start-over"];
    expect((await rack.run(over)).code).toBe(2);
    expect(await rack.json(...over, "--accept-loss", LEAVING)).toEqual({
      result: "recovered",
      mode: "start-over",
    });
    const names = readdirSync(ledger(LEAVING, "a"));
    expect(names.some((name) => name.startsWith("ledger.json."))).toBe(true);

    const source = path.join(LEDGERS, `${LEAVING}.json`);
    const bytes = readFileSync(source);
    const foreign = await rack.run([
      "import-lrtq",
      path.join(LEDGERS, `${FIRST}.json`),
      LEAVING,
      "--json",
    ]);
    expect(foreign.code).toBe(1);
    expect(errorOf(foreign)).toHaveProperty("code");
    expect(await rack.json("import-lrtq", source, LEAVING)).toMatchObject({
      result: "imported",
      sled: `913-0000019:${LEAVING}`,
    });
    const again = (await rack.json("import-lrtq", source, LEAVING)) as { result: string };
    expect(again.result).not.toBe("imported");
    expect(readFileSync(source).equals(bytes)).toBe(true);
    expect(await rack.json("inspect", ledger(LEAVING, "a"))).toMatchObject({
      kind: "trustQuorum",
      configurations: [],
    });
  });
});
