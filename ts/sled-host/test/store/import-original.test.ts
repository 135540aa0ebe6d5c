/** Taking a sled over from the original's files, which may be anything, on the real file system. */
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseRackId } from "trust-quorum";
import { decodeLedger, encodeLedger, encodeLedgerState, wipeState } from "trust-quorum/ledger";
import { beforeEach, describe, expect, test } from "vitest";
import type { DaemonErrorCode } from "../../src/errors.ts";
import { sha3 } from "../../src/store/digest.ts";
import { importOriginal } from "../../src/store/import-original.ts";
import type { OriginalImport, OriginalImported } from "../../src/store/import-original.ts";
import { inspectLedger } from "../../src/store/inspect.ts";
import { openLedgerStore } from "../../src/store/ledger-store.ts";
import { planRecovery, recover } from "../../src/store/recover.ts";
import type { LedgerStore } from "../../src/store/types.ts";
import { ORIGINALS, atGeneration, networkFile, originalDisk, originalOf } from "./original.ts";
import { realFolders } from "./real-folders.ts";

const STATE = "trust-quorum-state.json";
const NETWORK = "trust-quorum-network-config.json";
const MEMBER = originalOf("BRM07921");
const { self } = MEMBER;

let folders: [string, string];
let root: string;

beforeEach(() => {
  ({ folders, root } = realFolders());
});

/** The original's two disks with the same in both. */
function disks(state = MEMBER.text, network?: string): [string, string] {
  return [
    originalDisk(root, "m0", { state, network }),
    originalDisk(root, "m1", { state, network }),
  ];
}

function run(
  paths: readonly string[],
  options: Partial<OriginalImport> = {},
): Promise<OriginalImported> {
  return importOriginal({ paths, folders, self, ...options });
}

function open(who = self): Promise<LedgerStore> {
  return openLedgerStore({ self: who, folders, degraded: false, create: false });
}

function snapshot(): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(root, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, contentOf(join(root, name))]));
}

/** What a file holds, or how large it is where it is not to be read. */
function contentOf(file: string): string {
  const { size } = statSync(file);
  return size > 2 ** 24 ? `${size} bytes` : readFileSync(file, "latin1");
}

/** The code that something is refused with; nothing on disk may have changed. */
async function refusal(work: () => Promise<unknown>): Promise<DaemonErrorCode> {
  const before = snapshot();
  const error: unknown = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(snapshot()).toEqual(before);
  return (error as { code: DaemonErrorCode }).code;
}

