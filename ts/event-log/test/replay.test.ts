/** A log replays exactly, with and without secrets, whatever happened in it. */
import { describe, expect, test } from "vitest";
import { Replay, readLog } from "../src/index.ts";
import { crypto } from "./cluster.ts";
import { randomRun } from "./random-run.ts";

const SEEDS = Array.from({ length: 4 }, (_, i) => 1000 + i);
const encoder = new TextEncoder();

describe.each([
  { secrets: false, lrtq: false },
  { secrets: false, lrtq: true },
  { secrets: true, lrtq: false },
  { secrets: true, lrtq: true },
])("a random run, secrets: $secrets, from LRTQ: $lrtq", ({ secrets, lrtq }) => {
  test.each(SEEDS)("replays without a difference (seed %i)", (seed) => {
    const { text, recorder } = randomRun({ seed, steps: 600, secrets, lrtq });
    expect(recorder.failures).toBe(0);
    const log = readLog(encoder.encode(text));
    expect(log.events.length).toBe(recorder.events);
    const replay = new Replay(log, { crypto });
    replay.runTo(log.events.length);
    expect(replay.divergences.slice(0, 3)).toEqual([]);
  });
});
