/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";

/** What `--help` prints. */
export const USAGE = `usage: npm run bench -- [OPTIONS]

  --only TEXT    the cases with TEXT in their name or title, e.g. reconfiguration
  --quick        fewer and shorter samples: under a minute in total
  --json         one JSON object on standard output instead of tables
  --check        exit with 1 where a target is missed or could not be measured
  --write        write README.md's table, docs/performance.md and docs/performance.svg
  --profile DIR  profile reconfigurations instead: a .cpuprofile in DIR, and what they are made of
  --help         print this`;

/** What to do. */
export interface Options {
  readonly only: string;
  readonly quick: boolean;
  readonly json: boolean;
  readonly check: boolean;
  readonly write: boolean;
  readonly profile: string | null;
  readonly help: boolean;
}

/** The caller's fault: exit code 2. */
export class UsageError extends Error {}

/**
 * Reads the arguments.
 *
 * @throws UsageError for an unknown option, a missing value, an argument that is no option, or options
 * that exclude each other
 */
export function parseOptions(args: readonly string[]): Options {
  const { profile, ...rest } = parse(args);
  const options = { ...rest, profile: profile ?? null };
  // Documents show everything, and measured with care.
  for (const other of ["only", "quick", "profile"] as const) {
    if (
      options.write &&
      options[other] !== "" &&
      options[other] !== false &&
      options[other] !== null
    ) {
      throw new UsageError(`--write needs a whole run: it does not go with --${other}`);
    }
  }
  for (const other of ["only", "json", "check"] as const) {
    if (options.profile !== null && options[other] !== "" && options[other] !== false) {
      throw new UsageError(`--profile does not go with --${other}`);
    }
  }
  if (options.profile === "") throw new UsageError("--profile needs the name of a folder");
  return options;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string", default: "" },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
        profile: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
