/** Real daemons that are killed at random moments; `npm run kill-test` does it for longer. */
import { randomInt } from "node:crypto";
import { Random } from "@trust-quorum/random";
import { expect, test } from "vitest";
import { killRack } from "./kill-rack.ts";

const KILLS = 40;

test(`a rack whose daemons are killed ${KILLS} times while it is upgraded and reconfigured loses nothing`, async () => {
  const seed = randomInt(2 ** 32 - 1);
  console.log(`seed ${seed}`);
  const report = await killRack({ kills: KILLS, random: new Random(seed) }, console.log);
  expect(report.kills).toBe(KILLS);
  expect(report.committed).toBeGreaterThan(0);
  expect(report.facts).toBeGreaterThan(0);
}, 600_000);
