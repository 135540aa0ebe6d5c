/**
 * Measures several subjects of one case in rounds: each round takes a sample of every subject, the
 * next one begins with another, and the machine's noise hits all of them alike. (Libraries that
 * measure one subject after the other, or read the clock at each call, would not do: a call may take
 * a fifth of a microsecond, of which reading the clock is a good part, and other programs run.)
 */
import { summarize } from "./statistics.ts";
import type { Summary } from "./statistics.ts";

/** Where a subject comes from. */
export type Side = "native" | "portable" | "reference" | "node" | "npm" | "rust-own" | "rust";

/** One way to do the work of a case. */
export interface Subject {
  readonly name: string;
  readonly side: Side;
  /** Calls it for about this long, at least once: the nanoseconds of one call on average. */
  sample(milliseconds: number): Promise<number>;
}

/** How long to measure. */
export interface Plan {
  readonly rounds: number;
  readonly sampleMs: number;
  /** How long each subject runs before the first round. */
  readonly warmUpMs: number;
  /** A subject whose samples took longer than this together sits out the other rounds… */
  readonly subjectMsMax: number;
  /** …once it has so many. */
  readonly roundsMin: number;
}

/** What was measured of a subject, in nanoseconds per call. */
export interface Measured extends Summary {
  readonly name: string;
  readonly side: Side;
}

/** See the head of this file. */
export async function measure(
  subjects: readonly Subject[],
  plan: Plan,
): Promise<readonly Measured[]> {
  for (const subject of subjects) await subject.sample(plan.warmUpMs);
  const runs = subjects.map((subject) => ({ subject, samples: [] as number[], spent: 0 }));
  for (let round = 0; round < plan.rounds; round++) {
    for (let i = 0; i < runs.length; i++) {
      const run = runs[(i + round) % runs.length];
      if (run === undefined) continue;
      if (run.samples.length >= plan.roundsMin && run.spent > plan.subjectMsMax) continue;
      const start = performance.now();
      run.samples.push(await run.subject.sample(plan.sampleMs));
      run.spent += performance.now() - start;
    }
  }
  return runs.map(({ subject: { name, side }, samples }) => ({
    name,
    side,
    ...summarize(samples),
  }));
}

/** Calls something for about so many milliseconds, at least once: the nanoseconds of one call. */
export type Sampler = (milliseconds: number) => number | Promise<number>;

/** A subject of this process. */
export function subject(name: string, side: Side, sampler: Sampler): Subject {
  return { name, side, sample: async (milliseconds) => sampler(milliseconds) };
}

/** Keeps what the last call made, so that nothing that is timed can be left out as unused. */
const sink: { last: unknown } = { last: undefined };

/** Times calls in batches; what they make is left to the garbage collector, as a caller leaves it. */
export function repeated(call: () => unknown): Sampler {
  return (milliseconds) => {
    const start = performance.now();
    for (let calls = 0, batch = 1; ; batch = nextBatch(batch, start, milliseconds)) {
      for (let i = 0; i < batch; i++) sink.last = call();
      calls += batch;
      const elapsed = performance.now() - start;
      if (elapsed >= milliseconds) return (elapsed * 1e6) / calls;
    }
  };
}

/** Times calls that answer with promises, one after the other. */
export function repeatedAsync(call: () => Promise<unknown>): Sampler {
  return async (milliseconds) => {
    const start = performance.now();
    for (let calls = 0, batch = 1; ; batch = nextBatch(batch, start, milliseconds)) {
      for (let i = 0; i < batch; i++) sink.last = await call();
      calls += batch;
      const elapsed = performance.now() - start;
      if (elapsed >= milliseconds) return (elapsed * 1e6) / calls;
    }
  };
}

/**
 * Times what needs preparations between calls: it answers with the milliseconds of one itself. The
 * median of these calls leaves out those in which the system ran something else.
 */
export function selfTimed(call: () => number): Sampler {
  return (milliseconds) => {
    const start = performance.now();
    const calls: number[] = [];
    do calls.push(call());
    while (performance.now() - start < milliseconds);
    return summarize(calls).median * 1e6;
  };
}

/** Looking at the clock must not count: ever larger batches, none beyond the time by far. */
function nextBatch(batch: number, start: number, milliseconds: number): number {
  return performance.now() - start < milliseconds / 16 ? 2 * batch : batch;
}
