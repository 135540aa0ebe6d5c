/** Racks from many seeds: every invariant holds, and the runs reach what they are there for. */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { readLog } from "@trust-quorum/event-log";
import { Replay } from "@trust-quorum/replay";
import { nativeCrypto } from "trust-quorum";
import { REFUSAL_REASONS } from "trust-quorum/protocol";
import { Coverage } from "../src/rack/coverage.ts";
import type { CoverageReport } from "../src/rack/coverage.ts";
import { INVALID_REQUESTS, record, recordLog, replay, scheduleOf, simulate } from "../src/index.ts";
import type { SimulationOptions } from "../src/index.ts";
import { QUICK, either, sampled } from "../../../scripts/vitest/effort.ts";

// Refusals are errors, and there are many; nobody looks at where they were made.
const { stackTraceLimit } = Error;
Error.stackTraceLimit = 0;
// Other files may be run in the same process.
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

/** Simulates seeds until this many steps are done, and says what they have reached. */
function simulateSteps(first: number, steps: number, options: SimulationOptions): CoverageReport {
  const coverage = new Coverage();
  for (let [seed, done] = [first, 0]; done < steps; seed++) {
    const result = simulate(seed, options, "native");
    const { failure, setup } = result;
    const found =
      failure && `seed ${seed} (${setup.profile}): ${failure.invariant}: ${failure.message}`;
    expect(found).toBeNull();
    coverage.add(result.coverage);
    done += result.steps;
  }
  return coverage.report();
}

describe("a million steps", () => {
  const coverage = new Coverage();

  it("800,000 without encoding: every invariant holds", () => {
    coverage.add(simulateSteps(1, either(800_000, 20_000), {}));
  });

  it("200,000 with every message encoded and decoded: every invariant holds", () => {
    coverage.add(simulateSteps(1_000_001, either(200_000, 5_000), { encode: true }));
  });

  // A sample does not get everywhere.
  it.skipIf(QUICK)(
    "they reach every call, message, fault, phase and refusal that can be reached",
    () => {
      const report = coverage.report();
      expect(CALLS.filter((kind) => !(kind in report.calls))).toEqual([]);
      expect(MESSAGES.filter((kind) => !(kind in report.messages))).toEqual([]);
      expect(PHASES.filter((kind) => !(kind in report.phases))).toEqual([]);
      expect(FAULTS.filter((kind) => !(kind in report.faults))).toEqual([]);
      const missing = Object.keys(REFUSAL_REASONS).filter((reason) => !(reason in report.refusals));
      expect(missing.filter((reason) => !RARE_REFUSALS.includes(reason))).toEqual([]);
    },
  );
});

