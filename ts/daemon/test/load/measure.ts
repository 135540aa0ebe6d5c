/** What the system says of a process, and figures of many. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";

const MIB = 1024 * 1024;

/** The machine, as every measurement begins. */
export function machineText(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? "unknown CPU"}, Node ${process.versions.node}`;
}

/** What else the machine does: runnable processes, averaged over the last minute. */
export const loadText = (): string => `load average ${(loadavg()[0] ?? 0).toFixed(1)}`;

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

/** Processor time that a process has used so far, in seconds; the kernel counts in hundredths. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the name, in parentheses, and may hold anything; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a Node process that does nothing, in bytes: the median of some. */
export async function emptyNodeBytes(): Promise<number> {
  const sizes: number[] = [];
  for (let i = 0; i < 5; i++) {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await sleep(500);
    if (child.pid !== undefined) sizes.push(residentBytes(child.pid));
    child.kill();
  }
  return quantile(sizes, 0.5);
}

/** How many files a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How many files are below a folder, and how many bytes they have. Sockets are left out. */
export function filesBelow(folder: string): { files: number; bytes: number } {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += statSync(path.join(entry.parentPath, entry.name)).size;
  }
  return { files, bytes };
}

/** The value below which this part of the values lies (nearest rank); NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
const ms = (value: number): string => `${value.toFixed(0)} ms`;

/** p50, p90, p99 and the highest of some times in ms. */
export function spread(values: readonly number[]): string {
  const at = (part: number): string => ms(quantile(values, part));
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)} (${values.length} values)`;
}
