/** What a scrub finds in replicas that were changed while the store is in use, and what it does about it. */
import { initialState } from "trust-quorum/protocol";
import { encodeLedger } from "trust-quorum/ledger";
import { beforeEach, describe, expect, test } from "vitest";
import { sha3 } from "../../src/store/digest.ts";
import { LedgerScan, identityOf } from "../../src/store/ledger-scan.ts";
import { openLedgerStore } from "../../src/store/ledger-store.ts";
import type { LedgerStore, ScrubReport, StoreNotice } from "../../src/store/types.ts";
import { MemoryDisks, MemoryFileSystem } from "./memory-file-system.ts";
import type { Fault, Step } from "./memory-file-system.ts";
import { SELF, SLEDS, history } from "./states.ts";

type Save = ReturnType<typeof history>[number];

const [, OTHER = SELF] = SLEDS;
const FOLDERS = ["/a", "/b"] as const;
const SAVES = history(6);
const [, SECOND, THIRD, FOURTH] = SAVES as [Save, Save, Save, Save];
const AT = Date.UTC(2026, 0, 2);
const STAMP = "20260102000000000";

let disks: MemoryDisks;
let notices: StoreNotice[];
let fault: (step: Step) => Fault | undefined;

beforeEach(() => {
  disks = new MemoryDisks();
  for (const folder of FOLDERS) disks.mount(folder);
  notices = [];
  fault = () => undefined;
});

async function open(
  options: { self?: (typeof SLEDS)[number]; degraded?: boolean; create?: boolean } = {},
): Promise<LedgerStore> {
  const { self = SELF, degraded = false, create = true } = options;
  return openLedgerStore({
    self,
    folders: FOLDERS,
    degraded,
    create,
    fileSystem: new MemoryFileSystem(disks, (step) => fault(step)),
    now: () => AT,
    onNotice: (notice) => notices.push(notice),
  });
}

/** A store in use, after some saves and a network configuration. */
async function running(saves = 3, options: { degraded?: boolean } = {}): Promise<LedgerStore> {
  const store = await open(options);
  for (const output of SAVES.slice(0, saves)) await store.save(output);
  await store.networkConfig.save({ generation: 5, blob: Buffer.from("network") });
  notices = [];
  return store;
}

function file(folder: string, name = "ledger.json"): Uint8Array {
  const bytes = disks.peek(folder, name);
  if (bytes === undefined) throw new Error(`no ${folder}/${name}`);
  return bytes.slice();
}

function flip(folder: string, at: number, name = "ledger.json"): void {
  const bytes = file(folder, name);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 0x04;
  disks.poke(folder, name, bytes);
}

/** Where something begins in a ledger. */
function place(text: string): number {
  return Buffer.from(file("/a")).indexOf(text);
}

const outcomes = ({ outcome, replicas }: ScrubReport): unknown[] => [
  outcome,
  ...replicas.map((replica) => replica.outcome),
];

describe("a scrub of replicas that hold what was saved", () => {
  test("finds them sound, and writes nothing", async () => {
    const store = await running();
    const before = disks.fingerprint();
    const report = await store.scrub();
    expect(report).toMatchObject({ outcome: "sound", generation: 3, bytes: file("/a").length });
    expect(outcomes(report)).toEqual(["sound", "sound", "sound"]);
    expect(store.ledgerBytes).toBe(file("/a").length);
    expect(disks.fingerprint()).toBe(before);
    expect(notices).toEqual([]);
  });

  test("knows what was saved from the start on, before the first save", async () => {
    const store = await open();
    expect(outcomes(await store.scrub())).toEqual(["sound", "sound", "sound"]);
  });

  test("never runs beside a save: whichever comes first is through before the other begins", async () => {
    const store = await running(1);
    const results = await Promise.all([
      store.scrub(),
      store.save(SECOND),
      store.scrub(),
      store.save(THIRD),
      store.scrub(),
    ]);
    const reports = [results[0], results[2], results[4]];
    expect(reports.map(({ generation }) => generation)).toEqual([1, 2, 3]);
    for (const report of reports) expect(outcomes(report)).toEqual(["sound", "sound", "sound"]);
  });
});

