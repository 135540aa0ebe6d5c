/** The ledgers of the sleds that this machine runs: begun empty, or from a bootstore's. */
import { readFileSync } from "node:fs";
import path from "node:path";
import {
  decodeLrtqLedger,
  initialState,
  isTrustQuorumError,
  nativeCrypto,
  wipeState,
} from "trust-quorum";
import type { BaseboardId, LrtqShareData } from "trust-quorum";
import { OperatorError, messageOf } from "../client/errors.ts";
import { openLedgerStore } from "../store/ledger-store.ts";
import type { LedgerStore } from "../store/types.ts";

/** The two replica folders of a sled, in its home. */
export function replicaFolders(home: string): readonly [string, string] {
  return [path.join(home, "ledger-a"), path.join(home, "ledger-b")];
}

/** Begins an empty ledger; one that exists stays as it is. */
export async function beginLedger(id: BaseboardId, home: string): Promise<void> {
  const store = await open(id, home);
  const { state } = store.takeLedger();
  wipeState(state);
  await store.close();
}

/** Begins a ledger with a bootstore's share; the bootstore's file stays as it is. */
export async function importBootstore(id: BaseboardId, file: string, home: string): Promise<void> {
  const lrtq = readShare(file);
  const store = await open(id, home);
  try {
    const { state, generation } = store.takeLedger();
    const fresh = state.lrtq === null && state.configs.size === 0;
    wipeState(state);
    if (fresh) {
      const output = {
        kind: "persist",
        generation: generation + 1,
        state: initialState(lrtq),
      } as const;
      await store.save(output);
    }
  } finally {
    lrtq.share.wipe();
    await store.close();
  }
}

function open(self: BaseboardId, home: string): Promise<LedgerStore> {
  return openLedgerStore({ self, folders: replicaFolders(home), degraded: false, create: true });
}

function readShare(file: string): LrtqShareData {
  const crypto = nativeCrypto();
  let bytes: Buffer | undefined;
  try {
    bytes = readFileSync(file);
    const { state } = decodeLrtqLedger(bytes, (data) => crypto.sha3_256(data));
    if (state.kind === "initialMember" || state.kind === "learned") return state.common;
  } catch (cause) {
    const why = isTrustQuorumError(cause) ? `${cause.message} (${cause.code})` : messageOf(cause);
    throw new OperatorError("ERR_TQ_CLI_LEDGER", `${file} cannot be used: ${why}`, { cause });
  } finally {
    bytes?.fill(0);
  }
  throw new OperatorError(
    "ERR_TQ_CLI_LEDGER",
    `${file} holds no share: there is nothing to import`,
  );
}
