/**
 * An export to the original, with a fault at every call and every way in which the power may fail after
 * it. Afterwards
 * - either the sled starts, and goes on, and no exported file has a name that the original reads;
 * - or it is sealed, and the whole content is durable in every folder: the same export, run again, gives
 *   the files that lack it their name, and the sled stays sealed.
 */
import type { PersistOutput } from "trust-quorum";
import { wipeState } from "trust-quorum/ledger";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { isDaemonError } from "../../src/errors.ts";
import { exportOriginal } from "../../src/store/export-original.ts";
import type { FileSystem } from "../../src/store/file-system.ts";
import { decodeMarker } from "../../src/store/marker.ts";
import { openLedgerStore } from "../../src/store/ledger-store.ts";
import { MemoryFileSystem } from "../store/memory-file-system.ts";
import type { Fault, MemoryDisks, Step } from "../store/memory-file-system.ts";
import { SELF, prepared } from "../store/states.ts";
import { FOLDERS, faultsOf, networkBlob } from "./matrix.ts";
import type { Mistake } from "./matrix.ts";
import { noFileSync, noFolderSync, renameBeforeSync } from "./mistakes.ts";
import { disksAfter } from "./scenarios.ts";

vi.mock("node:crypto", async (original) => {
  const { fewRandomBytes } = await import("./random.ts");
  return fewRandomBytes(original);
});

const TO = ["/x", "/y"] as const;
const NAMES = ["trust-quorum-network-config.json", "trust-quorum-state.json"] as const;

let before: MemoryDisks;
/** What each file holds in the end. */
const content = new Map<string, Uint8Array>();
/** Replicas from which a start was tried with a crash at every call. */
const started = new Set<string>();

beforeAll(async () => {
  before = await disksAfter(3);
  const store = await open(new MemoryFileSystem(before));
  wipeState(store.takeLedger().state);
  await store.networkConfig.save({ generation: 4, blob: networkBlob(4) });
  await store.close();
  const done = before.copy();
  await exporting(new MemoryFileSystem(done));
  for (const name of NAMES) content.set(name, done.peek("/x", name) ?? new Uint8Array());
});

describe("a fault at every call of an export, and every way the power may fail after it,", () => {
  test("leaves a sled that starts, or a sealed one whose export is whole and can be finished", async () => {
    const { runs, restarts, starts, sealed, problems } = await matrix();
    console.log(`${runs} runs with a fault, ${restarts} different restarts, ${starts} start`);
    expect(problems.slice(0, 10)).toEqual([]);
    expect(starts).toBeGreaterThan(20);
    expect(sealed).toBeGreaterThan(10);
  });
});

describe("a mistake in the export is found by these faults", () => {
  test.each(Object.entries({ noFileSync, noFolderSync, renameBeforeSync }))(
    "%s",
    async (_, mistake) => {
      const { problems } = await matrix({ mistake });
      expect(problems).not.toEqual([]);
    },
  );

  test("the files get their names before the ledger is sealed", async () => {
    // Whatever is written under an unfinished name is there under the real one at once.
    const mistake: Mistake = (system) => withRenames(system, (name) => named(name) ?? name);
    const { problems } = await matrix({ mistake });
    expect(problems.join()).toContain("starts, and");
  });
});

interface Outcome {
  runs: number;
  restarts: number;
  starts: number;
  sealed: number;
  readonly problems: string[];
}

async function matrix(
  options: {
    readonly mistake?: Mistake;
  } = {},
): Promise<Outcome> {
  const { mistake = (system: FileSystem) => system } = options;
  const seen = new Set<string>();
  const outcome: Outcome = { runs: 0, restarts: 0, starts: 0, sealed: 0, problems: [] };
  const whole = new MemoryFileSystem(before.copy());
  await exporting(mistake(whole)).catch(() => undefined);
  for (const [at, step] of whole.steps.entries()) {
    for (const fault of faultsOf(step)) {
      const name = `${fault.kind} at call ${at} (${step.call} ${step.folder}/${step.name})`;
      const plan = (_: Step, index: number): Fault | undefined =>
        index === at ? fault : undefined;
      const crashed = before.copy();
      const system = new MemoryFileSystem(crashed, plan);
      let isDone = false;
      const script = exporting(mistake(system)).then(
        () => void (isDone = true),
        () => undefined,
      );
      await Promise.race([script, system.died]);
      outcome.runs += 1;
      crashed.processEnded();
      for (const after of [crashed, ...crashed.afterPowerLoss()]) {
        const key = `${isDone}\0${after.fingerprint()}`;
        if (seen.has(key)) continue;
        seen.add(key);
        outcome.restarts += 1;
        const problem = await problemOf(after, isDone, outcome);
        if (problem === null) continue;
        outcome.problems.push(`${name}: ${problem}`);
        if (options.mistake !== undefined) return outcome;
      }
    }
  }
  return outcome;
}

