/** Errors of driving a node. */
import type { ErrorTable } from "./table.ts";

/** The details of each code. */
export interface DriverErrorDetails {
  // Driving a node
  ERR_TQ_INVALID_GENERATION: { generation: number; expected: number };
  ERR_TQ_LEDGER_SAVE_FAILED: object;
  ERR_TQ_NODE_STOPPED: object;
  ERR_TQ_RACK_SECRET_NOT_LOADED: { epoch: number; problem: string };
}

/** Names and texts of these codes. */
export const DRIVER_ERRORS: ErrorTable<DriverErrorDetails> = {
  ERR_TQ_INVALID_GENERATION: {
    kind: "InvalidGeneration",
    text: (d) => `generation ${d.generation} was not being saved; ${d.expected} was`,
  },
  ERR_TQ_LEDGER_SAVE_FAILED: {
    kind: "LedgerSaveFailed",
    text: () => "the ledger could not be saved; the node has stopped and nothing was sent",
  },
  ERR_TQ_NODE_STOPPED: {
    kind: "NodeStopped",
    text: () => "the node has stopped",
  },
  ERR_TQ_RACK_SECRET_NOT_LOADED: {
    kind: "RackSecretNotLoaded",
    text: (d) => `the rack secret of epoch ${d.epoch} was not loaded: ${d.problem}`,
  },
};
