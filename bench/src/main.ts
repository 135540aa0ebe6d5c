/** `npm run bench`: measures this project and everything that does the same, in one run. */
import { CommanderError } from "commander";
import { describeMachine, otherLoad } from "./machine.ts";
import { command } from "./options.ts";
import type { Options } from "./options.ts";
import { profileReconfigurations } from "./profile.ts";
import { writeDocuments } from "./report/documents.ts";
import { comparisonText, machineLines, reportText } from "./report/text.ts";
import { slowerCases } from "./revisions/compare.ts";
import { isComparable, isKnown, runBenchmark, runComparison } from "./run.ts";

async function main(args: readonly string[]): Promise<number> {
  const program = command().parse(args, { from: "user" });
  const options = program.opts<Options>();
  const quick = options.quick === true;
  if (options.profile !== undefined) {
    console.log(await profileReconfigurations({ folder: options.profile, quick }));
    return 0;
  }
  const say = (line: string) => console.error(line);
  if (options.against !== undefined) {
    if (!isComparable(options.only)) {
      program.error(
        `error: no case that can be compared has one of ${JSON.stringify(options.only)}`,
      );
    }
    return await compare({ ...options, revision: options.against, quick, say });
  }
  if (!isKnown(options.only)) {
    program.error(`error: no case has ${JSON.stringify(options.only)} in its id or title`);
  }
  // Targets and documents tell of ratios to the revision that was measured beside the original.
  const isJudged = options.check === true || options.write === true;
  const report = await runBenchmark({ only: options.only, quick, say, compare: isJudged });
  console.log(options.json === true ? JSON.stringify(report) : reportText(report));
  if (options.write === true) await writeDocuments(report);
  const met = report.targets.filter((target) => target.met === true).length;
  if (options.check !== true || met === report.targets.length) return 0;
  console.error(`bench: ${met} of ${report.targets.length} targets are met`);
  return 1;
}

async function compare(options: {
  readonly revision: string;
  readonly only: string;
  readonly quick: boolean;
  readonly json?: true;
  readonly check?: true;
  readonly say: (line: string) => void;
}): Promise<number> {
  const machine = describeMachine(null, await otherLoad());
  const comparison = await runComparison(options);
  if (options.json === true) console.log(JSON.stringify({ machine, comparison }));
  else console.log(`${machineLines(machine).join("\n")}\n\n${comparisonText(comparison)}`);
  const isWorse = slowerCases(comparison).length > 0 || comparison.skipped.length > 0;
  return options.check === true && isWorse ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
