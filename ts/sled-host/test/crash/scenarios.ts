/** What the store does that may be interrupted. */
import { initialState } from "trust-quorum/protocol";
import type { LrtqShareData, PersistentState } from "trust-quorum/protocol";
import type { FileSystem } from "../../src/store/file-system.ts";
import { importLrtq } from "../../src/store/import-lrtq.ts";
import { importOriginal } from "../../src/store/import-original.ts";
import { openLedgerStore } from "../../src/store/ledger-store.ts";
import { recover } from "../../src/store/recover.ts";
import type { LedgerStore } from "../../src/store/types.ts";
import { MemoryDisks, MemoryFileSystem } from "../store/memory-file-system.ts";
import type { Fault, Step } from "../store/memory-file-system.ts";
import { SELF, history } from "../store/states.ts";
import { Acknowledged, FOLDERS, networkBlob } from "./matrix.ts";
import type { Scenario } from "./matrix.ts";

const SAVES = history(6);

function openOn(
  fileSystem: FileSystem,
  options: { readonly create?: boolean; readonly degraded?: boolean } = {},
): Promise<LedgerStore> {
  const { create = false, degraded = false } = options;
  return openLedgerStore({
    self: SELF,
    folders: FOLDERS,
    create,
    degraded,
    fileSystem,
    now: () => 0,
  });
}

/** Two disks without anything on them. */
function blankDisks(): MemoryDisks {
  const disks = new MemoryDisks();
  for (const folder of FOLDERS) disks.mount(folder);
  return disks;
}

/** The disks after some saves that were acknowledged, closed. */
export async function disksAfter(saves: number): Promise<MemoryDisks> {
  const disks = blankDisks();
  const store = await openOn(new MemoryFileSystem(disks), { create: true });
  for (const output of SAVES.slice(0, saves)) await store.save(output);
  await store.close();
  return disks;
}

/** The disks after some saves, of which the last did not reach one replica. */
async function disksBehind(saves: number, folder: string): Promise<MemoryDisks> {
  const disks = await disksAfter(saves - 1);
  const last = (step: Step): boolean => step.folder === folder && step.call === "create";
  let calls = 0;
  // The ledger is created once when the store opens, and the marker; then comes the save.
  const plan = (step: Step): Fault | undefined =>
    last(step) && step.name.startsWith("ledger") && ++calls === 2
      ? { kind: "error", code: "EIO" }
      : undefined;
  const store = await openOn(new MemoryFileSystem(disks, plan));
  const output = SAVES[saves - 1];
  if (output !== undefined) await store.save(output).catch(() => undefined);
  await store.close();
  return disks;
}

function acknowledgedAfter(saves: number): Acknowledged {
  const acknowledged = new Acknowledged();
  acknowledged.note(SAVES[saves - 1] ?? { generation: 0, state: initialState() });
  return acknowledged;
}

/** Opens, and saves from `from` (0-based) up to `to`, noting what succeeded. */
function saving(
  from: number,
  to: number,
  options: { readonly create?: boolean; readonly degraded?: boolean } = {},
): Scenario["script"] {
  return async (system, acknowledged) => {
    const store = await openOn(system, options);
    acknowledged.note(store.takeLedger());
    for (const output of SAVES.slice(from, to)) {
      await store.save(output);
      acknowledged.note(output);
    }
    await store.close();
  };
}

/** A new ledger and its first saves. */
export function firstSaves(): Scenario {
  return {
    name: "a new ledger and its first save",
    disks: new MemoryDisks(),
    degraded: false,
    script: saving(0, 1, { create: true }),
  };
}

/** Several saves in a row. */
export async function moreSaves(): Promise<Scenario> {
  return {
    name: "saves in a row",
    disks: await disksAfter(2),
    acknowledged: acknowledgedAfter(2),
    degraded: false,
    script: saving(2, 5),
  };
}

/** Network configurations between saves of the ledger. */
export async function networkConfigs(): Promise<Scenario> {
  const disks = await disksAfter(2);
  const store = await openOn(new MemoryFileSystem(disks));
  const before = acknowledgedAfter(2);
  await saveNetwork(store, before, 3);
  await store.close();
  return {
    name: "network configurations",
    disks,
    acknowledged: before,
    degraded: false,
    script: async (system, acknowledged) => {
      const opened = await openOn(system);
      acknowledged.note(opened.takeLedger());
      await saveNetwork(opened, acknowledged, 5);
      for (const output of SAVES.slice(2, 3)) {
        await opened.save(output);
        acknowledged.note(output);
      }
      await saveNetwork(opened, acknowledged, 6);
      await opened.close();
    },
  };
}

