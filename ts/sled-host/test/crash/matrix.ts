/**
 * Every fault at every call of a script, and every way in which the power may fail after it, with what
 * must hold afterwards:
 *
 * - The store opens again, also with `create`, and it holds everything that was acknowledged, the
 *   network configuration beside the ledger included, whole and as it was given.
 * - What it opened with is durable: it is there again if the power fails the moment after.
 * - It can be saved to, and what is saved is found again.
 * - With either disk gone it is refused or holds everything that was acknowledged, never anything older
 *   and never nothing.
 */
import type { PersistOutput } from "trust-quorum";
import { initialState } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import type { FileSystem } from "../../src/store/file-system.ts";
import { openLedgerStore } from "../../src/store/ledger-store.ts";
import type { LedgerStore, NetworkConfig } from "../../src/store/types.ts";
import { MemoryFileSystem } from "../store/memory-file-system.ts";
import type { Fault, MemoryDisks, Step } from "../store/memory-file-system.ts";
import { SELF, digestOf, prepared } from "../store/states.ts";
import { sampled } from "../../../../scripts/vitest/effort.ts";

export const FOLDERS = ["/a", "/b"] as const;

/** What a script was told that is durable. */
export class Acknowledged {
  /** Null before the ledger was opened for the first time. */
  generation: number | null = null;
  state: PersistentState = initialState();
  networkConfig: NetworkConfig | null = null;

  note({
    generation,
    state,
  }: {
    readonly generation: number;
    readonly state: PersistentState;
  }): void {
    this.generation = generation;
    this.state = state;
  }
}

export interface Scenario {
  readonly name: string;
  /** What the disks hold before. */
  readonly disks: MemoryDisks;
  /** What they hold for sure. */
  readonly acknowledged?: Acknowledged;
  readonly degraded: boolean;
  /** Runs on a file system that may fail, and notes everything that succeeded. */
  readonly script: (system: FileSystem, acknowledged: Acknowledged) => Promise<void>;
  /** Whether the ledger must open again by itself; a recovery may have to be run again instead. */
  readonly mustOpen?: (acknowledged: Acknowledged) => boolean;
  /** Whether the script, interrupted at any point, can be run again and then succeeds. */
  readonly canBeRunAgain?: true;
}

/** A mistake in the store, made by changing what reaches the file system. */
export type Mistake = (system: FileSystem) => FileSystem;

/** What a matrix came to. */
export interface Outcome {
  /** How many runs there were, each with one fault. */
  runs: number;
  /** How many different disks were opened afterwards. */
  restarts: number;
  /** What did not hold, each with the run that shows it. */
  readonly problems: string[];
}

const DISK_ERRORS = ["ENOSPC", "EIO"] as const;

/** Every fault that a call can have. */
export function faultsOf({ call }: Step): readonly Fault[] {
  const faults: Fault[] = [{ kind: "crashBefore" }, { kind: "crashAfter" }];
  for (const code of DISK_ERRORS) faults.push({ kind: "error", code });
  // A call that says it failed may have done its work: a rename is lost, or it is not.
  faults.push({ kind: "errorAfter", code: "EIO" });
  if (call === "write") faults.push({ kind: "short" }, { kind: "torn" });
  return faults;
}

/** Runs a script without faults, for its calls. */
export async function callsOf(scenario: Scenario, slow?: string): Promise<readonly Step[]> {
  const system = new MemoryFileSystem(scenario.disks.copy(), undefined, slow);
  await scenario.script(system, acknowledgedBefore(scenario));
  return system.steps;
}

/** Runs the whole matrix; with a mistake only up to the first thing that does not hold. */
export async function runMatrix(
  scenario: Scenario,
  options: { readonly mistake?: Mistake } = {},
): Promise<Outcome> {
  const outcome: Outcome = { runs: 0, restarts: 0, problems: [] };
  const seen = new Set<string>();
  // Either replica may be through long before the other one, or both go along side by side.
  for (const slow of options.mistake === undefined ? [undefined, ...FOLDERS] : [undefined]) {
    const calls = await callsOf(scenario, slow);
    // A mistake must be found: for that there is no sample.
    const tried = options.mistake === undefined ? sampled(calls.entries(), 20) : calls.entries();
    for (const [at, step] of tried) {
      for (const fault of faultsOf(step)) {
        const plan = (_: Step, index: number): Fault | undefined =>
          index === at ? fault : undefined;
        const name = `${fault.kind} at call ${at} (${step.call} ${step.folder}/${step.name})`;
        await runOne({ scenario, plan, slow, name, outcome, seen, mistake: options.mistake });
        if (options.mistake !== undefined && outcome.problems.length > 0) return outcome;
      }
    }
  }
  return outcome;
}

