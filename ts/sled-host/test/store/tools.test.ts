/** Importing a bootstore's ledger, recovering and inspecting, on the real file system. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { decodeLrtqLedger } from "trust-quorum/ledger";
import { initialState } from "trust-quorum/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { DaemonErrorCode } from "../../src/errors.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { importLrtq } from "../../src/store/import-lrtq.ts";
import type { LrtqImport, LrtqImported } from "../../src/store/import-lrtq.ts";
import { inspectLedger } from "../../src/store/inspect.ts";
import { openLedgerStore } from "../../src/store/ledger-store.ts";
import { nodeFileSystem } from "../../src/store/node-file-system.ts";
import { planRecovery, recover } from "../../src/store/recover.ts";
import type { RecoveryMode, RecoveryPlan } from "../../src/store/recover.ts";
import { realFolders } from "./real-folders.ts";
import { SELF, SLEDS, crypto, digestOf, history } from "./states.ts";

const BOOTSTORE = fileURLToPath(
  new URL("../../../../testdata/lrtq-ledgers/5-sleds", import.meta.url),
);
const sha3 = (bytes: Uint8Array): Uint8Array => crypto.sha3_256(bytes);

let folders: [string, string];
let root: string;

beforeEach(() => {
  ({ folders, root } = realFolders());
});

const file = (replica: 0 | 1, name = "ledger.json"): string => join(folders[replica], name);

/** The real file system, but for a folder that takes no new files. */
function withoutWrites(path: string): FileSystem {
  return {
    makeFolder: (folder) => nodeFileSystem.makeFolder(folder),
    async openFolder(folder) {
      const opened = await nodeFileSystem.openFolder(folder);
      if (opened.kind === "open" && folder === path) {
        opened.folder.create = () => Promise.reject(new Error("it is full"));
      }
      return opened;
    },
  };
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

function snapshot(): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(root, name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(root, name), "latin1")]));
}

