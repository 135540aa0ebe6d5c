/** Closes several resources in order, also where one of them fails. */
import { errorFields } from "./logger.ts";
import type { Log } from "./logger.ts";

/**
 * Takes every step, one after the other, also where an earlier one failed: a lock that stays behind
 * keeps the next start from its ledger.
 *
 * @throws what the first step that failed threw; what later ones threw is logged as a warning
 */
export async function closeAll(
  log: Log,
  steps: readonly (() => Promise<unknown> | undefined)[],
): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
      if (failures.length > 1) log.warn(errorFields(error), "this could not be closed either");
    }
  }
  if (failures.length > 0) throw failures[0];
}