/** One run with its faults, and every restart after it. */
export async function runOne(run: {
  readonly scenario: Scenario;
  readonly plan: (step: Step, index: number) => Fault | undefined;
  readonly slow?: string | undefined;
  readonly name: string;
  readonly outcome: Outcome;
  readonly seen: Set<string>;
  readonly mistake?: Mistake | undefined;
}): Promise<void> {
  const { scenario, outcome, mistake = noMistake } = run;
  const disks = scenario.disks.copy();
  const system = new MemoryFileSystem(disks, run.plan, run.slow);
  const acknowledged = acknowledgedBefore(scenario);
  const script = scenario.script(mistake(system), acknowledged).catch(() => undefined);
  await Promise.race([script, system.died]);
  outcome.runs += 1;
  disks.processEnded();
  for (const after of [disks, ...disks.afterPowerLoss()]) {
    const { generation, networkConfig } = acknowledged;
    const key = `${generation}\0${networkConfig?.generation}\0${after.fingerprint()}`;
    if (run.seen.has(key)) continue;
    run.seen.add(key);
    outcome.restarts += 1;
    const problem = await problemAfter(after, acknowledged, scenario, mistake);
    if (problem !== null) outcome.problems.push(`${scenario.name}: ${run.name}: ${problem}`);
  }
}

const noMistake: Mistake = (system) => system;

function acknowledgedBefore({ acknowledged }: Scenario): Acknowledged {
  const copy = new Acknowledged();
  if (acknowledged === undefined || acknowledged.generation === null) return copy;
  copy.note({ generation: acknowledged.generation, state: acknowledged.state });
  copy.networkConfig = acknowledged.networkConfig;
  return copy;
}

/** What does not hold of disks as a crash has left them, or null. */
async function problemAfter(
  disks: MemoryDisks,
  acknowledged: Acknowledged,
  scenario: Scenario,
  mistake: Mistake,
): Promise<string | null> {
  const { degraded } = scenario;
  for (const gone of acknowledged.generation === null ? [] : FOLDERS) {
    const rest = disks.copy();
    rest.unmount(gone);
    // Of two blank folders nothing can be known: there `create` is a person's word.
    const create = FOLDERS.some((folder) => rest.names(folder).some((name) => !isTemporary(name)));
    const options = { degraded: true, mistake, create };
    const problem = await openAndCheck(rest, options, acknowledged);
    if (problem !== null && !isRefusal(problem)) return `without ${gone}: ${problem}`;
    if (!degraded || disks.peek(gone, "ledger.json") === undefined) continue;
    // Its marker can still be read, and so says whether it may be ahead.
    const damaged = disks.copy();
    damaged.poke(gone, "ledger.json", Buffer.from("rubbish"));
    const found = await openAndCheck(damaged, { degraded: true, mistake }, acknowledged);
    if (found !== null && !isRefusal(found)) return `with ${gone} damaged: ${found}`;
  }
  if (scenario.canBeRunAgain === true) {
    const again = await runAgain(disks.copy(), acknowledged, scenario);
    if (again !== null) return `run again: ${again}`;
  }
  const problem = await openAndCheck(disks, { degraded, mistake }, acknowledged, (store) =>
    goOn(disks, store, mistake),
  );
  const mustOpen = scenario.mustOpen?.(acknowledged) ?? true;
  return mustOpen || !isRefusal(problem) ? problem : null;
}

/** Runs the script once more, without a fault, and opens what it made. */
async function runAgain(
  disks: MemoryDisks,
  before: Acknowledged,
  scenario: Scenario,
): Promise<string | null> {
  const acknowledged = new Acknowledged();
  if (before.generation !== null) {
    acknowledged.note({ generation: before.generation, state: before.state });
  }
  try {
    await scenario.script(new MemoryFileSystem(disks), acknowledged);
  } catch (error) {
    return String(error);
  }
  const { degraded } = scenario;
  return openAndCheck(disks, { degraded, mistake: noMistake }, acknowledged);
}

