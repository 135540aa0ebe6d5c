/** The store on the real file system. What crashes do to it is in ../crash. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { initialState } from "trust-quorum/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DaemonErrorCode } from "../../src/errors.ts";
import { openLedgerStore } from "../../src/store/ledger-store.ts";
import type { LedgerStore, LedgerStoreOptions, StoreNotice } from "../../src/store/types.ts";
import { realFolders } from "./real-folders.ts";
import { SELF, SLEDS, copyOf, digestOf, history } from "./states.ts";

let folders: [string, string];
let root: string;
let opened: LedgerStore[];
let notices: StoreNotice[];

beforeEach(() => {
  ({ folders, root } = realFolders());
  opened = [];
  notices = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
});

async function open(options: Partial<LedgerStoreOptions> = {}): Promise<LedgerStore> {
  const store = await openLedgerStore({
    self: SELF,
    folders,
    degraded: false,
    create: false,
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  opened.push(store);
  return store;
}

async function refused(options: Partial<LedgerStoreOptions> = {}): Promise<DaemonErrorCode> {
  const before = snapshot();
  const error: unknown = await open(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(snapshot()).toEqual(before);
  return (error as { code: DaemonErrorCode }).code;
}

/** A ledger with some saves, closed. */
async function saved(saves = 3): Promise<string> {
  const store = await open({ create: true });
  const outputs = history(saves);
  for (const output of outputs) await store.save(output);
  await store.close();
  return digestOf(outputs.at(-1)?.state ?? initialState());
}

/** Every file with its content, as a whole. */
function snapshot(): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(root, name)).isFile());
  return Object.fromEntries(
    files.sort().map((name) => [name, readFileSync(join(root, name), "latin1")]),
  );
}

const file = (replica: 0 | 1, name = "ledger.json"): string => join(folders[replica], name);

describe("a new ledger", () => {
  test("begins only when it is asked for: blank folders may be disks that are not mounted", async () => {
    expect(await refused()).toBe("ERR_TQD_STORE_NOT_INITIALIZED");
    const store = await open({ create: true });
    expect(store.takeLedger()).toEqual({ generation: 0, state: initialState() });
    expect(() => store.takeLedger()).toThrow(
      expect.objectContaining({ code: "ERR_TQD_STORE_CLOSED" }),
    );
  });

  test("makes its folders, and all that it makes is for its owner alone, whatever the umask", async () => {
    for (const folder of folders) rmSync(folder, { recursive: true });
    const before = process.umask(0o777);
    try {
      await saved();
    } finally {
      process.umask(before);
    }
    for (const folder of folders) {
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(readdirSync(folder).sort()).toEqual(["ledger.json", "marker.json"]);
      for (const name of readdirSync(folder)) {
        expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      }
    }
  });

  test("is not begun over a ledger, even when it is asked for", async () => {
    const state = await saved();
    const store = await open({ create: true });
    expect(digestOf(store.takeLedger().state)).toBe(state);
  });
});

describe("saves", () => {
  test("are the same bytes in both folders, and are found again", async () => {
    const state = await saved(4);
    expect(readFileSync(file(0))).toEqual(readFileSync(file(1)));
    const store = await open();
    const ledger = store.takeLedger();
    expect(ledger.generation).toBe(4);
    expect(digestOf(ledger.state)).toBe(state);
    const [first, second] = store.health();
    expect(first).toMatchObject({ state: "ok", generation: 4, alone: null, lastError: null });
    expect(second).toMatchObject({ state: "ok", generation: 4, alone: null, lastError: null });
    expect(first.lastSaveMs).toBeGreaterThan(0);
  });

  test("of a generation that is saved already are refused, and the ledger stays", async () => {
    const store = await open({ create: true });
    const [first, second] = history(2);
    if (first === undefined || second === undefined) throw new Error("two saves");
    await store.save(second);
    await expect(store.save(first)).rejects.toMatchObject({
      code: "ERR_TQD_STORE_INVALID_GENERATION",
      details: { generation: 1, current: 2 },
    });
    await store.close();
    await expect(store.save({ ...first, generation: 3 })).rejects.toMatchObject({
      code: "ERR_TQD_STORE_CLOSED",
    });
  });

  test("fail where another folder was mounted over one of them, and every later one too", async () => {
    const store = await open({ create: true });
    const [first, second] = history(2);
    if (first === undefined || second === undefined) throw new Error("two saves");
    await store.save(first);
    renameSync(folders[1], join(root, "moved"));
    mkdirSync(folders[1]);
    await expect(store.save(second)).rejects.toMatchObject({ code: "ERR_TQD_STORE_SAVE_FAILED" });
    expect(readdirSync(folders[1])).toEqual([]);
    await expect(store.save({ ...second, generation: 9 })).rejects.toMatchObject({
      code: "ERR_TQD_STORE_CLOSED",
    });
  });
});

