/** `npm run mutation`: mutates the protocol with Stryker, runs its tests, and judges the report. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { command, run } from "./command.ts";
import { inDocument } from "../mutation/document.ts";
import { merged, percent, problems, tally } from "../mutation/report.ts";
import type { Report } from "../mutation/report.ts";

interface Flags {
  readonly mutate?: readonly string[];
  readonly merge?: true;
  readonly run: boolean;
  readonly writeDocument?: true;
}

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const PROTOCOL = path.join(ROOT, "ts/core/src/protocol");
const CONFIG = path.join(ROOT, "ts/simulator/mutation/stryker.config.json");
const REPORT = path.join(ROOT, "ts/simulator/dist/mutation.json");
const DOCUMENT = path.join(ROOT, "docs/mutation.md");
const STRYKER = path.join(ROOT, "node_modules/@stryker-mutator/core/bin/stryker.js");

const program = command(
  "mutation",
  "Changes the protocol's source in every way that Stryker knows, one at a time, and runs the " +
    "protocol's tests on each. Exit code 1: the score is too low, a mutant survives that nobody has " +
    "explained, or the run was not complete.",
)
  .option("--mutate <globs...>", "only these files, or lines of one: FILE:FROM-TO")
  .option("--merge", "with --mutate: put the results into the last complete report")
  .option("--no-run", "judge the report of the last run")
  .option("--write-document", "write the tables of docs/mutation.md from the report");

await run(program, () => main(program.opts<Flags>()));

function main(flags: Flags): Promise<number> {
  const complete = flags.merge && existsSync(REPORT) ? readReport() : undefined;
  if (flags.run) {
    // The report of an earlier run must not be taken for this one's.
    rmSync(REPORT, { force: true });
    const only = flags.mutate === undefined ? [] : ["--mutate", flags.mutate.join(",")];
    const { status } = spawnSync(process.execPath, [STRYKER, "run", CONFIG, ...only], {
      cwd: ROOT,
      stdio: "inherit",
    });
    // 1 also where the score is below its threshold, of which the report tells more.
    if (status !== 0) console.error(`Stryker ended with ${status ?? "a signal"}.`);
  }
  if (!existsSync(REPORT)) {
    console.error("There is no report.");
    return Promise.resolve(1);
  }
  const report =
    complete === undefined ? readReport() : merged(complete, readReport(), wholeFiles(flags));
  if (complete !== undefined) writeFileSync(REPORT, JSON.stringify(report));
  print(report);
  const { break: least } = (
    JSON.parse(readFileSync(CONFIG, "utf8")) as { thresholds: { break: number } }
  ).thresholds;
  const part = flags.mutate !== undefined && complete === undefined;
  const found = problems(report, least, part ? undefined : withCode());
  for (const problem of found) console.error(problem);
  if (flags.writeDocument) {
    writeFileSync(DOCUMENT, inDocument(readFileSync(DOCUMENT, "utf8"), report));
  }
  return Promise.resolve(found.length > 0 ? 1 : 0);
}

function readReport(): Report {
  return JSON.parse(readFileSync(REPORT, "utf8")) as Report;
}

/** The files that `--mutate` names without lines. */
function wholeFiles({ mutate = [] }: Flags): Set<string> {
  return new Set(mutate.filter((one) => !one.includes(":")).map((one) => path.basename(one)));
}

function print(report: Report): void {
  const rows = Object.entries(report.files).map(([file, one]) => [file, tally([one])] as const);
  const all = tally(Object.values(report.files));
  for (const [file, { mutants, killed, timeout, survived, noCoverage, score }] of [
    ...rows,
    ["all", all] as const,
  ]) {
    const counts = [mutants, killed, timeout, survived, noCoverage];
    const columns = counts.map((count) => String(count).padStart(6)).join("");
    console.log(`${path.basename(file).padEnd(24)}${columns}${percent(score).padStart(10)}`);
  }
  console.log("(mutants, killed, timed out, survived, without a test; score)");
}

/** The protocol's files that have more than types in them. */
function withCode(): string[] {
  return readdirSync(PROTOCOL)
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => {
      const source = readFileSync(path.join(PROTOCOL, file), "utf8");
      const compilerOptions = { target: ts.ScriptTarget.ES2022, removeComments: true };
      const { outputText } = ts.transpileModule(source, { compilerOptions });
      return outputText.replace("export {};", "").trim() !== "";
    });
}
