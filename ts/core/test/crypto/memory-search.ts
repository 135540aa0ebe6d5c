/** Looks for bytes in the memory of another process, which stands still meanwhile. Linux only. */
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const WINDOW_BYTES = 8;
const CHUNK_BYTES = 1 << 24;

/** Which of these are in the memory that a process may write to; undefined where one may not look. */
export function search(
  child: ChildProcess,
  needles: Map<string, Uint8Array>,
): Set<string> | undefined {
  const found = new Set<string>();
  const memory = open(`/proc/${String(child.pid)}/mem`);
  if (memory === undefined) return undefined;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (const { from, to } of writableRegions(child)) {
    for (let at = from; at < to; at += CHUNK_BYTES) {
      const read = readOrNothing(memory, chunk.subarray(0, Math.min(CHUNK_BYTES, to - at)), at);
      for (const [name, bytes] of needles) {
        const needle = Buffer.from(bytes);
        // Also what was overwritten in part.
        for (let part = 0; part + WINDOW_BYTES <= needle.length; part += WINDOW_BYTES) {
          if (read.includes(needle.subarray(part, part + WINDOW_BYTES))) found.add(name);
        }
      }
    }
  }
  closeSync(memory);
  return found;
}

function open(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch (error) {
    if (["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function writableRegions(child: ChildProcess): { from: number; to: number }[] {
  const maps = readFileSync(`/proc/${String(child.pid)}/maps`, "latin1");
  return [...maps.matchAll(/^(\w+)-(\w+) rw/gm)].map(([, from, to]) => ({
    from: Number.parseInt(from ?? "", 16),
    to: Number.parseInt(to ?? "", 16),
  }));
}

/** Some regions of the kernel's cannot be read. */
function readOrNothing(memory: number, into: Buffer, at: number): Buffer {
  try {
    return into.subarray(0, readSync(memory, into, 0, into.length, at));
  } catch {
    return into.subarray(0, 0);
  }
}
