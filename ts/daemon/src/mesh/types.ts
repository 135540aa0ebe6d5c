/** What the mesh needs of its host, and what it tells. */
import type { BaseboardId, ErrorCode, PeerMessage } from "trust-quorum";
import type { ProxyOperation, ProxyResult } from "trust-quorum/wire";
import type { DatePolicy } from "@trust-quorum/sled-host/pki/chain";
import type { CertificateFacts, CertificateFiles } from "@trust-quorum/sled-host/pki/files";
import type { MeshLimits, MeshTimes } from "./limits.ts";
import type { MeshReason } from "./reasons.ts";

/** A sled of the rack, and where it listens: `host:port` or `[ipv6]:port`. */
export interface MeshPeer {
  readonly id: BaseboardId;
  readonly address: string;
}

/** The rack's early network configuration: opaque bytes, of which the highest generation wins. */
export interface NetworkConfig {
  /** From 0 to `NETWORK_CONFIG_GENERATION_MAX`. */
  readonly generation: number;
  /** At most `NETWORK_CONFIG_BYTES_MAX` bytes. */
  readonly blob: Uint8Array;
}

/** Where the network configuration survives a restart; `LedgerStore` has one. */
export interface NetworkConfigStore {
  /** What is held, or null. */
  readonly current: NetworkConfig | null;
  /**
   * Durable when it resolves; false, and nothing done, where the generation is not above the held one's.
   * Never called twice at once.
   */
  save(config: NetworkConfig): Promise<boolean>;
}

/** A logger, e.g. pino's. */
export interface MeshLog {
  debug(details: object, text: string): void;
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** What the mesh calls. None of these may block; what they throw is logged and counted. */
export interface MeshHandlers {
  /** A peer is there: it is authenticated and its first frame has arrived. */
  connected(peer: BaseboardId): void;
  /** It is gone. Between two calls of `connected` for a peer there is always one of these. */
  disconnected(peer: BaseboardId, reason: MeshReason): void;
  /** A message from a connected peer. Its share is zeroed as soon as this returns. */
  peerMessage(peer: BaseboardId, message: PeerMessage): void;
  /** A frame of a connected peer that is no message. */
  undecodable(peer: BaseboardId, code: ErrorCode): void;
  /** A newer network configuration was adopted from a peer, and is durable. */
  networkConfig?(config: NetworkConfig, from: BaseboardId): void;
  /** Answers a request that a peer forwards for the control plane. A rejection sends no answer. */
  proxyRequest(peer: BaseboardId, op: ProxyOperation): Promise<ProxyResult>;
}

/** What a mesh is made of. */
export interface MeshOptions {
  readonly self: BaseboardId;
  /** Where to listen: `host:port` or `[ipv6]:port`; port 0 takes any. */
  readonly listen: string;
  readonly certificates: CertificateFiles;
  readonly peers: readonly MeshPeer[];
  readonly handlers: MeshHandlers;
  /**
   * Whether validity dates decide about a new connection: advisory until the rack is unlocked. They
   * stay advisory as long as this sled's own certificate is not valid by its own clock.
   */
  readonly dates: () => DatePolicy;
  readonly networkConfigs: NetworkConfigStore;
  readonly log: MeshLog;
  readonly limits?: Partial<MeshLimits>;
  readonly times?: Partial<MeshTimes>;
  /** The wall clock by which dates are judged, in milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** How it stands with one peer. Times are milliseconds since 1970, by this sled's clock. */
export interface PeerLinkStatus {
  readonly id: BaseboardId;
  readonly address: string;
  /** Whether it is for this sled to dial. */
  readonly dials: boolean;
  readonly connected: boolean;
  readonly connectedSince: number | null;
  readonly lastHeard: number | null;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** Milliseconds until this sled dials again; null where it is not waiting to. */
  readonly reconnectInMs: number | null;
  /** How the last connection or attempt ended; null where none did. */
  readonly lastEnding: {
    readonly reason: MeshReason;
    readonly text: string;
    readonly at: number;
  } | null;
  /** The certificate of the present connection. */
  readonly certificate: CertificateFacts | null;
  /** What is wrong with its dates, where that was overlooked. */
  readonly dateProblem: string | null;
}

/** How the mesh stands. */
export interface MeshStatus {
  readonly self: BaseboardId;
  /** Where it listens, with the port that was taken; null where it does not. */
  readonly listening: string | null;
  /** This sled's own certificate. */
  readonly certificate: CertificateFacts | null;
  /** What is wrong with its own dates by this sled's clock. */
  readonly certificateDateProblem: string | null;
  /** What was wrong when certificates were last loaded; the old ones are still used. */
  readonly certificateProblem: string | null;
  /** In the protocol's order. */
  readonly peers: readonly PeerLinkStatus[];
  /** Connections that are not authenticated yet. */
  readonly pending: number;
  readonly networkConfig: { readonly generation: number; readonly bytes: number } | null;
  /** Requests forwarded to peers that wait for their answers. */
  readonly proxiedRequests: number;
}
