/** One run: measures the cases that were selected, with all their subjects in turn. */
import { fileURLToPath } from "node:url";
import { CASES, PORTABLE, isSelected, localSubjects, selectedCases } from "./cases.ts";
import { measureEventLoop } from "./event-loop.ts";
import type { EventLoop } from "./event-loop.ts";
import { WorkerProcess, oneLine } from "./worker-process.ts";
import { describeMachine, otherLoad } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { measure } from "./measure.ts";
import type { Plan } from "./measure.ts";
import { buildRevision } from "./revisions/build.ts";
import { COMPARISON_PLANS, compareRevisions } from "./revisions/compare.ts";
import type { Comparison } from "./revisions/compare.ts";
import { BASE } from "./revisions/original.ts";
import { startRust } from "./rust.ts";
import { measureScaling } from "./scaling.ts";
import type { Scaling } from "./scaling.ts";
import { judge } from "./targets.ts";
import type { CaseResult, TargetResult } from "./targets.ts";

/** The results of a run. Times of cases are nanoseconds per call. */
export interface Report {
  readonly mode: "full" | "quick";
  readonly machine: Machine;
  readonly cases: readonly CaseResult[];
  readonly scaling: Scaling | null;
  readonly eventLoop: EventLoop | null;
  /** The comparison with the revision that was measured beside the original, where it was asked for. */
  readonly comparison: Comparison | null;
  readonly targets: readonly TargetResult[];
  /** What was left out, and why. */
  readonly skipped: readonly string[];
  readonly seconds: number;
}

const FULL: Plan = { rounds: 21, sampleMs: 25, warmUpMs: 400, subjectMsMax: 1500, roundsMin: 3 };
const QUICK: Plan = { rounds: 5, sampleMs: 10, warmUpMs: 100, subjectMsMax: 150, roundsMin: 1 };

const TITLES: ReadonlyMap<string, string> = new Map(CASES.map(({ id, title }) => [id, title]));

/** Measurements that are not cases; `--only` selects them in the same way. */
const EXTRAS = {
  scaling: "scaling: reconfiguration by members and past epochs",
  eventLoop: "event loop: large secrets off the main thread",
};

/** Whether any case or other measurement has this text in its id or title. */
export function isKnown(text: string): boolean {
  return selectedCases(text).length > 0 || extras(text).size > 0;
}

/** Measures what has `only` in its id or title. */
export async function runBenchmark(options: {
  only: string;
  quick: boolean;
  /** Takes lines of progress for people. */
  say: (line: string) => void;
  /** Without the Rust side where false. */
  rust?: boolean;
  /** Whether to compare with the revision that was measured beside the original. By default not. */
  compare?: boolean;
}): Promise<Report> {
  const { only, quick, say } = options;
  const start = performance.now();
  const load = await otherLoad();
  const skipped: string[] = [];
  const skip = (what: string, why: string) => {
    skipped.push(`${what}: ${why}`);
    say(`skipped: ${what}: ${why}`);
  };

  const workers = [await startBackend("native"), await startBackend("reference")];
  let kernel: string | null = null;
  if (options.rust !== false) {
    say("building the Rust side, where it is not built yet…");
    const started = await startRust();
    if (typeof started === "string") skip("the Rust side", started);
    else {
      workers.push(started);
      kernel = started.greeting.kernel ?? null;
    }
  }
  try {
    const cases: CaseResult[] = [];
    for (const one of selectedCases(only)) {
      if (one.comparedOnly === true) continue;
      say(one.title);
      try {
        const subjects = [
          ...(await localSubjects(one)),
          ...workers.flatMap((worker) => worker.subjects(one.id)),
        ];
        const measured = await measure(subjects, quick ? QUICK : FULL);
        const { id, title, quantity = "time" } = one;
        cases.push({ id, title, quantity, subjects: measured });
      } catch (error) {
        // Programs may be missing, or the system may not tell what they use.
        if (one.startsPrograms !== true) throw error;
        skip(one.title, oneLine(error));
      }
    }
    const wanted = extras(only);
    for (const name of wanted) say(EXTRAS[name]);
    const scaling = wanted.has("scaling") ? measureScaling({ racks: quick ? 3 : 25 }) : null;
    const eventLoop = wanted.has("eventLoop")
      ? await measureEventLoop({ rounds: quick ? 3 : 15 })
      : null;
    const comparison =
      options.compare === true ? await compareWithBase({ only, quick, say, skip }) : null;
    return {
      mode: quick ? "quick" : "full",
      machine: describeMachine(kernel, load),
      cases,
      scaling,
      eventLoop,
      comparison,
      targets: judge({ cases, eventLoop, comparison }, TITLES),
      skipped,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    for (const worker of workers) worker.close();
  }
}

/** Measures what has `only` in its id or title, on this revision and on another one in turn. */
export function runComparison(options: {
  /** Anything that git understands. */
  revision: string;
  only: string;
  quick: boolean;
  say: (line: string) => void;
}): Promise<Comparison> {
  const { revision, only, quick, say } = options;
  return compareRevisions({
    base: buildRevision(revision, { say }),
    cases: selectedCases(only),
    plan: COMPARISON_PLANS[quick ? "quick" : "full"],
    say,
  });
}

/** Whether any case that can be compared between revisions has this text in its id or title. */
export function isComparable(text: string): boolean {
  return selectedCases(text).some(({ revision }) => revision !== undefined);
}

async function compareWithBase(options: {
  only: string;
  quick: boolean;
  say: (line: string) => void;
  skip: (what: string, why: string) => void;
}): Promise<Comparison | null> {
  try {
    return await runComparison({ ...options, revision: BASE.commit });
  } catch (error) {
    // Without the repository's history, for instance.
    options.skip(`the comparison with ${BASE.commit.slice(0, 7)}`, oneLine(error));
    return null;
  }
}

/** The native backend with its portable kernel, or the reference backend. */
function startBackend(backend: "native" | "reference"): Promise<WorkerProcess> {
  const program = fileURLToPath(new URL("./backend-worker.js", import.meta.url));
  return WorkerProcess.start([process.execPath, program, backend], {
    env: { TRUST_QUORUM_KERNEL: "portable" },
    side: (subject) => (subject === PORTABLE ? "portable" : "reference"),
  });
}

function extras(text: string): Set<keyof typeof EXTRAS> {
  const names = Object.keys(EXTRAS) as (keyof typeof EXTRAS)[];
  return new Set(names.filter((name) => isSelected(text, [name, EXTRAS[name]])));
}
