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

/** What is wrong with one of the two replicas of a ledger. */
export interface ReplicaProblem {
  readonly folder: string;
  readonly problem: string;
}

/** The details of each code. */
export interface DaemonErrorDetails {
  // Configuration of a daemon
  ERR_TQD_CONFIG_UNREADABLE: { file: string; problem: string };
  ERR_TQD_CONFIG_SYNTAX: { file: string; line: number; column: number; problem: string };
  ERR_TQD_CONFIG_INVALID: { problems: readonly ConfigProblem[] };

  // Durable ledgers
  ERR_TQD_STORE_FOLDER_UNUSABLE: { folder: string; problem: string };
  ERR_TQD_STORE_FOLDER_LOCKED: { folder: string };
  ERR_TQD_STORE_SAME_FOLDER: { folder: string; other: string };
  ERR_TQD_STORE_FOREIGN_FOLDER: { folder: string; owner: BaseboardId; self: BaseboardId };
  ERR_TQD_STORE_NOT_INITIALIZED: { folders: readonly string[] };
  ERR_TQD_STORE_IMPORT_INTERRUPTED: { folders: readonly string[] };
  ERR_TQD_STORE_HOLDS_ORIGINAL: { folders: readonly string[] };
  ERR_TQD_STORE_SEALED: {
    folders: readonly string[];
    to: readonly string[];
    at: string;
    generation: number;
  };
  ERR_TQD_STORE_NEEDS_RECOVERY: {
    replicas: readonly ReplicaProblem[];
    loss: "none" | "possible" | "certain";
    from: 0 | 1 | null;
  };
  ERR_TQD_STORE_SAVE_FAILED: { folder: string; step: string; problem: string };
  ERR_TQD_STORE_INVALID_GENERATION: { generation: number; current: number };
  ERR_TQD_STORE_CLOSED: object;
  ERR_TQD_STORE_DIVERGED: { replicas: readonly ReplicaProblem[] };
  ERR_TQD_IMPORT_UNUSABLE: { file: string; problem: string };
  ERR_TQD_IMPORT_REFUSED: { folder: string; problem: string };
  ERR_TQD_ORIGINAL_UNUSABLE: { file: string; problem: string };
  ERR_TQD_ORIGINAL_CORRUPT: { file: string; offset: number | null; problem: string };
  ERR_TQD_ORIGINAL_FOREIGN: { file: string; problem: string };
  ERR_TQD_ORIGINAL_COPY_MISSING: { problem: string };
  ERR_TQD_ORIGINAL_CONTRADICTION: { file: string; other: string; problem: string };
  ERR_TQD_EXPORT_REFUSED: { folder: string; problem: string };
  ERR_TQD_RECOVER_REFUSED: { problem: string };
  ERR_TQD_RECOVER_UNCONFIRMED: { phrase: string; loss: "possible" | "certain" };

  // A daemon's life
  ERR_TQD_START_FAILED: { part: string; problem: string };
  ERR_TQD_DEBUGGING: { problem: string };
  ERR_TQD_SOCKET_IN_USE: { path: string };
  ERR_TQD_SOCKET_UNSAFE: { path: string; problem: string };
  ERR_TQD_LISTEN_FAILED: {
    address: string;
    problem: string;
    /** The key of the configuration that says where, e.g. `mesh.listen`. */
    key: string;
  };
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
  ERR_TQD_HEADERS_TOO_LARGE: { limit: number };
  ERR_TQD_REQUEST_TIMEOUT: object;
  ERR_TQD_UNSUPPORTED_MEDIA_TYPE: object;
  ERR_TQD_UNAUTHENTICATED: { problem: string };
  ERR_TQD_FORBIDDEN: { problem: string };
  ERR_TQD_KEYS_ONLY_LOCALLY: object;
  ERR_TQD_RATE_LIMITED: { retryAfterMs: number };
  ERR_TQD_TOO_MANY_STREAMS: { limit: number };
  ERR_TQD_TOO_MANY_CONNECTIONS: { limit: number };
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

