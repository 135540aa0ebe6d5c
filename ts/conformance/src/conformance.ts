/**
 * `npm run conformance -- PATH… [--crypto native|reference] [--guard original|strict]`: replays traces of the
 * original.
 */
import { openTraceFile } from "@trust-quorum/replay/files";
import { basename } from "node:path";
import { Option } from "commander";
import type { GuardMode, TrustQuorumCrypto } from "trust-quorum";
import { backend, commandOf, cryptoOption, runCommand } from "./command.ts";
import { filesUnder } from "./files.ts";
import { replay } from "./replay.ts";
import type { Divergence, Replayed } from "./replay.ts";

const command = commandOf("conformance", "Replays traces of the original and compares every step.")
  .argument("<path...>", "traces (.jsonl or .jsonl.gz) or folders of traces")
  .addOption(cryptoOption())
  .addOption(
    new Option("--guard <mode>", "whether the nodes ask who may say what; then it is shown where")
      .choices(["original", "strict"] satisfies GuardMode[])
      .default("original"),
  )
  .action((paths: string[], options: { crypto: string; guard: GuardMode }) => {
    process.exitCode = main(paths, backend(options.crypto), options.guard);
  });

function main(paths: readonly string[], crypto: TrustQuorumCrypto, guard: GuardMode): number {
  const files = filesUnder(paths, (name) => /\.jsonl(\.gz)?$/.test(name));
  let steps = 0;
  let divergences = 0;
  for (const file of files) {
    const result = replayFile(file, crypto, guard);
    steps += result.steps;
    divergences += result.divergences.length;
    for (const [rule, count] of Object.entries(result.deviations).sort()) {
      console.log(`${basename(file)}: ${rule} ${count}`);
    }
    const [first] = result.divergences;
    if (first !== undefined) printDivergence(file, first, result.divergences.length);
  }
  console.log(`${files.length} traces, ${steps} steps, ${divergences} divergences`);
  return divergences > 0 ? 1 : 0;
}

function replayFile(file: string, crypto: TrustQuorumCrypto, guard: GuardMode): Replayed {
  try {
    return replay(openTraceFile(file), crypto, guard);
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function printDivergence(file: string, first: Divergence, count: number): void {
  console.log(`${file}: ${count} divergences, the first at line ${first.line}:`);
  console.log(`  ${first.call} on ${first.node}: ${first.field}`);
  console.log(`  original: ${first.expected}`);
  console.log(`  here:     ${first.actual}`);
}

runCommand(command, "conformance");
