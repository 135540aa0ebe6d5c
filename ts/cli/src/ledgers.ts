/** The ledgers of the sleds that this machine runs: begun empty, or with a bootstore's share. */
import path from "node:path";
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { wipeState } from "trust-quorum/ledger";
import { loadConfig } from "@trust-quorum/sled-host/config/load";
import { importLrtq } from "@trust-quorum/sled-host/store/import-lrtq";
import type { LrtqImported } from "@trust-quorum/sled-host/store/import-lrtq";
import { openLedgerStore } from "@trust-quorum/sled-host/store/ledger-store";
import { usageError } from "./context.ts";
import type { Context } from "./context.ts";
import { findDaemon } from "./processes.ts";
import { serialOf } from "./rack.ts";

/** Whose ledger, and in which two folders. */
export interface LedgerPlace {
  readonly self: BaseboardId;
  readonly folders: readonly [string, string];
}

/**
 * Where the daemon that a configuration file is for keeps its ledger.
 *
 * @throws DaemonError as `loadConfig`
 */
export function configuredLedger(file: string): LedgerPlace {
  const { sled, ledger } = loadConfig({ file: path.resolve(file) });
  const [first = "", second = ""] = ledger.replicas;
  return { self: parseBaseboardId(sled.id), folders: [first, second] };
}

/** The configuration of a sled that this machine runs. */
export function configFile(home: string): string {
  return path.join(home, "tqd.toml");
}

/**
 * The ledger of a sled that runs on this machine and is stopped, or the one that a configuration names.
 *
 * @throws OperatorError `ERR_TQ_CLI_USAGE` where neither or both are named, or the sled runs
 */
export async function stoppedLedger(
  context: Context,
  name: string | undefined,
  config: string | undefined,
  how = "the sled",
): Promise<LedgerPlace> {
  if ((name === undefined) === (config === undefined)) {
    throw usageError(`name either ${how}, or its daemon's configuration with --config`);
  }
  // That the daemon is stopped shows in the locks of its folders.
  if (config !== undefined) return configuredLedger(config);
  const { rack } = context;
  const id = rack.find(name ?? "");
  const { kind } = await findDaemon(context.localSled(id));
  if (kind !== "down") {
    throw usageError(`${serialOf(id)} runs; stop it first (\`tq down ${serialOf(id)}\`)`);
  }
  return configuredLedger(configFile(rack.home(id)));
}

/** The replica folders of a sled that is made for a try, in its home. */
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
export function importBootstore(place: LedgerPlace, file: string): Promise<LrtqImported> {
  return importLrtq({ ...place, ledgerFiles: [file] });
}
