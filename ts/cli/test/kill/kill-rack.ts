/**
 * A rack of real `tqd` processes that is upgraded from the bootstore and then reconfigured again and
 * again, while its processes are killed (`kill -9`) at random moments and started anew at once.
 *
 * Whatever a sled has told anyone (that it has committed, which shares and commits it holds) is noted, and
 * in the end has to be in both of its replicas, and every sled has to unlock with the same secrets, back
 * to the bootstore's.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Random } from "@trust-quorum/random";
import { nativeCrypto, parseBaseboardId, parseRackId } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { isCommitDecided } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { decodeLrtqLedger, encodeLrtqLedger } from "trust-quorum/ledger";
import type { CommitAnswer } from "@trust-quorum/api/schemas/changes";
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import { HttpSled } from "@trust-quorum/api/client/http";
import { ControlPlane } from "@trust-quorum/control-plane/control-plane";
import { MemoryRecordStore } from "@trust-quorum/control-plane/record-store";
import { importLrtq } from "@trust-quorum/sled-host/store/import-lrtq";
import { inspectLedger } from "@trust-quorum/sled-host/store/inspect";
import { TestRack, waitFor } from "../../../daemon/test/tqd/rack.ts";
import type { TestSled } from "../../../daemon/test/tqd/rack.ts";

const LRTQ = fileURLToPath(new URL("../../../../testdata/lrtq-ledgers/5-sleds", import.meta.url));
const SLEDS = 5;
/** Between two kills, at the most. */
const PAUSE_MS_MAX = 120;
/** So many are up, mostly, before one of them is killed: the others can go on without it. */
const UP_MIN = 4;
const DEADLINE_MS = 60_000;
const REPLICAS = ["replica-a", "replica-b"] as const;

/** What a run came to. */
export interface KillReport {
  kills: number;
  /** Of them, while the process was not up yet. */
  killsWhileStarting: number;
  /** Configurations that were committed, and those that were given up for a later one. */
  committed: number;
  aborted: number;
  /** How many things sleds had told, that were looked for on their disks. */
  facts: number;
}

/** A sled's process, its API, and everything that it ever said of its ledger. */
class Victim {
  readonly sled: TestSled;
  readonly api: WatchedSled;
  readonly commits = new Set<number>();
  readonly shares = new Set<number>();

  constructor(sled: TestSled) {
    this.sled = sled;
    this.api = new WatchedSled(this);
  }

  get isUp(): boolean {
    return this.sled.output.includes('"msg":"running"');
  }

  start(): void {
    this.sled.output = "";
    this.sled.spawn({ flags: ["--log-level", "info"] });
  }

  /** Whatever ends the process but us is a failure. */
  check(): void {
    const code = this.sled.process?.exitCode ?? null;
    if (code !== null) throw new Error(`${this.sled.id} ended by itself:\n${this.sled.output}`);
  }
}

/** Notes what a sled says that it holds. */
class WatchedSled extends HttpSled {
  readonly #victim: Victim;

  constructor(victim: Victim) {
    super(victim.sled.id, { kind: "socket", path: victim.sled.socket });
    this.#victim = victim;
  }

  override async status(): Promise<StatusAnswer> {
    const answer = await super.status();
    const { commits, shares } = answer.node.persistentState;
    for (const epoch of commits) this.#victim.commits.add(epoch);
    for (const epoch of shares) this.#victim.shares.add(epoch);
    return answer;
  }

  override async commit(body: Parameters<HttpSled["commit"]>[0]): Promise<CommitAnswer> {
    const answer = await super.commit(body);
    this.#note(body.epoch, answer);
    return answer;
  }

  override async prepareAndCommit(
    config: Parameters<HttpSled["prepareAndCommit"]>[0],
  ): Promise<CommitAnswer> {
    const answer = await super.prepareAndCommit(config);
    this.#note(config.epoch, answer);
    return answer;
  }

