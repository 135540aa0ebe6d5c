/** What an error is over HTTP: its status, and `{code, message, details}`. */
import { isTrustQuorumError } from "trust-quorum";
import type { ErrorCode } from "trust-quorum";
import { DaemonError, isDaemonError } from "@trust-quorum/sled-host/errors";
import type { DaemonErrorCode } from "@trust-quorum/sled-host/errors";
import { errorJson } from "@trust-quorum/api/convert";
import type { ErrorAnswer } from "@trust-quorum/api/schemas";

/** The request itself is wrong, whatever the state of the node. */
const BAD_REQUESTS: readonly ErrorCode[] = [
  "ERR_TQ_INVALID_ARGUMENT",
  "ERR_TQ_INVALID_BASEBOARD_ID",
  "ERR_TQ_INVALID_RACK_UUID",
  "ERR_TQ_INVALID_EPOCH",
  "ERR_TQ_INVALID_CONFIGURATION",
  "ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP",
  "ERR_TQ_THRESHOLD_MISMATCH",
  "ERR_TQ_INVALID_MEMBERSHIP_SIZE",
  "ERR_TQ_INVALID_THRESHOLD",
  "ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2",
];
/** The request is fine, but not now, or not of this sled. */
const CONFLICTS: readonly ErrorCode[] = [
  "ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS",
  "ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED",
  "ERR_TQ_INVALID_RACK_ID",
  "ERR_TQ_EXPUNGED",
  "ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH",
  "ERR_TQ_PREPARED_EPOCH_MISMATCH",
  "ERR_TQ_RECONFIGURATION_IN_PROGRESS",
  "ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH",
  "ERR_TQ_NO_LRTQ_SHARE",
  "ERR_TQ_ALREADY_UPGRADED",
  "ERR_TQ_NOT_PREPARED",
  "ERR_TQ_NOT_A_MEMBER",
  "ERR_TQ_MISMATCHED_CONFIGURATIONS",
  "ERR_TQ_TOO_MANY_CONFIGURATIONS",
  "ERR_TQ_NO_COMMITTED_CONFIGURATIONS",
  "ERR_TQ_NOT_COMMITTED",
  "ERR_TQ_NOT_AVAILABLE",
  "ERR_TQ_COMMITTED_CONFIGURATION_LOST",
  "ERR_TQ_RACK_SECRET_NOT_LOADED",
];
const UNAVAILABLE: readonly ErrorCode[] = ["ERR_TQ_NODE_STOPPED", "ERR_TQ_LEDGER_SAVE_FAILED"];

const DAEMON_STATUSES: Partial<Record<DaemonErrorCode, number>> = {
  ERR_TQD_BAD_REQUEST: 400,
  ERR_TQD_UNAUTHENTICATED: 401,
  ERR_TQD_FORBIDDEN: 403,
  ERR_TQD_KEYS_ONLY_LOCALLY: 403,
  ERR_TQD_NOT_FOUND: 404,
  ERR_TQD_UNKNOWN_PEER: 404,
  ERR_TQD_NO_NETWORK_CONFIG: 404,
  ERR_TQD_NO_EVENT_LOG: 404,
  ERR_TQD_LOCKED: 409,
  ERR_TQD_STALE_NETWORK_CONFIG: 409,
  ERR_TQD_BODY_TOO_LARGE: 413,
  ERR_TQD_NETWORK_CONFIG_TOO_LARGE: 413,
  ERR_TQD_UNSUPPORTED_MEDIA_TYPE: 415,
  ERR_TQD_RATE_LIMITED: 429,
  ERR_TQD_PROXY_REFUSED: 502,
  ERR_TQD_PROXY_BUSY: 503,
  ERR_TQD_STOPPING: 503,
  ERR_TQD_TOO_MANY_STREAMS: 503,
  ERR_TQD_PEER_NOT_CONNECTED: 503,
  ERR_TQD_UNLOCK_TIMEOUT: 504,
  ERR_TQD_PROXY_TIMEOUT: 504,
};

const CORE_STATUSES = new Map<ErrorCode, number>([
  ...BAD_REQUESTS.map((code): [ErrorCode, number] => [code, 400]),
  ...CONFLICTS.map((code): [ErrorCode, number] => [code, 409]),
  ...UNAVAILABLE.map((code): [ErrorCode, number] => [code, 503]),
]);

/** An error as an answer. */
export interface Failure {
  readonly status: number;
  readonly body: ErrorAnswer;
}

/**
 * The answer to an error that has a code of ours, or undefined: anything else is a programming error,
 * whose text might say too much.
 */
export function failureOf(error: unknown): Failure | undefined {
  if (isTrustQuorumError(error)) {
    return { status: CORE_STATUSES.get(error.code) ?? 500, body: errorJson(error) };
  }
  if (isDaemonError(error)) {
    return { status: DAEMON_STATUSES[error.code] ?? 500, body: errorJson(error) };
  }
  return undefined;
}

/** The answer where the daemon failed. */
export function internalFailure(requestId: string): Failure {
  return { status: 500, body: errorJson(new DaemonError("ERR_TQD_INTERNAL", { requestId })) };
}
