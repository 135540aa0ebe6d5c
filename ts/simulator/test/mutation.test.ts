/** A run of mutation testing is judged by its report: one that tested too little does not pass. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { inDocument } from "../src/mutation/document.ts";
import { merged, problems, tally, undetected } from "../src/mutation/report.ts";
import type { Report } from "../src/mutation/report.ts";
import { SURVIVORS } from "../src/mutation/survivors.ts";

const SOURCE = "function f(a, b) {\n  return a < b;\n}\n";

function reportOf(...statuses: readonly string[]): Report {
  const location = { start: { line: 2, column: 10 }, end: { line: 2, column: 15 } };
  const mutants = statuses.map((status) => ({
    mutatorName: "EqualityOperator",
    replacement: "a <= b",
    status,
    location,
  }));
  return { files: { "ts/core/src/protocol/node.ts": { source: SOURCE, mutants } } };
}

function fail(): never {
  throw new Error("there is none");
}

describe("the report of a run", () => {
  it("passes where every file has mutants, and enough of them were noticed", () => {
    const report = reportOf("Killed", "Killed", "Timeout");
    expect(problems(report, 85, ["node.ts"])).toEqual([]);
    const [file] = Object.values(report.files);
    expect(file && tally([file])).toMatchObject({ mutants: 3, killed: 2, timeout: 1, score: 100 });
  });

  it.each<[string, Report, RegExp]>([
    ["has no files", { files: {} }, /the score is NaN/u],
    ["has no mutants", reportOf(), /the score is NaN/u],
    ["has no mutant that says anything", reportOf("Ignored", "CompileError"), /the score is NaN/u],
    ["has too low a score", reportOf("Killed", "Survived"), /the score is 50.00 %/u],
    ["counts what no test reaches as noticed", reportOf("Killed", "NoCoverage"), /50.00 %/u],
    ["was cut off", reportOf("Killed", "Pending"), /1 mutants were not tested/u],
    ["left mutants out", reportOf("Killed", "Ignored"), /1 mutants were left out/u],
    [
      "has a survivor that nobody has explained",
      reportOf("Survived", ...Array<string>(9).fill("Killed")),
      /node.ts:2 survives unexplained: a < b → a <= b/u,
    ],
  ])("does not pass where it %s", (_, report, expected) => {
    expect(problems(report, 85, ["node.ts"]).join("\n")).toMatch(expected);
  });

  it("does not pass where a file of the protocol was not mutated", () => {
    const found = problems(reportOf("Killed"), 85, ["node.ts", "handlers.ts"]);
    expect(found).toEqual(["handlers.ts has no mutants"]);
  });

  it("names the function, the original and the replacement of what survived", () => {
    const [one] = undetected(reportOf("Killed", "Survived"));
    expect(one).toMatchObject({ line: 2, where: "f", original: "a < b", replacement: "a <= b" });
  });

  it("takes over the results of a later run of some lines, and of nothing else", () => {
    const complete = reportOf("Survived", "Survived");
    const [path, file] = Object.entries(complete.files)[0] ?? fail();
    const [one] = file.mutants;
    const elsewhere = { start: { line: 1, column: 1 }, end: { line: 1, column: 9 } };
    const whole = {
      ...file,
      mutants: [one ?? fail(), { ...(one ?? fail()), location: elsewhere }],
    };
    const part = { ...file, mutants: [{ ...(one ?? fail()), status: "Killed" }] };
    const both = merged({ files: { [path]: whole } }, { files: { [path]: part } }, new Set());
    expect(both.files[path]?.mutants.map(({ status }) => status)).toEqual(["Killed", "Survived"]);
    const changed = { files: { [path]: { ...part, source: "other" } } };
    expect(() => merged(complete, changed, new Set())).toThrow(/has changed/u);
    expect(merged(complete, changed, new Set(["node.ts"])).files).toEqual(changed.files);
  });

  it("is what the document's tables are made of", () => {
    const file = fileURLToPath(new URL("../../../docs/mutation.md", import.meta.url));
    const text = inDocument(readFileSync(file, "utf8"), reportOf("Killed", "Killed", "Survived"));
    expect(text).toMatch(/\| all \| 3 \| 2 \| 0 \| 1 \| 0 \| 66\.67 % \|/u);
    expect(text).toMatch(/^1 are not explained\.$/mu);
  });
});

describe("the mutants that may survive", () => {
  it.each(SURVIVORS.map(({ file, original }) => [file, original] as const))(
    "%s still has the text of one: %s",
    (file, original) => {
      const path = fileURLToPath(new URL(`../../core/src/protocol/${file}`, import.meta.url));
      const source = readFileSync(path, "utf8").replaceAll(/\s+/gu, " ");
      expect(source).toContain(original.replace(/…$/u, ""));
    },
  );
});