  #note(epoch: number, { status }: CommitAnswer): void {
    if (status === "committed") this.#victim.commits.add(epoch);
  }
}

/** Runs one rack until so many processes were killed, and checks everything. */
export async function killRack(
  options: { readonly kills: number; readonly random: Random },
  print: (line: string) => void = () => undefined,
): Promise<KillReport> {
  const rack = await TestRack.create(SLEDS);
  const victims = rack.sleds.map((sled) => new Victim(sled));
  const report = { kills: 0, killsWhileStarting: 0, committed: 0, aborted: 0, facts: 0 };
  try {
    const rackId = await importAll(rack);
    for (const victim of victims) victim.start();
    const controlPlanes = sharedControlPlanes(rackId, victims);
    const killing = new AbortController();
    const killer = kill(victims, options, report).finally(() => killing.abort());
    await reconfigure(controlPlanes, victims, killing.signal);
    await killer;
    const records = await controlPlanes().records();
    report.committed = records.filter(({ state }) => state.startsWith("committed")).length;
    report.aborted = records.filter(({ state }) => state === "aborted").length;
    const epoch = records.findLast(isCommitDecided)?.epoch ?? 0;
    await allUnlock(victims, epoch);
    for (const victim of victims) await victim.sled.kill("SIGTERM");
    for (const victim of victims) report.facts += await checkLedgers(victim);
    print(
      `${report.kills} kills (${report.killsWhileStarting} while starting), ` +
        `${report.committed} configurations committed, ${report.aborted} given up, ` +
        `all ${SLEDS} sleds unlocked epoch ${epoch}, ${report.facts} facts found in both replicas`,
    );
    return report;
  } finally {
    for (const { api } of victims) await api.close();
    await rack.destroy();
  }
}

/** Kills random processes at random moments, and starts each anew at once. */
async function kill(
  victims: readonly Victim[],
  { kills, random }: { readonly kills: number; readonly random: Random },
  report: KillReport,
): Promise<void> {
  while (report.kills < kills) {
    await sleep(random.below(PAUSE_MS_MAX));
    const victim = random.pick(victims);
    // Mostly one of a rack that does something; now and then one that only starts.
    const up = victims.filter(({ isUp }) => isUp).length;
    if ((!victim.isUp || up < UP_MIN) && random.chance(0.98)) continue;
    victim.check();
    if (!victim.isUp) report.killsWhileStarting += 1;
    await victim.sled.kill("SIGKILL");
    report.kills += 1;
    victim.start();
  }
}

/** The upgrade and then one reconfiguration after the other, until nobody is killed any more. */
async function reconfigure(
  controlPlanes: () => ControlPlane,
  victims: readonly Victim[],
  killing: AbortSignal,
): Promise<void> {
  const members = victims.map(({ sled }) => parseBaseboardId(sled.id));
  for (;;) {
    const isLast = killing.aborted;
    const decided = (await controlPlanes().records()).some(isCommitDecided);
    const request = { kind: decided ? "reconfigure" : "upgradeFromLrtq", members } as const;
    await propose(controlPlanes, request);
    const outcome = await finish(controlPlanes);
    if (isLast && outcome.state.startsWith("committed")) return;
  }
}

/** Nobody may be there to coordinate for a while: that is tried again. */
async function propose(
  controlPlanes: () => ControlPlane,
  request: Parameters<ControlPlane["propose"]>[0],
): Promise<void> {
  await patiently("a configuration is proposed", () => controlPlanes().propose(request));
}

async function finish(controlPlanes: () => ControlPlane): Promise<ConfigurationRecord> {
  return patiently("a configuration is finished", async () => {
    const { kind, record } = await controlPlanes().finish({ deadline: Date.now() + DEADLINE_MS });
    if (kind === "unfinished") throw new Error(`epoch ${record.epoch} is not finished`);
    return record;
  });
}

