/**
 * Large secrets on the main thread and off it: how long a call takes at each size, and for how long
 * the event loop stands still meanwhile.
 */
import { setTimeout as sleep } from "node:timers/promises";
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

/** An asynchronous operation at the largest size. */
export interface LongestGaps {
  readonly operation: Operation;
  readonly working: Gaps;
  /** The same loop for as long without any work: what the machine and the engine do to it. */
  readonly idle: Gaps;
}

/** See the head of this file. */
export interface EventLoop {
  readonly sizes: readonly SizePoint[];
  /** The least measured size from which on the asynchronous call blocks for a tenth less at least. */
  readonly crossOver: Readonly<Record<Operation, number | null>>;
  readonly longest: readonly LongestGaps[];
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
  readonly idle: number[];
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Closest where calls stop doing all of it at once: see `ts/core/src/crypto/native-pieces.ts`. */
const SIZES = [16, 64, 128, 192, 256, 512, 1024, 1536, 2048, 4096, 16384].map((kib) => kib * KIB);
const HOW = { count: 5, threshold: 3 };

/** From this size on a result makes the engine collect garbage, also once the call is over. */
const COLLECTED_FROM_BYTES = 4 * MIB;

/** For how long it is watched after such a call, and left alone before it, in milliseconds. */
const COLLECTING_MS = 40;

/** Measures in so many rounds, or answers null where nothing works off the main thread. */
export async function measureEventLoop(options: { rounds: number }): Promise<EventLoop | null> {
  const crypto: object = nativeCrypto();
  if (!isAsyncSharing(crypto)) return null;
  const runs = SIZES.flatMap((bytes) => prepare(crypto, bytes));
  // The first round of each warms up. What one way leaves behind is not to be collected in the other.
  for (let round = -1; round < options.rounds; round++) {
    for (const run of runs) {
      const start = performance.now();
      run.once();
      if (round >= 0) run.synchronous.push((performance.now() - start) * 1000);
      await sleep(run.bytes < COLLECTED_FROM_BYTES ? 0 : COLLECTING_MS);
    }
  }
  for (let round = -1; round < options.rounds; round++) {
    for (const run of runs) {
      const after = run.bytes < COLLECTED_FROM_BYTES ? 0 : COLLECTING_MS;
      await sleep(after);
      const { elapsed, gap } = await withGap(run.offThread, after);
      await sleep(after);
      const idle = await withGap(() => sleep(elapsed), after);
      if (round < 0) continue;
      run.asynchronous.push(elapsed * 1000);
      run.gap.push(gap * 1000);
      run.idle.push(idle.gap);
    }
  }
  return report(runs);
}

function prepare(sharing: AsyncSharing, bytes: number): Run[] {
  const crypto = nativeCrypto();
  const secret = new Uint8Array(bytes).fill(7);
  const shares = crypto.split(secret, HOW).slice(0, HOW.threshold * (1 + bytes));
  const run = (operation: Operation, once: () => unknown, offThread: () => Promise<unknown>) => {
    const samples = { synchronous: [], asynchronous: [], gap: [], idle: [] };
    return { operation, bytes, once, offThread, ...samples };
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

function report(runs: readonly Run[]): EventLoop {
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
    longest: largest.map(({ operation, gap, idle }) => ({
      operation,
      working: gaps(gap.map((microseconds) => microseconds / 1e3)),
      idle: gaps(idle),
    })),
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

/** How long a turn of the watched loop lasts at least, so that turns make little garbage of their own. */
const TURN_MS = 0.01;

/**
 * The longest gap between two turns of the event loop while a promise is pending and for `after`
 * milliseconds more; `elapsed` is the promise's time alone. In milliseconds.
 */
export async function withGap(
  work: () => Promise<unknown>,
  after = 0,
): Promise<{ readonly elapsed: number; readonly gap: number }> {
  // In an array, since numbers in variables of a closure are made anew on the heap in each turn.
  const [LAST, GAP] = [0, 1];
  const times = new Float64Array(2);
  const start = performance.now();
  times[LAST] = start;
  let done = false;
  const turn = () => {
    const last = times[LAST] ?? 0;
    let now = performance.now();
    while (now - last < TURN_MS) now = performance.now();
    times[GAP] = Math.max(times[GAP] ?? 0, now - last);
    times[LAST] = now;
  };
  const probe = () => {
    turn();
    if (!done) setImmediate(probe);
  };
  setImmediate(probe);
  try {
    await work();
    const elapsed = performance.now() - start;
    if (after > 0) await sleep(after);
    turn();
    return { elapsed, gap: times[GAP] ?? 0 };
  } finally {
    done = true;
  }
}

function isAsyncSharing(crypto: object): crypto is AsyncSharing {
  return "splitAsync" in crypto && "combineAsync" in crypto;
}
