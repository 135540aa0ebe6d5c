/** `tq doctor`: looks at everything that keeps a rack from unlocking, and says what to do. */
import { OperatorError, isOperatorError } from "@trust-quorum/api/client/errors";
import { findJournal } from "@trust-quorum/control-plane/journal-folder";
import { survey } from "@trust-quorum/control-plane/survey";
import { unfinishedNote } from "../configuration-change.ts";
import { checkRack } from "../checks.ts";
import type { Check } from "../checks.ts";
import type { Context } from "../context.ts";
import { serialOf, shownPath } from "../rack.ts";
import { checkOfflineLedger } from "../offline-ledger.ts";

/** `tq doctor` */
export async function doctor(context: Context): Promise<void> {
  const { output, rack } = context;
  const seen = await survey(rack.sleds);
  const stopped = rack.local.filter((id) => !seen.answers.has(id));
  const disks = await Promise.all(
    stopped.map((id) => checkOfflineLedger(serialOf(id), rack.home(id))),
  );
  const checks = [...checkRack(rack.ids, seen), ...disks, ...checkJournal(context)];
  const failed = checks.filter(({ verdict }) => verdict === "failed");
  const warnings = checks.filter(({ verdict }) => verdict === "warning");
  if (output.json) {
    output.value({ result: failed.length === 0 ? "ok" : "failed", checks });
  } else show(context, checks);
  output.line();
  output.line(
    `${checks.length} checks: ${failed.length} failed, ${warnings.length} ${warnings.length === 1 ? "warning" : "warnings"}`,
  );
  if (failed.length === 0) return;
  const text = `${failed.length} checks failed; each says what to do`;
  throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
}

function show({ output }: Context, checks: readonly Check[]): void {
  const { colors } = output;
  const mark = {
    ok: colors.green("ok"),
    warning: colors.yellow("warning"),
    failed: colors.red("failed"),
  };
  const rows = checks.flatMap(({ where, what, verdict, text, advice }) => [
    [where, what, mark[verdict], text],
    ...(advice === null ? [] : [["", "", "", `-> ${advice}`]]),
  ]);
  output.line(output.table(["WHERE", "WHAT", "VERDICT", ""], rows));
}

function checkJournal(context: Context): Check[] {
  const [where, what] = ["rack", "journal"] as const;
  try {
    const text = unfinishedNote(context);
    const found: Check =
      text === null
        ? { where, what, verdict: "ok", text: "nothing is under way", advice: null }
        : { where, what, verdict: "warning", text, advice: "finish it with `tq resume`" };
    return [found, ...checkLayout(context)];
  } catch (error) {
    if (!isOperatorError(error)) throw error;
    const advice = JOURNAL_ADVICE.get(error.code);
    if (advice === undefined) throw error;
    return [{ where, what, verdict: "failed", text: error.message, advice }];
  }
}

/** What to do about a journal that cannot be used. */
const JOURNAL_ADVICE: ReadonlyMap<string, string> = new Map([
  ["ERR_TQ_CLI_JOURNAL_UNREADABLE", "move it away and run `tq recover --journal`"],
  ["ERR_TQ_CLI_TWO_JOURNALS", "keep one of them, as said here; until then nothing can be changed"],
]);

/** Only where something is to be done: a migration that is open. */
function checkLayout({ rack }: Context): Check[] {
  const { folder, old } = findJournal(rack.paths.folder);
  if (!old) return [];
  const text = `${shownPath(folder)} is where version 0.1.0 kept the journal`;
  const advice = "run `tq migrate` once that version is not needed any more";
  return [{ where: "rack", what: "layout", verdict: "warning", text, advice }];
}