describe("a run", () => {
  it.each(sampled([3, 4, 5, 6], 4))(
    "is the same to the byte with the same seed (%i), secrets included",
    (seed) => {
      const schedule = record(seed, { steps: 600 }, "native");
      const log = recordLog(schedule, "native");
      expect(log.length).toBeGreaterThan(10_000);
      expect(recordLog(record(seed, { steps: 600 }, "native"), "native")).toBe(log);
    },
  );

  it("is the same with either implementation of the cryptography", () => {
    const schedule = record(11, { steps: 400, profile: "rough", sleds: 6, lrtq: true }, "native");
    expect(recordLog(schedule, "reference")).toBe(recordLog(schedule, "native"));
  });

  it("is the same with encoded messages as without", () => {
    const options: SimulationOptions = { steps: 1500, profile: "rough", sleds: 7 };
    const [plain, encoded] = [false, true].map((encode) =>
      simulate(12, { ...options, encode }, "native"),
    );
    expect(encoded?.coverage).toEqual(plain?.coverage);
    expect(encoded?.calls).toBe(plain?.calls);
  });

  it("differs with another seed", () => {
    const [one, other] = [1, 2].map((seed) => simulate(seed, { profile: "faulty" }, "native"));
    expect(one?.coverage).not.toEqual(other?.coverage);
  });

  it.each(sampled([5, 6, 7, 8], 4))(
    "can be made again from the header of its event log (seed %i)",
    (seed) => {
      const log = recordLog(record(seed, { steps: 300 }, "native"), "native");
      const { simulation } = JSON.parse(log.slice(0, log.indexOf("\n"))) as {
        simulation: Parameters<typeof scheduleOf>[0];
      };
      const schedule = scheduleOf(simulation);
      expect(schedule && recordLog(schedule, "native")).toBe(log);
    },
  );

  it("of version 0.1.0, whose log names some actions otherwise, can be made again", () => {
    const file = new URL("../../../testdata/logs/simulation-0.1.0.jsonl", import.meta.url);
    const [header = "", ...events] = readFileSync(file, "utf8").split("\n");
    const { simulation } = JSON.parse(header) as { simulation: Parameters<typeof scheduleOf>[0] };
    const schedule = scheduleOf(simulation);
    const kinds = new Set(schedule?.actions.map(({ kind }) => kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(["invalidRequest", "controlPlaneCrash", "controlPlaneLink", "abort"]),
    );
    const again = schedule && recordLog(schedule, "native").split("\n").slice(1);
    // Annotations for people have the names of today.
    const calls = (lines: readonly string[] | undefined): string[] | undefined =>
      lines?.filter((line) => !line.includes('"annotation"'));
    expect(calls(again)).toEqual(calls(events));
  });

  it.each<SimulationOptions>([
    { profile: "rough", sleds: 6, slowSaves: true },
    { profile: "faulty", sleds: 5, lrtq: true },
    { profile: "amnesia", sleds: 7 },
    { profile: "hostile", sleds: 6, lrtq: true, encode: true },
    { profile: "spoofed", sleds: 5, encode: true },
  ])("leaves a log that the reader opens and that replays without a divergence: %j", (options) => {
    const text = recordLog(record(21, { ...options, steps: 800 }, "native"), "native");
    const log = readLog(new TextEncoder().encode(text));
    expect(log.events.length).toBeGreaterThan(300);
    const replayed = new Replay(log, { crypto: nativeCrypto() });
    replayed.runTo(log.events.length);
    expect(replayed.divergences.slice(0, 3)).toEqual([]);
  });

  it("takes the same way when its schedule is replayed", () => {
    const schedule = record(9, { profile: "rough" }, "native");
    const { coverage } = simulate(9, { profile: "rough" }, "native");
    expect(replay(schedule, "native").coverage).toEqual(coverage);
  });
});

const CALLS = [
  "clearSecrets",
  "commit",
  "connect",
  "coordinate",
  "coordinatorStatus",
  "disconnect",
  "loadRackSecret",
  "invalid request",
  "prepareAndCommit",
  "refuseUndecodable",
  "restore",
  "tick",
  "upgrade",
];

const MESSAGES = [
  "commitAdvance",
  "expunged",
  "getLrtqShare",
  "getShare",
  "lrtqShare",
  "prepare",
  "prepareAck",
  "share",
  "undecodable",
];

const PHASES = [
  "a dropped sled that knows it",
  "aborted by an operator",
  "aborted by the policy",
  "commit by proxy",
  "coordinator lost: aborted",
  "coordinator lost: committed",
  "coordinator lost: committing",
  "coordinator lost: preparing",
  "coordinator lost: preparing_lrtq_upgrade",
  "crash: collectLrtqShares",
  "crash: collectShares",
  "crash: computing its share",
  "crash: loading a rack secret",
  "crash: prepare",
  "crash: saving",
  "healed and unlocked",
  "hostile: changed without its hostile members",
  "hostile: unlocked without its hostile members",
  "prepareAndCommit by proxy",
  "proposed: initial",
  "proposed: reconfigure",
  "proposed: upgradeFromLrtq",
  "superseded while committing",
];

const FAULTS = [
  "both replicas missing",
  "both replicas old",
  "both replicas torn",
  "connection broken",
  "connection broken, one notices",
  "control plane crashed",
  "crash",
  "crash between a change and its save",
  "factory reset",
  "forged: bitFlip",
  "forged: commitAdvance",
  "forged: crowd",
  "forged: earlyCommit",
  "forged: expunged",
  "forged: flood",
  "forged: getLrtqShare",
  "forged: getShare",
  "forged: lrtqShare",
  "forged: otherDigest",
  "forged: otherEpoch",
  "forged: otherRack",
  "forged: othersLrtqShare",
  "forged: ownShare",
  "forged: prepare",
  "forged: prepare in another's name",
  "forged: prepareAck",
  "forged: replay",
  "forged: share",
  "message lost",
  "one replica missing",
  "one replica old",
  "one replica torn",
  "partition",
  "partition one way",
  "save failed",
  "save half",
  "save torn",
  "save tornSecond",
  "save unconfirmed",
  "sled out of the control plane's reach",
  ...INVALID_REQUESTS.map((request) => `invalid request: ${request}`),
];

/**
 * More than 4,096 outputs never wait for one save here; and what lies between the latest commit and
 * what is being coordinated was given up, so that only a forger speaks of it as committed.
 */
const RARE_REFUSALS = [
  "outputs_full",
  "coordinating_later_epoch",
  // A sled without configurations has asked nobody, but for LRTQ's shares.
  "expunged_without_configuration",
  // Tests of the core reach these: it takes a ledger of 64 MiB, and a control plane that abandons.
  "ledger_full",
  "abandoned_epoch",
];
