// @ts-check
/**
 * `npm test`: builds what the tests need and runs all of them, vitest's and cargo's. It ends with
 * what each runner said and one line `N passed, N failed`.
 *
 * With `TEST_SUMMARY` set to a file's name, the sum is written there as JSON too.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT, buildNative, buildTypeScript, requireDependencies, run } from "./commands.mjs";
import { CARGO_PROGRESS, cargoMeaning, runWithProgress } from "./progress.mjs";
import { cargoTally, cargoText, sum, tallyLine, vitestTally } from "./tally.mjs";

const VITEST_REPORT = path.join(ROOT, "target", "vitest.json");

/** Vitest says what it does beside it; so often is enough. */
const CARGO_SILENT_MS_MAX = 20_000;

if (process.argv.length > 2) {
  console.error(
    "npm test runs everything. For a part: `npx vitest run NAME` or `cargo test NAME`.",
  );
  process.exit(2);
}
requireDependencies();

/** @type {{ name: string, tally: import("./tally.mjs").Tally }[]} */
const results = [];

// Without the addon nearly every test would fail for the same reason, which has been said by now.
if ((await buildNative()) !== 0) {
  results.push({ name: "native addon", tally: { passed: 0, failed: 1 } });
} else {
  const code = await buildTypeScript();
  if (code !== 0) results.push({ name: "tsc", tally: { passed: 0, failed: 1 } });
  // The crates' tests are few and mostly wait for the compiler: they need no turn of their own.
  const [ofVitest, ofCargo] = await Promise.all([vitest(), cargo()]);
  console.log(`\ncargo test\n${cargoText(ofCargo.output, ofCargo.tally.failed > 0)}`);
  results.push({ name: "vitest", tally: ofVitest }, { name: "cargo", tally: ofCargo.tally });
}

const total = sum(results.map(({ tally }) => tally));
console.log();
for (const { name, tally } of results) console.log(`${name.padEnd(14)}${tallyLine(tally)}`);
console.log(tallyLine(total));
const summary = process.env["TEST_SUMMARY"];
if (summary !== undefined) writeFileSync(summary, JSON.stringify(total));
process.exitCode = total.failed === 0 ? 0 : 1;

async function vitest() {
  rmSync(VITEST_REPORT, { force: true });
  mkdirSync(path.dirname(VITEST_REPORT), { recursive: true });
  const { code } = await run(["vitest", "run"], { env: { TEST_VITEST_REPORT: VITEST_REPORT } });
  return vitestTally(read(VITEST_REPORT), code);
}

/** Runs beside vitest: only what it does is shown, until the end. */
async function cargo() {
  const { code, output } = await runWithProgress(
    ["cargo", "test", "--workspace", "--locked", "--no-fail-fast"],
    {
      label: "cargo",
      say: (line) => console.log(line),
      meaningOf: cargoMeaning,
      cwd: ROOT,
      env: { ...process.env, ...CARGO_PROGRESS },
      silentMsMax: CARGO_SILENT_MS_MAX,
    },
  );
  return { output, tally: cargoTally(output, code) };
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
