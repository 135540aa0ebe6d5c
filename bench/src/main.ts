/** `npm run bench`: measures this project and everything that does the same, in one run. */
import { UsageError, USAGE, parseOptions } from "./options.ts";
import { profileReconfigurations } from "./profile.ts";
import { writeDocuments } from "./report/documents.ts";
import { reportText } from "./report/text.ts";
import { isKnown, runBenchmark } from "./run.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (options.profile !== null) {
    console.log(await profileReconfigurations({ folder: options.profile, quick: options.quick }));
    return 0;
  }
  if (!isKnown(options.only)) {
    throw new UsageError(`no case has ${JSON.stringify(options.only)} in its name or title`);
  }
  const report = await runBenchmark({ ...options, say: (line) => console.error(line) });
  console.log(options.json ? JSON.stringify(report) : reportText(report));
  if (options.write) await writeDocuments(report);
  const held = report.targets.filter(({ met }) => met === true).length;
  if (!options.check || held === report.targets.length) return 0;
  console.error(`bench: ${held} of ${report.targets.length} targets are met`);
  return 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) console.error(USAGE);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
