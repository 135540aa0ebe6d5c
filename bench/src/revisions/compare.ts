/** Measures this revision and another one in turn. */
import path from "node:path";
import type { Case, Quantity } from "../case.ts";
import { ROOT } from "../machine.ts";
import type { Subject } from "../measure.ts";
import { medianInterval, summarize } from "../statistics.ts";
import type { Interval, Summary } from "../statistics.ts";
import { WorkerProcess, oneLine } from "../worker-process.ts";
import type { BuiltRevision } from "./build.ts";
import { CURRENT_REVISION } from "./revision.ts";

/** A case measured on both revisions, in nanoseconds or bytes. */
export interface ComparedCase {
  readonly id: string;
  readonly title: string;
  readonly quantity: Quantity;
  readonly base: Summary;
  readonly current: Summary;
  /**
   * The base's sample divided by this revision's of the same round: the median of all rounds, with an
   * interval that holds the true median in 95 % of all runs. Above 1, this revision is faster or smaller.
   */
  readonly ratio: Interval;
}

/** The results of a comparison. */
export interface Comparison {
  /** The revision that this one is compared with. */
  readonly base: { readonly commit: string; readonly name: string };
  readonly cases: readonly ComparedCase[];
  /** What was left out, and why. */
  readonly skipped: readonly string[];
}

/** How long to measure. */
export interface ComparisonPlan {
  /**
   * How many pairs of processes measure one after the other: where the engine and the system put code and
   * data differs from process to process, and some of the noise is only seen between processes.
   */
  readonly processes: number;
  /** Rounds of each pair of processes. */
  readonly rounds: number;
  readonly sampleMs: number;
  readonly warmUpMs: number;
  /** Rounds of cases that run programs in processes of their own; one pair does all of them. */
  readonly programRounds: number;
}

/** Plans that take about a quarter of an hour, and some minutes. */
export const COMPARISON_PLANS: Readonly<Record<"full" | "quick", ComparisonPlan>> = {
  full: { processes: 3, rounds: 11, sampleMs: 25, warmUpMs: 300, programRounds: 31 },
  quick: { processes: 2, rounds: 6, sampleMs: 15, warmUpMs: 100, programRounds: 7 },
};

interface Samples {
  readonly base: number[];
  readonly current: number[];
}

/**
 * Measures cases on both revisions, in rounds that take one sample of each, in alternating order.
 *
 * @throws Error where a revision cannot be measured at all, e.g. because its API has no adapter
 */
export async function compareRevisions(options: {
  readonly base: BuiltRevision;
  readonly cases: readonly Case[];
  readonly plan: ComparisonPlan;
  readonly say: (line: string) => void;
}): Promise<Comparison> {
  const { base, plan, say } = options;
  const comparable = options.cases.filter(({ revision }) => revision !== undefined);
  const samples = new Map<Case, Samples>(comparable.map((one) => [one, { base: [], current: [] }]));
  const failures = new Map<Case, string>();
  for (let pair = 0; pair < plan.processes; pair++) {
    const current = { name: CURRENT_REVISION.name, root: ROOT };
    const workers = { current: await startWorker(current), base: await startWorker(base) };
    try {
      for (const [one, of] of samples) {
        if ((one.startsPrograms === true && pair > 0) || failures.has(one)) continue;
        say(`${one.title} (${pair + 1} of ${one.startsPrograms === true ? 1 : plan.processes})`);
        try {
          await measurePair(one, workers, of, plan);
        } catch (error) {
          failures.set(one, oneLine(error));
        }
      }
    } finally {
      workers.current.close();
      workers.base.close();
    }
  }
  const measured = [...samples].filter(([one]) => !failures.has(one));
  return {
    base: { commit: base.commit, name: base.name },
    cases: measured.map(([one, of]) => comparedCase(one, of)),
    skipped: [...failures].map(([{ title }, reason]) => `${title}: ${reason}`),
  };
}

/** The cases in which this revision is slower, or larger, by more than noise explains. */
export function slowerCases({ cases }: Comparison): readonly ComparedCase[] {
  return cases.filter(({ ratio }) => ratio.high < 1);
}

async function measurePair(
  one: Case,
  workers: { readonly current: WorkerProcess; readonly base: WorkerProcess },
  samples: Samples,
  plan: ComparisonPlan,
): Promise<void> {
  const subjects = (["current", "base"] as const).map((side) => {
    const [subject] = workers[side].subjects(one.id);
    if (subject === undefined) throw new Error(`the worker does not know ${one.id}`);
    return [side, subject] as const;
  });
  for (const [, subject] of subjects) await subject.sample(plan.warmUpMs);
  const rounds = one.startsPrograms === true ? plan.programRounds : plan.rounds;
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    const taken = new Map<keyof Samples, number>();
    for (const [side, subject] of order) taken.set(side, await sampleOf(subject, plan));
    for (const [side, value] of taken) samples[side].push(value);
  }
}

function sampleOf(subject: Subject, { sampleMs }: ComparisonPlan): Promise<number> {
  return subject.sample(sampleMs);
}

function comparedCase({ id, title, quantity = "time" }: Case, samples: Samples): ComparedCase {
  const ratios = samples.base.map((value, i) => value / (samples.current[i] ?? Number.NaN));
  return {
    id,
    title,
    quantity,
    base: summarize(samples.base),
    current: summarize(samples.current),
    ratio: medianInterval(ratios),
  };
}

function startWorker({ name, root }: { name: string; root: string }): Promise<WorkerProcess> {
  const program = path.join(ROOT, "bench/dist/revisions/revision-worker.js");
  return WorkerProcess.start([process.execPath, program, root, name], { side: () => "native" });
}
