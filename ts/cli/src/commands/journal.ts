/** `tq resume`, `abort` and `history`: unfinished changes, and the configurations so far. */
import { isTrustQuorumError } from "trust-quorum";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { readRackJournal } from "@trust-quorum/control-plane/journal-folder";
import { isSettled } from "@trust-quorum/control-plane/reconciler";
import { finish, recordSummary } from "../configuration-change.ts";
import type { Context } from "../context.ts";
import { serialOf } from "../rack.ts";

/** `tq resume`: finishes what a `tq` that was stopped had begun. */
export async function resume(context: Context): Promise<void> {
  const { output } = context;
  const deadline = context.deadline();
  await context.withControlPlane(async (controlPlane) => {
    const latest = await controlPlane.latest();
    if (latest !== undefined && !isSettled(latest)) {
      await finish(context, controlPlane, { deadline });
      return;
    }
    output.line(
      latest?.state === "aborted"
        ? `nothing to finish: epoch ${latest.epoch} was aborted (${latest.abortReason ?? "no reason is known"}); run the command again that began it`
        : "nothing to finish",
    );
    if (output.json) output.value({ result: "unchanged", epoch: latest?.epoch ?? null });
  });
}

/** `tq abort`: gives up what is being prepared. */
export async function abort(
  context: Context,
  { reason }: { readonly reason: string },
): Promise<void> {
  const { output } = context;
  await context.withControlPlane(async (controlPlane) => {
    const before = (await controlPlane.latest())?.state === "aborted";
    const aborted = await refuseDecided(() => controlPlane.abort(reason));
    output.line(
      before
        ? `epoch ${aborted.epoch} was aborted before`
        : `epoch ${aborted.epoch} is aborted; the rack stays as it was`,
    );
    if (output.json) output.value({ result: "aborted", ...recordSummary(aborted) });
  });
}

/** `tq history`: every configuration that was ever proposed. */
export function history(context: Context): void {
  const { output, rack } = context;
  const { records } = readRackJournal(rack.paths.folder);
  if (output.json) {
    output.value({
      records: records.map((record) => ({
        ...recordSummary(record),
        proposedAt: iso(record.timeCreated),
        decidedAt: iso(record.timeCommitting),
        committedAt: iso(record.timeCommitted),
        abortedAt: iso(record.timeAborted),
      })),
    });
    return;
  }
  if (records.length === 0) {
    output.line("nothing was ever proposed");
    return;
  }
  const rows = records.map((record) => [
    String(record.epoch),
    record.state.replaceAll("_", " "),
    String(record.members.size),
    String(record.threshold),
    serialOf(record.coordinator),
    iso(record.timeCreated) ?? "",
    record.abortReason ?? "",
  ]);
  output.line(output.table(["EPOCH", "STATE", "N", "K", "COORDINATOR", "PROPOSED", ""], rows));
}

async function refuseDecided<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isTrustQuorumError(error, "ERR_TQ_INVALID_TRANSITION")) throw error;
    const text =
      "its commit was decided, and that is never taken back; `tq resume` finishes it, then change the members anew";
    throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text, { cause: error });
  }
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