describe("folders that are refused, and stay as they are", () => {
  test("in use by another store", async () => {
    await open({ create: true });
    expect(await refused()).toBe("ERR_TQD_STORE_FOLDER_LOCKED");
  });

  test("the same one twice: by name, through a symbolic link", async () => {
    await saved();
    expect(await refused({ folders: [folders[0], folders[0]] })).toBe("ERR_TQD_STORE_SAME_FOLDER");
    symlinkSync(folders[0], join(root, "link"));
    expect(await refused({ folders: [folders[0], join(root, "link")] })).toBe(
      "ERR_TQD_STORE_SAME_FOLDER",
    );
  });

  test("a copy of the other replica", async () => {
    await saved();
    rmSync(folders[1], { recursive: true });
    cpSync(folders[0], folders[1], { recursive: true });
    expect(await refused()).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
    expect(await refused({ degraded: true })).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
  });

  test("those of another sled", async () => {
    await saved();
    const self = SLEDS[1];
    if (self === undefined) throw new Error("another sled");
    expect(await refused({ self })).toBe("ERR_TQD_STORE_FOREIGN_FOLDER");
    expect(await refused({ self, create: true, degraded: true })).toBe(
      "ERR_TQD_STORE_FOREIGN_FOLDER",
    );
  });

  test("with files that have a second name, or are no files: someone else could change them", async () => {
    await saved();
    linkSync(file(0, "marker.json"), join(root, "second-name"));
    expect(await refused()).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
    rmSync(join(root, "second-name"));
    renameSync(file(0), join(root, "elsewhere.json"));
    symlinkSync(join(root, "elsewhere.json"), file(0));
    expect(await refused()).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
  });
});

describe("one damaged replica", () => {
  const damages: Record<string, () => void> = {
    "its ledger is missing": () => rmSync(file(0)),
    "its ledger is empty": () => truncateSync(file(0), 0),
    "its ledger is cut short": () => truncateSync(file(0), 500),
    "one bit of its ledger is wrong": () => {
      const bytes = readFileSync(file(0));
      const at = bytes.length >> 1;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file(0), bytes);
    },
    "its ledger is a folder": () => {
      rmSync(file(0));
      mkdirSync(file(0));
    },
  };

  test.each(Object.entries(damages))(
    "%s: a person is asked; in degraded mode it is written anew from the other one",
    async (_, damage) => {
      const state = await saved();
      damage();
      expect(await refused()).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
      expect(await refused({ create: true })).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
      const store = await open({ degraded: true });
      expect(digestOf(store.takeLedger().state)).toBe(state);
      expect(notices.map(({ kind }) => kind)).toContain(
        statSync(file(0)).isFile() ? "repaired" : "failed",
      );
    },
  );

  const disasters: Record<string, () => void> = {
    "its marker is missing": () => rmSync(file(0, "marker.json")),
    "its marker is damaged": () => truncateSync(file(0, "marker.json"), 100),
    "its folder is blank": () => {
      rmSync(file(0));
      rmSync(file(0, "marker.json"));
    },
    "its folder is gone": () => rmSync(folders[0], { recursive: true }),
  };

  test.each(Object.entries(disasters))(
    "%s: a person is asked even in degraded mode, since it may have gone on alone",
    async (_, damage) => {
      await saved();
      damage();
      for (const degraded of [false, true]) {
        expect(await refused({ degraded })).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
      }
    },
  );

  test("both damaged: never a new node, with whatever options", async () => {
    await saved();
    rmSync(file(0));
    truncateSync(file(1), 10);
    for (const options of [{}, { create: true }, { degraded: true, create: true }]) {
      expect(await refused(options)).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
    }
  });

  test("an older copy put back, file by file or with its marker, never wins over what was saved", async () => {
    await saved(2);
    copyFileSync(file(0), join(root, "old.json"));
    cpSync(folders[1], join(root, "old"), { recursive: true });
    const store = await open();
    const ledger = store.takeLedger();
    const later = history(2, copyOf(ledger.state), 10);
    for (const output of later) await store.save(output);
    await store.close();
    await (await open()).close();

    copyFileSync(join(root, "old.json"), file(0));
    expect(await refused()).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
    copyFileSync(file(1), file(0));
    rmSync(folders[1], { recursive: true });
    cpSync(join(root, "old"), folders[1], { recursive: true });
    notices = [];
    const again = await open();
    expect(again.takeLedger().generation).toBe(12);
    expect(notices.map(({ kind }) => kind)).toContain("rolledBack");
  });
});