async function saveNetwork(
  { networkConfig }: LedgerStore,
  acknowledged: Acknowledged,
  generation: number,
): Promise<void> {
  const config = { generation, blob: networkBlob(generation) };
  if (!(await networkConfig.save(config))) throw new Error("it was newer");
  acknowledged.networkConfig = config;
}

/** A start that mends a replica which fell behind. */
export async function repair(folder: string): Promise<Scenario> {
  return {
    name: `mending ${folder}`,
    disks: await disksBehind(4, folder),
    acknowledged: acknowledgedAfter(3),
    degraded: false,
    script: saving(4, 5),
  };
}

/** Saves of which all fail on one replica from some call on, in degraded mode. */
export async function degradedSaves(): Promise<Scenario> {
  return {
    name: "degraded",
    disks: await disksAfter(2),
    acknowledged: acknowledgedAfter(2),
    degraded: true,
    script: saving(2, 4, { degraded: true }),
  };
}

/** An import of a bootstore's ledger, given as a file, into blank folders. */
export function importing(file: string, lrtq: LrtqShareData): Scenario {
  return {
    name: "import",
    disks: blankDisks(),
    degraded: false,
    // What was not acknowledged has to be imported again: it is not begun as an empty ledger.
    mustOpen: ({ generation }) => generation !== null,
    canBeRunAgain: true,
    script: async (fileSystem, acknowledged) => {
      await importLrtq({ ledgerFiles: [file], folders: FOLDERS, self: SELF, fileSystem });
      acknowledged.note({ generation: 1, state: initialState(lrtq) });
    },
  };
}

/** A take-over from the original's disks, given as folders, into blank folders. */
export function takingOver(
  paths: readonly string[],
  original: { readonly generation: number; readonly state: PersistentState },
  networkConfig: number,
): Scenario {
  return {
    name: "take-over from the original",
    disks: blankDisks(),
    degraded: false,
    mustOpen: ({ generation }) => generation !== null,
    canBeRunAgain: true,
    script: async (fileSystem, acknowledged) => {
      await importOriginal({ paths, folders: FOLDERS, self: SELF, fileSystem });
      acknowledged.note({ generation: original.generation + 1, state: original.state });
      acknowledged.networkConfig = {
        generation: networkConfig,
        blob: networkBlob(networkConfig),
      };
    },
  };
}

/** A recovery onto a blank disk, or onto one with a damaged ledger, and the first start after it. */
export async function recovering(damage: "blank" | "damaged"): Promise<Scenario> {
  const disks = await disksAfter(3);
  if (damage === "damaged") disks.poke("/b", "ledger.json", Buffer.from("rubbish"));
  else disks.mount("/b");
  return {
    name: `recovery onto a ${damage} disk`,
    disks,
    acknowledged: acknowledgedAfter(3),
    degraded: false,
    mustOpen: () => false,
    canBeRunAgain: true,
    script: async (fileSystem, acknowledged) => {
      await recover({
        self: SELF,
        folders: FOLDERS,
        mode: { kind: "rebuild", from: 0 },
        acceptLoss: "BRM4222000A",
        fileSystem,
        now: () => 0,
      });
      const store = await openOn(fileSystem);
      acknowledged.note(store.takeLedger());
      await store.close();
    },
  };
}

/** A scrub that mends a replica which was changed behind the store's back, and a save after it. */
export async function scrubbing(change: "an old copy" | "damage"): Promise<Scenario> {
  const old = (await disksAfter(1)).peek("/b", "ledger.json");
  if (old === undefined) throw new Error("no ledger");
  return {
    name: `a scrub that finds ${change}`,
    disks: await disksAfter(3),
    acknowledged: acknowledgedAfter(3),
    degraded: false,
    // A start mends neither without being told to.
    mustOpen: () => false,
    script: async (system, acknowledged) => {
      if (!(system instanceof MemoryFileSystem)) throw new Error("these disks cannot be changed");
      const store = await openOn(system);
      acknowledged.note(store.takeLedger());
      system.disks.poke("/b", "ledger.json", change === "damage" ? Buffer.from("rubbish") : old);
      await store.scrub();
      for (const output of SAVES.slice(3, 4)) {
        await store.save(output);
        acknowledged.note(output);
      }
      await store.close();
    },
  };
}
