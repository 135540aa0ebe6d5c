/** `tq inspect`, `recover` and `import-lrtq`: what is on disk, without ever showing a share. */
import path from "node:path";
import type { BaseboardId } from "trust-quorum";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { inspectLedger } from "@trust-quorum/sled-host/store/inspect";
import type { LedgerReport } from "@trust-quorum/sled-host/store/inspect";
import { planRecovery, recover } from "@trust-quorum/sled-host/store/recover";
import type {
  RecoveryChoice,
  RecoveryMode,
  RecoveryPlan,
} from "@trust-quorum/sled-host/store/recover";
import { usageError } from "../context.ts";
import type { Context } from "../context.ts";
import { importBootstore, stoppedLedger } from "../ledgers.ts";
import type { LedgerPlace } from "../ledgers.ts";
import { serialOf } from "../rack.ts";

/** `tq inspect` */
export async function inspect(context: Context, given: string): Promise<void> {
  const { output } = context;
  const report = await inspectLedger(path.resolve(given));
  if (output.json) output.value(report);
  else show(context, report);
  if (report.kind !== "corrupt") return;
  const text = `${report.file} is damaged: ${report.problem} (${report.code})`;
  throw new OperatorError("ERR_TQ_CLI_LEDGER", text);
}

function show({ output }: Context, report: LedgerReport): void {
  if (report.kind === "corrupt") return;
  const what = report.kind === "lrtq" ? `bootstore (LRTQ), ${report.state}` : "trust quorum";
  const rows = [
    ["kind", what],
    ["generation", String(report.generation)],
    ["digest of its state", report.stateDigest],
  ];
  const { lrtq } = report;
  if (lrtq !== null) {
    rows.push(["bootstore's rack", lrtq.rackId]);
    rows.push(["bootstore's share", `SHA3-256 ${lrtq.shareDigest}`]);
    rows.push(["bootstore's threshold", `${lrtq.threshold} of ${lrtq.shares} shares`]);
  }
  if (report.kind === "trustQuorum" && report.expunged !== null) {
    rows.push(["removed", `in epoch ${report.expunged.epoch}, by ${report.expunged.from}`]);
  }
  output.line(output.table(["LEDGER", path.basename(report.file)], rows));
  if (report.kind === "lrtq" || report.configurations.length === 0) return;
  output.line();
  const list = report.configurations.map((config) => [
    String(config.epoch),
    config.committed ? "committed" : "prepared",
    String(config.members.length),
    String(config.threshold),
    serialOf(config.coordinator),
    config.share === null ? "none" : `${config.share.x}: SHA3-256 ${config.share.digest}`,
  ]);
  output.line(output.table(["EPOCH", "STATE", "N", "K", "COORDINATOR", "SHARE"], list));
}

/** Options of `recover`. */
export interface RecoverOptions {
  readonly journal?: boolean;
  readonly gone?: readonly string[];
  readonly dryRun?: boolean;
  readonly mode?: string;
  readonly acceptLoss?: string;
  /** The daemon's configuration, for a sled that no rack.toml of this machine names. */
  readonly config?: string;
}

/** `tq recover` */
export async function recoverCommand(
  context: Context,
  name: string | undefined,
  options: RecoverOptions,
): Promise<void> {
  if (options.journal === true) {
    if (name !== undefined)
      throw usageError("--journal concerns the whole rack: leave out the sled");
    const { rack } = context;
    const gone = (options.gone ?? []).map((sled) => rack.find(sled));
    return recoverJournal(context, new Set(gone));
  }
  return recoverLedger(context, await stoppedLedger(context, name, options.config), options);
}

async function recoverJournal(context: Context, gone: ReadonlySet<BaseboardId>): Promise<void> {
  const { output } = context;
  await context.withControlPlane(async (controlPlane) => {
    const { records, notes } = await controlPlane.rebuild(gone);
    for (const note of notes) output.note(note);
    output.line(
      records.length === 0
        ? "no sled holds a configuration: there is nothing to rebuild"
        : `rebuilt ${records.length} records, up to epoch ${records.at(-1)?.epoch ?? 0}, from what the sleds hold`,
    );
    if (output.json) output.value({ result: "rebuilt", records: records.length, notes });
  });
}