describe("the original's ledgers", () => {
  test.each(ORIGINALS)("of $self is taken over with everything in it", async (ledger) => {
    const paths = disks(ledger.text, networkFile(3, [1, 0, 255]));
    const before = readFileSync(join(paths[0], STATE));
    const imported = await run(paths, { self: ledger.self });
    const { expunged } = (
      JSON.parse(ledger.text) as { state: { expunged: null | { epoch: number } } }
    ).state;
    expect(imported).toMatchObject({
      kind: "imported",
      generation: ledger.generation,
      copies: 2,
      networkConfig: 3,
      expunged: expunged?.epoch ?? null,
    });
    expect(readFileSync(join(paths[0], STATE))).toEqual(before);

    const store = await open(ledger.self);
    const { state, generation } = store.takeLedger();
    await store.close();
    expect(generation).toBe(ledger.generation + 1);
    const encoded = Buffer.from(encodeLedgerState(state)).toString("utf8");
    expect(`{"generation":${ledger.generation},"state":${encoded}}`).toBe(ledger.text);
    expect([...(store.networkConfig.current?.blob ?? [])]).toEqual([1, 0, 255]);
  });

  test("without the configurations that a sled has retired is taken over too", async () => {
    const full = decodeLedger(Buffer.from(MEMBER.text), sha3);
    const latest = Math.max(...full.state.commits);
    const kept = <V>(map: ReadonlyMap<number, V>) =>
      new Map([...map].filter(([epoch]) => epoch >= latest)) as never;
    const state = {
      ...full.state,
      configs: kept(full.state.configs),
      shares: kept(full.state.shares),
      commits: new Set([...full.state.commits].filter((epoch) => epoch >= latest)),
    };
    const encoded = encodeLedger({ generation: 40, state }, sha3);
    const paths = disks(Buffer.from(encoded).toString("utf8"));
    wipeState(full.state);
    expect(await run(paths)).toMatchObject({ kind: "imported", generation: 40, committed: latest });
    await (await open()).close();
  });

  test("count by the highest generation, and so do the network configurations", async () => {
    const older = originalDisk(root, "m0", { state: MEMBER.text, network: networkFile(9, [9]) });
    const newer = originalDisk(root, "m1", {
      state: atGeneration(MEMBER, 31),
      network: networkFile(2, [2]),
    });
    for (const dryRun of [true, false]) {
      const paths = dryRun ? [older, newer] : [newer, older];
      expect(await run(paths, { dryRun })).toMatchObject({ generation: 31, networkConfig: 9 });
    }
  });

  test("can be named file by file, and are told apart by what is in them", async () => {
    const paths = disks(MEMBER.text, networkFile(1, []));
    const files = paths.flatMap((disk) => [join(disk, NETWORK), join(disk, STATE)]);
    expect(await run(files)).toMatchObject({ copies: 2, networkConfig: 1 });
  });

  test("taken over before change nothing, also after the sled went on", async () => {
    const paths = disks();
    const first = await run(paths);
    const before = snapshot();
    expect(await run(paths)).toEqual({ ...first, kind: "alreadyImported" });
    expect(snapshot()).toEqual(before);
    const store = await open();
    const { state, generation } = store.takeLedger();
    await store.save({ kind: "persist", generation: generation + 1, state });
    await store.close();
    expect(await run(paths)).toMatchObject({ kind: "alreadyImported" });
  });

  test("that are only looked at (--dry-run) leave everything as it is, folders that are not there too", async () => {
    const paths = disks();
    for (const folder of folders) rmSync(folder, { recursive: true });
    const before = snapshot();
    expect(await run(paths, { dryRun: true })).toMatchObject({ kind: "imported", copies: 2 });
    expect(snapshot()).toEqual(before);
    expect(readdirSync(root).sort()).toEqual(["m0", "m1"]);
  });
});

