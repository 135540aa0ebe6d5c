/**
 * Large secrets, split and combined by synchronous and asynchronous calls: how long a call takes at each
 * size, and for how long it blocks the event loop.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nativeCrypto } from "trust-quorum";
import { summarize } from "./statistics.ts";
import type { Summary } from "./statistics.ts";

/** What is done with a secret. */
export type Operation = "split" | "combine";

/** Where an asynchronous call writes its result: a new buffer, or the one that the caller gives. */
export type Destination = "new" | "given";

/** One operation at one size, medians in microseconds. */
export interface SizePoint {
  readonly operation: Operation;
  readonly bytes: number;
  /** The synchronous call, which blocks the event loop for all of its time. */
  readonly synchronous: number;
  readonly asynchronous: Readonly<Record<Destination, AsynchronousCall>>;
}

/** Medians in microseconds. */
export interface AsynchronousCall {
  /** Until the promise resolves. */
  readonly takes: number;
  /** The longest time between two turns of the event loop during the call. */
  readonly gap: number;
}

/** The longest gaps of several calls, in milliseconds. */
export interface Gaps extends Summary {
  readonly max: number;
}

/** An asynchronous operation at the largest size. */
export interface LongestGaps {
  /** `random`: Node's own `crypto.randomBytes`, of as many bytes as the shares have. */
  readonly operation: Operation | "random";
  readonly destination: Destination;
  readonly working: Gaps;
  /** The same loop for as long without any work, i.e. the delays of the machine and the engine. */
  readonly idle: Gaps;
}

/** The results for all sizes. */
export interface EventLoop {
  readonly sizes: readonly SizePoint[];
  /**
   * The smallest measured size, in bytes, from which on an asynchronous call with a given buffer blocks the
   * event loop for at least a tenth less than the synchronous one; null where there is none.
   */
  readonly crossOver: Readonly<Record<Operation, number | null>>;
  readonly longest: readonly LongestGaps[];
  readonly largestBytes: number;
}

/** An asynchronous call and what was measured of it. */
interface Watched {
  readonly operation: LongestGaps["operation"];
  readonly destination: Destination;
  readonly bytes: number;
  readonly call: () => Promise<unknown>;
  /** In microseconds. */
  readonly takes: number[];
  /** In milliseconds, as all below. */
  readonly gaps: number[];
  readonly idle: number[];
}