/** Every kind of byte of a ledger, and other ways in which a file goes bad. */
const ROT: readonly (readonly [string, () => void])[] = [
  ["a bit of the first brace", () => flip("/b", 0)],
  ["a bit of the generation", () => flip("/b", '{"generation":'.length)],
  ["a bit of a field's name", () => flip("/b", place('"configs"') + 3)],
  ["a bit of a configuration's digest", () => flip("/b", place('"members"') + 90)],
  ["a bit of a share", () => flip("/b", place('"shares"') + 40)],
  ["a bit of the commits", () => flip("/b", place('"commits"') + 11)],
  ["a bit of the digest's name", () => flip("/b", place('"sha3_256"') + 3)],
  ["a bit of the digest", () => flip("/b", -10)],
  ["a bit of the last brace", () => flip("/b", -1)],
  ["its end", () => disks.poke("/b", "ledger.json", file("/b").slice(0, -1))],
  ["half of it", () => disks.poke("/b", "ledger.json", file("/b").slice(0, 700))],
  ["all of it", () => disks.poke("/b", "ledger.json", new Uint8Array())],
  ["the file itself", () => disks.poke("/b", "ledger.json", null)],
  ["its bytes, which are zeroes now", () => disks.poke("/b", "ledger.json", file("/b").fill(0))],
  [
    "its end, after which more follows",
    () => disks.poke("/b", "ledger.json", Buffer.concat([file("/b"), Buffer.from("\n")])),
  ],
];

describe("a replica that has rotted while the store is in use", () => {
  test.each(ROT)("%s is lost: it is mended from the other one", async (_, rot) => {
    const store = await running();
    rot();
    expect(file("/a")).not.toEqual(disks.peek("/b", "ledger.json"));
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["mended", "sound", "mended"]);
    expect(report.replicas[1].problem).toMatch(/^its ledger is (damaged|missing)/);
    expect(file("/b")).toEqual(file("/a"));
    expect(disks.names("/b")).toEqual(["ledger.json", "marker.json", "network-config.json"]);
    expect(notices).toMatchObject([{ kind: "scrubbed", folder: "/b" }]);
    expect(store.health().map(({ state }) => state)).toEqual(["ok", "ok"]);
    expect(outcomes(await store.scrub())).toEqual(["sound", "sound", "sound"]);
  });

  test("is mended for good: a start without the other disk finds everything", async () => {
    const store = await running();
    flip("/b", 200);
    await store.scrub();
    for (const power of disks.afterPowerLoss()) {
      expect(power.peek("/b", "ledger.json")).toEqual(power.peek("/a", "ledger.json"));
    }
  });

  test("cannot be read at all, or its disk says so: it is mended where it can be written", async () => {
    const store = await running();
    let failed = false;
    fault = ({ call, folder, name }) => {
      if (failed || call !== "read" || folder !== "/b" || name !== "ledger.json") return undefined;
      failed = true;
      return { kind: "error", code: "EIO" };
    };
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["mended", "sound", "mended"]);
    expect(report.replicas[1].problem).toContain("EIO");
  });

  test("and cannot be written: it is shown as damaged, the store goes on, and the next save mends it", async () => {
    const store = await running();
    flip("/b", 200);
    fault = ({ call, folder }) =>
      call === "write" && folder === "/b" ? { kind: "error", code: "ENOSPC" } : undefined;
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["damaged", "sound", "damaged"]);
    expect(report.replicas[1].problem).toContain("ENOSPC");
    const [, damaged] = store.health();
    expect(damaged).toMatchObject({
      state: "damaged",
      damage: [expect.stringContaining("digest")],
    });
    fault = () => undefined;
    await store.save(FOURTH);
    expect(store.health()[1]).toMatchObject({ state: "ok", damage: [] });
    expect(outcomes(await store.scrub())).toEqual(["sound", "sound", "sound"]);
  });

  test("is not mended from one that goes bad meanwhile", async () => {
    const store = await running();
    flip("/b", 200);
    const before = file("/b");
    let reads = 0;
    fault = ({ call, folder, name }) => {
      // The first look finds it sound; what is read for the mending is not.
      if (call === "read" && folder === "/a" && name === "ledger.json" && ++reads === 2) {
        flip("/a", 300);
      }
      return undefined;
    };
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["damaged", "sound", "damaged"]);
    expect(report.replicas[1].problem).toContain("no longer what was saved");
    expect(file("/b")).toEqual(before);
  });

  test("while the other one has rotted too: nothing is written, and the next save writes both", async () => {
    const store = await running();
    flip("/a", 100);
    flip("/b", 200);
    const before = disks.fingerprint();
    expect(outcomes(await store.scrub())).toEqual(["damaged", "damaged", "damaged"]);
    expect(disks.fingerprint()).toBe(before);
    expect(store.health().map(({ state }) => state)).toEqual(["damaged", "damaged"]);
    await store.save(FOURTH);
    expect(outcomes(await store.scrub())).toEqual(["sound", "sound", "sound"]);
  });

  test("while another disk is mounted over its folder: nothing is written there", async () => {
    const store = await running();
    disks.mount("/b");
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["damaged", "sound", "damaged"]);
    expect(report.replicas[1].problem).toContain("mounted in its place");
    expect(disks.names("/b")).toEqual([]);
  });
});

