/**
 * The types and classes that states, messages and statuses of a node consist of: configurations, shares, persistent states,
 * diagnostics, and the limits on all of them. Import it as `trust-quorum/protocol`.
 */

// base
export {
  BASEBOARD_PART_BYTES_MAX,
  BASEBOARD_PART_CHARACTER,
  LRTQ_EPOCH,
  RACK_ID_PATTERN,
  isEpoch,
  rackIdBytes,
  rackIdFromBytes,
} from "./base/ids.ts";
export { DIGEST_BYTES, LrtqShare, SHARE_BYTES, SHARE_Y_BYTES, Share } from "./base/share.ts";

// protocol
export { ALARMS_MAX } from "./protocol/alarms.ts";
export type { AlarmSource } from "./protocol/alarms.ts";
export {
  Configuration,
  MEMBERS_MAX,
  MEMBERS_MIN,
  SALT_BYTES,
  THRESHOLD_MAX,
  THRESHOLD_MIN,
} from "./protocol/configuration.ts";
export type { ConfigurationParts } from "./protocol/configuration.ts";
export { configurationDigest, configurationRecord } from "./protocol/configuration-digest.ts";
export type { ConfigurationRecord } from "./protocol/configuration-digest.ts";
export type { CreatedShares, RackSecrets } from "./protocol/crypto.ts";
export type { EncryptedRackSecrets } from "./protocol/encrypted-rack-secrets.ts";
export { DIAGNOSTICS_RING_MAX, GUARD_REASONS, REFUSAL_REASONS } from "./protocol/diagnostics.ts";
export type { DiagnosticsReport, Refusal, RefusalReason } from "./protocol/diagnostics.ts";
export { crossCheck } from "./protocol/guard/cross-check.ts";
export type { CrossCheck, CrossCheckOptions, Fingerprints } from "./protocol/crypto.ts";
export { ledgerBytes } from "./protocol/guard/ledger-size.ts";
export {
  ASKS_OF_ONE_PEER_MAX,
  EPOCHS_AHEAD_MAX,
  GUARD_LIMITS,
  PLACES_WITHOUT_COMMIT,
} from "./protocol/guard/limits.ts";
export type { RemovalReports } from "./protocol/guard/removal-reports.ts";
export { partOf } from "./protocol/guard/room.ts";
export type { Part } from "./protocol/guard/room.ts";
export type { Ask } from "./protocol/guard/asks.ts";
export type { DirectConfiguration } from "./protocol/guard/direct-configurations.ts";
export type { GuardMemory } from "./protocol/guard/guard.ts";
export type { PeerMessageBody } from "./protocol/messages.ts";
export type { NodeLike } from "./protocol/node.ts";
export type { NodeMemory, NodeActivity } from "./protocol/node-status.ts";
export type { Confirmed, LoaderMemory } from "./protocol/secret-loader.ts";
export { OUTPUTS_MAX } from "./protocol/outputs.ts";
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
