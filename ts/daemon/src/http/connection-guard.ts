/**
 * Who is let in at a listener, before anything of theirs is read. Whoever may not use the unix socket is told so
 * and closed at once. Everybody else waits until they send something, and then gets a place; see {@link Places}.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import type { ApiContext } from "./application.ts";
import type { Caller } from "./identity.ts";
import { Places, networkOf } from "./places.ts";
import type { Owner } from "./places.ts";

/** The most connections at one listener that have sent something: all, those of strangers, and of one peer. */
const CONNECTIONS_MAX = 256;
const UNKNOWN_CONNECTIONS_MAX = 192;
const PEER_CONNECTIONS_MAX = 128;

/** The guard of one listener. Make it before any connection is accepted. */
export class ConnectionGuard {
  readonly #server: HttpServer;
  readonly #context: ApiContext;
  readonly #places: Places;
  readonly #callers = new WeakMap<Socket, Caller>();
  /** The connection that holds the place, of one that TLS was put around. */
  readonly #inner = new WeakMap<Socket, Socket>();
  /** Connections whose handshake is under way, by address and port of the other end. */
  readonly #handshakes = new Map<string, Socket>();
  #isClosed = false;

  constructor(server: HttpServer | HttpsServer, context: ApiContext) {
    this.#server = server;
    this.#context = context;
    const limits = {
      total: CONNECTIONS_MAX,
      unknown: UNKNOWN_CONNECTIONS_MAX,
      perPeer: PEER_CONNECTIONS_MAX,
    };
    this.#places = new Places(limits, context.onConnectionEnded);
    server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      const held = this.#inner.get(socket) ?? socket;
      this.#places.request(held, 1);
      response.once("close", () => this.#places.request(held, -1));
    });
  }

  /** Who is at the other end of a connection; undefined where that never came out. */
  callerOf(connection: Socket): Caller | undefined {
    return this.#callers.get(connection);
  }

  /** Guards a unix socket, where the system says who connects. */
  watchSocket(callerOf: (connection: Socket) => Caller): void {
    const { early, sled } = this.#context;
    this.#guard((socket, show) => {
      const caller = callerOf(socket);
      if (caller.kind === "nobody" && caller.known) {
        sled.metrics.connectionRefused("notAllowed");
        const { problem } = caller;
        early.refuseConnection(new DaemonError("ERR_TQD_FORBIDDEN", { problem }), socket);
        return;
      }
      const owner = ownerOf(caller, "");
      this.#callers.set(socket, caller);
      this.#context.waitingRoom.wait(socket, owner, () => {
        if (this.#places.take(socket, owner)) show();
        else {
          const limit = PEER_CONNECTIONS_MAX;
          const error = new DaemonError("ERR_TQD_TOO_MANY_CONNECTIONS", { limit });
          early.refuseConnection(error, socket);
        }
      });
    });
  }

  /** Guards TLS, where the certificate says it at the end of the handshake. */
  watchTls(callerOf: (connection: Socket) => Caller): void {
    this.#guard((socket, show) => {
      const owner = { peer: null, group: networkOf(socket.remoteAddress) };
      this.#context.waitingRoom.wait(socket, owner, () => {
        const key = keyOf(socket);
        this.#handshakes.set(key, socket);
        socket.once("close", () => {
          if (this.#handshakes.get(key) === socket) this.#handshakes.delete(key);
        });
        if (this.#places.take(socket, owner)) show();
        else socket.destroy();
      });
    });
    this.#server.on("secureConnection", (secured: Socket) => {
      const inner = this.#handshakes.get(keyOf(secured));
      const caller = callerOf(secured);
      if (inner === undefined) {
        secured.destroy();
        return;
      }
      this.#inner.set(secured, inner);
      this.#callers.set(secured, caller);
      if (caller.kind === "nobody") return;
      const owner = ownerOf(caller, networkOf(secured.remoteAddress));
      if (!this.#places.identify(inner, owner)) secured.destroy();
    });
  }

  /** From now on nobody is let in. */
  close(): void {
    this.#isClosed = true;
  }

  /** Has every connection pass `admit` before the server is shown it. */
  #guard(admit: (socket: Socket, show: () => void) => void): void {
    const server = this.#server;
    const serve = server.listeners("connection") as ((socket: Socket) => void)[];
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      socket.on("error", () => undefined);
      if (this.#isClosed) {
        socket.destroy();
        return;
      }
      admit(socket, () => {
        for (const listener of serve) listener.call(server, socket);
      });
    });
  }
}

function ownerOf(caller: Caller, network: string): Owner {
  switch (caller.kind) {
    case "user":
      // A process that opens many makes room for the others of its user.
      return { peer: `uid ${caller.uid}`, group: `pid ${caller.pid}` };
    case "operator":
      return { peer: `operator ${caller.name}`, group: network };
    case "nobody":
      return { peer: null, group: network };
    default:
      return caller satisfies never;
  }
}

function keyOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
