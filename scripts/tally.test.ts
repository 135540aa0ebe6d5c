/** The sums of the test runs: what fails must never be counted as nothing. */
import { describe, expect, test } from "vitest";
import { cargoTally, cargoText, sum, tallyLine, vitestTally } from "./tally.mjs";

describe("cargo's tests", () => {
  const OUTPUT = `
running 3 tests
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests trust_quorum_shamir
test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
`;

  test("add up over crates and doc tests", () => {
    expect(cargoTally(OUTPUT, 101)).toEqual({ passed: 7, failed: 2 });
  });

  test("are shown in short where all passed, and whole where not", () => {
    const passed = "   Compiling x\n     Running unittests a\ntest b ... ok\ntest c ... ignored\n";
    const result = "test result: ok. 1 passed; 0 failed; 1 ignored;";
    const text = `${passed}${result}\n`;
    expect(cargoText(text, false)).toBe(`     Running unittests a\ntest c ... ignored\n${result}`);
    expect(cargoText(text, true)).toBe(text.trimEnd());
  });

  test("are counted in colour too", () => {
    const coloured = "test result: \u001b[32mok\u001b[0m. 4 passed; 0 failed; 0 ignored;";
    expect(cargoTally(coloured, 0)).toEqual({ passed: 4, failed: 0 });
  });

  test("that do not compile are a failure", () => {
    expect(cargoTally("", 101)).toEqual({ passed: 0, failed: 1 });
  });

  test("whose crate does not compile are a failure besides the passed ones of others", () => {
    expect(cargoTally("test result: ok. 4 passed; 0 failed; 0 ignored;\n", 101)).toEqual({
      passed: 4,
      failed: 1,
    });
  });

  test("that were not run at all are a failure", () => {
    expect(cargoTally("", 0)).toEqual({ passed: 0, failed: 1 });
  });

  test("that print such a line within a line do not count it", () => {
    const text =
      'print "test result: ok. 9 passed; 0 failed;"\ntest result: ok. 1 passed; 0 failed;';
    expect(cargoTally(text, 0)).toEqual({ passed: 1, failed: 0 });
  });
});

describe("vitest's tests", () => {
  const passed = { status: "passed", assertionResults: [{ status: "passed" }] };
  const failed = { status: "failed", assertionResults: [{ status: "failed" }] };
  const uncollected = { status: "failed", assertionResults: [] };
  const report = (parts: object) =>
    JSON.stringify({
      success: true,
      numPassedTests: 1,
      numFailedTests: 0,
      testResults: [passed],
      ...parts,
    });

  test("are taken from the report", () => {
    expect(vitestTally(report({}), 0)).toEqual({ passed: 1, failed: 0 });
    const bad = report({ success: false, numFailedTests: 1, testResults: [passed, failed] });
    expect(vitestTally(bad, 1)).toEqual({ passed: 1, failed: 1 });
  });

  test("of a file that cannot be loaded are one failure", () => {
    const bad = report({ success: false, testResults: [passed, uncollected, uncollected] });
    expect(vitestTally(bad, 1)).toEqual({ passed: 1, failed: 2 });
  });

  test("with an error outside of any test are a failure", () => {
    expect(vitestTally(report({}), 1)).toEqual({ passed: 1, failed: 1 });
    expect(vitestTally(report({ success: false }), 0)).toEqual({ passed: 1, failed: 1 });
  });

  test.each([undefined, "", "{", "{}", "null"])("with the report %j are a failure", (text) => {
    expect(vitestTally(text, 0)).toEqual({ passed: 0, failed: 1 });
  });
});

test("sums and their line", () => {
  const total = sum([
    { passed: 2, failed: 0 },
    { passed: 3, failed: 1 },
  ]);
  expect(total).toEqual({ passed: 5, failed: 1 });
  expect(tallyLine(total)).toBe("5 passed, 1 failed");
});
