/**
 * The control plane's policy as pure functions: which configuration to propose, what to record about it,
 * and what to do next. Import it as `trust-quorum/control`.
 */
export { nextActions } from "./control/next-actions.ts";
export type { ControlAction, ReconcilerView, Target } from "./control/next-actions.ts";
export { eligibleCoordinators, proposeConfiguration } from "./control/propose.ts";
export type { Proposal, Proposed } from "./control/propose.ts";
export {
  ABORT_REASON_MAX,
  abortConfiguration,
  acknowledgeCommit,
  acknowledgementsNeeded,
  committedMembers,
  decideCommit,
  isCommitDecided,
  isPreparing,
  learnFromCoordinator,
  preparedMembers,
  readyToCommit,
} from "./control/record.ts";
export type { ConfigurationRecord, ConfigurationState, MemberRecord } from "./control/record.ts";
export { commitCrashTolerance, thresholdFor } from "./control/tolerance.ts";
