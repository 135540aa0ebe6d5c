/** The ledgers of the sleds that this machine runs: begun empty, or with a bootstore's share. */
import path from "node:path";
import { wipeState } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { importLrtq } from "../store/import-lrtq.ts";
import type { LrtqImported } from "../store/import-lrtq.ts";
import { openLedgerStore } from "../store/ledger-store.ts";

/** The replica folders of a sled, in its home. */
export function replicaFolders(home: string): readonly [string, string] {
  return [path.join(home, "ledger-a"), path.join(home, "ledger-b")];
}

/** Begins an empty ledger; one that exists stays as it is. */
export async function beginLedger(self: BaseboardId, home: string): Promise<void> {
  const folders = replicaFolders(home);
  const store = await openLedgerStore({ self, folders, degraded: false, create: true });
  wipeState(store.takeLedger().state);
  await store.close();
}

/** Begins a ledger with a bootstore's share; the bootstore's file stays as it is. */
export function importBootstore(
  self: BaseboardId,
  file: string,
  home: string,
): Promise<LrtqImported> {
  return importLrtq({ self, ledgerFiles: [file], folders: replicaFolders(home) });
}