  ERR_TQD_STORE_FOLDER_UNUSABLE: {
    text: (d) => `the ledger folder ${d.folder} cannot be used: ${d.problem}`,
  },
  ERR_TQD_STORE_FOLDER_LOCKED: {
    text: (d) => `the ledger folder ${d.folder} is in use by another process: stop that one first`,
  },
  ERR_TQD_STORE_SAME_FOLDER: {
    text: (d) => `${d.folder} and ${d.other} are one and the same folder: configure two`,
  },
  ERR_TQD_STORE_FOREIGN_FOLDER: {
    text: (d) =>
      `${d.folder} holds the ledger of sled ${d.owner}, and this is ${d.self}: put the right disk in, or correct the configuration`,
  },
  ERR_TQD_STORE_NOT_INITIALIZED: {
    text: (d) =>
      `no ledger in ${listed(d.folders, " and ", String)}: if this sled is new, begin one with ledger.create (--ledger-create true); if not, its disks are not mounted there`,
  },
  ERR_TQD_STORE_IMPORT_INTERRUPTED: {
    text: (d) =>
      `an import into ${listed(d.folders, " and ", String)} did not finish: run the same \`tq import\` or \`tq import-lrtq\` again`,
  },
  ERR_TQD_STORE_HOLDS_ORIGINAL: {
    text: (d) =>
      `the original's ledger is in ${listed(d.folders, " and ", String)}: \`tq import\` takes it over. Nothing was changed; another ledger is not begun beside it`,
  },
  ERR_TQD_STORE_SEALED: {
    text: (d) =>
      `the ledger in ${listed(d.folders, " and ", String)} is sealed: it was exported to the original at ${d.at}, to ${listed(d.to, " and ", String)} as generation ${d.generation}, and starting it here too would make a second sled of the same identity. If that export did not finish, run the same \`tq export\` again`,
  },
  ERR_TQD_STORE_NEEDS_RECOVERY: {
    text: (d) =>
      `the ledger needs a decision: ${replicasText(d.replicas)}. Nothing was changed; \`tq recover\` says what can be done and what it costs`,
  },
  ERR_TQD_STORE_SAVE_FAILED: {
    text: (d) => `the ledger could not be saved in ${d.folder} (${d.step}): ${d.problem}`,
  },
  ERR_TQD_STORE_INVALID_GENERATION: {
    text: (d) => `generation ${d.generation} is not above ${d.current}, which is saved already`,
  },
  ERR_TQD_STORE_CLOSED: {
    text: () => "the ledger is closed, or a save has failed: the daemon must start anew",
  },
  ERR_TQD_STORE_DIVERGED: {
    text: (d) =>
      `the disks hold something else than this sled has saved: ${replicasText(d.replicas)}. Nothing was written; keep both disks as they are (docs/operators/recover.md)`,
  },
  ERR_TQD_IMPORT_UNUSABLE: {
    text: (d) => `the bootstore ledger ${d.file} cannot be imported: ${d.problem}`,
  },
  ERR_TQD_IMPORT_REFUSED: {
    text: (d) => `nothing was imported into ${d.folder}: ${d.problem}`,
  },
  ERR_TQD_ORIGINAL_UNUSABLE: {
    text: (d) => `the original's file ${d.file} cannot be used: ${d.problem}`,
  },
  ERR_TQD_ORIGINAL_CORRUPT: {
    text: (d) =>
      `the original's file ${d.file} is corrupt: ${d.problem}${d.offset === null ? "" : ` (at byte ${d.offset})`}`,
  },
  ERR_TQD_ORIGINAL_FOREIGN: {
    text: (d) => `the original's file ${d.file} is not this sled's: ${d.problem}`,
  },
  ERR_TQD_ORIGINAL_COPY_MISSING: {
    text: (d) => `a copy of the original's files is missing: ${d.problem}`,
  },
  ERR_TQD_ORIGINAL_CONTRADICTION: {
    text: (d) =>
      `the original's files ${d.file} and ${d.other} contradict each other: ${d.problem}`,
  },
  ERR_TQD_EXPORT_REFUSED: {
    text: (d) => `nothing was exported to ${d.folder}: ${d.problem}`,
  },
  ERR_TQD_RECOVER_REFUSED: {
    text: (d) => `nothing was recovered: ${d.problem}`,
  },
  ERR_TQD_RECOVER_UNCONFIRMED: {
    text: (d) =>
      `${d.loss === "certain" ? "this gives up what this sled holds" : "this may give up shares or commits of this sled"}: confirm with --accept-loss "${d.phrase}"`,
  },

