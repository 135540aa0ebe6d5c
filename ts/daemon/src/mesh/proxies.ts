/**
 * Requests that sleds forward for the control plane, in both directions: ours to a peer with their
 * answers, and a peer's to us. Both are bounded.
 */
import { randomUUID } from "node:crypto";
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { parseRequestId } from "trust-quorum/wire";
import type { ProxyOperation, ProxyResult, RequestId, WireMessage } from "trust-quorum/wire";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import type { MeshCounters } from "./counters.ts";
import type { MeshLimits } from "./limits.ts";
import type { RateLimitedLog } from "./rate-limited-log.ts";

/** What the proxies need of the mesh. */
export interface ProxyHost {
  readonly limits: MeshLimits;
  readonly counters: MeshCounters;
  readonly log: RateLimitedLog;
  send(peer: BaseboardId, message: WireMessage): boolean;
  answer(peer: BaseboardId, op: ProxyOperation): Promise<ProxyResult>;
}

interface Waiting {
  readonly peer: BaseboardId;
  readonly settle: (result: ProxyResult | DaemonError) => void;
}

/** Forwarded requests that are in flight. */
export class Proxies {
  readonly #host: ProxyHost;
  readonly #waiting = new Map<RequestId, Waiting>();
  readonly #answering = new Map<BaseboardId, Set<RequestId>>();

  constructor(host: ProxyHost) {
    this.#host = host;
  }

  /** How many of our requests wait for an answer: `proxied_requests` of a node's status. */
  get inFlight(): number {
    return this.#waiting.size;
  }

  /**
   * Asks a peer.
   *
   * @throws DaemonError `ERR_TQD_PEER_NOT_CONNECTED` (before or while it is asked),
   * `ERR_TQD_PROXY_TIMEOUT`, `ERR_TQD_PROXY_BUSY`
   */
  async request(peer: BaseboardId, op: ProxyOperation, timeoutMs: number): Promise<ProxyResult> {
    const { limits, counters } = this.#host;
    if (this.#waiting.size >= limits.proxyingMax) {
      throw new DaemonError("ERR_TQD_PROXY_BUSY", { limit: limits.proxyingMax });
    }
    const requestId = parseRequestId(randomUUID());
    if (!this.#host.send(peer, { kind: "proxyRequest", requestId, op })) {
      throw new DaemonError("ERR_TQD_PEER_NOT_CONNECTED", { peer });
    }
    counters.add("proxyRequestsSent");
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        counters.add("proxyTimeouts");
        settle(new DaemonError("ERR_TQD_PROXY_TIMEOUT", { peer, timeoutMs }));
      }, timeoutMs);
      const settle = (result: ProxyResult | DaemonError): void => {
        clearTimeout(timer);
        this.#waiting.delete(requestId);
        if (result instanceof DaemonError) reject(result);
        else resolve(result);
      };
      this.#waiting.set(requestId, { peer, settle });
    });
  }

  /** An answer has arrived. Only the peer that was asked can give it. */
  response(peer: BaseboardId, requestId: RequestId, result: ProxyResult): void {
    const waiting = this.#waiting.get(requestId);
    if (waiting?.peer === peer) return waiting.settle(result);
    this.#host.counters.add("proxyResponsesUnmatched");
  }

  /** A peer asks. */
  received(peer: BaseboardId, requestId: RequestId, op: ProxyOperation): void {
    const { limits, counters, log } = this.#host;
    const answering = this.#answering.get(peer) ?? new Set();
    this.#answering.set(peer, answering);
    if (answering.has(requestId) || answering.size >= limits.proxiedPerPeerMax) {
      counters.add("proxyRequestsDropped");
      log.warn(peer, { requestId }, "dropped a proxied request");
      return;
    }
    answering.add(requestId);
    void this.#answer(peer, requestId, op).finally(() => answering.delete(requestId));
  }

  /** A peer is gone: whoever waits for it waits in vain. */
  disconnected(peer: BaseboardId): void {
    for (const waiting of [...this.#waiting.values()]) {
      if (waiting.peer === peer) {
        waiting.settle(new DaemonError("ERR_TQD_PEER_NOT_CONNECTED", { peer }));
      }
    }
  }

  async #answer(peer: BaseboardId, requestId: RequestId, op: ProxyOperation): Promise<void> {
    const { counters, log } = this.#host;
    try {
      const result = await this.#host.answer(peer, op);
      this.#host.send(peer, { kind: "proxyResponse", requestId, result });
      counters.add("proxyRequestsAnswered");
    } catch (error) {
      counters.add("proxyRequestsFailed");
      const code = isTrustQuorumError(error) ? error.code : undefined;
      log.error(peer, { requestId, code, problem: problemOf(error) }, "a proxied request failed");
    }
  }
}
