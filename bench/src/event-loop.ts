/**
 * Large secrets on the main thread and off it: how long a call takes at each size, and for how long
 * the event loop stands still meanwhile.
 */
import { nativeCrypto } from "trust-quorum";
import { summarize } from "./statistics.ts";
import type { Summary } from "./statistics.ts";

/** What is done with a secret. */
export type Operation = "split" | "combine";

/** One operation at one size, medians in microseconds. */
export interface SizePoint {
  readonly operation: Operation;
  readonly bytes: number;
  /** The synchronous call: the event loop stands still for all of it. */
  readonly synchronous: number;
  /** The asynchronous call until its result is there. */
  readonly asynchronous: number;
  /** The longest gap between two turns of the event loop meanwhile. */
  readonly gap: number;
}

/** The longest gaps of several calls, in milliseconds. */
export interface Gaps extends Summary {
  readonly max: number;
}

/** See the head of this file. */
export interface EventLoop {
  readonly sizes: readonly SizePoint[];
  /** The least measured size from which on the asynchronous call blocks for a tenth less at least. */
  readonly crossOver: Readonly<Record<Operation, number | null>>;
  /** Asynchronous calls at the largest size. */
  readonly asynchronous: Gaps;
  /** Pauses that last as long: what the machine does to an idle loop. */
  readonly idle: Gaps;
  readonly largestBytes: number;
}

/** What works off the main thread, where the backend has it. */
interface AsyncSharing {
  splitAsync(
    secret: Uint8Array,
    options: { count: number; threshold: number },
  ): Promise<Uint8Array>;
  combineAsync(shares: Uint8Array, shareLength: number): Promise<Uint8Array>;
}

interface Run {
  readonly operation: Operation;
  readonly bytes: number;
  readonly once: () => unknown;
  readonly offThread: () => Promise<unknown>;
  readonly synchronous: number[];
  readonly asynchronous: number[];
  readonly gap: number[];
}

const KIB = 1024;
const SIZES = [1, 4, 16, 64, 256, 1024, 4096, 16384].map((kib) => kib * KIB);
const HOW = { count: 5, threshold: 3 };

/** Measures in so many rounds, or answers null where nothing works off the main thread. */
export async function measureEventLoop(options: { rounds: number }): Promise<EventLoop | null> {
  const crypto: object = nativeCrypto();
  if (!isAsyncSharing(crypto)) return null;
  const runs = SIZES.flatMap((bytes) => prepare(crypto, bytes));
  const idle: number[] = [];
  // The first round warms up.
  for (let round = -1; round < options.rounds; round++) {
    for (const run of runs) {
      const start = performance.now();
      run.once();
      const synchronous = performance.now() - start;
      const { elapsed, gap } = await withGap(run.offThread);
      const pause = await withGap(() => new Promise((done) => setTimeout(done, elapsed)));
      if (round < 0) continue;
      run.synchronous.push(synchronous * 1000);
      run.asynchronous.push(elapsed * 1000);
      run.gap.push(gap * 1000);
      if (run.bytes === SIZES.at(-1)) idle.push(pause.gap);
    }
  }
  return report(runs, idle);
}

function prepare(sharing: AsyncSharing, bytes: number): Run[] {
  const crypto = nativeCrypto();
  const secret = new Uint8Array(bytes).fill(7);
  const shares = crypto.split(secret, HOW).slice(0, HOW.threshold * (1 + bytes));
  const run = (operation: Operation, once: () => unknown, offThread: () => Promise<unknown>) => {
    return { operation, bytes, once, offThread, synchronous: [], asynchronous: [], gap: [] };
  };
  return [
    run(
      "split",
      () => crypto.split(secret, HOW),
      () => sharing.splitAsync(secret, HOW),
    ),
    run(
      "combine",
      () => crypto.combine(shares, 1 + bytes),
      () => sharing.combineAsync(shares, 1 + bytes),
    ),
  ];
}

function report(runs: readonly Run[], idle: readonly number[]): EventLoop {
  const sizes = runs.map(({ operation, bytes, synchronous, asynchronous, gap }) => ({
    operation,
    bytes,
    synchronous: summarize(synchronous).median,
    asynchronous: summarize(asynchronous).median,
    gap: summarize(gap).median,
  }));
  const largestBytes = SIZES.at(-1) ?? 0;
  const largest = runs.filter(({ bytes }) => bytes === largestBytes);
  return {
    sizes,
    crossOver: { split: crossOver(sizes, "split"), combine: crossOver(sizes, "combine") },
    asynchronous: gaps(largest.flatMap(({ gap }) => gap.map((microseconds) => microseconds / 1e3))),
    idle: gaps(idle),
    largestBytes,
  };
}

function crossOver(sizes: readonly SizePoint[], operation: Operation): number | null {
  const points = sizes.filter((point) => point.operation === operation);
  const last = points.findLastIndex(({ gap, synchronous }) => gap > 0.9 * synchronous);
  return points[last + 1]?.bytes ?? null;
}

function gaps(milliseconds: readonly number[]): Gaps {
  return { ...summarize(milliseconds), max: Math.max(...milliseconds) };
}

/** The longest gap between two turns of the event loop while a promise is pending, in milliseconds. */
export async function withGap(
  work: () => Promise<unknown>,
): Promise<{ readonly elapsed: number; readonly gap: number }> {
  const start = performance.now();
  let last = start;
  let gap = 0;
  let done = false;
  const turn = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
  };
  const probe = () => {
    turn();
    if (!done) setImmediate(probe);
  };
  setImmediate(probe);
  try {
    await work();
  } finally {
    done = true;
  }
  turn();
  return { elapsed: performance.now() - start, gap };
}

function isAsyncSharing(crypto: object): crypto is AsyncSharing {
  return "splitAsync" in crypto && "combineAsync" in crypto;
}
