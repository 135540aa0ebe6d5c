/**
 * The trust quorum of an Oxide rack, for Node: the sans-io protocol, its wire and ledger formats, its
 * cryptography and the control plane's policy. Start at {@link TrustQuorumNode}.
 */

// base
export type { AbortSignalLike } from "./base/abort-signal.ts";
export {
  BASEBOARD_PART_BYTES_MAX,
  LRTQ_EPOCH,
  baseboardId,
  baseboardParts,
  compareBaseboardIds,
  epoch,
  isEpoch,
  parseBaseboardId,
  parseRackId,
  rackIdBytes,
  rackIdFromBytes,
} from "./base/ids.ts";
export type { BaseboardId, Epoch, RackId } from "./base/ids.ts";
export { ERRORS, TrustQuorumError, isTrustQuorumError } from "./base/errors.ts";
export type { ErrorCode, ErrorDetails } from "./base/errors.ts";
export { DIGEST_BYTES, LrtqShare, SHARE_BYTES, SHARE_Y_BYTES, Share } from "./base/share.ts";

// protocol
export { ALARMS_MAX } from "./protocol/alarms.ts";
export type { Alarm, AlarmSource } from "./protocol/alarms.ts";
export {
  Configuration,
  MEMBERS_MAX,
  MEMBERS_MIN,
  SALT_BYTES,
  THRESHOLD_MAX,
  THRESHOLD_MIN,
} from "./protocol/configuration.ts";
export type { ConfigurationParts } from "./protocol/configuration.ts";
export type { CoordinatorStatus } from "./protocol/coordinator.ts";
export { UNCOMMITTED_CONFIGURATIONS_MAX, UNCOMMITTED_SECRETS_BYTES_MAX } from "./protocol/core.ts";
export type {
  CombineOptions,
  CreatedShares,
  EncryptedRackSecrets,
  RackSecret,
  RackSecrets,
  SplitOptions,
  TrustQuorumCrypto,
} from "./protocol/crypto.ts";
export { DIAGNOSTICS_RING_MAX, REFUSAL_REASONS } from "./protocol/diagnostics.ts";
export type { DiagnosticsReport, Refusal, RefusalReason } from "./protocol/diagnostics.ts";
export { wipeMessage } from "./protocol/messages.ts";
export type { Envelope, PeerMessage, PeerMessageBody } from "./protocol/messages.ts";
export { TrustQuorumNode } from "./protocol/node.ts";
export type {
  CollectionStatus,
  DrivenNode,
  NodeStatus,
  NodeWork,
  RestoredLedger,
} from "./protocol/node.ts";
export { OUTPUTS_MAX } from "./protocol/outputs.ts";
export type { NodeEvent, Output, PersistOutput } from "./protocol/outputs.ts";
export {
  hasPrepared,
  initialState,
  isLrtqOnly,
  latestCommittedConfig,
  latestCommittedEpoch,
  latestConfig,
  rackIdOf,
  summarize,
} from "./protocol/persistent-state.ts";
export type {
  ExpungedBy,
  LrtqShareData,
  PersistentState,
  PersistentStateSummary,
} from "./protocol/persistent-state.ts";
export type { ReconfigureRequest, UpgradeRequest } from "./protocol/requests.ts";

// crypto
export { nativeCrypto } from "#native-crypto";
export type {
  CombineAsyncOptions,
  LongSecretSharing,
  SplitAsyncOptions,
} from "./crypto/chunked.ts";
export { referenceCrypto } from "./crypto/reference.ts";

// driver
export { TrustQuorumDriver } from "./driver/driver.ts";
export type { DriverOptions, DriverStop } from "./driver/driver.ts";

// control
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

// wire
export { wireAlarms } from "./wire/alarms.ts";
export { decodePeerMessage, decodeWireMessage } from "./wire/decode.ts";
export { encodeFrame, encodePeerMessage } from "./wire/encode.ts";
export { FRAME_BODY_BYTES_MAX, FRAME_LENGTH_BYTES, FrameReader } from "./wire/frame.ts";
export { parseRequestId } from "./wire/types.ts";
export type {
  CommitStatus,
  ProxiedCommitError,
  ProxiedStatus,
  ProxyError,
  ProxyOperation,
  ProxyResult,
  RequestId,
  WireMessage,
} from "./wire/types.ts";

// ledger
export { LEDGER_BYTES_MAX } from "./ledger/limits.ts";
export { decodeLrtqLedger, encodeLrtqLedger } from "./ledger/lrtq.ts";
export type { DecodedLrtqLedger, LrtqBaseboard, LrtqLedger, LrtqState } from "./ledger/lrtq.ts";
export { chooseLedger } from "./ledger/replicas.ts";
export { decodeLedger, encodeLedger, encodeLedgerState, wipeState } from "./ledger/tq.ts";
export type { DecodedLedger, Ledger } from "./ledger/tq.ts";
