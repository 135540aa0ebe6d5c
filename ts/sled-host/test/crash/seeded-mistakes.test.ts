/** The crash matrix can fail: each of these mistakes, made on purpose, is found by it. */
import { describe, expect, test, vi } from "vitest";
import type { Fault, Step } from "../store/memory-file-system.ts";
import { FOLDERS, callsOf, runMatrix, runOne } from "./matrix.ts";
import type { Mistake, Outcome, Scenario } from "./matrix.ts";
import * as mistakes from "./mistakes.ts";
import { degradedSaves, firstSaves, moreSaves, networkConfigs } from "./scenarios.ts";
import { sampled } from "../../../../scripts/vitest/effort.ts";

vi.mock("node:crypto", async (original) => {
  const { fewRandomBytes } = await import("./random.ts");
  return fewRandomBytes(original);
});

/** The scenario that shows each mistake; some take more than one fault. */
const SHOWN_BY: Record<keyof typeof mistakes, () => Promise<boolean>> = {
  noFileSync: () => inMatrix(mistakes.noFileSync, moreSaves),
  noFolderSync: () => inMatrix(mistakes.noFolderSync, moreSaves),
  renameBeforeSync: () => inMatrix(mistakes.renameBeforeSync, moreSaves),
  onlyOneAwaited: () => inMatrix(mistakes.onlyOneAwaited, moreSaves),
  shortWritesIgnored: () => inMatrix(mistakes.shortWritesIgnored, moreSaves),
  errorsOfOneIgnored: () => inMatrix(mistakes.errorsOfOneIgnored, moreSaves),
  overwrittenInPlace: () => inMatrix(mistakes.overwrittenInPlace, moreSaves),
  leftoversStay: () => inMatrix(mistakes.leftoversStay, moreSaves),
  networkConfigNotSynced: () => inMatrix(mistakes.networkConfigNotSynced, networkConfigs),
  networkConfigInPlace: () => inMatrix(mistakes.networkConfigInPlace, networkConfigs),
  markerWrittenAfter: () => inMatrix(mistakes.markerWrittenAfter, firstSaves),
  readyBeforeTheLedger: () => inMatrix(mistakes.readyBeforeTheLedger, firstSaves),
  notWrittenAnew: () =>
    fromEachCallOn(mistakes.notWrittenAnew, moreSaves, ({ call }) => call === "syncFolder"),
  folderSyncErrorsIgnored: () =>
    fromEachCallOn(
      mistakes.folderSyncErrorsIgnored,
      moreSaves,
      ({ call }) => call === "syncFolder",
    ),
  aloneNotNoted: () =>
    fromEachCallOn(mistakes.aloneNotNoted, degradedSaves, ({ folder }) => folder === FOLDERS[0]),
};

describe("a mistake in the store is found by the crash matrix", () => {
  test.each(sampled(Object.entries(SHOWN_BY), 4))("%s", async (_, isShown) => {
    expect(await isShown()).toBe(true);
  });
});

/** Whether one fault at some call shows the mistake. */
async function inMatrix(
  mistake: Mistake,
  make: () => Scenario | Promise<Scenario>,
): Promise<boolean> {
  const { problems } = await runMatrix(await make(), { mistake });
  return problems.length > 0;
}

/** Whether the mistake shows where all calls of a kind fail from some call on. */
async function fromEachCallOn(
  mistake: Mistake,
  make: () => Promise<Scenario>,
  fails: (step: Step) => boolean,
): Promise<boolean> {
  const scenario = await make();
  const outcome: Outcome = { runs: 0, restarts: 0, problems: [] };
  const calls = await callsOf(scenario);
  for (const [from] of calls.entries()) {
    const plan = (step: Step, index: number): Fault | undefined =>
      index >= from && fails(step) ? { kind: "error", code: "EIO" } : undefined;
    const seen = new Set<string>();
    await runOne({ scenario, plan, name: `from call ${from} on`, outcome, seen, mistake });
    if (outcome.problems.length > 0) return true;
  }
  return false;
}
