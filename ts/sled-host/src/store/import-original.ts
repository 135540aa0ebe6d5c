/**
 * Taking a sled over from the original's disks: its ledger and its early network configuration. The
 * original's files are not changed. The original must not run any more, neither now nor later: what it
 * acknowledged then this sled would not know of.
 */
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import { wipeState } from "trust-quorum/ledger";
import { latestCommittedEpoch } from "trust-quorum/protocol";
import { hex } from "./digest.ts";
import type { FileSystem } from "./file-system.ts";
import { importInto } from "./import-into.ts";
import { readOriginal, requireUnchanged } from "./original-files.ts";
import type { OriginalSources } from "./original-files.ts";

/** What taking over takes. */
export interface OriginalImport extends OriginalSources {
  /** The two folders of the new ledger; they are made if they do not exist. */
  readonly folders: readonly [string, string];
  /** Reads and checks everything, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly fileSystem?: FileSystem | undefined;
  readonly now?: (() => number) | undefined;
}

/** What was taken over. Nothing of it is secret. */
export interface OriginalImported {
  /** `alreadyImported` where the folders were made from the same state before: nothing was changed. */
  readonly kind: "imported" | "alreadyImported";
  readonly self: BaseboardId;
  readonly rackId: RackId;
  /** The generation of the original's ledger; this sled's begins with the next one. */
  readonly generation: number;
  /** The SHA3-256 of the state, in hex. */
  readonly stateDigest: string;
  /** The latest committed epoch, or null. */
  readonly committed: Epoch | null;
  /** The epoch in which the sled was removed from the rack, or null. */
  readonly expunged: Epoch | null;
  /** The generation of the network configuration, or null where there is none. */
  readonly networkConfig: number | null;
  /** How many copies of the ledger were read. */
  readonly copies: number;
}

/**
 * Begins a ledger with what the original's copies hold; the one with the highest generation counts. Doing
 * it twice is fine.
 *
 * @throws DaemonError what `readOriginal` throws; `ERR_TQD_IMPORT_REFUSED` where the folders hold
 * something else; and what `openLedgerStore` throws
 */
export async function importOriginal(options: OriginalImport): Promise<OriginalImported> {
  const { ledger, rackId, networkConfig, copies, files } = await readOriginal(options);
  const { generation, state } = ledger;
  try {
    const stateDigest = hex(ledger.stateDigest);
    const kind = await importInto({
      ...options,
      // As any writer of it does. It also ranks what is exported later above the original's old copies.
      ledger: { generation: generation + 1, state },
      networkConfig,
      identity: stateDigest,
      check: () => requireUnchanged(files),
    });
    return {
      kind,
      self: options.self,
      rackId,
      generation,
      stateDigest,
      committed: latestCommittedEpoch(state),
      expunged: state.expunged?.epoch ?? null,
      networkConfig: networkConfig?.generation ?? null,
      copies,
    };
  } finally {
    wipeState(state);
  }
}
