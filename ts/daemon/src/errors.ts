/**
 * The daemon's table of errors, in the manner of the core's: callers match on `code`; `details`
 * carries the numbers; the text is for people and says what to do where there is something to do. A
 * test holds this table, its types and the published list (ERRORS.md) together.
 *
 * No detail may ever hold a secret, a share or a derived key.
 */
import type { BaseboardId } from "trust-quorum";

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** The file, the environment variable or the flag that says it. */
  readonly source: string;
  /** The key as it is written there, e.g. `mesh.peers[2].address`; empty where it is the whole. */
  readonly key: string;
  /** What is wrong, and what is expected. */
  readonly problem: string;
}

/** The details of each code. */
export interface DaemonErrorDetails {
  // Configuration of a daemon
  ERR_TQD_CONFIG_UNREADABLE: { file: string; problem: string };
  ERR_TQD_CONFIG_SYNTAX: { file: string; line: number; column: number; problem: string };
  ERR_TQD_CONFIG_INVALID: { problems: readonly ConfigProblem[] };

  // A daemon's life
  ERR_TQD_START_FAILED: { part: string; problem: string };
  ERR_TQD_SOCKET_IN_USE: { path: string };
  ERR_TQD_SOCKET_UNSAFE: { path: string; problem: string };
  ERR_TQD_LISTEN_FAILED: { address: string; problem: string };
  ERR_TQD_STOPPING: object;

  // Certificates and the mesh
  ERR_TQD_CERTIFICATE_IDENTITY: { problem: string };
  ERR_TQD_CERTIFICATE_INVALID: { file: string; problem: string };
  ERR_TQD_INVALID_OPERATOR_NAME: { problem: string };
  ERR_TQD_PEERS_INVALID: { file: string; problem: string };
  ERR_TQD_PROXY_BUSY: { limit: number };

  // Requests to the API
  ERR_TQD_BAD_REQUEST: { problem: string };
  ERR_TQD_NOT_FOUND: { method: string; path: string };
  ERR_TQD_BODY_TOO_LARGE: { limit: number };
  ERR_TQD_UNSUPPORTED_MEDIA_TYPE: object;
  ERR_TQD_UNAUTHENTICATED: { problem: string };
  ERR_TQD_FORBIDDEN: { problem: string };
  ERR_TQD_KEYS_ONLY_LOCALLY: object;
  ERR_TQD_RATE_LIMITED: { retryAfterMs: number };
  ERR_TQD_TOO_MANY_STREAMS: { limit: number };
  ERR_TQD_LOCKED: { state: string };
  ERR_TQD_UNLOCK_TIMEOUT: { timeoutMs: number };
  ERR_TQD_UNKNOWN_PEER: { peer: BaseboardId };
  ERR_TQD_PEER_NOT_CONNECTED: { peer: BaseboardId };
  ERR_TQD_PROXY_TIMEOUT: { peer: BaseboardId; timeoutMs: number };
  ERR_TQD_PROXY_REFUSED: { peer: BaseboardId };
  ERR_TQD_NO_NETWORK_CONFIG: object;
  ERR_TQD_STALE_NETWORK_CONFIG: { current: number; got: number };
  ERR_TQD_NETWORK_CONFIG_TOO_LARGE: { bytes: number; limit: number };
  ERR_TQD_NO_EVENT_LOG: object;
  ERR_TQD_INTERNAL: { requestId: string };
}

/** Every stable error code of the daemon and the command line. */
export type DaemonErrorCode = keyof DaemonErrorDetails;

interface DaemonErrorEntry<C extends DaemonErrorCode> {
  readonly text: (details: DaemonErrorDetails[C]) => string;
}