describe("a take-over is refused, and changes nothing,", () => {
  test("where only one copy is given, unless its risk is taken by name", async () => {
    const [one] = disks();
    expect(await refusal(() => run([one]))).toBe("ERR_TQD_ORIGINAL_COPY_MISSING");
    expect(await refusal(() => run([]))).toBe("ERR_TQD_ORIGINAL_COPY_MISSING");
    expect(await run([one], { singleCopy: true })).toMatchObject({ kind: "imported", copies: 1 });
  });

  test("where a copy that is named is not there, whatever else is", async () => {
    const [one, two] = disks(MEMBER.text, networkFile(1, [1]));
    const empty = originalDisk(root, "m2", {});
    const lacking = [
      [one, join(root, "none")],
      [one, empty],
      [one, two, empty],
      [one, join(two, STATE)],
    ];
    for (const paths of lacking) {
      for (const singleCopy of [false, true]) {
        const code = await refusal(() => run(paths, { singleCopy }));
        expect(code).toBe("ERR_TQD_ORIGINAL_COPY_MISSING");
      }
    }
  });

  test("where two of the copies are one file", async () => {
    const [one] = disks();
    symlinkSync(one, join(root, "again"));
    const paths = [one, join(root, "again")];
    expect(await refusal(() => run(paths))).toBe("ERR_TQD_ORIGINAL_COPY_MISSING");
  });

  test("where a file is a link, has another name, is a device or a folder", async () => {
    const [one, two] = disks();
    const file = join(two, STATE);
    const elsewhere = join(root, "elsewhere");
    writeFileSync(elsewhere, MEMBER.text);
    const put: (() => void)[] = [
      () => symlinkSync(elsewhere, file),
      () => symlinkSync("/dev/zero", file),
      () => linkSync(elsewhere, file),
      () => mkdirSync(file),
    ];
    for (const make of put) {
      rmSync(file, { recursive: true });
      make();
      expect(await refusal(() => run([one, two]))).toBe("ERR_TQD_ORIGINAL_UNUSABLE");
    }
    expect(await refusal(() => run([one, "/dev/zero"]))).toBe("ERR_TQD_ORIGINAL_UNUSABLE");
  });

  test("where a file is larger than any ledger, before it is read", async () => {
    const [one, two] = disks();
    truncateSync(join(two, STATE), 2 ** 40);
    expect(await refusal(() => run([one, two]))).toBe("ERR_TQD_ORIGINAL_UNUSABLE");
    rmSync(two, { recursive: true });
    const large = `{"generation":1,"blob":[${"0,".repeat(600_000)}0]}`;
    originalDisk(root, "m1", { state: MEMBER.text, network: large });
    expect(await refusal(() => run([one, two]))).toBe("ERR_TQD_ORIGINAL_UNUSABLE");
  });

  test.each([
    ["empty", ""],
    ["cut off", MEMBER.text.slice(0, 1000)],
    ["with something after it", `${MEMBER.text}\n`],
    ["with a share that has another digest", MEMBER.text.replace(/("y_coordinates":\[)\d+/, "$10")],
    ["with a digest of itself that is wrong", withWrongDigest()],
    ["with spaces", MEMBER.text.replace(":", ": ")],
    ["deeply nested", `{"generation":1,"state":${"[".repeat(100_000)}`],
    ["of another program", "{}"],
  ])("where a ledger is %s", async (_, text) => {
    const [one] = disks();
    const two = originalDisk(root, "m1", { state: text });
    expect(await refusal(() => run([one, two]))).toBe("ERR_TQD_ORIGINAL_CORRUPT");
  });

  test.each(
    [
      "",
      "[]",
      "{}",
      '{"generation":1}',
      '{"generation":1,"blob":"AQ=="}',
      '{"generation":1,"blob":[256]}',
      '{"generation":1,"blob":[-1]}',
      '{"generation":1,"blob":[1.0]}',
      '{"generation":01,"blob":[1]}',
      '{"generation":9007199254740993,"blob":[1]}',
      '{"generation":1,"blob":[1],"more":1}',
      '{"blob":[1],"generation":1}',
      '{"generation":1,"blob":[1]}\n',
      `{"generation":1,"blob":${"[".repeat(200_000)}`,
    ].map((network) => [network.slice(0, 50), network]),
  )("where a network configuration is %s", async (_, network) => {
    const [one] = disks(MEMBER.text, networkFile(1, [1]));
    const two = originalDisk(root, "m1", { state: MEMBER.text, network });
    expect(await refusal(() => run([one, two]))).toBe("ERR_TQD_ORIGINAL_CORRUPT");
  });

  test("where a ledger is another sled's, or of another rack than the sled's", async () => {
    const paths = disks();
    const fellow = originalOf("BRM15840");
    const stranger = originalOf("BRM15841");
    for (const who of [fellow.self, stranger.self]) {
      expect(await refusal(() => run(paths, { self: who }))).toBe("ERR_TQD_ORIGINAL_FOREIGN");
    }
    const rackId = parseRackId("9d667e5a-c805-4d00-a3f5-7027bcb10d05");
    expect(await refusal(() => run(paths, { rackId }))).toBe("ERR_TQD_ORIGINAL_FOREIGN");
    const mixed = [paths[0], originalDisk(root, "m1", { state: fellow.text })];
    expect(await refusal(() => run(mixed))).toBe("ERR_TQD_ORIGINAL_FOREIGN");
  });

  test("where the copies contradict each other", async () => {
    const one = originalDisk(root, "m0", { state: MEMBER.text });
    const contradictions = [
      // The same generation, and no commit of the last epoch.
      MEMBER.text.replace(/,27\],"expunged"/, '],"expunged"'),
      // A later one that has forgotten it.
      atGeneration(MEMBER, 8).replace(/,27\],"expunged"/, '],"expunged"'),
      // A later one that has forgotten a configuration and its share.
      withoutEpoch(28, 9),
      // A later one in which a configuration has another coordinator.
      atGeneration(MEMBER, 8).replace(
        /("epoch":28,"coordinator":\{"part_number":"913-0000019","serial_number":)"[^"]*"/,
        (_, head: string) => `${head}"${otherCoordinator(28)}"`,
      ),
    ];
    for (const state of contradictions) {
      const two = originalDisk(root, "m1", { state });
      expect(await refusal(() => run([one, two]))).toBe("ERR_TQD_ORIGINAL_CONTRADICTION");
      expect(await refusal(() => run([two, one]))).toBe("ERR_TQD_ORIGINAL_CONTRADICTION");
    }
    const three = originalDisk(root, "m0", { state: MEMBER.text, network: networkFile(4, [1]) });
    const four = originalDisk(root, "m1", { state: MEMBER.text, network: networkFile(4, [2]) });
    expect(await refusal(() => run([three, four]))).toBe("ERR_TQD_ORIGINAL_CONTRADICTION");
  });

  test("where it is the bootstore's, holds nothing, or leaves no room for later generations", async () => {
    const empty = '{"lrtq":null,"configs":[],"shares":{},"commits":[],"expunged":null}';
    const folder = "../../../../testdata/lrtq-ledgers/5-sleds/BRM42220001.json";
    const bootstore = readFileSync(new URL(folder, import.meta.url), "utf8");
    for (const state of [
      `{"generation":1,"state":${empty}}`,
      atGeneration(MEMBER, Number.MAX_SAFE_INTEGER),
      bootstore,
    ]) {
      const paths = disks(state).map((disk) => join(disk, STATE));
      expect(await refusal(() => run(paths))).toBe("ERR_TQD_ORIGINAL_UNUSABLE");
    }
  });

  test("into folders that hold a ledger already, this sled's or another's", async () => {
    const paths = disks();
    const store = await openLedgerStore({ self, folders, degraded: false, create: true });
    const { state } = store.takeLedger();
    await store.save({ kind: "persist", generation: 1, state });
    await store.close();
    expect(await refusal(() => run(paths))).toBe("ERR_TQD_IMPORT_REFUSED");
    const fellow = originalOf("BRM15840");
    const theirs = disks(fellow.text);
    const other = { self: fellow.self };
    expect(await refusal(() => run(theirs, other))).toBe("ERR_TQD_STORE_FOREIGN_FOLDER");
  });
});

