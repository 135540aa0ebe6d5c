/**
 * Encoding and decoding the files of a node: ledgers of a trust quorum, and those of the bootstore (LRTQ).
 * Import it as `trust-quorum/ledger`.
 */
export { LEDGER_BYTES_MAX } from "./base/limits.ts";
export {
  decodeLrtqLedger,
  encodeLrtqLedger,
  lrtqShareData,
  lrtqSled,
  wipeLrtqState,
} from "./ledger/lrtq.ts";
export type { DecodedLrtqLedger, LrtqBaseboard, LrtqLedger, LrtqState } from "./ledger/lrtq.ts";
export { chooseLedger } from "./ledger/replicas.ts";
export { decodeLedger, encodeLedger, encodeLedgerState, wipeState } from "./ledger/tq.ts";
export type { DecodedLedger, Ledger } from "./ledger/tq.ts";
