/**
 * A rack of the original's is taken over, on real processes: from its files to unlocked sleds, and one of
 * them back to the original.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { parseBaseboardId, parseRackId } from "trust-quorum";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  atGeneration,
  networkFile,
  originalDisk,
  originalOf,
} from "../../sled-host/test/store/original.ts";
import { makeRack } from "../src/local-rack.ts";
import { TryRack } from "./tq.ts";
import type { Ended } from "./tq.ts";

const RACK_ID = "1aec522f-ecba-4fb4-8fd9-fdeec987601b";
/** Two of the three members of epoch 27, and any two unlock it. The third one is lost. */
const [FIRST, SECOND, LOST] = ["BRM07921", "BRM15840", "BRM31678"] as const;
const STATE = "trust-quorum-state.json";
const NETWORK = "trust-quorum-network-config.json";

const rack = new TryRack();
afterAll(() => rack.clean());

const disk = (name: string): string => path.join(rack.folder, name);
const ledger = (serial: string, replica: "a" | "b"): string =>
  path.join(rack.rack, "sleds", serial, `ledger-${replica}`);
const home = [disk("back-a"), disk("back-b")];
const keys = new Map<string, string>();

/** The original's disks of a sled, the second of which missed the last save. */
function disksOf(serial: string): string[] {
  const written = originalOf(serial);
  const newest = atGeneration(written, 9);
  const network = networkFile(4, [123, 125]);
  return [
    originalDisk(rack.folder, `${serial}-m0`, { state: newest, network }),
    originalDisk(rack.folder, `${serial}-m1`, { state: written.text, network }),
  ];
}

function errorOf({ stdout }: Ended): { code: string; message: string } {
  return (JSON.parse(stdout) as { error: { code: string; message: string } }).error;
}

async function key(serial: string, epoch: number): Promise<string> {
  const file = disk(`key-${serial}-${epoch}`);
  const what = ["--purpose", "test", "--disk", "d", "--epoch", String(epoch), "--output", file];
  await rack.ok("key", serial, ...what);
  const hex = readFileSync(file).toString("hex");
  rmSync(file);
  return hex;
}

beforeAll(async () => {
  const opened = await makeRack(rack.rack, {
    origin: "new",
    rackId: parseRackId(RACK_ID),
    ids: [FIRST, SECOND, LOST].map((serial) => parseBaseboardId(`913-0000019:${serial}`)),
    timeoutMs: 60_000,
    prepare: () => Promise.resolve(),
  });
  await opened.close();
});

describe("a rack of the original's", () => {
  test("is taken over sled by sled, from all copies of each, which stay as they are", async () => {
    for (const serial of [FIRST, SECOND]) {
      const disks = disksOf(serial);
      const before = disks.map((folder) => readFileSync(path.join(folder, STATE)));
      const args = ["import", "--sled", serial, ...disks];
      expect(await rack.json(...args, "--dry-run")).toMatchObject({ result: "planned", copies: 2 });
      expect(readdirSync(ledger(serial, "a"))).toEqual([]);
      expect(await rack.json(...args)).toMatchObject({
        result: "imported",
        sled: `913-0000019:${serial}`,
        rackId: RACK_ID,
        generation: 9,
        committed: 27,
        networkConfig: 4,
      });
      expect(await rack.ok(...args)).toContain("had all of it already");
      expect(disks.map((folder) => readFileSync(path.join(folder, STATE)))).toEqual(before);
    }
  });

  test("is not taken over from one copy, from a pipe, or from another sled's disk", async () => {
    const pipe = disk("pipe");
    execFileSync("mkfifo", [pipe]);
    const [one = ""] = disksOf(FIRST);
    const refusals: [string[], string][] = [
      [[one], "ERR_TQD_ORIGINAL_COPY_MISSING"],
      [[one, pipe], "ERR_TQD_ORIGINAL_UNUSABLE"],
      [disksOf(SECOND), "ERR_TQD_ORIGINAL_FOREIGN"],
    ];
    for (const [paths, code] of refusals) {
      const ended = await rack.run(["import", "--sled", FIRST, ...paths, "--json"]);
      expect(ended.code).toBe(1);
      expect(errorOf(ended).code).toBe(code);
    }
    const single = ["import", "--sled", FIRST, "--single-copy", one];
    expect(await rack.json(...single)).toMatchObject({ result: "alreadyImported", copies: 1 });
    expect((await rack.run(["import", one])).code).toBe(2);
  });

  test("unlocks by itself, with a secret for every epoch, and its journal comes from the sleds", async () => {
    await rack.ok("up", FIRST, SECOND);
    await rack.ok("unlock", "--wait", FIRST, SECOND);
    for (const epoch of [4, 27]) {
      keys.set(String(epoch), await key(FIRST, epoch));
      expect(await key(SECOND, epoch)).toBe(keys.get(String(epoch)));
    }
    expect(new Set(keys.values()).size).toBe(2);
    const rebuilt = await rack.json("recover", "--journal", "--gone", LOST);
    expect(rebuilt).toMatchObject({ result: "rebuilt" });
    expect((await rack.status()).epoch).toBe(27);
  });
});

