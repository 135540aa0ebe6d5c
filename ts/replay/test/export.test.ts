/** Parts of a log are logs, and what the timeline says of a point is what a replay finds there. */
import { EventLogError, readLog } from "@trust-quorum/event-log";
import type { EventLog } from "@trust-quorum/event-log";
import { describe, expect, test } from "vitest";
import { Replay, Timeline, exportLog } from "../src/index.ts";
import { crypto, random } from "../../event-log/test/cluster.ts";
import { randomRun } from "../../event-log/test/random-run.ts";

function logOf(text: string): EventLog {
  return readLog(new TextEncoder().encode(text));
}

function part(lines: readonly string[]): EventLog {
  return logOf(lines.map((line) => `${line}\n`).join(""));
}

function divergences(log: EventLog): unknown[] {
  const replay = new Replay(log, { crypto });
  replay.runTo(log.events.length);
  return replay.divergences.slice(0, 2);
}

describe.each([7001, 7002, 7003, 7004])("a run (seed %i)", (seed) => {
  const secrets = seed % 2 === 0;
  const { text } = randomRun({ seed, steps: 400, lrtq: seed > 7002, secrets });
  const log = logOf(text);
  const below = random(seed);

  test("every range and choice of nodes is a log that replays, without secrets", () => {
    for (let i = 0; i < 8; i++) {
      const from = below(log.events.length);
      const to = from + below(log.events.length - from);
      const nodes = log.header.nodes.map(({ id }) => id).filter(() => below(2) === 0);
      const lines = exportLog(log, { from, to, crypto, ...(i % 2 === 0 ? { nodes } : {}) });
      expect(lines.join("\n")).not.toContain('"y":');
      expect(lines.join("\n")).not.toMatch(/"shares":"/);
      const exported = part(lines);
      expect(exported.header.secrets).toBe(false);
      expect(exported.header.nodes.map(({ unverifiable }) => unverifiable)).not.toContain("x");
      expect(divergences(exported)).toEqual([]);
    }
  });

  test("the whole of it comes out as it went in", () => {
    const lines = exportLog(log, { crypto, secrets });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    );
  });

  test("the timeline agrees with the replay at every point", () => {
    if (secrets) return;
    const timeline = new Timeline(log);
    const replay = new Replay(log, { crypto });
    for (let at = 0; at <= log.events.length; at++) {
      replay.runTo(at);
      for (const id of timeline.nodes) {
        if (at % 7 !== 0) continue;
        const view = timeline.at(id, at);
        const node = replay.initial(id);
        expect(view?.digest).toBe(node?.digest);
        expect(view?.connected).toEqual(node?.connected ?? []);
        expect(view?.coordinating).toEqual(node?.coordinating ?? null);
        expect(view?.computing).toEqual(node?.computing ?? null);
        expect(view?.collecting).toEqual(node?.collecting ?? null);
        expect(view?.loaded).toEqual(node?.loaded ?? []);
        expect(view?.state.commits).toEqual(node?.state.commits);
        expect([...(view?.state.shares ?? [])].map(([e, s]) => [String(e), s])).toEqual(
          Object.entries(node?.state.shares ?? {}),
        );
      }
    }
  });
});

test("a part that is none is refused", () => {
  const log = logOf(randomRun({ seed: 1, steps: 20 }).text);
  const refused: Parameters<typeof exportLog>[1][] = [
    { crypto, from: -1 },
    { crypto, from: 10, to: 5 },
    { crypto, to: 100_000 },
    { crypto, secrets: true },
    { crypto, nodes: ["a:b" as never] },
  ];
  for (const options of refused) {
    expect(() => exportLog(log, options)).toThrow(EventLogError);
  }
});