  ERR_TQD_START_FAILED: {
    text: (d) => `the daemon cannot start its ${d.part}: ${d.problem}`,
  },
  ERR_TQD_DEBUGGING: {
    text: (d) =>
      `somebody could look into this process and read its secrets: ${d.problem}. Start it without; process.allow_debugging permits it, for developers`,
  },
  ERR_TQD_SOCKET_IN_USE: {
    text: (d) => `another process listens on ${d.path}: stop it, or configure another api.socket`,
  },
  ERR_TQD_SOCKET_UNSAFE: {
    text: (d) =>
      `the socket ${d.path} would not be safe: ${d.problem}; or set api.socket to another place`,
  },
  ERR_TQD_LISTEN_FAILED: {
    text: (d) =>
      `cannot listen on ${d.address}: ${d.problem}; set ${d.key} to where this machine can listen`,
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
  ERR_TQD_HEADERS_TOO_LARGE: {
    text: (d) => `the request's line and headers are larger than ${d.limit} bytes`,
  },
  ERR_TQD_REQUEST_TIMEOUT: {
    text: () => "the request did not arrive in time",
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
  ERR_TQD_TOO_MANY_CONNECTIONS: {
    text: (d) =>
      `this user has ${d.limit} connections with requests under way already, which is the most`,
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
 * import { loadConfig } from "@trust-quorum/sled-host/config/load";
 * import { isDaemonError } from "@trust-quorum/sled-host/errors";
 *
 * try {
 *   loadConfig({ environment: { TQD_MESH_LISTEN: "nowhere" } });
 * } catch (error) {
 *   if (!isDaemonError(error, "ERR_TQD_CONFIG_INVALID")) throw error;
 *   error.details.problems.some(({ key }) => key === "mesh.listen"); // => true
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

  /** Whose error it is, as over HTTP: the daemon's or the command line's, not the protocol's. */
  get origin(): "daemon" {
    return "daemon";
  }
}

/** Whether a caught value is a {@link DaemonError}, of this code where one is given. */
export function isDaemonError<C extends DaemonErrorCode = DaemonErrorCode>(
  value: unknown,
  code?: C,
): value is DaemonError<C> {
  return value instanceof DaemonError && (code === undefined || value.code === code);
}

/** Whether a caught value is an error of the operating system with this code, e.g. `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** What an error of the operating system or anything else thrown says, on one line. */
export function problemOf(error: unknown): string {
  const text = error instanceof Error ? error.message : "an unknown failure";
  return text.replaceAll(/\s+/g, " ");
}

function replicasText(replicas: readonly ReplicaProblem[]): string {
  return listed(replicas, "; ", ({ folder, problem }) => `${folder}: ${problem}`);
}

function problemsText(problems: readonly ConfigProblem[]): string {
  return listed(problems, "; ", ({ source, key, problem }) =>
    [source, key, problem].filter(Boolean).join(": "),
  );
}

function listed<T>(items: readonly T[], separator: string, text: (item: T) => string): string {
  // The generator of ERRORS.md passes a placeholder instead of a list.
  const given: unknown = items;
  return typeof given === "string" ? given : items.map(text).join(separator);
}
