/** The machine, the runtimes and the versions of everything that is compared. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, type as osType } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NPM_PEERS } from "./peers.ts";

/** The workspace's folder. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** The crates that this project's are compared with. */
const RUST_PEERS = ["vsss-rs", "blahaj", "shamirsecretsharing"] as const;

/** What a report says of the machine and the software that it was measured with. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  /** How many cores other programs kept busy in the second before the run. */
  readonly load: number;
  readonly node: string;
  readonly openssl: string;
  /** `rustc --version`, or null where there is none. */
  readonly rustc: string | null;
  /** The kernel for GF(2^8) that was chosen, as the Rust program says; null without it. */
  readonly kernel: string | null;
  /** The version of each package and crate by name, from the lockfiles. */
  readonly versions: Readonly<Record<string, string>>;
}

/** How long the machine's load is watched before a run. */
const WATCHED_MS = 1000;

/**
 * How many cores other programs keep busy, measured for a second in which this one sleeps. The system's
 * load average covers minutes, and so includes the build that went before the run.
 */
export async function otherLoad(): Promise<number> {
  const before = processorTimes();
  await sleep(WATCHED_MS);
  return busyCores(before, processorTimes());
}

/** The time of all processors together since the system was started. */
export interface ProcessorTimes {
  readonly cores: number;
  readonly busyMs: number;
  readonly idleMs: number;
}

/** How many cores were busy between two readings, from 0 to all. */
export function busyCores(before: ProcessorTimes, after: ProcessorTimes): number {
  const busy = after.busyMs - before.busyMs;
  const all = busy + after.idleMs - before.idleMs;
  return all > 0 ? (after.cores * busy) / all : 0;
}

function processorTimes(): ProcessorTimes {
  const processors = cpus();
  const sum = (of: (times: ReturnType<typeof cpus>[number]["times"]) => number) =>
    processors.reduce((total, { times }) => total + of(times), 0);
  return {
    cores: processors.length,
    busyMs: sum(({ user, nice, sys, irq }) => user + nice + sys + irq),
    idleMs: sum(({ idle }) => idle),
  };
}

/** Describes this machine. `load` is what {@link otherLoad} said before the run. */
export function describeMachine(kernel: string | null, load: number): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    system: `${osType()} ${process.arch}`,
    load,
    node: process.version,
    openssl: process.versions.openssl,
    rustc: rustcVersion(),
    kernel,
    versions: { ...npmVersions(), ...crateVersions() },
  };
}

/** The versions of the npm peers in the workspace's lockfile. */
export function npmVersions(): Record<string, string> {
  const lock = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, { readonly version?: string }>>;
  };
  const versions: Record<string, string> = {};
  for (const name of NPM_PEERS) {
    const entry =
      lock.packages[`bench/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`];
    versions[name] = entry?.version ?? "unknown";
  }
  return versions;
}

/** The versions of the Rust peers in the lockfile of the benchmark's crate. */
export function crateVersions(): Record<string, string> {
  const lock = readFileSync(path.join(ROOT, "bench/rust/Cargo.lock"), "utf8");
  const versions: Record<string, string> = {};
  for (const name of RUST_PEERS) {
    versions[name] =
      new RegExp(`name = "${name}"\nversion = "([^"]+)"`).exec(lock)?.[1] ?? "unknown";
  }
  return versions;
}

function rustcVersion(): string | null {
  try {
    // Cargo reads the same variable.
    const compiler = process.env["RUSTC"] ?? "rustc";
    return execFileSync(compiler, ["--version"], { cwd: ROOT, encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
