/** What is measured of the programs of a revision, each in processes of its own. Linux only. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { ROOT } from "../machine.ts";
import type { Sampler } from "../measure.ts";
import { summarize } from "../statistics.ts";
import { LARGE_LOG, recordLargeLog } from "./large-log.ts";
import type { Revision } from "./revision.ts";

/** How many daemons make the rack whose memory is measured. */
const SLEDS = 3;

/** How long a daemon may take to start or to unlock. */
const PATIENCE_MS = 60_000;

/** How long daemons rest after they have unlocked, before their memory is read. */
const REST_MS = 500;

/** Nanoseconds of the first `decodeLedger` of a new process, which has loaded the library before. */
export function firstLedger({ root, name }: Revision, bytes: Uint8Array): Sampler {
  const file = path.join(temporaryFolder(), "ledger.json");
  writeFileSync(file, bytes);
  const program = path.join(ROOT, "bench/dist/revisions/first-ledger.js");
  return () => Number(execFileSync(process.execPath, [program, root, name, file]));
}

/** CPU time of `tq --version`. */
export function tqVersion({ root }: Revision): Sampler {
  return () => cpuTime([programOf(root, "tq"), "--version"]);
}

/** CPU time of `tq-debug --exec summary` on a log of 100,000 events of 32 sleds. */
export async function tqDebugSummary(revision: Revision): Promise<Sampler> {
  const file = path.join(temporaryFolder(), "rack.jsonl");
  writeFileSync(file, await recordLargeLog(revision, LARGE_LOG));
  return () => cpuTime([programOf(revision.root, "tq-debug"), file, "--exec", "summary"]);
}

/** CPU time of `tqd` from its start until it listens, with a ledger of a committed configuration. */
export function tqdListening({ root }: Revision): Sampler {
  const [config = ""] = makeRack(root);
  return async () => {
    const sled = startSled(root, config);
    try {
      await sled.says("running");
      return cpuTimeOf(sled.process.pid ?? 0);
    } finally {
      await sled.stop();
    }
  };
}

/** Proportional set size of a `tqd`, in bytes: the median of a rack of three that has unlocked. */
export function tqdMemory({ root }: Revision): Sampler {
  const configs = makeRack(root);
  return async () => {
    const sleds = configs.map((config) => startSled(root, config));
    try {
      for (const sled of sleds) await sled.says("unlocked");
      await sleep(REST_MS);
      return summarize(sleds.map((sled) => proportionalBytes(sled.process.pid ?? 0))).median;
    } finally {
      for (const sled of sleds) await sled.stop();
    }
  };
}

function programOf(root: string, name: string): string {
  return path.join(root, "node_modules/.bin", name);
}

/**
 * User and system time of a Node program, all its threads included, in nanoseconds. It is the shell that
 * measures: Node does not tell the times of a child.
 *
 * @throws Error where the program fails
 */
function cpuTime(args: readonly string[]): number {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null 2>/dev/null || exit 1';
  const output = execFileSync(
    "bash",
    ["-c", `{ ${script}; } 2>&1`, "bash", process.execPath, ...args],
    {
      encoding: "utf8",
    },
  );
  const [user = Number.NaN, system = Number.NaN] = output.trim().split(" ").map(Number);
  return (user + system) * 1e9;
}

/** CPU time of a running process in nanoseconds, of all its threads that are alive. */
function cpuTimeOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const times = readdirSync(tasks).map((task) =>
    Number(readFileSync(path.join(tasks, task, "schedstat"), "utf8").split(" ")[0]),
  );
  return times.reduce((sum, time) => sum + time, 0);
}

function proportionalBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) * 1024;
}

/** Makes a rack whose first configuration is committed, and stops it: the configuration file of each sled. */
function makeRack(root: string): readonly string[] {
  const folder = path.join(temporaryFolder(), "rack");
  const tq = (...args: readonly string[]) =>
    execFileSync(process.execPath, [programOf(root, "tq"), ...args, "--rack", folder], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  tq("up", "--sleds", String(SLEDS));
  tq("down");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(file) === "tqd.toml")
    .map((file) => path.join(folder, file));
}

interface RunningSled {
  readonly process: ChildProcess;
  /** Waits until its log has this message. */
  says(message: string): Promise<void>;
  stop(): Promise<void>;
}

function startSled(root: string, config: string): RunningSled {
  const child = spawn(process.execPath, [programOf(root, "tqd"), "--config", config], {
    cwd: path.dirname(config),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = new Set<string>();
  const waiting = new Map<string, () => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = /"msg":"([^"]*)"/.exec(line)?.[1] ?? "";
    said.add(message);
    waiting.get(message)?.();
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    process: child,
    says: async (message) => {
      if (said.has(message)) return;
      const heard = new Promise<true>((resolve) => waiting.set(message, () => resolve(true)));
      const patience = AbortSignal.timeout(PATIENCE_MS);
      const late = new Promise<false>((resolve) => {
        patience.addEventListener("abort", () => resolve(false));
      });
      if (await Promise.race([heard, ended.then(() => false), late])) return;
      throw new Error(`a tqd of ${root} did not get as far as "${message}"`);
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** A folder that is removed when this process ends. */
function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "tq-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
