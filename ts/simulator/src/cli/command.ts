/** What the command lines of this package share: how they read their options, and how they end. */
import { Command, CommanderError, InvalidArgumentError } from "commander";

/** A command that takes options only, and no others than its own. */
export function command(name: string, description: string): Command {
  return new Command(name).description(description).allowExcessArguments(false).exitOverride();
}

/** Runs a command; its exit code is 2 where the options are wrong, and otherwise what `main` says. */
export async function run(program: Command, main: () => Promise<number>): Promise<void> {
  try {
    program.parse();
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

/** Reads an option that is an integer. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/u.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give an integer from ${least} to ${most}.`);
  };
}
