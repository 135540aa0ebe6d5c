/** Moving through a log: wherever one comes from, a place looks the same. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLog } from "@trust-quorum/event-log";
import { compile } from "@trust-quorum/explain";
import { nativeCrypto } from "trust-quorum";
import { describe, expect, test } from "vitest";
import { random } from "../../event-log/test/cluster.ts";
import { randomRun } from "../../event-log/test/random-run.ts";
import { completions, runLine } from "../src/commands.ts";
import { HISTORY_BYTES_MAX, HISTORY_LINES_MAX, readHistory, writeHistory } from "../src/history.ts";
import { Session } from "../src/session.ts";

const crypto = nativeCrypto();

function session(seed: number): Session {
  const { text } = randomRun({ seed, steps: 250 });
  const log = readLog(new TextEncoder().encode(text));
  return new Session(log, { path: "x", crypto, width: 100 });
}

function looks(one: Session): unknown {
  return one.timeline.nodes.map((id) => one.timeline.at(id, one.position));
}

describe.each([41, 42, 43])("moving (seed %i)", (seed) => {
  test("step, back, run and goto end where they should, and a place looks the same from everywhere", async () => {
    const one = session(seed);
    const below = random(seed);
    const seen = new Map<number, unknown>();
    let position = one.position;
    for (let i = 0; i < 200; i++) {
      const n = 1 + below(20);
      const count = one.log.events.length;
      const choice = below(4);
      if (choice === 0) position = Math.min(count, position + n);
      else if (choice === 1) position = Math.max(0, position - n);
      else if (choice === 2) position = below(count) + 1;
      const line =
        choice === 0
          ? `step ${n}`
          : choice === 1
            ? `back ${n}`
            : choice === 2
              ? `goto ${position - 1}`
              : "run here";
      const ran = await runLine(one, line);
      expect(ran?.answer.failed ?? false).toBe(false);
      expect(one.position).toBe(position);
      const before = seen.get(position);
      if (before !== undefined) expect(looks(one)).toEqual(before);
      seen.set(position, looks(one));
    }
  });

  test("a breakpoint stops exactly at each event where its condition begins to hold", async () => {
    const one = session(seed);
    for (const text of [
      "commit",
      "kind prepare",
      "any.commits has 1",
      "refused",
      "node BRM00001 and call receive",
    ]) {
      const condition = compile(text.split(" "), one.timeline, one.names);
      const expected = [...one.log.events].flatMap((event, position) =>
        condition.begins({ position, event }) ? [position + 1] : [],
      );
      await runLine(one, "break delete all");
      await runLine(one, `break ${text}`);
      await runLine(one, "goto start");
      const stops: number[] = [];
      while (one.position < one.log.events.length) {
        await runLine(one, "run");
        stops.push(one.position);
      }
      const end = one.log.events.length;
      expect(stops.filter((stop) => stop < end)).toEqual(expected.filter((stop) => stop < end));
    }
  });
});

describe("conditions", () => {
  const one = session(44);
  const found = (text: string) =>
    [...one.log.events].filter((event, position) =>
      compile([text], one.timeline, one.names).holds({ position, event }),
    ).length;

  test("and, or, not and parentheses mean what they say", () => {
    const all = one.log.events.length;
    expect(found("kind=prepare") + found("not kind prepare")).toBe(all);
    expect(found("call tick or call commit")).toBe(found("call tick") + found("call commit"));
    expect(found("not (call tick or call commit)")).toBe(all - found("call tick or call commit"));
    expect(found("call receive kind share")).toBe(found("call receive and kind share"));
    expect(found("from 10 to 19")).toBe(10);
    expect(found("sends prepare") + found("receives prepare")).toBeGreaterThan(0);
  });
});

test("completion offers commands, sleds and words", () => {
  const one = session(45);
  expect(completions(one, "su")[0]).toEqual(["summary "]);
  expect(completions(one, "why BRM0000")[0]).toContain("BRM00001 ");
  expect(completions(one, "events no")[0]).toEqual(["node ", "not "]);
});

test("the history is the owner's alone, comes back, and does not grow", () => {
  const folder = mkdtempSync(join(tmpdir(), "tq-history-"));
  try {
    const file = join(folder, "state", "history");
    expect(readHistory(file)).toEqual([]);
    expect(writeHistory(file, ["newest", "older"])).toBe(true);
    expect(readHistory(file)).toEqual(["newest", "older"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeHistory(
      file,
      Array.from({ length: 5000 }, (_, i) => `line ${i}`),
    );
    expect(readHistory(file)).toHaveLength(HISTORY_LINES_MAX);
    writeHistory(
      file,
      Array.from({ length: 900 }, () => "x".repeat(1000)),
    );
    expect(statSync(file).size).toBeLessThanOrEqual(HISTORY_BYTES_MAX);
    expect(writeHistory("/dev/null/history", ["x"])).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
