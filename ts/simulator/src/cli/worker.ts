/** A worker thread of the pool: it simulates the seeds that it is given and reports the results. */
import { parentPort, workerData } from "node:worker_threads";
import { Coverage } from "../rack/coverage.ts";
import type { Batch, BatchResult, FoundFailure, WorkerSetup } from "./pool.ts";
import { simulate } from "../run/simulate.ts";

// Refusals are errors, and there are many; nobody looks at where they were made.
Error.stackTraceLimit = 0;

const { options, backend } = workerData as WorkerSetup;

parentPort?.on("message", (batch: Batch) => {
  parentPort?.postMessage(runBatch(batch));
});

function runBatch({ first, count }: Batch): BatchResult {
  const coverage = new Coverage();
  const failures: FoundFailure[] = [];
  let [steps, calls] = [0, 0];
  for (let seed = first; seed < first + count; seed++) {
    const result = simulate(seed, options, backend);
    steps += result.steps;
    calls += result.calls;
    coverage.add(result.coverage);
    if (result.failure === null) continue;
    const { invariant, message, step } = result.failure;
    failures.push({ seed, profile: result.setup.profile, invariant, message, step });
  }
  return { runs: count, steps, calls, coverage: coverage.report(), failures };
}