describe("the small files beside a ledger", () => {
  test.each(["marker.json", "network-config.json"])(
    "%s has rotted or is missing: it is written anew",
    async (name) => {
      for (const rot of [
        () => flip("/b", 5, name),
        () => flip("/b", 90, name),
        () => disks.poke("/b", name, null),
      ]) {
        disks = new MemoryDisks();
        for (const folder of FOLDERS) disks.mount(folder);
        const store = await running();
        const before = file("/b", name);
        rot();
        expect(outcomes(await store.scrub())).toEqual(["mended", "sound", "mended"]);
        expect(file("/b", name)).toEqual(before);
      }
    },
  );

  test("a marker that is intact and another one is kept aside", async () => {
    const store = await running();
    disks.poke("/b", "marker.json", file("/a", "marker.json"));
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["mended", "sound", "mended"]);
    expect(report.replicas[1].keptAside).toEqual([`marker.json.aside-${STAMP}`]);
    expect(file("/b", `marker.json.aside-${STAMP}`)).toEqual(file("/a", "marker.json"));
  });
});

async function otherSled(): Promise<MemoryDisks> {
  const today = disks;
  disks = new MemoryDisks();
  for (const folder of FOLDERS) disks.mount(folder);
  const store = await open({ self: OTHER });
  await store.close();
  const other = disks;
  disks = today;
  return other;
}

function replaceBy(other: MemoryDisks, folder: string, names: readonly string[]): void {
  for (const name of names) disks.poke(folder, name, other.peek(folder, name) ?? null);
}

describe("a replica that was replaced by a sound one", () => {
  test.each([
    ["an older generation of its own", ["ledger.json"]],
    ["an older generation, marker and all", ["ledger.json", "marker.json"]],
  ])("%s: it is mended, and the old one kept aside", async (_, names) => {
    // The same history up to the first save, as an old disk has it.
    const store = await running(1);
    const older = disks.copy();
    for (const output of SAVES.slice(1, 3)) await store.save(output);
    replaceBy(older, "/b", names);
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["mended", "sound", "mended"]);
    expect(report.replicas[1].problem).toContain("generation 1; saved was 3");
    expect(report.replicas[1].keptAside).toEqual([`ledger.json.aside-${STAMP}`]);
    expect(file("/b", `ledger.json.aside-${STAMP}`)).toEqual(older.peek("/b", "ledger.json"));
    expect(file("/b")).toEqual(file("/a"));
  });

  test("another sled's: it is mended, and nothing of the other sled's is lost", async () => {
    const other = await otherSled();
    const store = await running();
    replaceBy(other, "/b", ["ledger.json", "marker.json"]);
    const report = await store.scrub();
    expect(outcomes(report)).toEqual(["mended", "sound", "mended"]);
    expect(file("/b")).toEqual(file("/a"));
    for (const name of ["ledger.json", "marker.json"]) {
      expect(file("/b", `${name}.aside-${STAMP}`)).toEqual(other.peek("/b", name));
    }
    await store.close();
    await expect(open()).resolves.toBeDefined();
  });

  test("what is there cannot be kept: then it is not replaced", async () => {
    const other = await otherSled();
    const store = await running();
    replaceBy(other, "/b", ["ledger.json"]);
    fault = ({ call, folder, name }) =>
      call === "write" && folder === "/b" && name.includes("aside")
        ? { kind: "error", code: "ENOSPC" }
        : undefined;
    expect(outcomes(await store.scrub())).toEqual(["damaged", "sound", "damaged"]);
    expect(file("/b")).toEqual(other.peek("/b", "ledger.json"));
    expect(disks.names("/b").filter((name) => name.includes("aside"))).toEqual([]);
  });

  test("a later generation with other content: it is kept aside, too", async () => {
    const store = await running(1);
    const [first] = SAVES;
    const later = encodeLedger({ generation: 9, state: first?.state ?? initialState() }, sha3);
    disks.poke("/b", "ledger.json", later);
    expect(outcomes(await store.scrub())).toEqual(["mended", "sound", "mended"]);
    expect(file("/b", `ledger.json.aside-${STAMP}`)).toEqual(later);
  });
});

