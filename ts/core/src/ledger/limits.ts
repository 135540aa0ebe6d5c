/** How large a ledger may be. */
import { requireBytes } from "../base/arguments.ts";
import { TrustQuorumError } from "../base/errors.ts";
import { LEDGER_BYTES_MAX } from "../base/limits.ts";

/** @throws TrustQuorumError `ERR_TQ_LEDGER_TOO_LARGE` */
export function requireLedgerLength(length: number): void {
  if (length > LEDGER_BYTES_MAX) {
    throw new TrustQuorumError("ERR_TQ_LEDGER_TOO_LARGE", { length, limit: LEDGER_BYTES_MAX });
  }
}

/** @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT` for what is not bytes, `ERR_TQ_LEDGER_TOO_LARGE` */
export function requireLedgerBytes(bytes: Uint8Array): void {
  requireBytes("ledger", bytes);
  requireLedgerLength(bytes.length);
}
