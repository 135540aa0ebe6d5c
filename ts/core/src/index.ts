/**
 * What a program needs to drive a node of a trust quorum: {@link TrustQuorumNode}, a state machine
 * without I/O, {@link TrustQuorumDriver} around it, the two implementations of its cryptography, ids and
 * errors.
 *
 * The rest is reached by subpaths, each name by exactly one: `trust-quorum/wire` (frames and messages as
 * bytes), `trust-quorum/ledger` (what is on disk), `trust-quorum/control` (the control plane's policy),
 * `trust-quorum/protocol` (the parts that states, messages and statuses are made of) and
 * `trust-quorum/secret-sharing` (for programs that only share secrets).
 */

// base
export type { AbortSignalLike } from "./base/abort-signal.ts";
export {
  baseboardId,
  baseboardParts,
  compareBaseboardIds,
  epoch,
  parseBaseboardId,
  parseRackId,
} from "./base/ids.ts";
export type { BaseboardId, Epoch, RackId } from "./base/id-types.ts";
export { ERRORS, TrustQuorumError, isTrustQuorumError } from "./base/errors.ts";
export type { ErrorCode, ErrorDetails } from "./base/errors.ts";

// protocol
export type {
  AbandonRequest,
  CallOptions,
  CommitRequest,
  RetireRequest,
} from "./protocol/calls.ts";
export type { Alarm } from "./protocol/alarms.ts";
export type { CoordinatorStatus } from "./protocol/coordinator.ts";
export type {
  CombineOptions,
  RackSecret,
  SplitOptions,
  TrustQuorumCrypto,
} from "./protocol/crypto.ts";
export type { GuardMode } from "./protocol/guard/guard.ts";
export { wipeMessage } from "./protocol/messages.ts";
export type { Envelope, PeerMessage } from "./protocol/messages.ts";
export { TrustQuorumNode } from "./protocol/node.ts";
export type { CollectionStatus, NodeStatus, RestoredLedger } from "./protocol/node-status.ts";
export type { NodeEvent, Output, PersistOutput } from "./protocol/outputs.ts";
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
export type { DriverOptions, DriverStop } from "./driver/driver-options.ts";
