/** The command line of `npm run bench`. */
import { Command, InvalidArgumentError, Option } from "commander";

/** What to do. */
export interface Options {
  /** Parts of the ids, titles or groups of what to measure, separated by commas; empty for everything. */
  readonly only: string;
  readonly quick?: true;
  readonly json?: true;
  readonly check?: true;
  readonly write?: true;
  /** The revision to compare with, instead of a whole run. */
  readonly against?: string;
  /** The folder for profiles, where those are asked for. */
  readonly profile?: string;
}

/**
 * The command, whose `opts` are {@link Options} once it has parsed its arguments. For invalid usage it
 * prints one sentence and its help on standard error, and throws a `CommanderError`.
 */
export function command(): Command {
  return new Command("npm run bench --")
    .description("Measures this project beside the packages and crates that do the same.")
    .addOption(
      new Option(
        "--only <texts>",
        "the cases with one of these texts in their id or title, e.g. boot,ledger,small",
      ).default("", "all"),
    )
    .option("--quick", "fewer and shorter samples")
    .option("--json", "one JSON object on standard output instead of tables")
    .option(
      "--check",
      "exit with 1 where a target is missed or could not be measured; with --against, where a case is slower beyond noise",
    )
    .addOption(
      new Option(
        "--against <revision>",
        "instead build this revision of git in target/revisions and measure both in turn",
      ).conflicts(["write", "profile"]),
    )
    .addOption(
      // Documents show everything, measured in a full run.
      new Option("--write", "write README.md's table, docs/performance.md and its plot").conflicts([
        "only",
        "quick",
        "profile",
      ]),
    )
    .addOption(
      new Option("--profile <dir>", "profile reconfigurations instead, into this folder")
        .argParser(folder)
        .conflicts(["only", "json", "check"]),
    )
    .helpOption("-h, --help", "print this text")
    .allowExcessArguments(false)
    .showHelpAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "bench: ")) })
    .exitOverride();
}

function folder(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("Give the name of a folder.");
}
