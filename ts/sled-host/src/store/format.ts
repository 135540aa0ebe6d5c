/**
 * Beginning a ledger in two folders. Every step is durable on both before the next one begins:
 *
 * 1. both markers, saying `formatting`: from now on the folders are not blank;
 * 2. both ledgers, and beside them the network configuration that an import brings;
 * 3. both markers, saying `ready`: from now on a ledger that is missing was lost.
 *
 * A crash at any point leaves folders of which nothing was ever acknowledged, and the same call begins
 * anew. Only an import is not overtaken by an empty ledger: it has to be run again.
 */
import type { BaseboardId, RestoredLedger } from "trust-quorum";
import { encodeLedger } from "trust-quorum/ledger";
import { rackIdOf } from "trust-quorum/protocol";
import { DaemonError, problemOf } from "../errors.ts";
import type { Replicas } from "./assess.ts";
import { sha3 } from "./digest.ts";
import { encodeMarker } from "./marker.ts";
import type { Marker, Origin } from "./marker.ts";
import { encodeNetworkConfig } from "./network-config.ts";
import { LEDGER_FILE, MARKER_FILE, NETWORK_CONFIG_FILE } from "./replica-folder.ts";
import type { ReplicaFolder } from "./replica-folder.ts";
import type { NetworkConfig, ReplicaIndex } from "./types.ts";

/** What the ledger begins with. */
export interface Beginning {
  readonly self: BaseboardId;
  readonly ledger: RestoredLedger;
  readonly origin: Origin;
  /** Public; absent: what the folders hold of it stays. */
  readonly networkConfig?: NetworkConfig | null;
  readonly now: number;
  /** 32 hex digits, fresh. */
  readonly pair: string;
}

/**
 * Begins a ledger in two folders of which nothing was ever acknowledged. The shares stay the caller's.
 *
 * @throws DaemonError `ERR_TQD_STORE_SAVE_FAILED`
 */
export async function formatReplicas(replicas: Replicas, beginning: Beginning): Promise<void> {
  const bytes = encodeLedger(beginning.ledger, sha3);
  const both = async (
    step: (folder: ReplicaFolder, replica: ReplicaIndex) => Promise<void>,
  ): Promise<void> => {
    const [first, second] = replicas;
    // Both are waited for, also where one fails: nothing may still be written once this has ended.
    const results = await Promise.allSettled([
      run(first.path, first.folder, (folder) => step(folder, 0)),
      run(second.path, second.folder, (folder) => step(folder, 1)),
    ]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  };
  try {
    await both(async (folder, replica) => {
      await folder.clean();
      await folder.replace(MARKER_FILE, encodeMarker(marker(beginning, replica, "formatting")));
    });
    await both((folder) => folder.replace(LEDGER_FILE, bytes));
    const { networkConfig = null } = beginning;
    if (networkConfig !== null) {
      const encoded = encodeNetworkConfig(networkConfig);
      await both((folder) => folder.replace(NETWORK_CONFIG_FILE, encoded));
    }
    await both((folder, replica) =>
      folder.replace(MARKER_FILE, encodeMarker(marker(beginning, replica, "ready"))),
    );
  } finally {
    bytes.fill(0);
  }
}

function marker(beginning: Beginning, replica: ReplicaIndex, state: Marker["state"]): Marker {
  return {
    version: 1,
    sled: beginning.self,
    rack: rackIdOf(beginning.ledger.state),
    pair: beginning.pair,
    supersedes: [],
    replica,
    created: new Date(beginning.now).toISOString(),
    state,
    origin: beginning.origin,
    synced: beginning.ledger.generation,
    degraded: false,
    alone: null,
  };
}

async function run(
  path: string,
  folder: ReplicaFolder | null,
  step: (folder: ReplicaFolder) => Promise<void>,
): Promise<void> {
  try {
    if (folder === null) throw new Error("it cannot be opened");
    await step(folder);
  } catch (error) {
    const details = { folder: path, step: "beginning a ledger", problem: problemOf(error) };
    throw new DaemonError("ERR_TQD_STORE_SAVE_FAILED", details, { cause: error });
  }
}
