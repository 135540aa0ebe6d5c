/**
 * What there is with one configured peer: at most one open connection, at most one that is about to
 * open, and where it is for this sled to dial, the next attempt.
 *
 * A new authenticated connection of a peer replaces the one there was: the peer would not make it if
 * the old one still worked, and nobody else can.
 */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { BaseboardId, ErrorCode } from "trust-quorum";
import type { WireMessage } from "trust-quorum/wire";
import type { CertificateFacts } from "@trust-quorum/sled-host/pki/files";
import { ReceiveBudget } from "./budget.ts";
import type { PendingConnection } from "./pending-connection.ts";
import { Connection } from "./connection.ts";
import type { MeshCounters } from "./counters.ts";
import type { MeshLimits, MeshTimes } from "./limits.ts";
import { MESH_REASONS } from "./reasons.ts";
import type { CloseReason } from "./reasons.ts";
import type { MeshPeer, PeerLinkStatus } from "./types.ts";

/** What a link needs of the mesh. */
export interface LinkHost {
  readonly limits: MeshLimits;
  readonly times: MeshTimes;
  readonly counters: MeshCounters;
  /** Starts an attempt; the pending connection tells the link how it ended, unless it becomes a connection. */
  dial(peer: MeshPeer, ended: (closeReason: CloseReason) => void): PendingConnection;
  connected(peer: BaseboardId): void;
  disconnected(peer: BaseboardId, closeReason: CloseReason): void;
  message(peer: BaseboardId, message: WireMessage): void;
  undecodable(peer: BaseboardId, code: ErrorCode): void;
}

/** An authenticated socket. */
export interface Authenticated {
  readonly socket: TLSSocket;
  readonly pending: PendingConnection;
  readonly certificate: CertificateFacts;
  /** What the other end has shown, its own certificate first. */
  readonly chain: readonly X509Certificate[];
  readonly dateProblem: string | undefined;
}

interface Live {
  readonly connection: Connection;
  readonly certificate: CertificateFacts;
  readonly chain: readonly X509Certificate[];
  readonly dateProblem: string | undefined;
  /** Wall clock, for people. */
  readonly since: number;
  /** Monotonic clock, to count by. */
  readonly start: number;
}

/** One peer. */
export class Link {
  readonly id: BaseboardId;
  /** Whether it is for this sled to dial. */
  readonly dials: boolean;
  readonly #host: LinkHost;
  readonly #budget: ReceiveBudget;
  #address: string;
  #current: Live | undefined;
  #opening: Live | undefined;
  #attempt: PendingConnection | undefined;
  #retry: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #failures = 0;
  #lastClose: (CloseReason & { readonly at: number }) | undefined;
  #stopped = false;

  constructor(peer: MeshPeer, dials: boolean, host: LinkHost) {
    this.id = peer.id;
    this.dials = dials;
    this.#address = peer.address;
    this.#host = host;
    this.#budget = new ReceiveBudget(host.limits, () => performance.now());
    this.#dialNow();
  }

  get connected(): boolean {
    return this.#current !== undefined;
  }

  /** As `Connection.send`; false where there is no connection. */
  send(message: WireMessage): boolean {
    return this.#current?.connection.send(message) ?? false;
  }

