// @ts-check
/**
 * What test runners say, as numbers. A runner that ends badly without naming a failed test (it does
 * not compile, it crashed, it was killed) counts as one failure: so does one that ran nothing.
 *
 * @typedef {{ readonly passed: number, readonly failed: number }} Tally
 */

/**
 * Adds up `cargo test`: one "test result:" line for each crate's tests and doc tests.
 *
 * @param {string} output What it printed
 * @param {number} code Its exit code
 * @returns {Tally}
 */
export function cargoTally(output, code) {
  let passed = 0;
  let failed = 0;
  for (const match of plain(output).matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)) {
    passed += Number(match[1]);
    failed += Number(match[2]);
  }
  return atLeastOneFailure({ passed, failed }, code);
}

/**
 * Without colours, which are possible where the caller's environment asks for them.
 *
 * @param {string} text
 */
function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[[0-9;]*m/g, "");
}

/**
 * What is shown of `cargo test`: each crate's results, and all of it where something failed.
 *
 * @param {string} output
 * @param {boolean} failed
 */
export function cargoText(output, failed) {
  if (failed) return output.trimEnd();
  const told = /^\s*(?:Running|Doc-tests) |^test .* \.\.\. ignored|^test result: /u;
  return output
    .split("\n")
    .filter((line) => told.test(plain(line)))
    .join("\n");
}

/**
 * Adds up vitest's JSON report. A file whose tests could not even be collected counts as one failure.
 *
 * @param {string | undefined} report The report's text, or undefined where there is none
 * @param {number} code vitest's exit code
 * @returns {Tally}
 */
export function vitestTally(report, code) {
  const parsed = parse(report);
  if (parsed === undefined) return { passed: 0, failed: 1 };
  const uncollected = parsed.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed"),
  );
  const tally = {
    passed: parsed.numPassedTests,
    failed: parsed.numFailedTests + uncollected.length,
  };
  return atLeastOneFailure(tally, code === 0 && !parsed.success ? 1 : code);
}

/**
 * @param {readonly Tally[]} tallies
 * @returns {Tally}
 */
export function sum(tallies) {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failed: tallies.reduce((total, tally) => total + tally.failed, 0),
  };
}

/**
 * The line that every run of the tests ends with.
 *
 * @param {Tally} tally
 */
export function tallyLine({ passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

/**
 * @param {Tally} tally
 * @param {number} code
 * @returns {Tally}
 */
function atLeastOneFailure(tally, code) {
  const silent = tally.passed + tally.failed === 0;
  return (code !== 0 || silent) && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/**
 * @param {string | undefined} report
 * @returns {VitestReport | undefined}
 *
 * @typedef {{
 *   success: boolean,
 *   numPassedTests: number,
 *   numFailedTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[],
 * }} VitestReport
 */
function parse(report) {
  if (report === undefined) return undefined;
  try {
    const parsed = /** @type {VitestReport | null} */ (JSON.parse(report));
    return Array.isArray(parsed?.testResults) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
