/** What the commands have in common: their arguments, and how they end. */
import { parseArgs } from "node:util";
import type { TrustQuorumCrypto } from "trust-quorum";
import { backend } from "./backend.ts";

/** Runs a command: 2 and its usage for a command line or a file that makes no sense. */
export function runCommand(name: string, usage: string, main: (args: string[]) => number): void {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    // The first line says it; Node's own messages go on to explain the shell.
    const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
    console.error(`${name}: ${line}`);
    console.error(usage);
    process.exitCode = 2;
  }
}

/** `PATH… [--crypto native|reference]`, or "help" where that was asked for. */
export function pathsAndCrypto(
  args: string[],
): { readonly paths: readonly string[]; readonly crypto: TrustQuorumCrypto } | "help" {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      crypto: { type: "string", default: "native" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return values.help ? "help" : { paths: positionals, crypto: backend(values.crypto) };
}
