/**
 * `tq` is killed (-9) at every file operation of its journal and at random moments, on a rack of real
 * daemons, and run again each time: the change always comes to its end, exactly once.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRackJournal } from "@trust-quorum/control-plane/journal-folder";
import { TryRack } from "./tq.ts";

const HOOK = pathToFileURL(fileURLToPath(new URL("crash-hook.mjs", import.meta.url))).href;
/** A first change makes the journal's file and does the most: this many operations, at the least. */
const OPERATIONS_MIN = 6;
const RUNS_MAX = 40;

const rack = new TryRack();
const sleds = Array.from({ length: 5 }, (_, i) => `TRY0000${i + 1}`);
beforeAll(async () => {
  await rack.ok("up", "--sleds", "5", "--no-create");
});
afterAll(() => rack.clean());

const records = () => readRackJournal(rack.rack).records;

/** Against hanging only: dozens of processes start and die. */
const TIMEOUT_MS = 400_000;

/** Runs a command, each time killed one operation later, until one run is not killed any more. */
async function killedEverywhere(how: "before" | "torn", args: readonly string[]): Promise<number> {
  for (let at = 1; at <= RUNS_MAX; at++) {
    const ended = await rack.run(args, {
      env: {
        NODE_OPTIONS: `--import=${HOOK}`,
        TQ_TEST_CRASH_AT: String(at),
        TQ_TEST_CRASH_HOW: how,
      },
    });
    if (ended.signal === "SIGKILL") continue;
    expect(ended).toMatchObject({ code: 0 });
    return at - 1;
  }
  throw new Error(`tq ${args.join(" ")} was still killed in its run ${RUNS_MAX}`);
}

/** Everybody has it, nothing is left over, and nobody saw anything that cannot be. */
async function endedWell(members: readonly string[]): Promise<void> {
  const seen = await rack.until(({ unlocked, unfinished }) => unlocked && unfinished === null);
  const latest = records().at(-1);
  expect(latest?.state).toBe("committed");
  expect(seen.epoch).toBe(latest?.epoch);
  expect(seen.members.map((id) => id.split(":")[1])).toEqual(members);
  expect(seen.sleds.flatMap(({ alarms }) => alarms)).toEqual([]);
}

test(
  "killed before every operation of the first configuration, it comes about",
  async () => {
    const members = sleds.slice(0, 3);
    const kills = await killedEverywhere("before", ["create", "--members", ...members]);
    expect(kills).toBeGreaterThanOrEqual(OPERATIONS_MIN);
    await endedWell(members);
    expect(records()).toHaveLength(1);
  },
  TIMEOUT_MS,
);

test(
  "killed after every operation, and amid every write, a sled joins",
  async () => {
    const begun = await killedEverywhere("torn", ["member", "add", "TRY00004"]);
    expect(begun).toBeGreaterThan(2);
    await endedWell(sleds.slice(0, 4));
    expect(records()).toHaveLength(2);
  },
  TIMEOUT_MS,
);

test(
  "killed at random moments, a sled joins",
  async () => {
    const seed = Date.now() % 100_000;
    console.log(`seed ${seed}`);
    let random = seed + 1;
    for (let run = 0; ; run++) {
      expect(run).toBeLessThan(RUNS_MAX);
      random = (random * 48_271) % 2_147_483_647;
      // The first runs rarely get to their work; each next one has more time.
      const killAfterMs = (random % 400) + run * 150;
      const { signal } = await rack.run(["member", "add", "TRY00005"], { killAfterMs });
      if (signal !== "SIGKILL") break;
    }
    await endedWell(sleds);
  },
  TIMEOUT_MS,
);
