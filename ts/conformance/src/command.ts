/** What the commands have in common: how they are declared, which backends there are, how they end. */
import { Command, CommanderError, Option } from "commander";
import { nativeCrypto, referenceCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";

const BACKENDS: Readonly<Record<string, () => TrustQuorumCrypto>> = {
  native: nativeCrypto,
  reference: referenceCrypto,
};

/** A command, run by npm under this name, without its options and arguments. */
export function commandOf(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .helpOption("-h, --help", "print this text")
    .allowExcessArguments(false)
    .showHelpAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, `${name}: `)) })
    .exitOverride();
}

/** The option that chooses the cryptography; {@link backend} makes it. */
export function cryptoOption(): Option {
  return new Option("--crypto <backend>", "the implementation of the cryptography")
    .choices(Object.keys(BACKENDS))
    .default("native");
}

/** The cryptography that {@link cryptoOption} has checked the name of. */
export function backend(name: string): TrustQuorumCrypto {
  const make = BACKENDS[name];
  if (make === undefined) throw new Error(`there is no cryptography ${name}`);
  return make();
}

/**
 * Runs a command on the arguments of this process. Its action sets the exit code; invalid usage and a file
 * that cannot be read end with 2 and one line of text.
 */
export function runCommand(command: Command, name: string): void {
  try {
    command.parse();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  }
}
