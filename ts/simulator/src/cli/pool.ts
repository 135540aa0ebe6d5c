/** Runs seeds on all cores: one worker thread each, which takes a few seeds at a time. */
import { Worker } from "node:worker_threads";
import type { Coverage } from "../rack/coverage.ts";
import type { CoverageReport } from "../rack/coverage.ts";
import type { Invariant } from "../invariants/failure.ts";
import type { Profile, SimulationOptions } from "../schedule/options.ts";
import type { Backend } from "../run/simulation.ts";

/** What a worker is asked for: some seeds in a row. */
export interface Batch {
  readonly first: number;
  readonly count: number;
}

/** What a worker is told at its start. */
export interface WorkerSetup {
  readonly options: SimulationOptions;
  readonly backend: Backend;
}

/** A seed that failed, as plain data. */
export interface FoundFailure {
  readonly seed: number;
  readonly profile: Profile;
  readonly invariant: Invariant;
  readonly message: string;
  readonly step: number;
}

/** What a worker has done. */
export interface BatchResult {
  readonly runs: number;
  readonly steps: number;
  readonly calls: number;
  readonly coverage: CoverageReport;
  readonly failures: readonly FoundFailure[];
}

/** What all of them have done so far. */
export interface Totals {
  runs: number;
  steps: number;
  calls: number;
  readonly failures: FoundFailure[];
  readonly coverage: Coverage;
}

/** How many seeds a worker takes at once. */
const BATCH_SEEDS = 8;

/**
 * Runs seeds until there are none left, one has failed, or the time is over.
 *
 * @param progress told after every batch
 */
export async function runPool(
  options: WorkerSetup & {
    readonly first: number;
    /** The last seed; Infinity with a time limit. */
    readonly last: number;
    readonly jobs: number;
    readonly until: number;
    readonly keepGoing: boolean;
  },
  totals: Totals,
  progress: () => void,
): Promise<void> {
  let next = options.first;
  const take = (): Batch | null => {
    const failed = totals.failures.length > 0 && !options.keepGoing;
    if (next > options.last || failed || Date.now() >= options.until) return null;
    const batch = { first: next, count: Math.min(BATCH_SEEDS, options.last - next + 1) };
    next += batch.count;
    return batch;
  };
  const { options: simulation, backend } = options;
  const setup: WorkerSetup = { options: simulation, backend };
  await Promise.all(
    Array.from({ length: options.jobs }, () =>
      work(setup, take, (result) => {
        totals.runs += result.runs;
        totals.steps += result.steps;
        totals.calls += result.calls;
        totals.failures.push(...result.failures);
        totals.coverage.add(result.coverage);
        progress();
      }),
    ),
  );
}

/** Keeps one worker busy until there is nothing left to take. */
function work(
  setup: WorkerSetup,
  take: () => Batch | null,
  done: (result: BatchResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: setup });
    const feed = (): void => {
      const batch = take();
      if (batch === null) void worker.terminate();
      else worker.postMessage(batch);
    };
    worker.on("message", (result: BatchResult) => {
      done(result);
      feed();
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
    feed();
  });
}