async function patiently<T>(what: string, work: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  let problem: unknown;
  try {
    await waitFor(what, async () => {
      result = await work().then(
        (value) => ({ value }),
        (error: unknown) => {
          problem = error;
          return undefined;
        },
      );
      return result !== undefined;
    });
  } catch (error) {
    throw new Error(`${what}: ${String(problem)}`, { cause: error });
  }
  if (result === undefined) throw new Error(what);
  return result.value;
}

/** Control controlPlanes that share their records, each as of a `tq` that is run again. */
function sharedControlPlanes(rackId: RackId, victims: readonly Victim[]): () => ControlPlane {
  const store = new MemoryRecordStore();
  const sleds = new Map<BaseboardId, WatchedSled>(
    victims.map(({ sled, api }) => [parseBaseboardId(sled.id), api]),
  );
  const patience = { coordinatorPatienceMs: 500, memberPatienceMs: 60_000 };
  return () => new ControlPlane({ rackId, store, sleds, ...patience });
}

/** Gives each sled the share of one of the bootstore's sleds. */
async function importAll(rack: TestRack): Promise<RackId> {
  const files = readdirSync(LRTQ).sort().slice(0, SLEDS);
  let rackId = parseRackId(rack.rackId);
  for (const [at, sled] of rack.sleds.entries()) {
    const from = readFileSync(path.join(LRTQ, files[at] ?? ""));
    const { state } = decodeLrtqLedger(from, (bytes) => nativeCrypto().sha3_256(bytes));
    if (state.kind !== "initialMember") throw new Error("a first member's ledger");
    // As of a sled that learnt its share, whose ledger does not say which sled it is.
    const learned = { kind: "learned", common: state.common } as const;
    const file = path.join(sled.folder, "bootstore.json");
    writeFileSync(file, encodeLrtqLedger({ generation: 1, state: learned }));
    const [a, b] = REPLICAS.map((name) => path.join(sled.folder, name));
    if (a === undefined || b === undefined) throw new Error("two replicas");
    const self = parseBaseboardId(sled.id);
    ({ rackId } = await importLrtq({ ledgerFiles: [file], folders: [a, b], self }));
  }
  return rackId;
}

/** Every sled unlocks, and all have the same secrets of the latest epoch and of the bootstore. */
async function allUnlock(victims: readonly Victim[], epoch: number): Promise<void> {
  for (const { api, sled } of victims) {
    await waitFor(`${sled.id} unlocks epoch ${epoch}`, async () => {
      const lock = await api.lock().catch(() => undefined);
      return lock?.state === "unlocked" && lock.epoch === epoch;
    });
  }
  for (const of of [1, epoch]) {
    const keys: Buffer[] = [];
    for (const { api } of victims) {
      const { key } = await api.key({ purpose: "disk", diskId: "kill-test", epoch: of });
      keys.push(Buffer.from(key));
    }
    if (!keys.every((key) => keys[0]?.equals(key))) {
      throw new Error(`the sleds derive different keys of epoch ${of}`);
    }
  }
}

/** Everything that a sled has ever said to hold is in both replicas; how many things that are. */
async function checkLedgers({ sled, commits, shares }: Victim): Promise<number> {
  const digests = new Set<string>();
  for (const replica of REPLICAS) {
    const report = await inspectLedger(path.join(sled.folder, replica));
    if (report.kind !== "trustQuorum") throw new Error(`${report.file} is ${report.kind}`);
    digests.add(report.stateDigest);
    const held = new Map(report.configurations.map((config) => [config.epoch as number, config]));
    const lost = [...shares].filter((epoch) => (held.get(epoch)?.share ?? null) === null);
    lost.push(...[...commits].filter((epoch) => held.get(epoch)?.committed !== true));
    if (lost.length > 0)
      throw new Error(`${report.file} has lost what it told: ${lost.join(", ")}`);
    if (report.lrtq === null) throw new Error(`${report.file} has lost the bootstore's share`);
  }
  if (digests.size !== 1) throw new Error(`the replicas of ${sled.id} differ`);
  return shares.size + commits.size;
}