/** What does not hold of disks as a fault has left them, or null. */
async function problemOf(
  disks: MemoryDisks,
  isDone: boolean,
  outcome: Outcome,
): Promise<string | null> {
  const refusal = await startOn(disks.copy());
  if (refusal === null) {
    outcome.starts += 1;
    if (isDone) return "starts, although the export was done";
    for (const folder of TO) {
      const found = NAMES.find((name) => disks.names(folder).includes(name));
      if (found !== undefined) return `starts, and ${folder} has ${found}`;
    }
    if (isHalfSealed(disks)) {
      const problem = await problemOfStarting(disks);
      if (problem !== null) return problem;
    }
    return problemOfAnother(disks);
  }
  if (!isDaemonError(refusal, "ERR_TQD_STORE_SEALED")) return `neither: ${String(refusal)}`;
  outcome.sealed += 1;
  for (const folder of TO) {
    for (const name of NAMES) {
      if (isWhole(disks, folder, name)) continue;
      if (isDone) return `sealed, and ${folder}/${name} is not there`;
      const unfinished = disks.names(folder).find((one) => named(one) === name) ?? "";
      if (!isWhole(disks, folder, name, unfinished)) return `sealed without ${folder}/${name}`;
    }
  }
  return problemOfAnother(disks);
}

/** A start may be interrupted too: it must not leave what looks like a seal. */
async function problemOfStarting(disks: MemoryDisks): Promise<string | null> {
  const replicas = disks.copy();
  for (const folder of TO) replicas.unmount(folder);
  // The same replicas come up beside many states of the target folders.
  const key = replicas.fingerprint();
  if (started.has(key)) return null;
  started.add(key);
  const whole = new MemoryFileSystem(replicas.copy());
  await (await open(whole)).close();
  for (const [at] of whole.steps.entries()) {
    const crashed = replicas.copy();
    const system = new MemoryFileSystem(crashed, (_, index) =>
      index === at ? { kind: "crashAfter" } : undefined,
    );
    const script = open(system).then((store) => store.close());
    await Promise.race([script.catch(() => undefined), system.died]);
    crashed.processEnded();
    for (const after of [crashed, ...crashed.afterPowerLoss()]) {
      const refusal = await startOn(after);
      if (refusal !== null) return `a start that dies at call ${at}: ${String(refusal)}`;
    }
  }
  return null;
}

/** The export, run again without a fault, is done, and the sled sealed. */
async function problemOfAnother(disks: MemoryDisks): Promise<string | null> {
  const again = disks.copy();
  try {
    await exporting(new MemoryFileSystem(again));
  } catch (error) {
    return `run again: ${String(error)}`;
  }
  for (const after of again.afterPowerLoss()) {
    for (const folder of TO) {
      const lacking = NAMES.find((name) => !isWhole(after, folder, name));
      if (lacking !== undefined) return `run again: ${folder}/${lacking} is not there`;
      if (after.names(folder).length !== NAMES.length) return `run again: ${folder} has leftovers`;
    }
    const refusal = await startOn(after);
    if (!isDaemonError(refusal, "ERR_TQD_STORE_SEALED")) return "run again: it is not sealed";
  }
  return null;
}

/** Starts, saves, and starts again; the refusal, or null. */
async function startOn(disks: MemoryDisks): Promise<unknown> {
  try {
    const store = await open(new MemoryFileSystem(disks));
    const { generation, state } = store.takeLedger();
    if (generation !== 3) return `generation ${generation}`;
    const output: PersistOutput = {
      kind: "persist",
      generation: generation + 1,
      state: prepared(state, 99),
    };
    await store.save(output);
    await store.close();
    await (await open(new MemoryFileSystem(disks))).close();
    return null;
  } catch (error) {
    return error;
  }
}

function marks(disks: MemoryDisks): (string | null)[] {
  return FOLDERS.map((folder) => {
    const read = decodeMarker(disks.peek(folder, "marker.json") ?? new Uint8Array());
    return read.kind === "valid" ? (read.value.exported?.state ?? null) : null;
  });
}

function isHalfSealed(disks: MemoryDisks): boolean {
  return marks(disks).includes("sealed");
}

function isWhole(disks: MemoryDisks, folder: string, name: string, as = name): boolean {
  const found = disks.peek(folder, as);
  return found !== undefined && Buffer.from(found).equals(content.get(name) ?? Buffer.alloc(0));
}

/** The name that an unfinished file will have, or null. */
function named(unfinished: string): string | null {
  return /^\.(trust-quorum-.*\.json)\.exporting-[0-9a-f]{32}$/.exec(unfinished)?.[1] ?? null;
}

function exporting(fileSystem: FileSystem): Promise<unknown> {
  return exportOriginal({ self: SELF, folders: FOLDERS, to: TO, fileSystem, now: () => 0 });
}

function open(fileSystem: FileSystem) {
  const options = { self: SELF, folders: FOLDERS, degraded: false, create: false };
  return openLedgerStore({ ...options, fileSystem, now: () => 0 });
}

/** A file system in which files get other names than they should. */
function withRenames(system: FileSystem, change: (name: string) => string): FileSystem {
  return {
    makeFolder: (path) => system.makeFolder(path),
    async openFolder(path) {
      const opened = await system.openFolder(path);
      if (opened.kind === "locked") return opened;
      const { folder } = opened;
      const rename = folder.rename.bind(folder);
      folder.rename = (from, to) => rename(change(from), change(to));
      return opened;
    },
  };
}
