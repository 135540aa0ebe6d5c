/**
 * Large secrets on the main thread and off it: how long a call takes at each size, and for how long
 * the event loop stands still meanwhile.
 */
import { nativeCrypto } from "trust-quorum";
import { summarize } from "./statistics.ts";
import type { Summary } from "./statistics.ts";

/** At one size, medians in microseconds. */
export interface SizePoint {
  readonly bytes: number;
  /** A synchronous split: the event loop stands still for all of it. */
  readonly synchronous: number;
  /** An asynchronous split from the call to its result. */
  readonly asynchronous: number;
  /** The longest gap between two turns of the event loop in an asynchronous split. */
  readonly gap: number;
}

/** See the head of this file. */
export interface EventLoop {
  readonly sizes: readonly SizePoint[];
  /** The least measured size at which the asynchronous split takes at most a tenth longer. */
  readonly crossOver: number | null;
  /** The longest gap of each asynchronous split of the largest size, in milliseconds. */
  readonly asynchronous: Summary & { readonly max: number };
  /** The longest gap in pauses as long, in milliseconds: what the machine does to an idle loop. */
  readonly idle: Summary & { readonly max: number };
  readonly largestBytes: number;
}

/** A split that works off the main thread, where the backend has one. */
type AsyncSplit = (
  secret: Uint8Array,
  options: { count: number; threshold: number },
) => Promise<Uint8Array>;

const KIB = 1024;
const SIZES = [1, 4, 16, 64, 256, 1024, 4096, 16384].map((kib) => kib * KIB);
const HOW = { count: 5, threshold: 3 };

/** Measures in so many rounds, or answers null where nothing works off the main thread. */
export async function measureEventLoop(options: { rounds: number }): Promise<EventLoop | null> {
  const { rounds } = options;
  const crypto = nativeCrypto();
  const splitAsync = asyncSplit(crypto);
  if (splitAsync === undefined) return null;

  const runs = SIZES.map((bytes): Run => {
    const secret = new Uint8Array(bytes).fill(7);
    return { secret, synchronous: [], asynchronous: [], gap: [] };
  });
  const idle: number[] = [];
  for (let round = -1; round < rounds; round++) {
    for (const run of runs) {
      const { secret } = run;
      const start = performance.now();
      crypto.split(secret, HOW);
      const synchronous = performance.now() - start;
      const split = await withGap(() => splitAsync(secret, HOW));
      const pause = await withGap(() => new Promise((done) => setTimeout(done, split.elapsed)));
      // The first round warms up.
      if (round < 0) continue;
      run.synchronous.push(synchronous * 1000);
      run.asynchronous.push(split.elapsed * 1000);
      run.gap.push(split.gap * 1000);
      if (run === runs.at(-1)) idle.push(pause.gap);
    }
  }
  return report(runs, idle);
}

interface Run {
  readonly secret: Uint8Array;
  readonly synchronous: number[];
  readonly asynchronous: number[];
  readonly gap: number[];
}

function report(runs: readonly Run[], idle: readonly number[]): EventLoop {
  const sizes = runs.map(({ secret, synchronous, asynchronous, gap }) => ({
    bytes: secret.length,
    synchronous: summarize(synchronous).median,
    asynchronous: summarize(asynchronous).median,
    gap: summarize(gap).median,
  }));
  const crossOver = sizes.find((one) => one.asynchronous <= 1.1 * one.synchronous)?.bytes ?? null;
  const gaps = (runs.at(-1)?.gap ?? []).map((microseconds) => microseconds / 1000);
  return {
    sizes,
    crossOver,
    asynchronous: { ...summarize(gaps), max: Math.max(...gaps) },
    idle: { ...summarize(idle), max: Math.max(...idle) },
    largestBytes: sizes.at(-1)?.bytes ?? 0,
  };
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

function asyncSplit(crypto: object): AsyncSplit | undefined {
  if (!("splitAsync" in crypto) || typeof crypto.splitAsync !== "function") return undefined;
  return (crypto.splitAsync as AsyncSplit).bind(crypto);
}
