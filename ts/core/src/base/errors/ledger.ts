/** Errors of ledgers that cannot be read or written. */
import type { ErrorTable } from "./table.ts";

/** The details of each code. */
export interface LedgerErrorDetails {
  // Ledgers: `offset` is the byte at which reading failed
  ERR_TQ_LEDGER_CORRUPT: { offset: number; problem: string };
  ERR_TQ_LEDGER_DIGEST_MISMATCH: { expected: string; got: string };
  ERR_TQ_LEDGER_TOO_LARGE: { length: number; limit: number };
}

/** Names and texts of these codes. */
export const LEDGER_ERRORS: ErrorTable<LedgerErrorDetails> = {
  ERR_TQ_LEDGER_CORRUPT: {
    kind: "LedgerCorrupt",
    text: (d) => `the ledger is corrupt at byte ${d.offset}: ${d.problem}`,
  },
  ERR_TQ_LEDGER_DIGEST_MISMATCH: {
    kind: "LedgerDigestMismatch",
    text: (d) => `the ledger's SHA3-256 is ${d.got}, but it says ${d.expected}`,
  },
  ERR_TQ_LEDGER_TOO_LARGE: {
    kind: "LedgerTooLarge",
    text: (d) => `a ledger of ${d.length} bytes is above the limit of ${d.limit}`,
  },
};