async function recoverLedger(
  context: Context,
  where: LedgerPlace,
  options: RecoverOptions,
): Promise<void> {
  const { output } = context;
  const plan = await planRecovery(where);
  showPlan(context, plan);
  if (plan.refusal !== null) throw plan.refusal;
  if (plan.starts === "yes" && options.mode === undefined) {
    output.line("both replicas are fine: there is nothing to recover");
    if (output.json) output.value({ result: "unchanged", plan });
    return;
  }
  if (options.dryRun === true) {
    output.line("nothing was changed (--dry-run)");
    if (output.json) output.value({ result: "planned", plan });
    return;
  }
  const choice = choose(plan, options.mode);
  const acceptLoss = await acceptance(context, choice, options);
  await recover({ ...where, mode: choice.mode, ...(acceptLoss !== null && { acceptLoss }) });
  output.line(`recovered: ${modeText(choice.mode)}`);
  if (output.json) output.value({ result: "recovered", mode: modeName(choice.mode) });
}

function showPlan({ output }: Context, plan: RecoveryPlan): void {
  const replicas = plan.replicas.map(({ folder, problem, generation }) => [
    path.basename(folder),
    generation === null ? "-" : String(generation),
    problem,
  ]);
  output.line(output.table(["REPLICA", "GENERATION", ""], replicas));
  if (plan.choices.length === 0) return;
  output.line();
  const choices = plan.choices.map(({ mode, loss }) => [modeName(mode), modeText(mode), loss]);
  output.line(output.table(["MODE", "WHAT IT DOES", "LOSS"], choices));
}

function choose({ choices }: RecoveryPlan, wanted: string | undefined): RecoveryChoice {
  const names = choices.map(({ mode }) => modeName(mode)).join(", ");
  if (wanted !== undefined) {
    const choice = choices.find(({ mode }) => modeName(mode) === wanted);
    if (choice !== undefined) return choice;
    throw usageError(`--mode is one of ${names === "" ? "none, as the replicas are" : names}`);
  }
  // What loses nothing is taken where there is only one such thing to do; everything else is asked for.
  const harmless = choices.filter(({ loss, mode }) => loss === "none" && mode.kind === "rebuild");
  const [only] = harmless;
  if (only !== undefined && harmless.length === 1) return only;
  const text =
    choices.length === 0
      ? "nothing can be done with these replicas; mount the other disk, or replace the sled (docs/operators/replace-a-sled.md)"
      : `choose with --mode: ${names}`;
  throw new OperatorError("ERR_TQ_CLI_LEDGER", text);
}

async function acceptance(
  context: Context,
  { phrase }: RecoveryChoice,
  options: RecoverOptions,
): Promise<string | null> {
  if (phrase === null) return null;
  if (options.acceptLoss !== undefined) return options.acceptLoss;
  const question = `This may lose what the sled held. Type "${phrase}" to go on: `;
  const answer = await context.output.ask(question);
  if (answer === null) {
    throw usageError(`this may lose what the sled held: add --accept-loss "${phrase}"`);
  }
  return answer.trim();
}

function modeName(mode: RecoveryMode): string {
  if (mode.kind === "reinitialize") return "start-over";
  return `${mode.kind}-${mode.from === 0 ? "a" : "b"}`;
}

function modeText(mode: RecoveryMode): string {
  switch (mode.kind) {
    case "rebuild":
      return `write ledger-${mode.from === 0 ? "b" : "a"} anew from the other replica`;
    case "alone":
      return `go on with ledger-${mode.from === 0 ? "a" : "b"} only, in degraded mode`;
    case "reinitialize":
      return "give up what the sled held, and begin an empty ledger";
    default:
      return mode satisfies never;
  }
}

/** `tq import-lrtq` */
export async function importLedger(
  context: Context,
  file: string,
  name: string | undefined,
  { config }: { readonly config?: string },
): Promise<void> {
  const { output } = context;
  const place = await stoppedLedger(context, name, config);
  const id = place.self;
  const imported = await importBootstore(place, path.resolve(file));
  output.line(
    imported.kind === "imported"
      ? `${serialOf(id)} has the share of ${file}, which stays as it is`
      : `${serialOf(id)} had the share of ${file} already`,
  );
  if (output.json) {
    const { kind: result, rackId, threshold, shareDigest } = imported;
    output.value({ result, sled: id, rackId, threshold, shareDigest });
  }
}