  /** Dials the new address from now on. A connection that is there stays: it proved who it is. */
  readdress(address: string): void {
    if (address === this.#address) return;
    this.#address = address;
    this.#failures = 0;
    this.#attempt?.end({ reason: "connect_failed", problem: "the peer has another address now" });
    this.#dialNow();
  }

  /** Takes a socket whose other end has proved to be this peer. */
  open({ socket, pending, certificate, chain, dateProblem }: Authenticated): void {
    this.#opening?.connection.close({ reason: "replaced" });
    const { limits, times, counters } = this.#host;
    const connection = new Connection({
      socket,
      limits,
      times,
      counters,
      budget: this.#budget,
      opened: () => {
        pending.release();
        this.#opened(live);
      },
      message: (message) => this.#host.message(this.id, message),
      undecodable: (code) => this.#host.undecodable(this.id, code),
      closed: (closeReason) => {
        pending.release();
        this.#closed(live, closeReason);
      },
    });
    const live: Live = {
      connection,
      certificate,
      chain,
      dateProblem,
      since: Date.now(),
      start: performance.now(),
    };
    this.#opening = live;
    if (pending === this.#attempt) this.#attempt = undefined;
    pending.handOver((closeReason) => connection.close(closeReason));
  }

  /** Closes what is there with a peer whose certificates are no longer trusted. */
  async judge(
    withdrawn: (chain: readonly X509Certificate[]) => Promise<string | undefined>,
  ): Promise<void> {
    for (const live of [this.#current, this.#opening]) {
      const problem = live === undefined ? undefined : await withdrawn(live.chain);
      if (problem !== undefined)
        live?.connection.close({ reason: "untrusted_certificate", problem });
    }
  }

  /** Ends everything for good: at once, or when what waits was sent. */
  async stop(closeReason: CloseReason, flushMs = 0): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry();
    this.#attempt?.end(closeReason);
    this.#opening?.connection.close(closeReason);
    if (flushMs > 0) await this.#current?.connection.finish(closeReason, flushMs);
    else this.#current?.connection.close(closeReason);
  }

  status(): PeerLinkStatus {
    const live = this.#current;
    const last = this.#lastClose;
    return {
      id: this.id,
      address: this.#address,
      dials: this.dials,
      connected: live !== undefined,
      connectedSince: live?.since ?? null,
      lastHeard: live?.connection.lastHeard ?? null,
      queuedMessages: live?.connection.queuedMessages ?? 0,
      queuedBytes: live?.connection.queuedBytes ?? 0,
      reconnectInMs:
        this.#retry === undefined ? null : Math.max(0, this.#retry.at - performance.now()),
      lastEnding:
        last === undefined
          ? null
          : { reason: last.reason, text: closeReasonText(last), at: last.at },
      certificate: live?.certificate ?? null,
      dateProblem: live?.dateProblem ?? null,
    };
  }

  #opened(live: Live): void {
    this.#opening = undefined;
    this.#current?.connection.close({ reason: "replaced" });
    this.#current = live;
    this.#cancelRetry();
    this.#host.counters.add("connectionsOpened");
    this.#host.connected(this.id);
  }

  #closed(live: Live, closeReason: CloseReason): void {
    if (this.#opening === live) this.#opening = undefined;
    if (this.#current === live) {
      this.#current = undefined;
      const lived = performance.now() - live.start;
      if (lived >= this.#host.times.reconnectMax) this.#failures = 0;
      this.#host.disconnected(this.id, closeReason);
    }
    this.#ended(closeReason);
  }

  #ended(closeReason: CloseReason): void {
    this.#lastClose = { ...closeReason, at: Date.now() };
    if (!this.dials || this.#stopped || this.#retry !== undefined) return;
    if (this.#current !== undefined || this.#opening !== undefined) return;
    if (this.#attempt !== undefined) return;
    const { reconnectMin, reconnectMax } = this.#host.times;
    const longest = Math.min(reconnectMax, reconnectMin * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    // Half of it is left to chance, so that a rack does not come back in step.
    const delay = longest * (0.5 + Math.random() / 2);
    const timer = setTimeout(() => {
      this.#retry = undefined;
      this.#dialNow();
    }, delay);
    timer.unref();
    this.#retry = { timer, at: performance.now() + delay };
  }

  #dialNow(): void {
    if (!this.dials || this.#stopped) return;
    if (this.#current !== undefined || this.#opening !== undefined) return;
    this.#cancelRetry();
    if (this.#attempt !== undefined) return;
    this.#attempt = this.#host.dial({ id: this.id, address: this.#address }, (closeReason) => {
      this.#attempt = undefined;
      this.#ended(closeReason);
    });
  }

  #cancelRetry(): void {
    clearTimeout(this.#retry?.timer);
    this.#retry = undefined;
  }
}

/** Why a connection or an attempt ended, for people. */
export function closeReasonText({ reason, problem }: CloseReason): string {
  return problem === undefined ? MESH_REASONS[reason] : `${MESH_REASONS[reason]}: ${problem}`;
}
