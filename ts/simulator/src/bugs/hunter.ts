/** The process that {@link hunt} starts: it tries seeds and prints the first that fails, as JSON. */
import { shrink } from "../run/shrink.ts";
import { record, simulate } from "../run/simulate.ts";
import type { Caught, Hunt } from "./hunt.ts";

Error.stackTraceLimit = 0;

/** What is spent on making one failing run small. */
const LIMITS = { runsMax: 3000, stepsMax: 1_500_000 };
/** With so few events the search for smaller runs ends. */
const FEW = 30;
/** How many failing runs are made small, and among how many seeds they are looked for. */
const RUNS = 3;
const MORE_SEEDS = 30;

const { options, seeds, shrink: small } = JSON.parse(process.argv[2] ?? "{}") as Hunt;
console.log(JSON.stringify(search()));

function search(): Caught | null {
  for (let seed = 1; seed <= seeds; seed++) {
    const { failure } = simulate(seed, options, "native");
    if (failure === null) continue;
    const { invariant, message, step } = failure;
    return { seed, invariant, message, step, shrunk: small ? smallest(seed) : null };
  }
  return null;
}

/**
 * The failing run made small. Some runs do not get small in the time that there is, and a later seed
 * that shows the same bug often does: a few of those are tried too.
 */
function smallest(first: number): Caught["shrunk"] {
  let best: Caught["shrunk"] = null;
  for (let [seed, failing] = [first, 0]; seed < first + MORE_SEEDS && failing < RUNS; seed++) {
    const { failure } = simulate(seed, options, "native");
    if (failure === null) continue;
    failing += 1;
    const schedule = record(seed, options, "native");
    const shrunk = shrink(schedule, failure.invariant, "native", LIMITS)?.schedule ?? schedule;
    const { length: events } = shrunk.actions;
    if (best === null || events < best.events) best = { seed, events, healed: shrunk.heal };
    if (best.events <= FEW) return best;
  }
  return best;
}