/** Opens the disks with the option that must not be dangerous, and compares. */
async function openAndCheck(
  disks: MemoryDisks,
  options: { readonly degraded: boolean; readonly mistake: Mistake; readonly create?: boolean },
  acknowledged: Acknowledged,
  then?: (opened: Opened) => Promise<string | null>,
): Promise<string | null> {
  const opened = await open(disks, options, options.create ?? true);
  if ("refused" in opened) return opened.refused;
  const problem = missing(opened, acknowledged) ?? (await then?.(opened)) ?? null;
  await opened.store.close();
  return problem;
}

/** What is opened is durable, can be saved to, and is found again. */
async function goOn(disks: MemoryDisks, opened: Opened, mistake: Mistake): Promise<string | null> {
  // The power fails the moment after.
  for (const after of disks.copy().afterPowerLoss()) {
    const again = await open(after, { degraded: false, mistake }, false);
    if ("refused" in again) return `after a second crash: ${again.refused}`;
    const problem = missing(again, opened);
    await again.store.close();
    if (problem !== null) return `after a second crash: ${problem}`;
  }
  const state = prepared(opened.state, 99);
  const output: PersistOutput = { kind: "persist", generation: opened.generation + 1, state };
  await opened.store.save(output);
  await opened.store.close();
  const again = await open(disks, { degraded: false, mistake }, false);
  if ("refused" in again) return `after another save: ${again.refused}`;
  await again.store.close();
  return missing(again, { ...output, networkConfig: opened.networkConfig });
}

interface Opened {
  readonly store: LedgerStore;
  readonly networkConfig: NetworkConfig | null;
  readonly generation: number;
  readonly state: PersistentState;
}

async function open(
  disks: MemoryDisks,
  options: { readonly degraded: boolean; readonly mistake: Mistake },
  create: boolean,
): Promise<Opened | { readonly refused: string }> {
  const fileSystem = options.mistake(new MemoryFileSystem(disks));
  const { degraded } = options;
  const given = { self: SELF, folders: FOLDERS, degraded, create, fileSystem, now: () => 0 };
  try {
    const store = await openLedgerStore(given);
    return { store, networkConfig: store.networkConfig.current, ...store.takeLedger() };
  } catch (error) {
    return { refused: `refused: ${String(error)}` };
  }
}

/** What was acknowledged and is not there, or null. */
function missing(
  found: Pick<Opened, "generation" | "state" | "networkConfig">,
  acknowledged: Pick<Acknowledged, "generation" | "state" | "networkConfig">,
): string | null {
  if (acknowledged.generation === null) return null;
  const network = missingNetworkConfig(found.networkConfig, acknowledged.networkConfig);
  if (network !== null) return network;
  if (found.generation < acknowledged.generation) {
    return `generation ${found.generation} after ${acknowledged.generation} was acknowledged`;
  }
  const shares = new Map(found.state.shares);
  for (const epoch of shares.keys()) {
    if (!acknowledged.state.shares.has(epoch)) shares.delete(epoch);
  }
  const commits = [...found.state.commits].filter((epoch) => acknowledged.state.commits.has(epoch));
  const rest = { ...found.state, shares, commits: new Set(commits) };
  if (digestOf(rest) !== digestOf(acknowledged.state)) return "a share or a commit is gone";
  return acknowledged.state.lrtq !== null && found.state.lrtq === null ? "LRTQ is gone" : null;
}

/** The blob that belongs to a generation, so that a mixture of two is seen. */
export function networkBlob(generation: number): Uint8Array {
  return new Uint8Array(100 + generation).fill(generation);
}

function missingNetworkConfig(
  found: NetworkConfig | null,
  acknowledged: NetworkConfig | null,
): string | null {
  if (found !== null && !Buffer.from(found.blob).equals(networkBlob(found.generation))) {
    return `the network configuration of generation ${found.generation} is not what was saved`;
  }
  if (acknowledged === null || (found?.generation ?? -1) >= acknowledged.generation) return null;
  return `network configuration ${found?.generation ?? "none"} after ${acknowledged.generation} was acknowledged`;
}

function isTemporary(name: string): boolean {
  return name.endsWith(".new");
}

function isRefusal(problem: string | null): boolean {
  return problem?.startsWith("refused: ") ?? false;
}