describe("both replicas are sound, and neither is what was saved", () => {
  test("nothing is written, then or later, and every call says why", async () => {
    const store = await running(1);
    const older = disks.copy();
    for (const output of SAVES.slice(1, 3)) await store.save(output);
    for (const folder of FOLDERS) replaceBy(older, folder, ["ledger.json", "marker.json"]);
    const before = disks.fingerprint();
    const scrub = store.scrub();
    // It waits for its turn, and must not come through after the scrub.
    const late = store.save(FOURTH);
    await expect(late).rejects.toMatchObject({ code: "ERR_TQD_STORE_DIVERGED" });
    expect(outcomes(await scrub)).toEqual(["diverged", "different", "different"]);
    await expect(store.scrub()).rejects.toMatchObject({
      code: "ERR_TQD_STORE_DIVERGED",
      details: { replicas: [{ folder: "/a" }, { folder: "/b" }] },
    });
    await expect(
      store.networkConfig.save({ generation: 6, blob: new Uint8Array() }),
    ).rejects.toMatchObject({ code: "ERR_TQD_STORE_DIVERGED" });
    await store.close();
    expect(disks.fingerprint()).toBe(before);
  });

  test("is the same for the only replica in use of a degraded store", async () => {
    const store = await running(1, { degraded: true });
    const older = disks.copy();
    fault = ({ folder, call }) =>
      folder === "/b" && call === "write" ? { kind: "error", code: "EIO" } : undefined;
    await store.save(SECOND);
    replaceBy(older, "/a", ["ledger.json"]);
    expect(outcomes(await store.scrub())).toEqual(["diverged", "different", "unused"]);
  });

  test("one is sound and the other one damaged: nothing is written, and the store goes on", async () => {
    const store = await running(1);
    const older = disks.copy();
    await store.save(SECOND);
    replaceBy(older, "/a", ["ledger.json"]);
    flip("/b", 100);
    const before = disks.fingerprint();
    expect(outcomes(await store.scrub())).toEqual(["damaged", "different", "damaged"]);
    expect(disks.fingerprint()).toBe(before);
    await store.save(THIRD);
    expect(outcomes(await store.scrub())).toEqual(["sound", "sound", "sound"]);
  });
});

test("a scrub that waits for a store to close does not read any more", async () => {
  const store = await running();
  const closing = store.close();
  await expect(store.scrub()).rejects.toMatchObject({ code: "ERR_TQD_STORE_CLOSED" });
  await closing;
});

test("a scan says of what encodeLedger writes what it says itself, at whatever lengths it is given", () => {
  for (const output of [{ generation: 0, state: initialState() }, ...SAVES]) {
    const bytes = encodeLedger(output, sha3);
    const expected = { ...identityOf(bytes), isSound: true };
    expect(expected).toMatchObject({ generation: output.generation, bytes: bytes.length });
    for (const length of [1, 78, 79, 80, 1000, bytes.length]) {
      const scan = new LedgerScan();
      for (let at = 0; at < bytes.length; at += length) scan.take(bytes.subarray(at, at + length));
      expect(scan.finish()).toEqual(expected);
    }
  }
});
