// @ts-check
/**
 * `npm run test:long [-- NAME…]`: runs the long tests, or some of them, one after the other, and keeps
 * when each ran and how it ended, for docs/testing.md. It ends with `N passed, N failed`.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT, buildNative, buildTypeScript, requireDependencies, run } from "./commands.mjs";
import { LONG_TESTS, RESULTS_FILE, longResults } from "./long-tests.mjs";
import { tallyLine } from "./tally.mjs";

const names = process.argv.slice(2);
const unknown = names.filter((name) => !LONG_TESTS.some((one) => one.name === name));
if (unknown.length > 0) {
  const known = LONG_TESTS.map(({ name }) => name).join(", ");
  console.error(`there are no long tests named ${unknown.join(", ")}; there are ${known}`);
  process.exit(2);
}
requireDependencies();
if ((await buildNative()) !== 0 || (await buildTypeScript()) !== 0) process.exit(1);

const chosen = LONG_TESTS.filter(({ name }) => names.length === 0 || names.includes(name));
const tally = { passed: 0, failed: 0 };
for (const { name, holds, minutes, command, env } of chosen) {
  console.log(`\n${name}: ${holds} (about ${minutes} min)`);
  const start = performance.now();
  const { code } = await run(command, env === undefined ? {} : { env });
  const seconds = Math.round((performance.now() - start) / 1000);
  tally[code === 0 ? "passed" : "failed"] += 1;
  // Read again each time: it may be long ago, and another run may have written it.
  const results = longResults(ROOT);
  results[name] = { date: new Date().toISOString().slice(0, 10), seconds, passed: code === 0 };
  writeFileSync(path.join(ROOT, RESULTS_FILE), `${JSON.stringify(results, null, 2)}\n`);
  console.log(`${name}: ${code === 0 ? "passed" : "FAILED"} after ${seconds} s`);
}
await run(["tsx", "scripts/testing-md.ts"]);
console.log(tallyLine(tally));
process.exitCode = tally.failed === 0 ? 0 : 1;