describe("a sled that goes back to the original", () => {
  const args = ["export", "--sled", FIRST, ...home];

  test("is exported only once it is stopped, and by somebody who says so", async () => {
    const running = await rack.run([...args, "--yes"]);
    expect(running.code).toBe(2);
    expect(running.stderr).toContain(`tq down ${FIRST}`);
    await rack.ok("down", FIRST);
    expect(await rack.json(...args, "--dry-run")).toMatchObject({ result: "planned" });
    expect((await rack.run(args)).code).toBe(2);
    expect(home.filter((folder) => existsSync(folder))).toEqual([]);
  });

  test("leaves what the original would have written itself, of a later generation", async () => {
    const exported = (await rack.json(...args, "--yes")) as { generation: number };
    expect(exported).toMatchObject({ result: "exported", to: home, networkConfig: 4 });
    expect(exported.generation).toBeGreaterThan(9);
    for (const folder of home) {
      expect(readdirSync(folder).sort()).toEqual([NETWORK, STATE]);
      const text = readFileSync(path.join(folder, STATE), "utf8");
      expect(text).toBe(atGeneration(originalOf(FIRST), exported.generation));
      expect(statSync(path.join(folder, STATE)).mode & 0o777).toBe(0o600);
      expect(readFileSync(path.join(folder, NETWORK), "utf8")).toBe(networkFile(4, [123, 125]));
    }
    expect(await rack.json(...args)).toMatchObject({ result: "alreadyExported" });
  });

  test("is sealed here: it does not start, is not recovered, and goes nowhere else", async () => {
    const started = await rack.run(["up", FIRST]);
    expect(started.code).toBe(1);
    expect(started.stderr + started.stdout).toContain("is sealed");
    const refused = [
      ["recover", FIRST, "--json"],
      ["recover", FIRST, "--mode", "start-over", "--accept-loss", FIRST, "--json"],
      ["import", "--sled", FIRST, ...home, "--json"],
      ["export", "--sled", FIRST, "--yes", disk("elsewhere"), "--json"],
    ];
    for (const command of refused) {
      const ended = await rack.run(command);
      expect(ended.code).toBe(1);
      expect(errorOf(ended)).toMatchObject({ code: "ERR_TQD_STORE_SEALED" });
    }
    const { stdout } = await rack.run(["doctor", "--json"]);
    expect(stdout).toContain("is sealed");
  });

  test("is taken over again into empty folders, and unlocks with the same keys", async () => {
    for (const replica of ["a", "b"] as const) rmSync(ledger(FIRST, replica), { recursive: true });
    expect(await rack.json("import", "--sled", FIRST, ...home)).toMatchObject({
      result: "imported",
      committed: 27,
    });
    await rack.ok("up", FIRST);
    await rack.ok("unlock", "--wait", FIRST);
    expect(await key(FIRST, 27)).toBe(keys.get("27"));
  });
});
