/**
 * How much of an exhaustive loop a test goes through. `npm test` goes through all of it. Vitest's mode
 * `quick`, which `npm run test:unit` and `npm run test:watch` choose, goes through a sample: another one
 * in each run, from the seed that the run prints. `TEST_SEED` repeats a run's sample.
 */

const seed = process.env["TEST_SAMPLE_SEED"];

/** Whether a sample will do. */
export const QUICK = seed !== undefined;

/** Of fast-check's runs for `npm test`, those that the quick mode does: one of so many. */
const ONE_RUN_OF = 20;

/** Fewer runs than this are never done, as far as `npm test` does as many. */
const RUNS_MIN = 10;

/**
 * How many random examples a property is tried with.
 *
 * @param all What `npm test` does
 */
export function runs(all: number): number {
  return QUICK ? Math.min(all, Math.max(RUNS_MIN, Math.ceil(all / ONE_RUN_OF))) : all;
}

/**
 * The items that a loop goes through: every one, or with `QUICK` one of `oneOf`, from a place that the
 * seed says.
 */
export function sampled<T>(items: Iterable<T>, oneOf: number): T[] {
  const list = [...items];
  if (!QUICK) return list;
  const step = Math.min(oneOf, list.length);
  return list.filter((_, i) => i % step === Number(seed) % step);
}

/** A number for `npm test`, and one for the quick mode. */
export function either(all: number, quick: number): number {
  return QUICK ? quick : all;
}
