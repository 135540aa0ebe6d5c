/** What a peer can cause is logged, but never as often as the peer likes. */
import { expect, it } from "vitest";
import { RateLimitedLog } from "../../src/mesh/rate-limited-log.ts";
import { sledId } from "./rack.ts";

function logged() {
  const lines: object[] = [];
  let now = 0;
  const write = (details: object, text: string) => void lines.push({ ...details, text });
  const log = new RateLimitedLog({ warn: write, error: write }, { now: () => now });
  return { log, lines, pass: (ms: number) => void (now += ms) };
}

it("a thousand warnings of a peer are one line, and the next one says how many were held back", () => {
  const { log, lines, pass } = logged();
  const peer = sledId(1);
  for (let i = 0; i < 1000; i++) log.warn(peer, { i }, "dropped");
  expect(lines).toEqual([{ peer, i: 0, text: "dropped" }]);
  pass(10_000);
  log.warn(peer, { i: 1000 }, "dropped");
  expect(lines.slice(1)).toEqual([{ peer, i: 1000, heldBack: 999, text: "dropped" }]);
});

it("another peer's warning, and another warning of the same peer, are not held back by it", () => {
  const { log, lines } = logged();
  log.warn(sledId(1), {}, "dropped");
  log.warn(sledId(2), {}, "dropped");
  log.error(sledId(1), {}, "failed");
  log.error(sledId(1), {}, "failed");
  expect(lines).toHaveLength(3);
});

it("what is remembered is bounded, and what was logged last is remembered longest", () => {
  const { log, lines } = logged();
  for (let n = 0; n < 1025; n++) log.warn(sledId(n), {}, "dropped");
  log.warn(sledId(1024), {}, "dropped");
  log.warn(sledId(1), {}, "dropped");
  expect(lines).toHaveLength(1025);
  log.warn(sledId(0), {}, "dropped");
  expect(lines).toHaveLength(1026);
});
