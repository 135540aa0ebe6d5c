/** What is told of the machine before a run. */
import { cpus } from "node:os";
import { expect, test } from "vitest";
import { busyCores, otherLoad } from "../src/machine.ts";

test("busy cores are the share of time that processors did not idle, of all of them", () => {
  const at = (busyMs: number, idleMs: number) => ({ cores: 4, busyMs, idleMs });
  // A second on four cores: one and a half of them worked.
  expect(busyCores(at(700, 300), at(2200, 2800))).toBe(1.5);
  expect(busyCores(at(0, 0), at(0, 4000))).toBe(0);
  expect(busyCores(at(0, 0), at(4000, 0))).toBe(4);
  // A system that counts nothing
  expect(busyCores(at(5, 5), at(5, 5))).toBe(0);
});

test("this machine's busy cores are none to all", async () => {
  const load = await otherLoad();
  expect(load).toBeGreaterThanOrEqual(0);
  expect(load).toBeLessThanOrEqual(cpus().length);
});
