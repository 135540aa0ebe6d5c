/** The process that {@link hunt} starts: it tries seeds and prints the first that fails, as JSON. */
import { record } from "../report.ts";
import { shrink } from "../shrink.ts";
import { simulate } from "../simulate.ts";
import type { Caught, Hunt } from "./hunt.ts";

Error.stackTraceLimit = 0;

const { options, seeds, shrink: small } = JSON.parse(process.argv[2] ?? "{}") as Hunt;
console.log(JSON.stringify(search()));

function search(): Caught | null {
  for (let seed = 1; seed <= seeds; seed++) {
    const { failure } = simulate(seed, options, "native");
    if (failure === null) continue;
    const { invariant, message, step } = failure;
    const limits = { runsMax: 3000, millisecondsMax: 20_000 };
    const shrunk = small
      ? shrink(record(seed, options, "native"), invariant, "native", limits)
      : undefined;
    return { seed, invariant, message, step, events: shrunk?.schedule.actions.length ?? null };
  }
  return null;
}
