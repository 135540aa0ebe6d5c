/**
 * Measures the subjects of one case in interleaved rounds. Benchmark libraries were not used because they
 * measure one subject after the other, so that noise of the machine hits only some of them, and read the
 * clock at each call, which costs a good part of a call that takes a fifth of a microsecond.
 */
import { summarize } from "./statistics.ts";
import type { Summary } from "./statistics.ts";

/** What kind of implementation a subject is. */
export type Side = "native" | "portable" | "reference" | "node" | "npm" | "rust-own" | "rust";

/** One way to do the work of a case. */
export interface Subject {
  readonly name: string;
  readonly side: Side;
  /** Calls it for about so many milliseconds, at least once. Resolves with the mean nanoseconds of a call. */
  sample(milliseconds: number): Promise<number>;
}

/** How long to measure. */
export interface Plan {
  readonly rounds: number;
  readonly sampleMs: number;
  /** How long each subject runs before the first round. */
  readonly warmUpMs: number;
  /** A subject whose samples took longer than this in total is left out of the remaining rounds… */
  readonly subjectMsMax: number;
  /** …once it has so many samples. */
  readonly roundsMin: number;
}

/** What was measured of a subject, in nanoseconds per call. */
export interface Measured extends Summary {
  readonly name: string;
  readonly side: Side;
}

/**
 * Warms all subjects up, then takes one sample of each in every round. Each round begins with another
 * subject, so that noise of the machine affects all of them alike.
 */
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

/** Calls something for about so many milliseconds, at least once, and gives the nanoseconds of one call. */
export type Sampler = (milliseconds: number) => number | Promise<number>;

/** A subject that runs in this process. */
export function subject(name: string, side: Side, sampler: Sampler): Subject {
  return { name, side, sample: async (milliseconds) => sampler(milliseconds) };
}

/** Keeps the last result, so that the engine cannot optimise a call away. */
const sink: { last: unknown } = { last: undefined };

/** Times synchronous calls in batches. Garbage collection is part of the time, as it is for a caller. */
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

/** Times asynchronous calls, one after the other. */
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
 * For calls that need preparation between them: each returns the milliseconds that its timed part took.
 * The median leaves out the calls in which the system ran something else.
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

/** Doubles batches until reading the clock between them is negligible; they stay short of the whole time. */
function nextBatch(batch: number, start: number, milliseconds: number): number {
  return performance.now() - start < milliseconds / 16 ? 2 * batch : batch;
}