describe("folders that hold the original's ledger", () => {
  test("are never begun empty: the start and the recovery say that it is to be imported", async () => {
    folders = disks();
    const start = (): Promise<unknown> =>
      openLedgerStore({ self, folders, degraded: true, create: true });
    expect(await refusal(start)).toBe("ERR_TQD_STORE_HOLDS_ORIGINAL");
    const plan = await planRecovery({ self, folders });
    expect(plan).toMatchObject({ starts: "no", choices: [] });
    expect(plan.refusal?.code).toBe("ERR_TQD_STORE_HOLDS_ORIGINAL");
    expect(plan.replicas[0]?.problem).toContain("the original's ledger");
    const mode = { kind: "reinitialize" } as const;
    const over = (): Promise<unknown> => recover({ self, folders, mode, acceptLoss: "BRM07921" });
    expect(await refusal(over)).toBe("ERR_TQD_RECOVER_REFUSED");
    expect(await inspectLedger(folders[0])).toMatchObject({ kind: "trustQuorum", generation: 7 });
  });

  test("can be the sled's own: the import goes in beside the original's files", async () => {
    folders = disks();
    expect(await run(folders)).toMatchObject({ kind: "imported" });
    await (await open()).close();
    expect(await run(folders)).toMatchObject({ kind: "alreadyImported" });
    expect(await inspectLedger(folders[0])).toMatchObject({ generation: 8, hasDigest: true });
  });
});

function withWrongDigest(): string {
  const { generation, state } = decodeLedger(Buffer.from(MEMBER.text), sha3);
  const text = Buffer.from(encodeLedger({ generation, state }, sha3)).toString("utf8");
  return text.replace(/.{3}"\}$/, '000"}');
}

/** The ledger without an epoch that is not committed, as a save of it would be. */
function withoutEpoch(epoch: number, generation: number): string {
  const { state } = decodeLedger(Buffer.from(MEMBER.text), sha3);
  const without = <V>(map: ReadonlyMap<number, V>) =>
    new Map([...map].filter(([key]) => key !== epoch)) as never;
  const configs = without(state.configs);
  const shares = without(state.shares);
  const encoded = encodeLedgerState({ ...state, configs, shares });
  return `{"generation":${generation},"state":${Buffer.from(encoded).toString("utf8")}}`;
}

function otherCoordinator(epoch: number): string {
  const { state } = decodeLedger(Buffer.from(MEMBER.text), sha3);
  const config = state.configs.get(epoch as never);
  const other = config?.members.find((member) => member !== config.coordinator) ?? "";
  return other.slice(other.indexOf(":") + 1);
}