describe("an import", () => {
  const source = join(BOOTSTORE, "BRM42220001.json");
  const self = sledOf("BRM42220001.json");
  const run = (options: Partial<LrtqImport> = {}): Promise<LrtqImported> =>
    importLrtq({ ledgerFiles: [source], folders, self, ...options });

  test("begins a ledger with the bootstore's share, which stays as it is", async () => {
    const before = readFileSync(source);
    const { mtimeMs } = statSync(source);
    const imported = await run();
    expect(imported).toMatchObject({ kind: "imported", threshold: 3, skipped: [] });
    expect(readFileSync(source)).toEqual(before);
    expect(statSync(source).mtimeMs).toBe(mtimeMs);

    const store = await openLedgerStore({ self, folders, degraded: false, create: false });
    const { state } = store.takeLedger();
    await store.close();
    expect(Buffer.from(sha3(state.lrtq?.share.bytes ?? new Uint8Array())).toString("hex")).toBe(
      imported.shareDigest,
    );
    expect(state.configs.size).toBe(0);
  });

  test("that was done already changes nothing, also after the sled went on", async () => {
    const first = await run();
    const before = snapshot();
    expect(await run()).toEqual({ ...first, kind: "alreadyImported" });
    expect(snapshot()).toEqual(before);

    const store = await openLedgerStore({ self, folders, degraded: false, create: false });
    const { state, generation } = store.takeLedger();
    await store.save({ kind: "persist", generation: generation + 5, state });
    await store.close();
    expect(await run()).toMatchObject({ kind: "alreadyImported" });
    expect(await inspectLedger(folders[0])).toMatchObject({ generation: 6 });
  });

  test("goes into folders in which a new ledger was begun and nothing was ever saved", async () => {
    const store = await openLedgerStore({ self, folders, degraded: false, create: true });
    await store.close();
    expect(await run()).toMatchObject({ kind: "imported" });
  });

  test.each([0, 1] as const)(
    "into them that was interrupted at its first step on disk %i is never overtaken by an empty ledger, and can be run again",
    async (broken) => {
      const open = () => openLedgerStore({ self, folders, degraded: false, create: true });
      await (await open()).close();
      const path = folders[broken];
      await expect(run({ fileSystem: withoutWrites(path) })).rejects.toThrow();
      expect(await refusal(open)).toBe("ERR_TQD_STORE_IMPORT_INTERRUPTED");
      expect(await run()).toMatchObject({ kind: "imported" });
    },
  );

  test("is refused into folders that hold anything else", async () => {
    const store = await openLedgerStore({ self, folders, degraded: false, create: true });
    await store.save({ kind: "persist", generation: 1, state: initialState() });
    await store.close();
    expect(await refusal(run)).toBe("ERR_TQD_IMPORT_REFUSED");
  });

  test("is refused for another sled's ledger, one without a share, a damaged one and none", async () => {
    const other = join(BOOTSTORE, "BRM42220008.json");
    expect(await refusal(() => run({ ledgerFiles: [other] }))).toBe("ERR_TQD_IMPORT_UNUSABLE");
    const empty = join(root, "empty.json");
    writeFileSync(empty, '{"generation":0,"state":"Uninitialized"}');
    expect(await refusal(() => run({ ledgerFiles: [empty] }))).toBe("ERR_TQD_IMPORT_UNUSABLE");
    const damaged = join(root, "damaged.json");
    copyFileSync(source, damaged);
    truncateSync(damaged, 400);
    expect(await refusal(() => run({ ledgerFiles: [damaged] }))).toBe("ERR_TQD_IMPORT_UNUSABLE");
    expect(await refusal(() => run({ ledgerFiles: [] }))).toBe("ERR_TQD_IMPORT_UNUSABLE");
    // One replica of two is enough, and the other one is told.
    const imported = await run({ ledgerFiles: [damaged, source] });
    expect(imported.skipped.map(({ file: skipped }) => skipped)).toEqual([damaged]);
  });

  test("is refused where the folders' ledger came from another share", async () => {
    await run();
    const altered = join(root, "other.json");
    const text = readFileSync(source, "utf8").replace(/"rack_uuid":"./, '"rack_uuid":"0');
    writeFileSync(altered, text);
    expect(await refusal(() => run({ ledgerFiles: [altered] }))).toBe("ERR_TQD_IMPORT_REFUSED");
  });
});

describe("an inspection", () => {
  test("of a trust quorum ledger shows epochs and digests, and no share", async () => {
    const outputs = await saved(3);
    const report = await inspectLedger(folders[1]);
    expect(report).toMatchObject({
      kind: "trustQuorum",
      generation: 3,
      hasDigest: true,
      lrtq: null,
      configurations: [
        { epoch: 2, committed: true, threshold: 2, share: { x: 1 } },
        { epoch: 3, committed: false, share: { x: 1 } },
      ],
    });
    for (const share of outputs.at(-1)?.state.shares.values() ?? []) {
      const shown = JSON.stringify(report);
      expect(shown).not.toContain(Buffer.from(share.bytes).toString("hex").slice(2, 18));
      expect(shown).not.toContain([...share.bytes].slice(1, 5).join(","));
    }
  });

  test("of a bootstore's ledger shows whose it is and the digest of its share", async () => {
    const path = join(BOOTSTORE, "BRM42220001.json");
    expect(await inspectLedger(path)).toMatchObject({
      kind: "lrtq",
      state: "initialMember",
      sled: sledOf("BRM42220001.json"),
      lrtq: { threshold: 3 },
    });
  });

  test("of a damaged one says why and where", async () => {
    await saved(3);
    const bytes = readFileSync(file(0));
    bytes[900] = (bytes[900] ?? 0) ^ 1;
    writeFileSync(file(0), bytes);
    expect(await inspectLedger(folders[0])).toMatchObject({
      kind: "corrupt",
      looksLike: "trustQuorum",
      code: "ERR_TQ_LEDGER_DIGEST_MISMATCH",
    });
    truncateSync(file(0), 400);
    const cut = await inspectLedger(file(0));
    expect(cut).toMatchObject({ kind: "corrupt", code: "ERR_TQ_LEDGER_CORRUPT", bytes: 400 });
    expect(cut.kind === "corrupt" ? cut.offset : null).toBeGreaterThan(300);
    writeFileSync(file(0), "something else");
    expect(await inspectLedger(file(0))).toMatchObject({ kind: "corrupt", looksLike: "unknown" });
    await expect(inspectLedger(join(root, "none"))).rejects.toMatchObject({
      code: "ERR_TQD_STORE_FOLDER_UNUSABLE",
    });
  });
});

describe("a recovery", () => {
  const plan = (): Promise<RecoveryPlan> => planRecovery({ self: SELF, folders });
  const run = (mode: RecoveryMode, acceptLoss?: string): Promise<unknown> =>
    recover({ self: SELF, folders, mode, ...(acceptLoss === undefined ? {} : { acceptLoss }) });
  const state = async (degraded = false): Promise<string> => {
    const store = await openLedgerStore({ self: SELF, folders, degraded, create: false });
    const ledger = store.takeLedger();
    await store.close();
    return digestOf(ledger.state);
  };

  test("of healthy replicas has nothing to do", async () => {
    await saved(2);
    expect(await plan()).toMatchObject({ starts: "yes" });
  });

  test("of a corrupt ledger beside a complete one asks for no confirmation, and loses nothing", async () => {
    const [expected] = [digestOf((await saved(3)).at(-1)?.state ?? initialState())];
    truncateSync(file(1), 300);
    const { starts, choices } = await plan();
    expect(starts).toBe("degraded");
    expect(choices).toEqual([
      { mode: { kind: "rebuild", from: 0 }, loss: "none", phrase: null },
      { mode: { kind: "alone", from: 0 }, loss: "none", phrase: null },
    ]);
    await run({ kind: "rebuild", from: 0 });
    expect(await state()).toBe(expected);
    // What was there is still there, under another name.
    expect(readdirSync(folders[1]).filter((name) => name.includes(".aside-"))).toHaveLength(2);
  });

  test("onto a blank disk has to be confirmed: the one that is gone may have been ahead", async () => {
    const expected = digestOf((await saved(3)).at(-1)?.state ?? initialState());
    rmSync(folders[0], { recursive: true });
    mkdirSync(folders[0]);
    const mode = { kind: "rebuild", from: 1 } as const;
    for (const wrong of [undefined, "", "BRM", "yes"]) {
      expect(await refusal(() => run(mode, wrong))).toBe("ERR_TQD_RECOVER_UNCONFIRMED");
    }
    const [choice] = (await plan()).choices;
    expect(choice).toMatchObject({ mode, loss: "possible", phrase: "BRM4222000A" });
    await run(mode, "BRM4222000A");
    expect(await state()).toBe(expected);
    expect(readFileSync(file(0))).toEqual(readFileSync(file(1)));
  });

  test("that was confirmed shuts the lost disk out for good, should it come back", async () => {
    await saved(3);
    cpSync(folders[0], join(root, "lost"), { recursive: true });
    rmSync(folders[0], { recursive: true });
    mkdirSync(folders[0]);
    await run({ kind: "rebuild", from: 1 }, "BRM4222000A");
    await state();
    renameSync(folders[0], join(root, "rebuilt"));
    renameSync(join(root, "lost"), folders[0]);
    for (const degraded of [false, true]) {
      expect(await refusal(() => state(degraded))).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
    }
  });

  test("without the other disk goes on alone, in degraded mode", async () => {
    const expected = digestOf((await saved(3)).at(-1)?.state ?? initialState());
    rmSync(folders[0], { recursive: true });
    expect(await refusal(() => run({ kind: "rebuild", from: 1 }))).toBe("ERR_TQD_RECOVER_REFUSED");
    await run({ kind: "alone", from: 1 }, "BRM4222000A");
    expect(await refusal(() => state())).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
    expect(await state(true)).toBe(expected);
  });

  test("of two damaged replicas begins anew, only when confirmed, and keeps what was there", async () => {
    await saved(3);
    truncateSync(file(0), 300);
    rmSync(file(1));
    expect((await plan()).choices).toEqual([
      { mode: { kind: "reinitialize" }, loss: "certain", phrase: "BRM4222000A" },
    ]);
    const damaged = readFileSync(file(0));
    await run({ kind: "reinitialize" }, "BRM4222000A");
    expect(await state()).toBe(digestOf(initialState()));
    const aside = readdirSync(folders[0]).find((name) => name.startsWith("ledger.json.aside-"));
    expect(readFileSync(file(0, aside ?? ""))).toEqual(damaged);
  });

  test("never starts over where a replica is valid, and never touches another sled's folder", async () => {
    await saved(3);
    expect(await refusal(() => run({ kind: "reinitialize" }, "BRM4222000A"))).toBe(
      "ERR_TQD_RECOVER_REFUSED",
    );
    const theirs: [string, string] = [join(root, "c"), join(root, "d")];
    const store = await openLedgerStore({
      self: SLEDS[1] as BaseboardId,
      folders: theirs,
      degraded: false,
      create: true,
    });
    await store.close();
    const options = { self: SELF, folders: [folders[0], theirs[1]] as const };
    const mode = { kind: "rebuild", from: 0 } as const;
    expect(await refusal(() => recover({ ...options, mode, acceptLoss: "BRM4222000A" }))).toBe(
      "ERR_TQD_RECOVER_REFUSED",
    );
  });
});

async function saved(saves: number): Promise<ReturnType<typeof history>> {
  const outputs = history(saves);
  const store = await openLedgerStore({ self: SELF, folders, degraded: false, create: true });
  for (const output of outputs) await store.save(output);
  await store.close();
  return outputs;
}

/** Whose ledger a file of the bootstore is. */
function sledOf(name: string): BaseboardId {
  const { state } = decodeLrtqLedger(readFileSync(join(BOOTSTORE, name)), sha3);
  if (state.kind !== "initialMember") throw new Error("a first member's ledger");
  return state.initialMembership[state.position]?.id ?? parseBaseboardId("none:none");
}
