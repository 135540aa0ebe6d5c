/** Choosing among the replicas of a ledger. */
import { bytesEqual } from "../base/bytes.ts";
import { corrupt } from "./json-reader.ts";

/**
 * Of several replicas of one sled's ledger the one that counts: the highest generation, or undefined
 * where there is none. It works for both kinds of ledger. The shares of the others are the caller's
 * to wipe.
 *
 * @throws TrustQuorumError `ERR_TQ_LEDGER_CORRUPT` where two replicas of the highest generation hold
 * different states: no writer does that, and nothing says which one is right
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
