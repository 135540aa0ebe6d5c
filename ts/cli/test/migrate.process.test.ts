/** `tq migrate`, on racks that version 0.1.0 has left: what it moves, when it must not, and if it is killed. */
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRackJournal, readRackJournal } from "@trust-quorum/control-plane/journal-folder";
import { Formats } from "./formats/fixtures.ts";
import { TryRack } from "./tq.ts";

const HOOK = pathToFileURL(fileURLToPath(new URL("crash-hook.mjs", import.meta.url))).href;
const OLD = new Formats("0.1.0");
/** Opening the journal, making it and its folder durable, renaming, making that durable. */
const OPERATIONS_MIN = 5;
const RUNS_MAX = 30;

let rack: TryRack;
beforeEach(async () => {
  rack = new TryRack();
  await OLD.makeRack(rack.rack);
});
afterEach(() => rack.clean());

const before = () => path.join(rack.rack, "plane");
const now = () => path.join(rack.rack, "control-plane");
/** The folders that may hold a journal. */
const folders = () => readdirSync(rack.rack).filter((name) => name.endsWith("plane"));
const history = () => rack.json("history");

interface Doctor {
  readonly checks: readonly { where: string; what: string; verdict: string; text: string }[];
}

/** What `tq doctor` says of the rack as a whole. */
async function findings(...what: string[]): Promise<Doctor["checks"]> {
  const { stdout } = await rack.run(["doctor", "--json"]);
  // Where something is not well, the error follows on a line of its own.
  const { checks } = JSON.parse(stdout.split("\n")[0] ?? "") as Doctor;
  return checks.filter((check) => check.where === "rack" && what.includes(check.what));
}

async function refusal(...args: string[]): Promise<{ code: string; message: string }> {
  const ended = await rack.run([...args, "--json"]);
  expect(ended.code).toBe(1);
  const { error } = JSON.parse(ended.stdout) as { error: { code: string; message: string } };
  return { ...error, message: error.message.replaceAll(rack.rack, "RACK") };
}

test("a rack of 0.1.0 is changed in its old place, migrated while it runs, and changed in the new one", async () => {
  const recorded = OLD.printed("history") as { records: unknown[] };
  await rack.ok("up");
  expect(await findings("layout")).toMatchObject([
    { verdict: "warning", text: "rack/plane is where version 0.1.0 kept the journal" },
  ]);
  expect(await rack.json("member", "add")).toMatchObject({ result: "committed", epoch: 6 });
  expect(folders()).toEqual(["plane"]);
  const bytes = readFileSync(path.join(before(), "journal"));

  const moves = [{ from: before(), to: now(), records: recorded.records.length + 1 }];
  expect(await rack.json("migrate", "--dry-run")).toEqual({ result: "planned", moves });
  expect(folders()).toEqual(["plane"]);
  expect(await rack.ok("migrate")).toBe(
    `the journal is moved: rack/plane -> rack/control-plane (${recorded.records.length + 1} records)\n`,
  );
  expect(folders()).toEqual(["control-plane"]);
  expect(readFileSync(path.join(now(), "journal")).equals(bytes)).toBe(true);
  expect(await rack.json("migrate")).toEqual({ result: "unchanged", moves: [] });
  expect(await findings("layout")).toEqual([]);

  expect(await rack.json("member", "remove", "--yes", "BRM42220029")).toMatchObject({
    result: "committed",
    epoch: 7,
  });
  expect(folders()).toEqual(["control-plane"]);
  const { records } = (await history()) as { records: unknown[] };
  expect(records).toHaveLength(recorded.records.length + 2);
  expect(records.slice(0, recorded.records.length)).toEqual(recorded.records);
});

describe.each(["before", "torn"])("killed %s every operation", (how) => {
  test("it has moved the journal or it has not, and running it again ends it", async () => {
    const { records } = readRackJournal(OLD.rack);
    const seen = new Set<string>();
    for (let at = 1; ; at++) {
      expect(at).toBeLessThan(RUNS_MAX);
      rmSync(now(), { recursive: true, force: true });
      rmSync(before(), { recursive: true, force: true });
      cpSync(path.join(OLD.rack, "plane"), before(), { recursive: true });
      const ended = await rack.run(["migrate"], {
        env: {
          NODE_OPTIONS: `--import=${HOOK}`,
          TQ_TEST_CRASH_AT: String(at),
          TQ_TEST_CRASH_HOW: how,
        },
      });
      if (ended.signal !== "SIGKILL") {
        expect(ended).toMatchObject({ code: 0 });
        expect(at - 1).toBeGreaterThanOrEqual(OPERATIONS_MIN);
        break;
      }
      seen.add(folders().join());
      expect(readRackJournal(rack.rack).records).toEqual(records);
      await rack.ok("migrate");
      expect(folders()).toEqual(["control-plane"]);
      expect(readRackJournal(rack.rack).records).toEqual(records);
    }
    expect(seen).toEqual(new Set(["plane", "control-plane"]));
  });
});

test("it leaves the journal alone while another tq works on it", async () => {
  const journal = openRackJournal(rack.rack);
  const refused = await rack.run(["migrate"]);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain("another tq is working on this rack");
  expect(folders()).toEqual(["plane"]);
  journal.close();
  await rack.ok("migrate");
});

test("where both folders are there nothing is read or changed, and it is said which one is newer", async () => {
  const recorded = await history();
  await rack.ok("migrate");
  // Somebody went back to 0.1.0 after all, from an older copy of the folder: its first three epochs.
  mkdirSync(before());
  const lines = readFileSync(path.join(now(), "journal"), "utf8").split("\n");
  writeFileSync(path.join(before(), "journal"), `${lines.slice(0, 2).join("\n")}\n`);
  for (const args of [["history"], ["status"], ["member", "add"], ["migrate"], ["resume"]]) {
    const { code, message } = await refusal(...args);
    expect(code).toBe("ERR_TQ_CLI_TWO_JOURNALS");
    expect(message).toMatch(
      /RACK\/control-plane \(up to epoch 5, .*\) is newer than RACK\/plane \(up to epoch 2, .*\); move the older one away/,
    );
  }
  expect(await findings("journal", "layout")).toMatchObject([
    { what: "journal", verdict: "failed" },
  ]);
  expect(folders()).toEqual(["control-plane", "plane"]);
  rmSync(before(), { recursive: true });
  expect(await history()).toEqual(recorded);
});

test("a new rack has the folder of this version from the beginning", async () => {
  rmSync(rack.rack, { recursive: true });
  await rack.ok("init", "--sleds", "3");
  expect(folders()).toEqual(["control-plane"]);
  expect(await rack.json("migrate")).toEqual({ result: "unchanged", moves: [] });
});
