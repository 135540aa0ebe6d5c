/** The crash matrix can fail: each of these mistakes, made on purpose, is found by it. */
import { describe, expect, test } from "vitest";
import type { Fault, Step } from "../store/memory-file-system.ts";
import { FOLDERS, callsOf, runMatrix, runOne } from "./matrix.ts";
import type { Mistake, Outcome, Scenario } from "./matrix.ts";
import * as mistakes from "./mistakes.ts";
import { degradedSaves, firstSaves, moreSaves, repair } from "./scenarios.ts";

const { aloneNotNoted, ...others } = mistakes;

describe("a mistake in the store is found by the crash matrix", () => {
  test.each(Object.entries(others))("%s", async (_, mistake) => {
    expect(await found(mistake)).toBe(true);
  });

  test("aloneNotNoted", async () => {
    const scenario = await degradedSaves();
    const outcome: Outcome = { runs: 0, restarts: 0, problems: [] };
    const calls = await callsOf(scenario);
    for (const [from, { folder }] of calls.entries()) {
      const plan = (step: Step, index: number): Fault | undefined =>
        step.folder === folder && index >= from ? { kind: "error", code: "EIO" } : undefined;
      const name = `${folder} fails from call ${from}`;
      const seen = new Set<string>();
      await runOne({ scenario, plan, name, outcome, seen, mistake: aloneNotNoted });
    }
    expect(outcome.problems.length).toBeGreaterThan(0);
  });
});

/** Whether any of the scenarios shows the mistake. */
async function found(mistake: Mistake): Promise<boolean> {
  const scenarios: (() => Scenario | Promise<Scenario>)[] = [
    moreSaves,
    () => repair(FOLDERS[0]),
    firstSaves,
  ];
  for (const make of scenarios) {
    const { problems } = await runMatrix(await make(), { mistake, stopAtProblem: true });
    if (problems.length > 0) return true;
  }
  return false;
}
