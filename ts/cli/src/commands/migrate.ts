/** `tq migrate`: moves what an earlier version keeps in another place of the rack's folder. */
import { migrateJournal } from "@trust-quorum/control-plane/journal-folder";
import type { Context } from "../context.ts";
import { shownPath } from "../rack.ts";

/** `tq migrate` */
export function migrate(context: Context, options: { readonly dryRun?: boolean }): void {
  const { output, rack } = context;
  const dryRun = options.dryRun === true;
  const moved = migrateJournal(rack.paths.folder, { dryRun });
  if (moved === null) {
    output.line("nothing to migrate: everything is where this version keeps it");
  } else {
    const { from, to, records } = moved;
    const verb = dryRun ? "would be moved" : "is moved";
    output.line(`the journal ${verb}: ${shownPath(from)} -> ${shownPath(to)} (${records} records)`);
  }
  if (!output.json) return;
  const result = moved === null ? "unchanged" : dryRun ? "planned" : "migrated";
  output.value({ result, moves: moved === null ? [] : [moved] });
}
