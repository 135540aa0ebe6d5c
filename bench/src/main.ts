/** `npm run bench`: measures this project and everything that does the same, in one run. */
import { CommanderError } from "commander";
import { command } from "./options.ts";
import type { Options } from "./options.ts";
import { profileReconfigurations } from "./profile.ts";
import { writeDocuments } from "./report/documents.ts";
import { reportText } from "./report/text.ts";
import { isKnown, runBenchmark } from "./run.ts";

async function main(args: readonly string[]): Promise<number> {
  const program = command().parse(args, { from: "user" });
  const options = program.opts<Options>();
  const quick = options.quick === true;
  if (options.profile !== undefined) {
    console.log(await profileReconfigurations({ folder: options.profile, quick }));
    return 0;
  }
  if (!isKnown(options.only)) {
    program.error(`error: no case has ${JSON.stringify(options.only)} in its id or title`);
  }
  const report = await runBenchmark({
    only: options.only,
    quick,
    say: (line) => console.error(line),
  });
  console.log(options.json === true ? JSON.stringify(report) : reportText(report));
  if (options.write === true) await writeDocuments(report);
  const met = report.targets.filter((target) => target.met === true).length;
  if (options.check !== true || met === report.targets.length) return 0;
  console.error(`bench: ${met} of ${report.targets.length} targets are met`);
  return 1;
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
