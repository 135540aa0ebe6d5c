/** `tq import` and `tq export`: a sled is taken over from the original, and handed back to it. */
import path from "node:path";
import type { RackId } from "trust-quorum";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { exportOriginal } from "@trust-quorum/sled-host/store/export-original";
import { importOriginal } from "@trust-quorum/sled-host/store/import-original";
import { usageError } from "../context.ts";
import type { Context } from "../context.ts";
import { stoppedLedger } from "../ledgers.ts";
import type { LedgerPlace } from "../ledgers.ts";
import { serialOf } from "../rack.ts";

/** Options of both. */
interface PlaceOptions {
  readonly sled?: string;
  /** The daemon's configuration, for a sled that no rack.toml of this machine names. */
  readonly config?: string;
  readonly dryRun?: boolean;
}

/** Options of `import`. */
export interface TakeOverOptions extends PlaceOptions {
  readonly singleCopy?: boolean;
}

/** `tq import` */
export async function takeOver(
  context: Context,
  paths: readonly string[],
  options: TakeOverOptions,
): Promise<void> {
  const { output } = context;
  const place = await placeOf(context, options);
  const { dryRun = false, singleCopy = false } = options;
  const { kind, self, ...found } = await importOriginal({
    ...place,
    paths: paths.map((given) => path.resolve(given)),
    rackId: rackIdOf(context, options),
    dryRun,
    singleCopy,
  });
  const serial = serialOf(self);
  const { generation, copies, rackId, committed, expunged, networkConfig } = found;
  output.line(
    output.table(
      ["ORIGINAL", serial],
      [
        ["rack", rackId],
        ["generation", `${generation}, the highest of ${copies}`],
        ["committed epoch", String(committed ?? "none")],
        ...(expunged === null ? [] : [["removed", `in epoch ${expunged}`]]),
        ["network configuration", networkConfig === null ? "none" : `generation ${networkConfig}`],
      ],
    ),
  );
  if (kind === "alreadyImported") output.line(`${serial} had all of it already`);
  else if (dryRun) output.line("nothing was changed (--dry-run)");
  else output.line(`${serial} is taken over; the original must not run any more`);
  if (output.json) {
    const result = kind === "imported" && dryRun ? "planned" : kind;
    output.value({ result, sled: self, ...found });
  }
}

/** Options of `export`. */
export interface ExportOptions extends PlaceOptions {
  readonly yes?: boolean;
}

/** `tq export` */
export async function exportLedger(
  context: Context,
  folders: readonly string[],
  options: ExportOptions,
): Promise<void> {
  const { output } = context;
  const place = await placeOf(context, options);
  const serial = serialOf(place.self);
  const { dryRun = false } = options;
  const to = folders.map((folder) => path.resolve(folder));
  // Whatever refuses it is said before a person is asked.
  const planned = await exportOriginal({ ...place, to, dryRun: true });
  if (!dryRun && options.yes !== true && planned.kind === "exported") {
    await confirm(context, serial);
  }
  const done = dryRun ? planned : await exportOriginal({ ...place, to });
  const { kind, ...found } = done;
  output.line(
    dryRun
      ? `nothing was changed (--dry-run); ${serial} can be exported as generation ${found.generation}`
      : `${serial} is the original's as generation ${found.generation}, and its ledger here is sealed`,
  );
  if (output.json) {
    const result = kind === "exported" && dryRun ? "planned" : kind;
    output.value({ result, sled: place.self, ...found });
  }
}

function placeOf(context: Context, { sled, config }: PlaceOptions): Promise<LedgerPlace> {
  return stoppedLedger(context, sled, config, "the sled with --sled");
}

/** The rack that a sled of this machine is in: another one's ledger is not taken over for it. */
function rackIdOf(context: Context, { config }: PlaceOptions): RackId | undefined {
  return config === undefined ? context.rack.rackId : undefined;
}

async function confirm({ output }: Context, serial: string): Promise<void> {
  const question = `${serial} will not start here any more. Type its serial number to go on: `;
  const answer = await output.ask(question);
  if (answer === null) {
    throw usageError(`exporting ${serial} seals its ledger: add --yes, or do it at a terminal`);
  }
  if (answer.trim() === serial) return;
  throw new OperatorError("ERR_TQ_CLI_NOT_DONE", `that is not ${serial}; nothing was changed`);
}
