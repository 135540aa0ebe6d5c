/**
 * Listens, and brings what connects as far as a finished handshake.
 *
 * Connections that are not authenticated yet are limited, in all and by remote address. At the limit the oldest
 * of them makes room: an honest handshake takes milliseconds, so whoever only holds places loses them.
 */
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Server as TlsServer, TLSSocket } from "node:tls";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { addressText } from "@trust-quorum/sled-host/os/address";
import { listenTarget } from "@trust-quorum/sled-host/os/listen-host";
import { PendingConnection } from "./pending-connection.ts";
import type { MeshCounters } from "./counters.ts";
import { MESH_ALPN } from "./credentials.ts";
import type { MeshCredentials } from "./credentials.ts";
import type { MeshLimits, MeshTimes } from "./limits.ts";
import type { CloseReason } from "./reasons.ts";

/** What an acceptor needs of the mesh. */
export interface AcceptorHost {
  readonly limits: MeshLimits;
  readonly times: MeshTimes;
  readonly counters: MeshCounters;
  /** A handshake is complete; who is there is not known yet. */
  secured(socket: TLSSocket, pending: PendingConnection): void;
  /** It listens on another host than was asked for, because of this code of the system. */
  listensInstead(asked: string, host: string, code: string): void;
  /** A connection has ended before it was authenticated. */
  refused(address: string, closeReason: CloseReason): void;
}

/** The key of the configuration that says where it listens. */
const LISTEN_KEY = "mesh.listen";

interface Pending {
  readonly address: string;
  readonly pending: PendingConnection;
}

/** Listens for peers. */
export class Acceptor {
  readonly #host: AcceptorHost;
  readonly #server: Server;
  readonly #tls: TlsServer;
  /** By remote address and port, the oldest first. */
  readonly #pending = new Map<string, Pending>();
  #listening = false;

  constructor(host: AcceptorHost, credentials: MeshCredentials) {
    this.#host = host;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#accept(socket);
    });
    // Chains are judged by `authenticate`: a wrong clock must not decide here.
    this.#tls = createTlsServer({
      ...credentials.serverOptions,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: [MESH_ALPN],
    });
    this.#tls.on("secureConnection", (socket) => {
      this.#secured(socket);
    });
    this.#tls.on("tlsClientError", (error, socket) => {
      const hungUp = "code" in error && error.code === "ECONNRESET";
      const reason = hungUp ? "closed_in_handshake" : "handshake_failed";
      this.#find(socket)?.pending.end({ reason, problem: problemOf(error) });
      socket.destroy();
    });
  }

  /** How many connections are not authenticated yet. */
  get pending(): number {
    this.#sweep();
    return this.#pending.size;
  }

  /** Where it listens, with the port that was taken; null where it does not. */
  get listening(): string | null {
    if (!this.#listening) return null;
    const { address, port } = this.#server.address() as AddressInfo;
    return addressText(address, port);
  }

  /**
   * @throws DaemonError `ERR_TQD_LISTEN_FAILED`
   */
  async listen(address: string): Promise<void> {
    const { host, port, without } = await listenTarget(address, LISTEN_KEY);
    if (without !== null) this.#host.listensInstead(address, host, without);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once("error", reject);
        this.#server.listen({ host, port, backlog: 511 }, () => {
          this.#server.off("error", reject);
          resolve();
        });
      });
    } catch (cause) {
      const problem = problemOf(cause);
      throw new DaemonError(
        "ERR_TQD_LISTEN_FAILED",
        { address, problem, key: LISTEN_KEY },
        { cause },
      );
    }
    this.#listening = true;
    // Out of file descriptors, say: the next one may be accepted again.
    this.#server.on("error", (error) => {
      this.#host.refused(address, { reason: "handshake_failed", problem: problemOf(error) });
    });
  }

  /** New connections get these from now on. */
  use(credentials: MeshCredentials): void {
    this.#tls.setSecureContext(credentials.serverOptions);
  }

  /** Stops listening and ends what is pending. Connections that became a peer's are not its own. */
  async close(): Promise<void> {
    for (const { pending } of this.#pending.values()) pending.end({ reason: "shutdown" });
    this.#pending.clear();
    if (!this.#listening) return;
    this.#listening = false;
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    const { counters, times } = this.#host;
    counters.add("connectionsAccepted");
    socket.on("error", () => undefined);
    const key = keyOf(socket);
    const address = socket.remoteAddress;
    if (key === undefined || address === undefined) {
      socket.destroy();
      counters.ended("closed_in_handshake");
      return;
    }
    this.#makeRoom(address);
    const pending = new PendingConnection(times.handshake, (closeReason) => {
      this.#forget(key, pending);
      // A reset leaves nothing behind in the kernel, which matters when there are thousands.
      socket.resetAndDestroy();
      counters.ended(closeReason.reason);
      this.#host.refused(address, closeReason);
    });
    this.#pending.set(key, { address, pending });
    socket.once("close", () => {
      this.#forget(key, pending);
      pending.end({ reason: "closed_in_handshake" });
    });
    this.#tls.emit("connection", socket);
  }

  /** A port is used again soon: what is forgotten must be the one that is meant. */
  #forget(key: string, pending: PendingConnection): void {
    if (this.#pending.get(key)?.pending === pending) this.#pending.delete(key);
  }

  #secured(socket: TLSSocket): void {
    const pending = this.#find(socket);
    if (pending === undefined || pending.pending.done) {
      socket.destroy();
      return;
    }
    socket.on("error", () => undefined);
    this.#host.secured(socket, pending.pending);
  }

  #makeRoom(address: string): void {
    this.#sweep();
    const { pendingMax, pendingPerAddressMax } = this.#host.limits;
    const same = [...this.#pending.values()].filter((pending) => pending.address === address);
    const [oldestOfAddress] = same;
    if (oldestOfAddress !== undefined && same.length >= pendingPerAddressMax) {
      oldestOfAddress.pending.end({ reason: "address_limit" });
      return;
    }
    const [oldest] = this.#pending.values();
    if (oldest !== undefined && this.#pending.size >= pendingMax) {
      oldest.pending.end({ reason: "pending_limit" });
    }
  }

  /** Forgets those that became a peer's. */
  #sweep(): void {
    for (const [key, { pending }] of this.#pending) if (pending.done) this.#pending.delete(key);
  }

  #find(socket: Socket): Pending | undefined {
    const key = keyOf(socket);
    return key === undefined ? undefined : this.#pending.get(key);
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return addressText(remoteAddress, remotePort);
}