describe("degraded mode", () => {
  test("goes on with one replica, says so durably, and the other one catches up at the next start", async () => {
    await saved(2);
    const store = await open({ degraded: true });
    const outputs = history(4, copyOf(store.takeLedger().state), 2);
    renameSync(folders[0], join(root, "unplugged"));
    for (const output of outputs) await store.save(output);
    expect(store.health()).toMatchObject([
      { state: "failed", degraded: true, lastError: { code: "ENOENT" } },
      { state: "ok", degraded: true, generation: 6, alone: { generation: 3 } },
    ]);
    await store.close();

    // Without the other one it starts alone, and only where that is wanted.
    expect(await refused()).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");
    const alone = await open({ degraded: true });
    expect(alone.takeLedger().generation).toBe(6);
    await alone.close();

    // The other one alone lacks what was saved meanwhile: it is not enough.
    renameSync(folders[1], join(root, "plugged"));
    renameSync(join(root, "unplugged"), folders[0]);
    expect(await refused({ degraded: true })).toBe("ERR_TQD_STORE_NEEDS_RECOVERY");

    renameSync(join(root, "plugged"), folders[1]);
    const whole = await open();
    expect(digestOf(whole.takeLedger().state)).toBe(
      digestOf(outputs.at(-1)?.state ?? initialState()),
    );
    expect(whole.health()).toMatchObject([{ alone: null }, { alone: null }]);
    expect(readFileSync(file(0))).toEqual(readFileSync(file(1)));
  });

  test("does not save at all once the second replica fails too", async () => {
    const store = await open({ create: true, degraded: true });
    const [first, second] = history(2);
    if (first === undefined || second === undefined) throw new Error("two saves");
    renameSync(folders[0], join(root, "one"));
    await store.save(first);
    renameSync(folders[1], join(root, "two"));
    await expect(store.save(second)).rejects.toMatchObject({ code: "ERR_TQD_STORE_SAVE_FAILED" });
  });
});

test("leftovers of an interrupted save are removed, since they hold shares", async () => {
  await saved();
  writeFileSync(file(0, "ledger.json.new"), "half a ledger");
  writeFileSync(file(1, "marker.json.new"), "half a marker");
  await open();
  for (const folder of folders) {
    expect(readdirSync(folder).sort()).toEqual(["ledger.json", "marker.json"]);
  }
});

test("what others could read is closed to them, and the operator is told", async () => {
  await saved();
  chmodSync(folders[0], 0o755);
  chmodSync(file(1), 0o644);
  await open();
  expect(statSync(folders[0]).mode & 0o777).toBe(0o700);
  expect(statSync(file(1)).mode & 0o777).toBe(0o600);
  const told = notices.filter(({ kind }) => kind === "wasOpenToOthers");
  expect(told.map(({ folder }) => folder)).toEqual(folders);
});

test("two replicas on one file system are pointed out", async () => {
  await open({ create: true });
  expect(notices.map(({ kind }) => kind)).toEqual(["sameDevice"]);
});

test("no error and no notice ever shows bytes of a share", async () => {
  const store = await open({ create: true, degraded: true });
  const [output] = history(1);
  if (output === undefined) throw new Error("a save");
  await store.save(output);
  await store.close();
  const share = [...output.state.shares.values()][0];
  truncateSync(file(0), 900);
  const error: unknown = await open().catch((reason: unknown) => reason);
  const shown = JSON.stringify([error, String(error), notices]);
  expect(shown).not.toContain([...(share?.bytes ?? [])].slice(1, 6).join(","));
});
