// @ts-check
/**
 * What `.ci/run` does, from a fresh clone: installs the dependencies and what the tests need of Debian, runs the tests exactly as the
 * README says, then every check. It goes on after a failure, names each at the end, and its last line
 * is always `N passed, N failed`: the tests of all runners, and a failure for each check that failed.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { check } from "./check.mjs";
import { ROOT, run } from "./commands.mjs";
import { tallyLine } from "./tally.mjs";
import { installTestTools } from "./test-tools.mjs";

/** A step that hangs must not keep the last line from being printed. */
const STEP_MINUTES_MAX = 30;

const SUMMARY = path.join(ROOT, "target", "test-summary.json");

const limit = { minutesMax: STEP_MINUTES_MAX };
/** @type {string[]} */
const failures = [];
let tests = { passed: 0, failed: 0 };

if ((await timed("npm ci", () => run(["npm", "ci"], limit))).code !== 0) {
  failures.push("npm ci");
} else {
  await timed("test tools", installTestTools);
  tests = await timed("npm test", npmTest);
  if (tests.failed > 0) console.error(`npm test: ${tallyLine(tests)}`);
  failures.push(...(await timed("checks", () => check([], limit))));
}

console.log();
for (const name of failures) console.log(`failed: ${name}`);
const total = { passed: tests.passed, failed: tests.failed + failures.length };
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(tallyLine(total));

async function npmTest() {
  rmSync(SUMMARY, { force: true });
  mkdirSync(path.dirname(SUMMARY), { recursive: true });
  const { code } = await run(["npm", "test"], { ...limit, env: { TEST_SUMMARY: SUMMARY } });
  if (!existsSync(SUMMARY)) return { passed: 0, failed: 1 };
  const summary = /** @type {import("./tally.mjs").Tally} */ (
    JSON.parse(readFileSync(SUMMARY, "utf8"))
  );
  return code !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary;
}

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} step
 */
async function timed(name, step) {
  const start = performance.now();
  const result = await step();
  console.log(`\n${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return result;
}
