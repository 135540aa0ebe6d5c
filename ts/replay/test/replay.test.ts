/** A log replays exactly, with and without secrets, whatever happened in it. */
import { listedEvents, readLog } from "@trust-quorum/event-log";
import { describe, expect, test } from "vitest";
import { Replay } from "../src/index.ts";
import { crypto, random } from "../../event-log/test/cluster.ts";
import { randomRun } from "../../event-log/test/random-run.ts";

const SEEDS = Array.from({ length: 4 }, (_, i) => 1000 + i);
const encoder = new TextEncoder();

type Json = Record<string, unknown>;

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

describe("a log that was tampered with", () => {
  const { text } = randomRun({ seed: 11, steps: 300 });
  /** Changes one thing that a call caused. */
  const changes: Record<string, (event: Json) => boolean> = {
    "a result is gone": (e) => e["result"] !== undefined && delete e["result"],
    "an output is gone": (e) => {
      const out = e["out"] as unknown[] | undefined;
      // Where the host took only some outputs, one less is legal: the node's next event shows it.
      if (out === undefined || out.length === 0 || e["undrained"] === true) return false;
      out.pop();
      return true;
    },
    "an output is another": (e) => {
      const out = e["out"] as Json[] | undefined;
      const sent = out?.find(
        (one) => one["to"] !== undefined && (one["message"] as Json)["epoch"] !== undefined,
      );
      if (sent === undefined) return false;
      (sent["message"] as Json)["epoch"] = 77;
      return true;
    },
    "a digest is another": (e) => {
      const state = e["state"] as Json | undefined;
      if (state === undefined) return false;
      state["digest"] = "ab".repeat(32);
      return true;
    },
    "a commit is gone": (e) => {
      const state = e["state"] as Json | undefined;
      return state?.["commits"] !== undefined && delete state["commits"];
    },
    "work is another": (e) => {
      if (typeof e["collecting"] !== "object" || e["collecting"] === null) return false;
      (e["collecting"] as Json)["threshold"] = 9;
      return true;
    },
    "an answer of the cryptography is gone": (e) => e["crypto"] !== undefined && delete e["crypto"],
  };

  test.each(Object.entries(changes))("is found out: %s", (_name, change) => {
    const below = random(5);
    const log = readLog(encoder.encode(text));
    const events = [...log.events];
    const candidates = events.flatMap((one, i) =>
      change(structuredClone(one) as unknown as Json) ? [i] : [],
    );
    expect(candidates.length).toBeGreaterThan(0);
    const at = candidates[below(candidates.length)] ?? 0;
    change(events[at] as unknown as Json);
    const replay = new Replay({ ...log, events: listedEvents(events) }, { crypto });
    replay.runTo(log.events.length);
    expect(replay.divergences[0]?.position).toBe(at);
  });
});
