/** Messages between sleds: the protocol's, and requests of the control plane that one sled passes on to another. */
import { invalidArgument } from "../base/arguments.ts";
import { isUuid } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { Alarm } from "../protocol/alarms.ts";
import type { Configuration } from "../protocol/configuration.ts";
import type { PeerMessage } from "../protocol/messages.ts";
import type { ExpungedBy, PersistentStateSummary } from "../protocol/persistent-state.ts";

declare const requestIdBrand: unique symbol;

/** The id of a proxied request: a uuid as lower-case hyphenated text. */
export type RequestId = string & { readonly [requestIdBrand]: "RequestId" };

/**
 * Parses a hyphenated uuid in lower case.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`
 * @example
 * import { parseRequestId } from "trust-quorum/wire";
 *
 * parseRequestId("a7db6b2f-d20c-45b5-9887-cf7729a8e92d"); // => "a7db6b2f-d20c-45b5-9887-cf7729a8e92d"
 */
export function parseRequestId(text: string): RequestId {
  if (!isUuid(text)) {
    throw invalidArgument("requestId", "is not a hyphenated uuid in lower case");
  }
  return text as RequestId;
}

/** The content of one frame. */
export type WireMessage =
  | { readonly kind: "ping" }
  | { readonly kind: "peer"; readonly message: PeerMessage }
  /** The rack's network configuration, opaque here; the highest generation (0 to 2^53−1) wins. */
  | { readonly kind: "networkConfig"; readonly generation: number; readonly blob: Uint8Array }
  | { readonly kind: "proxyRequest"; readonly requestId: RequestId; readonly op: ProxyOperation }
  | { readonly kind: "proxyResponse"; readonly requestId: RequestId; readonly result: ProxyResult };

/** What the control plane asks of a sled it cannot reach, through one that it can. */
export type ProxyOperation =
  | { readonly kind: "commit"; readonly rackId: RackId; readonly epoch: Epoch }
  | { readonly kind: "prepareAndCommit"; readonly config: Configuration }
  | { readonly kind: "status" };

/** The answer to a {@link ProxyOperation}; both commit operations answer with a commit status. */
export type ProxyResult =
  | { readonly kind: "commit"; readonly status: CommitStatus }
  | { readonly kind: "status"; readonly status: ProxiedStatus }
  | { readonly kind: "error"; readonly error: ProxyError };

/** Whether a commit is done, or accepted and on its way. */
export type CommitStatus = "committed" | "pending";

/** A failed {@link ProxyOperation}; `noInnerError` answers one that has no error of its own. */
export type ProxyError =
  | { readonly kind: "commit"; readonly error: ProxiedCommitError }
  | { readonly kind: "prepareAndCommit"; readonly error: ProxiedCommitError }
  | { readonly kind: "noInnerError" };

/** Why a sled refused to commit (protocol sections 5.3 and 5.4). */
export type ProxiedCommitError =
  | { readonly kind: "invalidRackId"; readonly expected: RackId; readonly got: RackId }
  | { readonly kind: "notPrepared"; readonly epoch: Epoch }
  | ({ readonly kind: "expunged" } & ExpungedBy);

/** A node's status as another sled sees it. */
export interface ProxiedStatus {
  /** Strictly ascending by `compareBaseboardIds`. */
  readonly connectedPeers: readonly BaseboardId[];
  /** Only alarms that the wire knows: see `wireAlarms`. */
  readonly alarms: readonly Alarm[];
  /** Each list of epochs strictly ascending. */
  readonly persistentState: PersistentStateSummary;
  /** How many proxied requests are in flight: 0 to 2^53−1. */
  readonly proxiedRequests: number;
}