interface Run {
  readonly operation: Operation;
  readonly bytes: number;
  readonly once: () => unknown;
  readonly synchronous: number[];
  readonly watched: Readonly<Record<Destination, Watched>>;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/**
 * In bytes. The steps are smallest near the size from which on asynchronous calls work in chunks, see
 * `ts/core/src/crypto/native-chunked.ts`.
 */
const SIZES = [16, 64, 128, 192, 256, 512, 1024, 1536, 2048, 4096, 16384].map((kib) => kib * KIB);
const LARGEST_BYTES = Math.max(...SIZES);
const HOW = { count: 5, threshold: 3 };

/** Results from this size on make the engine collect garbage, also after the call. */
const COLLECTED_FROM_BYTES = 4 * MIB;

/** How long the loop is watched after such a call, and rests before it, in milliseconds. */
const COLLECTING_MS = 40;

/** Given buffers first: the garbage of new ones must not be collected while they are measured. */
const DESTINATIONS = ["given", "new"] as const;

/** Measures every size once a round. */
export async function measureEventLoop(options: { rounds: number }): Promise<EventLoop> {
  const given = new Uint8Array(HOW.count * (1 + LARGEST_BYTES)).fill(1);
  const runs = SIZES.flatMap((bytes) => prepare(bytes, given));
  // Round -1 warms up. Each kind of call has rounds of its own, so that the garbage of one kind is not
  // collected while another is measured.
  for (let round = -1; round < options.rounds; round++) {
    for (const run of runs) {
      const start = performance.now();
      run.once();
      if (round >= 0) run.synchronous.push((performance.now() - start) * 1000);
      await sleep(collectingMs(run.bytes));
    }
  }
  const random = watch("random", "new", LARGEST_BYTES, () => promisify(randomBytes)(given.length));
  for (const destination of DESTINATIONS) {
    collectGarbage();
    for (let round = -1; round < options.rounds; round++) {
      for (const run of runs) await sample(run.watched[destination], round >= 0);
      if (destination === "new") await sample(random, round >= 0);
    }
  }
  return report(runs, random);
}

function collectingMs(bytes: number): number {
  return bytes < COLLECTED_FROM_BYTES ? 0 : COLLECTING_MS;
}

/** Collects the garbage of earlier measurements, which would otherwise be collected during the next. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** Makes one call while the event loop is watched, then watches the idle loop for as long. */
async function sample(watched: Watched, isKept: boolean): Promise<void> {
  const after = collectingMs(watched.bytes);
  await sleep(after);
  const { elapsed, gap } = await withGap(watched.call, after);
  await sleep(after);
  const idle = await withGap(() => sleep(elapsed), after);
  if (!isKept) return;
  watched.takes.push(elapsed * 1000);
  watched.gaps.push(gap);
  watched.idle.push(idle.gap);
}

function watch(
  operation: Watched["operation"],
  destination: Destination,
  bytes: number,
  call: () => Promise<unknown>,
): Watched {
  return { operation, destination, bytes, call, takes: [], gaps: [], idle: [] };
}

function prepare(bytes: number, given: Uint8Array): Run[] {
  const crypto = nativeCrypto();
  const [secret, shareLength] = [new Uint8Array(bytes).fill(7), 1 + bytes];
  const shares = crypto.split(secret, HOW).slice(0, HOW.threshold * shareLength);
  const run = (
    operation: Operation,
    resultBytes: number,
    once: () => unknown,
    call: (into: Uint8Array | undefined) => Promise<unknown>,
  ): Run => {
    const into = given.subarray(0, resultBytes);
    const watched = {
      new: watch(operation, "new", bytes, () => call(undefined)),
      given: watch(operation, "given", bytes, () => call(into)),
    };
    return { operation, bytes, once, synchronous: [], watched };
  };
  return [
    run(
      "split",
      HOW.count * shareLength,
      () => crypto.split(secret, HOW),
      (into) => crypto.splitAsync(secret, { ...HOW, into }),
    ),
    run(
      "combine",
      bytes,
      () => crypto.combine(shares, shareLength),
      (into) => crypto.combineAsync(shares, shareLength, { into }),
    ),
  ];
}

function report(runs: readonly Run[], random: Watched): EventLoop {
  const medians = ({ takes, gaps }: Watched): AsynchronousCall => ({
    takes: summarize(takes).median,
    gap: summarize(gaps).median * 1000,
  });
  const sizes = runs.map(({ operation, bytes, synchronous, watched }) => ({
    operation,
    bytes,
    synchronous: summarize(synchronous).median,
    asynchronous: { new: medians(watched.new), given: medians(watched.given) },
  }));
  const largest = runs.filter(({ bytes }) => bytes === LARGEST_BYTES);
  const all = DESTINATIONS.flatMap((destination) =>
    largest.map(({ watched }) => watched[destination]),
  );
  return {
    sizes,
    crossOver: { split: crossOver(sizes, "split"), combine: crossOver(sizes, "combine") },
    longest: [...all, random].map(({ operation, destination, gaps, idle }) => ({
      operation,
      destination,
      working: withWorst(gaps),
      idle: withWorst(idle),
    })),
    largestBytes: LARGEST_BYTES,
  };
}

function crossOver(sizes: readonly SizePoint[], operation: Operation): number | null {
  const points = sizes.filter((point) => point.operation === operation);
  const last = points.findLastIndex(
    ({ asynchronous, synchronous }) => asynchronous.given.gap > 0.9 * synchronous,
  );
  return points[last + 1]?.bytes ?? null;
}

function withWorst(milliseconds: readonly number[]): Gaps {
  return { ...summarize(milliseconds), max: Math.max(...milliseconds) };
}

/** The least duration of a turn of the watched loop: shorter turns would produce too much garbage. */
const TURN_MS = 0.05;

/**
 * The longest gap between two turns of the event loop while a promise is pending and for `after`
 * milliseconds more; `elapsed` is the promise's time alone. In milliseconds.
 */
export async function withGap(
  work: () => Promise<unknown>,
  after = 0,
): Promise<{ readonly elapsed: number; readonly gap: number }> {
  // In a typed array: the engine allocates a heap number at each assignment to a closure's variable.
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
