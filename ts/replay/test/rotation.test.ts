/** A log in many files: each begins with what the nodes hold, and replays on its own. */
import { readLog } from "@trust-quorum/event-log";
import type { LogSink } from "@trust-quorum/event-log";
import { describe, expect, test } from "vitest";
import { Replay } from "../src/index.ts";
import { crypto } from "../../event-log/test/cluster.ts";
import { randomRun } from "../../event-log/test/random-run.ts";
import { QUICK, sampled } from "../../../scripts/vitest/effort.ts";

/** Files of a few events each. */
class SmallFiles implements LogSink {
  readonly files: string[][] = [];
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get wantsHeader(): boolean {
    return (this.files.at(-1)?.length ?? 0) > this.#max;
  }

  begin(header: string): void {
    this.files.push([header]);
  }

  line(text: string): void {
    this.files.at(-1)?.push(text);
  }
}

const seen = { memory: 0, calls: new Set<string>(), unverifiable: new Set<string>() };

describe.each([false, true])("files of a log, from LRTQ: %s", (lrtq) => {
  test.each(sampled([5000, 5001, 5002, 5003], 4))(
    "each replays on its own without a difference (seed %i)",
    (seed) => {
      const sink = new SmallFiles(10);
      const { recorder } = randomRun({ seed, steps: 500, lrtq, sink });
      expect(recorder.failures).toBe(0);
      expect(sink.files.length).toBeGreaterThan(5);
      let next = 0;
      for (const file of sink.files) {
        const log = readLog(new TextEncoder().encode(file.map((line) => `${line}\n`).join("")));
        expect(log.header.first).toBe(next);
        next += log.events.length;
        for (const node of log.header.nodes) {
          if (node.memory !== undefined) seen.memory += 1;
          for (const { call } of node.memory?.calls ?? []) seen.calls.add(call);
          if (node.unverifiable !== undefined) seen.unverifiable.add(node.unverifiable);
        }
        const replay = new Replay(log, { crypto });
        replay.runTo(log.events.length);
        expect(replay.divergences.slice(0, 2)).toEqual([]);
      }
    },
  );
});

// A sample does not have every kind.
test.skipIf(QUICK)("the files above began in the middle of every kind of work", () => {
  expect(seen.memory).toBeGreaterThan(20);
  expect([...seen.calls].sort()).toEqual([
    "commit",
    "connect",
    "coordinateReconfiguration",
    "coordinateUpgradeFromLrtq",
    "loadRackSecret",
    "prepareAndCommit",
    "receive",
  ]);
  expect([...seen.unverifiable]).toEqual([]);
});
