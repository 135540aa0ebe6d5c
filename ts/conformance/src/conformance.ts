/** `npm run conformance -- PATH… [--crypto native|reference]`: replays traces of the original. */
import { openTraceFile } from "@trust-quorum/replay/files";
import type { TrustQuorumCrypto } from "trust-quorum";
import { backend, commandOf, cryptoOption, runCommand } from "./command.ts";
import { filesUnder } from "./files.ts";
import { replay } from "./replay.ts";
import type { Divergence } from "./replay.ts";

const command = commandOf("conformance", "Replays traces of the original and compares every step.")
  .argument("<path...>", "traces (.jsonl or .jsonl.gz) or folders of traces")
  .addOption(cryptoOption())
  .action((paths: string[], options: { crypto: string }) => {
    process.exitCode = main(paths, backend(options.crypto));
  });

function main(paths: readonly string[], crypto: TrustQuorumCrypto): number {
  const files = filesUnder(paths, (name) => /\.jsonl(\.gz)?$/.test(name));
  let steps = 0;
  let divergences = 0;
  for (const file of files) {
    const result = replayFile(file, crypto);
    steps += result.steps;
    divergences += result.divergences.length;
    const [first] = result.divergences;
    if (first !== undefined) printDivergence(file, first, result.divergences.length);
  }
  console.log(`${files.length} traces, ${steps} steps, ${divergences} divergences`);
  return divergences > 0 ? 1 : 0;
}

function replayFile(file: string, crypto: TrustQuorumCrypto): ReturnType<typeof replay> {
  try {
    return replay(openTraceFile(file), crypto);
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
