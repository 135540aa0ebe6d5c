/** What a sled is made of, as it sees its parts: the real ones are put in by `compose.ts`. */
import type {
  BaseboardId,
  Envelope,
  NodeStatus,
  PersistOutput,
  RestoredLedger,
  TrustQuorumCrypto,
  TrustQuorumDriver,
} from "trust-quorum";
import type { NodeLike } from "trust-quorum/protocol";
import type { ProxyOperation, ProxyResult } from "trust-quorum/wire";
import type { PeerStatusJson, StatusAnswer } from "@trust-quorum/api/schemas/status";
import type { ScrubReport } from "@trust-quorum/sled-host/store/types";
import type { Log } from "./logger.ts";

/** The durable ledger. */
export interface LedgerPort {
  /** What the disks held, or null on a new sled; taken over once. */
  readonly ledger: RestoredLedger | null;
  /** Rejects where the change is not durable. */
  save(output: PersistOutput): Promise<void>;
  status(): Pick<StatusAnswer, "replicas" | "degradedMode">;
  /** Reads both replicas again; see `LedgerStore.scrub`. */
  scrub(): Promise<ScrubReport>;
  close(): Promise<void>;
}

/** A network configuration as it is held. */
export interface NetworkConfig {
  readonly generation: number;
  readonly blob: Uint8Array;
}

/** The connections to the other sleds. */
export interface MeshPort {
  /** Takes a message over, and zeroes the share in it. */
  send(envelope: Envelope): void;
  /** Whether it listens. */
  readonly listening: boolean;
  peers(): readonly Omit<PeerStatusJson, "member">[];
  hasAddress(peer: BaseboardId): boolean;
  /** What was counted since the start: endings by reason, and all else by event. */
  counts(): {
    readonly endings: Readonly<Record<string, number>>;
    readonly events: Readonly<Record<string, number>>;
  };
  certificate(): StatusAnswer["certificate"];
  clockWarnings(): readonly string[];
  /**
   * Asks a connected peer; rejects with `ERR_TQD_UNKNOWN_PEER`, `ERR_TQD_PEER_NOT_CONNECTED`,
   * `ERR_TQD_PROXY_TIMEOUT`.
   */
  proxy(peer: BaseboardId, operation: ProxyOperation): Promise<ProxyResult>;
  networkConfig(): NetworkConfig | null;
  /** Rejects with `ERR_TQD_STALE_NETWORK_CONFIG`, `ERR_TQD_NETWORK_CONFIG_TOO_LARGE`. */
  setNetworkConfig(config: NetworkConfig): Promise<void>;
  /** Whether the rack secret was loaded once: from then on validity dates count. */
  setUnlocked(unlocked: boolean): void;
  /**
   * Loads certificates and peers again; the old ones stay where the new ones are not usable. Resolves
   * with whether the certificates were.
   */
  reload(): Promise<boolean>;
  close(): Promise<void>;
}

/** What a sled is made of. */
export interface SledParts {
  readonly node: NodeLike;
  readonly ledger: LedgerPort;
  readonly crypto: TrustQuorumCrypto;
  /** Makes the mesh; it is connected to the sled by what it is given. */
  readonly mesh: (sled: MeshCallbacks) => Promise<MeshPort>;
  readonly unlock: { readonly automatic: boolean; readonly retryMs: number };
  /** How often the replicas are read again, in minutes; 0: only on demand. */
  readonly verifyEveryMinutes: number;
  readonly version: string;
  readonly hardening: StatusAnswer["hardening"];
  readonly eventLog: StatusAnswer["eventLog"];
  readonly log: Log;
  /** A mistake of this program: the process must end. */
  readonly onFatal: (error: unknown) => void;
  /** The disks hold something else than this sled has saved: the process must end, and not start again. */
  readonly onDiverged: () => void;
}

/** What the mesh tells a sled, and asks of it. */
export interface MeshCallbacks {
  readonly driver: TrustQuorumDriver;
  readonly status: () => Promise<NodeStatus>;
  readonly peerConnected: (peer: BaseboardId) => void;
  readonly peerDisconnected: (peer: BaseboardId, reason: string | null) => void;
  readonly networkConfigChanged: (generation: number) => void;
}
