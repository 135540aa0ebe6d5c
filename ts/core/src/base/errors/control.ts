/** Errors of the control plane's policy. */
import type { BaseboardId, Epoch } from "../id-types.ts";
import type { ErrorTable } from "./table.ts";

/** The details of each code. */
export interface ControlErrorDetails {
  // Control plane policy (protocol section 8)
  ERR_TQ_INVALID_TRANSITION: { state: string; action: string };
  ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS: { epoch: Epoch; acknowledged: number; needed: number };
  ERR_TQ_COORDINATOR_NOT_COMMITTED: { coordinator: BaseboardId; epoch: Epoch };
  ERR_TQ_CONTRADICTS_RECORD: { epoch: Epoch; problem: string };
}

/** Names and texts of these codes. */
export const CONTROL_ERRORS: ErrorTable<ControlErrorDetails> = {
  ERR_TQ_INVALID_TRANSITION: {
    kind: "InvalidTransition",
    text: (d) => `cannot ${d.action} a configuration that is ${d.state}`,
  },
  ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS: {
    kind: "TooFewAcknowledgements",
    text: (d) =>
      `epoch ${d.epoch} has ${d.acknowledged} acknowledgements of the ${d.needed} it needs`,
  },
  ERR_TQ_COORDINATOR_NOT_COMMITTED: {
    kind: "CoordinatorNotCommitted",
    text: (d) =>
      `the coordinator ${d.coordinator} has not acknowledged the commit of epoch ${d.epoch}`,
  },
  ERR_TQ_CONTRADICTS_RECORD: {
    kind: "ContradictsRecord",
    text: (d) => `what was learnt of epoch ${d.epoch} contradicts its record: ${d.problem}`,
  },
};
