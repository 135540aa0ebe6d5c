/** Events that are kept as text are the events that were read, in whatever order they are requested. */
import { describe, expect, test } from "vitest";
import { ReadEvents, listedEvents } from "../src/events.ts";
import { openLog, readLog } from "../src/index.ts";
import type { LogEvent } from "../src/index.ts";
import { random } from "./cluster.ts";
import { randomRun } from "./random-run.ts";

const encoder = new TextEncoder();
const { text } = randomRun({ seed: 17, steps: 200 });
const bytes = encoder.encode(text);
const expected = text
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line) => JSON.parse(line) as LogEvent);

describe("the events of a log", () => {
  test("are those of its lines: by position, as a part, and all of them", () => {
    const { events } = readLog(bytes);
    expect(events).toHaveLength(expected.length);
    expect([...events]).toEqual(expected);
    for (const [position, event] of expected.entries()) {
      expect(events.get(position)).toEqual(event);
    }
    expect(events.get(-1)).toBeUndefined();
    expect(events.get(expected.length)).toBeUndefined();
    expect(events.slice(3, 7)).toEqual(expected.slice(3, 7));
    expect(events.slice(expected.length - 2)).toEqual(expected.slice(-2));
    expect(events.slice(5, 5)).toEqual([]);
  });

  test("are the same where the log came in pieces, whose bytes lie in many buffers", async () => {
    const below = random(17);
    let at = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = bytes.slice(at, at + 1 + below(900));
        at += piece.length;
        if (piece.length === 0) controller.close();
        else controller.enqueue(piece);
      },
    });
    const { events } = await openLog(source);
    expect([...events]).toEqual(expected);
    for (let i = 0; i < 500; i++) {
      const position = below(expected.length);
      expect(events.get(position)).toEqual(expected[position]);
    }
  });

  test("are shown to observers once each, in their order, after the header", () => {
    const seen: unknown[] = [];
    const observer = {
      header: (header: object) => void seen.push(Object.keys(header).includes("nodes")),
      event: (event: LogEvent, position: number) => void seen.push([position, event]),
    };
    readLog(bytes, { observers: [observer] });
    expect(seen).toEqual([true, ...expected.map((event, position) => [position, event])]);
  });
});

describe("parsed events", () => {
  const COUNT = 100_000;

  function many(): ReadEvents {
    const events = new ReadEvents();
    const lines = Array.from({ length: COUNT }, (_, index) => `{"index":${index},"call":"tick"}`);
    const all = encoder.encode(lines.join("\n"));
    let at = 0;
    for (const { length } of lines) {
      events.add(all.subarray(at, at + length));
      at += length + 1;
    }
    return events;
  }

  test("are kept for a while: not for ever, so that a long log takes little memory", () => {
    const events = many();
    const first = events.get(0);
    expect(events.get(0)).toBe(first);
    for (let position = 1; position < 10_000; position++) events.get(position);
    expect(events.get(0)).toBe(first);
    for (let position = 1; position < COUNT; position++) events.get(position);
    expect(events.get(0)).toEqual(first);
    expect(events.get(0)).not.toBe(first);
  });

  test("stay while all events of a long log are gone through", () => {
    const events = many();
    const first = events.get(0);
    let index = 0;
    for (const event of events) if (event.index === index) index += 1;
    expect(index).toBe(COUNT);
    expect(events.get(0)).toBe(first);
  });
});

test("a list of events has the same interface", () => {
  const events = listedEvents(expected);
  expect(events).toHaveLength(expected.length);
  expect([...events]).toEqual(expected);
  expect(events.get(-1)).toBeUndefined();
  expect(events.slice(3, 7)).toEqual(expected.slice(3, 7));
});
