// @ts-check
/**
 * The tests that take too long for every change: `npm run test:long` runs them, `npm test` does not. What
 * each proves holds in `npm test` too, for fewer seeds, members or minutes.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/**
 * `minutes`: about, on two cores. `command`: a program of the workspace and its arguments.
 *
 * @typedef {{
 *   readonly name: string,
 *   readonly holds: string,
 *   readonly minutes: number,
 *   readonly command: readonly string[],
 *   readonly env?: Readonly<Record<string, string>>,
 * }} LongTest
 * @typedef {{ readonly date: string, readonly seconds: number, readonly passed: boolean }} LongResult
 */

/** @type {readonly LongTest[]} */
export const LONG_TESTS = [
  {
    name: "walks",
    holds: "random walks of nodes over both cryptographies, 300 of each kind",
    minutes: 5,
    command: ["vitest", "run", "ts/core/test/protocol/fuzz.test.ts"],
    env: { TQ_FUZZ_RUNS: "300", TEST_TIMEOUT_MS: "3600000" },
  },
  {
    name: "control-plane",
    holds: "the control plane's property, 500 histories with loss, crashes and kills",
    minutes: 5,
    command: ["vitest", "run", "ts/control-plane/test/control-plane.property.test.ts"],
    env: { TQ_PLANE_RUNS: "500", TEST_TIMEOUT_MS: "3600000" },
  },
  {
    name: "fuzz",
    holds: "the decoders, beside other implementations, for ten minutes",
    minutes: 10,
    command: ["npm", "run", "fuzz", "--", "--minutes", "10"],
  },
  {
    name: "simulate",
    holds: "whole racks with faults and hostile members for fifteen minutes",
    minutes: 15,
    command: ["npm", "run", "simulate", "--", "--minutes", "15"],
  },
  {
    name: "seeded-bugs",
    holds: "each seeded bug of the simulator is found, and its run made small",
    minutes: 15,
    command: ["npm", "run", "seeded-bugs"],
  },
  {
    name: "kill",
    holds: "200 kills of real daemons during upgrades and reconfigurations lose nothing",
    minutes: 15,
    command: ["npm", "run", "kill-test", "--", "--kills", "200"],
  },
  {
    name: "reconfigurations",
    holds: "a thousand reconfigurations let neither memory nor files grow",
    minutes: 25,
    command: ["npm", "run", "load-test", "--", "reconfigure", "--sleds", "3"],
  },
  {
    name: "attack",
    holds: "ten thousand hostile connections cost no honest peer its own",
    minutes: 5,
    command: ["npm", "run", "load-test", "--", "attack"],
  },
  {
    name: "constant-time",
    holds:
      "no timing leak of the native code, by measuring and with valgrind where it is installed",
    minutes: 2,
    command: ["npm", "run", "constant-time"],
  },
  {
    name: "mutation",
    holds: "each change of the protocol's code is noticed or explained",
    minutes: 60,
    command: ["npm", "run", "mutation"],
  },
];

/** Where the results are kept, from the workspace's folder. */
export const RESULTS_FILE = "docs/long-tests.json";

/**
 * The last run of each test, by its name.
 *
 * @param {string} root The folder of the workspace, absolute
 * @returns {Record<string, LongResult>}
 */
export function longResults(root) {
  const file = path.join(root, RESULTS_FILE);
  if (!existsSync(file)) return {};
  return /** @type {Record<string, LongResult>} */ (JSON.parse(readFileSync(file, "utf8")));
}
