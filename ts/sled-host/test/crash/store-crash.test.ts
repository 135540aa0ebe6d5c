/** The store on a file system that crashes, fails and loses what was not synced. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeLrtqLedger, encodeLedgerState, encodeLrtqLedger } from "trust-quorum/ledger";
import type { LrtqShareData } from "trust-quorum/protocol";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Fault, Step } from "../store/memory-file-system.ts";
import { networkFile, originalDisk } from "../store/original.ts";
import { crypto, history } from "../store/states.ts";
import { FOLDERS, callsOf, networkBlob, runMatrix, runOne } from "./matrix.ts";
import type { Outcome } from "./matrix.ts";
import {
  degradedSaves,
  firstSaves,
  importing,
  moreSaves,
  networkConfigs,
  recovering,
  repair,
  scrubbing,
  takingOver,
} from "./scenarios.ts";
import { either, sampled } from "../../../../scripts/vitest/effort.ts";

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

  test("of network configurations between saves: the latest acknowledged is there, whole, or a later one", async () => {
    check(await runMatrix(await networkConfigs()));
  });

  test.each(FOLDERS)(
    "of mending %s, which fell behind: nothing is lost by mending",
    async (folder) => {
      check(await runMatrix(await repair(folder)));
    },
  );

  test.each(["an old copy", "damage"] as const)(
    "of a scrub that finds %s: nothing is lost by mending it",
    async (change) => {
      check(await runMatrix(await scrubbing(change)));
    },
  );

  test("of an import: it is there as a whole, or can be run again, and is never an empty ledger", async () => {
    const { file, lrtq } = bootstoreLedger();
    check(await runMatrix(importing(file, lrtq)));
  });

  test("of a take-over from the original: it is there as a whole, network configuration too, or can be run again", async () => {
    const { paths, original } = originalDisks();
    check(await runMatrix(takingOver(paths, original, 5)));
  });

  test.each(["blank", "damaged"] as const)(
    "of a recovery onto a %s disk: nothing is lost, and it can be run again",
    async (damage) => {
      check(await runMatrix(await recovering(damage)));
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
      for (const [from, { folder }] of sampled(calls.entries(), 20)) {
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
  expect(restarts).toBeGreaterThan(either(10, 1));
}

/** Two of the original's disks, of which one missed the last save. */
function originalDisks() {
  const root = mkdtempSync(join(tmpdir(), "tq-crash-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const states = history(4).map(({ generation, state }) => ({ generation, state }));
  const [older, original] = states.slice(-2);
  if (older === undefined || original === undefined) throw new Error("four saves");
  const paths = [older, original].map(({ generation, state }, at) => {
    const text = Buffer.from(encodeLedgerState(state)).toString("utf8");
    return originalDisk(root, `m${at}`, {
      state: `{"generation":${generation},"state":${text}}`,
      network: networkFile(5 - at, [...networkBlob(5 - at)]),
    });
  });
  return { paths, original };
}

/** A ledger of the bootstore that does not say which sled it is of. */
function bootstoreLedger(): { readonly file: string; readonly lrtq: LrtqShareData } {
  const from = new URL(
    "../../../../testdata/lrtq-ledgers/5-sleds/BRM42220001.json",
    import.meta.url,
  );
  const { state } = decodeLrtqLedger(readFileSync(from), (bytes) => crypto.sha3_256(bytes));
  if (state.kind !== "initialMember") throw new Error("a first member's ledger");
  const folder = mkdtempSync(join(tmpdir(), "tq-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "bootstore.json");
  const learned = { kind: "learned", common: state.common } as const;
  writeFileSync(file, encodeLrtqLedger({ generation: 1, state: learned }));
  return { file, lrtq: state.common };
}