/** The table: for each code its text. */
export const DAEMON_ERRORS: { readonly [C in DaemonErrorCode]: DaemonErrorEntry<C> } = {
  ERR_TQD_CONFIG_UNREADABLE: {
    text: (d) => `cannot read the configuration ${d.file}: ${d.problem}`,
  },
  ERR_TQD_CONFIG_SYNTAX: {
    text: (d) => `${d.file}:${d.line}:${d.column}: not valid TOML: ${d.problem}`,
  },
  ERR_TQD_CONFIG_INVALID: {
    text: (d) => `the configuration is not valid: ${problemsText(d.problems)}`,
  },

  ERR_TQD_START_FAILED: {
    text: (d) => `the daemon cannot start its ${d.part}: ${d.problem}`,
  },
  ERR_TQD_SOCKET_IN_USE: {
    text: (d) => `another process listens on ${d.path}: stop it, or configure another api.socket`,
  },
  ERR_TQD_SOCKET_UNSAFE: {
    text: (d) => `the socket ${d.path} would not be safe: ${d.problem}`,
  },
  ERR_TQD_LISTEN_FAILED: {
    text: (d) => `cannot listen on ${d.address}: ${d.problem}`,
  },
  ERR_TQD_STOPPING: {
    text: () => "the daemon is stopping",
  },

  ERR_TQD_CERTIFICATE_IDENTITY: {
    text: (d) => `the certificate names no one: ${d.problem}`,
  },
  ERR_TQD_CERTIFICATE_INVALID: {
    text: (d) => `cannot use ${d.file}: ${d.problem}`,
  },
  ERR_TQD_INVALID_OPERATOR_NAME: {
    text: (d) => `the operator's name ${d.problem}`,
  },
  ERR_TQD_PEERS_INVALID: {
    text: (d) => `the list of peers in ${d.file} is not valid: ${d.problem}`,
  },
  ERR_TQD_PROXY_BUSY: {
    text: (d) => `${d.limit} requests to peers are in flight already, which is the most: try again`,
  },

  ERR_TQD_BAD_REQUEST: {
    text: (d) => `the request is not valid: ${d.problem}`,
  },
  ERR_TQD_NOT_FOUND: {
    text: (d) => `there is no ${d.method} ${d.path}; GET /openapi.json lists what there is`,
  },
  ERR_TQD_BODY_TOO_LARGE: {
    text: (d) => `the request's body is larger than ${d.limit} bytes`,
  },
  ERR_TQD_UNSUPPORTED_MEDIA_TYPE: {
    text: () => "a request's body is JSON, with content-type: application/json",
  },
  ERR_TQD_UNAUTHENTICATED: {
    text: (d) => `who asks is not known: ${d.problem}`,
  },
  ERR_TQD_FORBIDDEN: {
    text: (d) => `not allowed: ${d.problem}`,
  },
  ERR_TQD_KEYS_ONLY_LOCALLY: {
    text: () =>
      "derived keys are handed out over the unix socket only; api.tls.derived_keys would allow operators",
  },
  ERR_TQD_RATE_LIMITED: {
    text: (d) => `too many requests: try again in ${d.retryAfterMs} ms`,
  },
  ERR_TQD_TOO_MANY_STREAMS: {
    text: (d) => `${d.limit} event streams are open already, which is the most`,
  },
  ERR_TQD_LOCKED: {
    text: (d) => `this sled is not unlocked (${d.state}); GET /v1/lock says what it waits for`,
  },
  ERR_TQD_UNLOCK_TIMEOUT: {
    text: (d) => `not unlocked within ${d.timeoutMs} ms; GET /v1/lock says what it waits for`,
  },
  ERR_TQD_UNKNOWN_PEER: {
    text: (d) => `${d.peer} is not a peer of this sled`,
  },
  ERR_TQD_PEER_NOT_CONNECTED: {
    text: (d) => `${d.peer} is not connected to this sled`,
  },
  ERR_TQD_PROXY_TIMEOUT: {
    text: (d) => `${d.peer} did not answer within ${d.timeoutMs} ms`,
  },
  ERR_TQD_PROXY_REFUSED: {
    text: (d) => `${d.peer} refused the request and said no more; its own log says why`,
  },
  ERR_TQD_NO_NETWORK_CONFIG: {
    text: () => "this sled holds no network configuration yet",
  },
  ERR_TQD_STALE_NETWORK_CONFIG: {
    text: (d) =>
      `generation ${d.got} of the network configuration is not above ${d.current}, which is held`,
  },
  ERR_TQD_NETWORK_CONFIG_TOO_LARGE: {
    text: (d) => `a network configuration has at most ${d.limit} bytes, not ${d.bytes}`,
  },
  ERR_TQD_NO_EVENT_LOG: {
    text: () => "this daemon keeps no event log; event_log.enabled turns it on",
  },
  ERR_TQD_INTERNAL: {
    text: (d) => `the daemon failed; its log says more under request ${d.requestId}`,
  },
};

/**
 * Every error that the daemon and the command line raise on purpose, besides the core's
 * `TrustQuorumError`. Match on `code`; `details` has the type that belongs to it.
 *
 * @example
 * try {
 *   loadConfig({ file });
 * } catch (error) {
 *   if (isDaemonError(error, "ERR_TQD_CONFIG_INVALID")) show(error.details.problems);
 *   else throw error;
 * }
 */
export class DaemonError<C extends DaemonErrorCode = DaemonErrorCode> extends Error {
  override readonly name = "DaemonError";
  readonly code: C;
  readonly details: DaemonErrorDetails[C];

  constructor(code: C, details: DaemonErrorDetails[C], options?: { cause?: unknown }) {
    super(DAEMON_ERRORS[code].text(details), options);
    this.code = code;
    this.details = details;
  }
}

/** Whether a caught value is a {@link DaemonError}, of this code where one is given. */
export function isDaemonError<C extends DaemonErrorCode = DaemonErrorCode>(
  value: unknown,
  code?: C,
): value is DaemonError<C> {
  return value instanceof DaemonError && (code === undefined || value.code === code);
}

/** What an error of the operating system or anything else thrown says, on one line. */
export function problemOf(error: unknown): string {
  const text = error instanceof Error ? error.message : "an unknown failure";
  return text.replaceAll(/\s+/g, " ");
}

function problemsText(problems: readonly ConfigProblem[]): string {
  // The generator of ERRORS.md passes a placeholder instead of a list.
  if (!Array.isArray(problems)) return String(problems as unknown);
  return problems
    .map(({ source, key, problem }) => [source, key, problem].filter(Boolean).join(": "))
    .join("; ");
}
