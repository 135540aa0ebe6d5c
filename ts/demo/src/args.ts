/** The command line. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Refusal } from "./refusal.ts";

/** What the user asked for. */
export interface Options {
  /** The folder of bootstore ledgers. */
  readonly folder: string;
  /** Where the new ledgers stay, or null for a temporary folder. */
  readonly keep: string | null;
  readonly crypto: "native" | "reference";
  readonly json: boolean;
}

/** The sizes of the racks that come with the project. */
const RACKS: readonly string[] = ["3", "4", "5", "16", "32"];

/** The text of `--help`. */
export const HELP = `Usage: npm run demo -- [options]

Upgrades a rack from the bootstore (LRTQ) to the trust quorum, from ledgers that a bootstore wrote:
a coordinator crashes and is pre-empted, a sled misses its share and computes it, sleds are added
and removed, the power fails, and the rack unlocks itself again with nothing lost.

Options:
  --sleds N        the rack that comes with the project: 3, 4, 5, 16 or 32 sleds (default: 5)
  --lrtq DIR       another folder of bootstore ledgers, named SERIAL.json
  --keep DIR       keep the trust quorum ledgers in DIR, which must be empty or not exist yet
  --crypto NAME    native (default) or reference
  --json           one JSON summary on stdout, and nothing else; npm itself prints a line too
                   unless it is told not to: npm run --silent demo -- --json
  --help           this text

Exit code: 0 when the rack unlocked and nothing was lost, 1 when the ledgers were refused or
something went wrong, 2 for invalid usage.
`;

/**
 * Reads the command line.
 *
 * @returns the options, or "help"
 * @throws Refusal `ERR_DEMO_USAGE`
 */
export function parseCommandLine(argv: readonly string[]): Options | "help" {
  const values = parseValues(argv);
  if (values.help === true) return "help";
  if (values.sleds !== undefined && values.lrtq !== undefined) {
    throw usageError("--sleds and --lrtq exclude each other");
  }
  const { crypto = "native", lrtq, keep, json = false } = values;
  if (crypto !== "native" && crypto !== "reference") {
    throw usageError(`--crypto is native or reference, not "${crypto}"`);
  }
  for (const [option, folder] of Object.entries({ lrtq, keep })) {
    if (folder === "") throw usageError(`--${option} needs a folder`);
  }
  return { folder: lrtq ?? rackFolder(values.sleds ?? "5"), keep: keep ?? null, crypto, json };
}

function parseValues(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        sleds: { type: "string" },
        lrtq: { type: "string" },
        keep: { type: "string" },
        crypto: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    // Node's own text names the option; its first sentence is enough.
    const text = error instanceof Error ? error.message : String(error);
    throw usageError(text.split(/\. |\n/, 1)[0] ?? text);
  }
}

function rackFolder(sleds: string): string {
  if (!RACKS.includes(sleds)) {
    throw usageError(`--sleds is 3, 4, 5, 16 or 32, not "${sleds}"`);
  }
  const root = new URL("../../../testdata/lrtq-ledgers/", import.meta.url);
  return fileURLToPath(new URL(`${sleds}-sleds`, root));
}

function usageError(problem: string): Refusal {
  return new Refusal("ERR_DEMO_USAGE", problem);
}
