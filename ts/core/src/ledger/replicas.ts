/** Choosing among the replicas of a ledger. */
import { bytesEqual } from "../base/bytes.ts";
import { corrupt } from "./json-reader.ts";

/**
 * Of several replicas of one sled's ledger the one that counts: the highest generation, or undefined
 * where there is none. It works for both kinds of ledger. The shares of the others are the caller's
 * to wipe.
 *
 * @throws TrustQuorumError `ERR_TQ_LEDGER_CORRUPT` where two replicas of the highest generation hold
 * different states: no writer does that, and it cannot be told which one is right
 * @example
 * import { referenceCrypto } from "trust-quorum";
 * import { chooseLedger, decodeLedger, encodeLedger, wipeState } from "trust-quorum/ledger";
 * import { initialState } from "trust-quorum/protocol";
 *
 * const crypto = referenceCrypto();
 * const sha3_256 = (data: Uint8Array) => crypto.sha3_256(data);
 * const files = [7, 8].map((generation) =>
 *   encodeLedger({ generation, state: initialState() }, sha3_256),
 * );
 *
 * const replicas = files.map((file) => decodeLedger(file, sha3_256));
 * const chosen = chooseLedger(replicas);
 * chosen?.generation; // => 8
 * for (const replica of replicas) if (replica !== chosen) wipeState(replica.state);
 */
export function chooseLedger<
  T extends { readonly generation: number; readonly stateDigest: Uint8Array },
>(replicas: readonly T[]): T | undefined {
  let best: T | undefined;
  for (const replica of replicas) {
    if (best === undefined || replica.generation > best.generation) best = replica;
  }
  for (const replica of replicas) {
    if (best === undefined || replica.generation < best.generation) continue;
    if (!bytesEqual(replica.stateDigest, best.stateDigest)) {
      throw corrupt(0, `two replicas of generation ${best.generation} hold different states`);
    }
  }
  return best;
}
