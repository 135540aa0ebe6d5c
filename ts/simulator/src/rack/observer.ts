/** What the parts of a simulated rack report, so that the invariants can be checked. */
import type {
  CoordinatorStatus,
  ErrorCode,
  NodeEvent,
  PeerMessage,
  RestoredLedger,
} from "trust-quorum";
import type { PersistentState } from "trust-quorum/protocol";
import type { ModelRecord } from "./record.ts";
import type { Sled } from "./sled.ts";

/** Told by the {@link Host} of everything that its nodes are given, do and keep. */
export interface HostObserver {
  /** A sled is about to start from what its disk holds; null for an empty disk. */
  onRestore(sled: Sled, ledger: RestoredLedger | null): void;
  /** A node has taken a message of another; `before` is its persistent state from before. */
  onReceive(sled: Sled, from: Sled, message: PeerMessage, before: PersistentState): void;
  /** A node has granted a request. */
  onRequest(sled: Sled): void;
  /** A node's persistent state is another one, in memory. */
  onChange(sled: Sled, before: PersistentState, after: PersistentState): void;
  /** A state is on the sled's disk, and its node is about to be told so. */
  onSave(sled: Sled, state: PersistentState): void;
  /** A message leaves a node. */
  onSend(sled: Sled, to: Sled, message: PeerMessage): void;
  /** A node tells its host of an event. */
  onEvent(sled: Sled, event: NodeEvent): void;
}

/** Told by the control planes of what they are answered and what they decide. */
export interface ControlPlaneObserver {
  /** A coordinator has answered a poll. */
  onStatus(sled: Sled, status: CoordinatorStatus | null): void;
  /** A coordinator has answered a poll with another configuration than the record's. */
  onContradiction(message: string): void;
  /** A coordinator refuses the configuration whose turn it is. */
  onCoordinationRefused(request: string, code: ErrorCode): void;
  /** The commit of a configuration is decided, and stored. */
  onCommitDecided(record: ModelRecord): void;
  /** A member refuses a commit; `superseded`: another commit was decided since. */
  onCommitRefused(sled: Sled, request: string, code: ErrorCode, superseded: boolean): void;
  /** A member is recorded as having committed. */
  onCommitAcknowledged(sled: Sled, epoch: number): void;
}
