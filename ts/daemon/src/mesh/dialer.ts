/** One attempt to reach a peer, as far as a finished handshake. */
import { connect } from "node:tls";
import type { DetailedPeerCertificate, PeerCertificate, SecureContext, TLSSocket } from "node:tls";
import { problemOf } from "@trust-quorum/sled-host/errors";
import { parseAddress } from "@trust-quorum/sled-host/os/address";
import { PendingConnection } from "./pending-connection.ts";
import type { MeshCounters } from "./counters.ts";
import { MESH_ALPN } from "./credentials.ts";
import type { CloseReason } from "./reasons.ts";

/** What an attempt needs. */
export interface DialOptions {
  readonly address: string;
  readonly context: SecureContext;
  readonly timeoutMs: number;
  readonly counters: MeshCounters;
  /** The handshake is complete; who is there is not known yet. */
  readonly secured: (socket: TLSSocket, pending: PendingConnection) => void;
  /** It has failed, and was counted. Never called before this function has returned. */
  readonly ended: (closeReason: CloseReason) => void;
}

/** Starts an attempt. */
export function dial(options: DialOptions): PendingConnection {
  const { counters, ended } = options;
  counters.add("connectionsDialed");
  const target = parseAddress(options.address);
  const attempt: { socket?: TLSSocket } = {};
  const pending = new PendingConnection(options.timeoutMs, (closeReason) => {
    attempt.socket?.destroy();
    counters.ended(closeReason.reason);
    ended(closeReason);
  });
  if (target === undefined) {
    const problem = `${options.address} is not an address`;
    setImmediate(() => {
      pending.end({ reason: "connect_failed", problem });
    });
    return pending;
  }
  attempt.socket = connectTo(target, options, pending);
  return pending;
}

function connectTo(
  target: { host: string; port: number },
  options: DialOptions,
  pending: PendingConnection,
): TLSSocket {
  const socket = connect({
    ...target,
    secureContext: options.context,
    minVersion: "TLSv1.3",
    // Chain and identity are judged by `authenticate`, and the identity is no host's name.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: [MESH_ALPN],
  });
  // Node would make an object of every field of the peer's chain, only for the check above, which looks
  // at none of them: a tenth of what a handshake costs.
  socket.getPeerCertificate = () => ({}) as PeerCertificate & DetailedPeerCertificate;
  let reached = false;
  socket.once("connect", () => {
    reached = true;
  });
  socket.once("secureConnect", () => {
    if (!pending.done) options.secured(socket, pending);
  });
  socket.on("error", (error: Error) => {
    pending.end({ reason: failure(reached, error), problem: problemOf(error) });
  });
  socket.once("close", () => {
    pending.end({ reason: "closed_in_handshake" });
  });
  return socket;
}

function failure(reached: boolean, error: Error): CloseReason["reason"] {
  if (!reached) return "connect_failed";
  const code = "code" in error ? error.code : undefined;
  return code === "ECONNRESET" || code === "EPIPE" ? "closed_in_handshake" : "handshake_failed";
}
