/** The store on a file system that crashes, fails and loses what was not synced. */
import { describe, expect, test, vi } from "vitest";
import type { Fault, Step } from "../store/memory-file-system.ts";
import { FOLDERS, callsOf, runMatrix, runOne } from "./matrix.ts";
import type { Outcome } from "./matrix.ts";
import { degradedSaves, firstSaves, moreSaves, repair } from "./scenarios.ts";

vi.mock("node:crypto", async (original) => {
  const { fewRandomBytes } = await import("./random.ts");
  return fewRandomBytes(original);
});

describe("a fault at every call of both replicas, and every way the power may fail after it", () => {
  test("of a new ledger and its first save: nothing acknowledged is lost, and it can be begun again", async () => {
    check(await runMatrix(firstSaves()));
  });

  test("of several saves in a row: nothing acknowledged is lost, and nothing older comes back", async () => {
    check(await runMatrix(await moreSaves()));
  });

  test.each(FOLDERS)(
    "of mending %s, which fell behind: nothing is lost by mending",
    async (folder) => {
      check(await runMatrix(await repair(folder)));
    },
  );

  test("of saves in degraded mode: nothing is lost, with either disk or with both", async () => {
    check(await runMatrix(await degradedSaves()));
  });

  test("of saves in degraded mode while one disk is dying: nothing is lost, with either disk or both", async () => {
    const scenario = await degradedSaves();
    const calls = await callsOf(scenario);
    const outcome: Outcome = { runs: 0, restarts: 0, problems: [] };
    const seen = new Set<string>();
    for (const dying of FOLDERS) {
      for (const [from, { folder }] of calls.entries()) {
        if (folder !== dying) continue;
        // Longer than without it, as the other replica notes that it is alone.
        for (let at = from; at < calls.length + 10; at++) {
          const plan = (step: Step, index: number): Fault | undefined => {
            if (index === at) return { kind: "crashAfter" };
            return step.folder === dying && index >= from
              ? { kind: "error", code: "EIO" }
              : undefined;
          };
          const name = `${dying} fails from call ${from}, crash after call ${at}`;
          await runOne({ scenario, plan, name, outcome, seen });
        }
      }
    }
    check(outcome);
  });
});

function check({ runs, restarts, problems }: Outcome): void {
  console.log(`${runs} runs with a fault, ${restarts} different restarts`);
  expect(problems.slice(0, 10)).toEqual([]);
  expect(restarts).toBeGreaterThan(10);
}
