/**
 * The mesh: one connection with every other sled of the rack, over TLS 1.3 with both ends authenticated.
 *
 * Who a peer is comes from its certificate alone. Of two sleds the one whose id is smaller in the
 * protocol's order (`compareBaseboardIds`) dials, so that a pair has one connection. A peer counts as
 * connected from its first frame on: TLS 1.3 lets a client go ahead before it knows whether its own
 * certificate was accepted.
 *
 * @example
 * import { mkdtemp, rm, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import path from "node:path";
 * import { baseboardId } from "trust-quorum";
 * import { createAuthority, issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
 * import { writeCertificate } from "@trust-quorum/sled-host/pki/files";
 * import { Mesh } from "./mesh.ts";
 *
 * const self = baseboardId("913-0000019", "BRM1");
 * const peer = baseboardId("913-0000019", "BRM2");
 * const folder = await mkdtemp(path.join(tmpdir(), "mesh-"));
 * const file = (name: string): string => path.join(folder, name);
 * const certificates = { certificate: file("cert.pem"), key: file("key.pem"), ca: file("ca.pem") };
 * const authority = await createAuthority("rack 7");
 * await writeFile(certificates.ca, authority.certificate);
 * await writeCertificate(certificates, await issueSledCertificate(authority, self));
 *
 * const ignore = (): void => undefined;
 * const mesh = new Mesh({
 *   self,
 *   listen: "127.0.0.1:0",
 *   certificates,
 *   peers: [{ id: peer, address: "127.0.0.1:7750" }],
 *   handlers: {
 *     connected: ignore,
 *     disconnected: ignore,
 *     peerMessage: ignore, // (peer, message) => driver.receive(peer, message)
 *     undecodable: ignore,
 *     proxyRequest: () => Promise.resolve({ kind: "error", error: { kind: "noInnerError" } }),
 *   },
 *   dates: () => "advisory",
 *   networkConfigs: { current: null, save: () => Promise.resolve(false) },
 *   log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
 * });
 * await mesh.start();
 * mesh.send(peer, { kind: "ping" }); // => false
 * await mesh.close();
 * await rm(folder, { recursive: true });
 */
import type { TLSSocket } from "node:tls";
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import type { ProxyOperation, ProxyResult, WireMessage } from "trust-quorum/wire";
import { DaemonError, isDaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { areSameCertificates } from "@trust-quorum/sled-host/pki/chain";
import type { DatePolicy, Purpose } from "@trust-quorum/sled-host/pki/chain";
import { certificateFacts } from "@trust-quorum/sled-host/pki/files";
import type { CertificateFacts } from "@trust-quorum/sled-host/pki/files";
import { identityText } from "@trust-quorum/sled-host/pki/identity";
import type { Identity } from "@trust-quorum/sled-host/pki/identity";
import { authenticate, withdrawnTrust } from "@trust-quorum/sled-host/pki/peer";
import { Acceptor } from "./acceptor.ts";
import type { PendingConnection } from "./pending-connection.ts";
import { MeshCounters } from "./counters.ts";
import type { MeshCounts } from "./counters.ts";
import { MESH_ALPN, loadCredentials } from "./credentials.ts";
import type { MeshCredentials } from "./credentials.ts";
import { DateLog } from "./date-log.ts";
import { dial } from "./dialer.ts";
import { MESH_LIMITS, MESH_TIMES } from "./limits.ts";
import type { MeshLimits, MeshTimes } from "./limits.ts";
import { warnOfNoIpv6 } from "@trust-quorum/sled-host/os/listen-host";
import { Link, closeReasonText } from "./link.ts";
import type { LinkHost } from "./link.ts";
import { NetworkConfigs } from "./network-config.ts";
import { Proxies } from "./proxies.ts";
import type { CloseReason } from "./reasons.ts";
import type { MeshOptions, MeshPeer, MeshStatus, NetworkConfig } from "./types.ts";
import { RateLimitedLog } from "./rate-limited-log.ts";
import { watchFiles } from "@trust-quorum/sled-host/os/watch-files";
import type { FileWatch } from "@trust-quorum/sled-host/os/watch-files";

/** One sled's part of the mesh. */
export class Mesh {
  readonly #options: MeshOptions;
  readonly #limits: MeshLimits;
  readonly #times: MeshTimes;
  readonly #counters = new MeshCounters();
  /** For what a peer can cause. */
  readonly #rateLimited: RateLimitedLog;
  readonly #dateLog: DateLog;
  readonly #links = new Map<BaseboardId, Link>();
  readonly #networkConfigs: NetworkConfigs;
  readonly #proxies: Proxies;
  readonly #linkHost: LinkHost;
  #peers: readonly MeshPeer[];
  #credentials: MeshCredentials | undefined;
  #certificateProblem: string | undefined;
  #acceptor: Acceptor | undefined;
  #watch: FileWatch | undefined;
  #closed = false;

  constructor(options: MeshOptions) {
    this.#options = options;
    this.#rateLimited = new RateLimitedLog(options.log);
    this.#dateLog = new DateLog(options.log);
    this.#peers = options.peers;
    this.#limits = { ...MESH_LIMITS, ...options.limits };
    this.#times = { ...MESH_TIMES, ...options.times };
    const { networkConfigs: store } = options;
    const log = this.#rateLimited;
    const counters = this.#counters;
    const limits = this.#limits;
    this.#networkConfigs = new NetworkConfigs({
      store,
      counters,
      log,
      intervalMs: this.#times.networkConfig,
      adopted: (config, from) => this.#adopted(config, from),
    });
    this.#proxies = new Proxies({
      limits,
      counters,
      log,
      send: (peer, message) => this.send(peer, message),
      answer: (peer, op) => options.handlers.proxyRequest(peer, op),
    });
    this.#linkHost = {
      limits,
      times: this.#times,
      counters,
      dial: (peer, ended) => this.#dial(peer, ended),
      connected: (peer) => this.#connected(peer),
      disconnected: (peer, closeReason) => this.#disconnected(peer, closeReason),
      message: (peer, message) => this.#message(peer, message),
      undecodable: (peer, code) =>
        this.#guarded("undecodable", () => options.handlers.undecodable(peer, code)),
    };
  }

  /**
   * Loads the certificates, listens, and dials.
   *
   * @throws DaemonError `ERR_TQD_CERTIFICATE_INVALID`, `ERR_TQD_CERTIFICATE_IDENTITY`,
   * `ERR_TQD_LISTEN_FAILED`
   */
  async start(): Promise<void> {
    const { self, certificates, listen } = this.#options;
    const credentials = await loadCredentials(self, certificates);
    this.#credentials = credentials;
    const acceptor = new Acceptor(
      {
        limits: this.#limits,
        times: this.#times,
        counters: this.#counters,
        secured: (socket, pending) => this.#identify({ socket, pending, purpose: "client" }),
        listensInstead: (address, host, code) => {
          warnOfNoIpv6(this.#options.log, { key: "mesh.listen", address, host, code });
        },
        refused: (address, closeReason) => {
          this.#dateLog.refused(address, closeReason);
          this.#log("refused a connection", { address }, closeReason);
        },
      },
      credentials,
    );
    this.#acceptor = acceptor;
    credentials.wipe();
    await acceptor.listen(listen);
    const files = [certificates.certificate, certificates.key, certificates.ca];
    this.#watch = watchFiles(files, () => void this.reloadTls());
    this.setPeers(this.#peers);
  }

  /**
   * Sends a message to a connected peer. It is encoded when this returns: what it holds of a share is
   * for the caller to zero (`wipeMessage`).
   *
   * @returns Whether it is on its way; false where the peer is not connected, or too slow.
   * @throws TrustQuorumError as `encodeFramedMessage`
   */
  send(peer: BaseboardId, message: WireMessage): boolean {
    const sent = this.#links.get(peer)?.send(message) ?? false;
    if (!sent) this.#counters.add("messagesUnsent");
    return sent;
  }

  /**
   * Asks a peer what the control plane cannot ask it itself.
   *
   * @throws DaemonError `ERR_TQD_UNKNOWN_PEER`, `ERR_TQD_PEER_NOT_CONNECTED`, `ERR_TQD_PROXY_TIMEOUT`,
   * `ERR_TQD_PROXY_BUSY`
   */
  async proxy(
    peer: BaseboardId,
    op: ProxyOperation,
    timeoutMs = this.#times.proxy,
  ): Promise<ProxyResult> {
    if (!this.#links.has(peer)) throw new DaemonError("ERR_TQD_UNKNOWN_PEER", { peer });
    return this.#proxies.request(peer, op, timeoutMs);
  }

  /** Whether a sled is one of the peers of this one, connected or not. */
  hasPeer(peer: BaseboardId): boolean {
    return this.#links.has(peer);
  }

  /** How many requests to peers wait for their answers: `proxied_requests` of a node's status. */
  get proxiedRequests(): number {
    return this.#proxies.inFlight;
  }

  /** The network configuration that is held, or null. Its blob is not to be changed. */
  get networkConfig(): NetworkConfig | null {
    return this.#networkConfigs.current;
  }

  /**
   * Takes a new network configuration and tells every peer; durable when it resolves.
   *
   * @throws DaemonError `ERR_TQD_NETWORK_CONFIG_TOO_LARGE`, `ERR_TQD_STALE_NETWORK_CONFIG`,
   * `ERR_TQD_BAD_REQUEST`
   */
  async setNetworkConfig(config: NetworkConfig): Promise<void> {
    await this.#networkConfigs.set(config);
  }

  /**
   * The peers from now on, the first of each id; this sled itself is left out. Connections with those
   * that stay, stay.
   */
  setPeers(peers: readonly MeshPeer[]): void {
    this.#peers = peers;
    if (this.#closed || this.#acceptor === undefined) return;
    const { self } = this.#options;
    const wanted = new Map<BaseboardId, MeshPeer>();
    for (const peer of peers) {
      if (peer.id !== self && !wanted.has(peer.id)) wanted.set(peer.id, peer);
    }
    for (const [id, link] of this.#links) {
      if (wanted.has(id)) continue;
      void link.stop({ reason: "peer_removed" });
      this.#links.delete(id);
    }
    for (const [id, peer] of wanted) {
      const link = this.#links.get(id);
      if (link !== undefined) link.readdress(peer.address);
      else this.#links.set(id, new Link(peer, compareBaseboardIds(self, id) < 0, this.#linkHost));
    }
  }

  /**
   * Loads certificate, key and authorities again. New connections use them; those that are there stay,
   * but for those with peers that none of the authorities vouches for any more. Where the files cannot
   * be used the old ones stay in use, which the status tells.
   *
   * @returns What is wrong with them, or undefined.
   */
  async reloadTls(): Promise<DaemonError | undefined> {
    const { self, certificates, log } = this.#options;
    try {
      const credentials = await loadCredentials(self, certificates);
      const { anchors: before = [], facts } = this.#credentials ?? {};
      if (!this.#closed) {
        this.#acceptor?.use(credentials);
        this.#credentials = credentials;
      }
      credentials.wipe();
      if (!areSameCertificates(before, credentials.anchors))
        await this.#judgeAgain([...this.#links.values()]);
      this.#certificateProblem = undefined;
      this.#counters.add("reloads");
      this.#tellReload(facts, credentials.facts);
      return undefined;
    } catch (error) {
      if (!isDaemonError(error)) throw error;
      this.#counters.add("reloadsRefused");
      // The files are looked at again whenever something changes beside them.
      if (this.#certificateProblem !== error.message) {
        log.error({ code: error.code, problem: error.message }, "the old certificates stay in use");
      }
      this.#certificateProblem = error.message;
      return error;
    }
  }

  status(): MeshStatus {
    const facts = this.#credentials?.facts;
    const held = this.#networkConfigs.current;
    const peers = [...this.#links.values()].map((link) => link.status());
    return {
      self: this.#options.self,
      listening: this.#acceptor?.listening ?? null,
      certificate: facts ?? null,
      certificateDateProblem: facts === undefined ? null : this.#dateProblem(facts),
      certificateProblem: this.#certificateProblem ?? null,
      peers: peers.toSorted((a, b) => compareBaseboardIds(a.id, b.id)),
      pending: this.#acceptor?.pending ?? 0,
      networkConfig:
        held === null ? null : { generation: held.generation, bytes: held.blob.length },
      proxiedRequests: this.#proxies.inFlight,
    };
  }

  counters(): MeshCounts {
    return this.#counters.counts();
  }

  /** Sends what is waiting, closes every connection and stops listening. It cannot be started again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch?.close();
    const links = [...this.#links.values()];
    const flushMs = this.#times.close;
    try {
      await Promise.all([
        this.#acceptor?.close(),
        ...links.map((link) => link.stop({ reason: "shutdown" }, flushMs)),
      ]);
    } finally {
      await this.#networkConfigs.close();
    }
  }

  #dial(peer: MeshPeer, ended: (closeReason: CloseReason) => void): PendingConnection {
    const credentials = this.#credentials;
    if (credentials === undefined) throw new Error("dialed before the start");
    return dial({
      address: peer.address,
      context: credentials.context,
      timeoutMs: this.#times.handshake,
      counters: this.#counters,
      secured: (socket, pending) =>
        this.#identify({ socket, pending, purpose: "server", expected: peer.id }),
      ended: (closeReason) => {
        this.#dateLog.refused(peer.id, closeReason);
        this.#log("cannot connect", { peer: peer.id, address: peer.address }, closeReason);
        ended(closeReason);
      },
    });
  }

  #identify(found: Secured): void {
    void this.#authenticated(found).catch((error: unknown) => {
      // No call here is known to throw; if one does, the peer counts as not authenticated.
      this.#options.log.error({ problem: problemOf(error) }, "authentication failed");
      found.pending.end({ reason: "untrusted_certificate", problem: problemOf(error) });
    });
  }

  async #authenticated({ socket, pending, purpose, expected }: Secured): Promise<void> {
    const { now = Date.now } = this.#options;
    if (socket.alpnProtocol !== MESH_ALPN) {
      return pending.end({ reason: "handshake_failed", problem: "another protocol (ALPN)" });
    }
    const anchors = this.#credentials?.anchors ?? [];
    const rules = { anchors, purpose, dates: this.#datePolicy(), now: now() };
    const peer = await authenticate(socket, rules);
    if (pending.done) return;
    if (peer.kind === "refused") return pending.end(peer);
    const link = this.#admit(peer.identity, purpose, expected);
    if (!(link instanceof Link)) return pending.end(link);
    const { certificate, chain, dateProblem } = peer;
    if (dateProblem !== undefined) {
      this.#counters.add("datesOverlooked");
      this.#rateLimited.warn(link.id, { problem: dateProblem }, "a date was overlooked");
    }
    const facts = certificateFacts(certificate);
    link.open({ socket, pending, certificate: facts, chain, dateProblem });
    // They may have changed while this peer was looked at.
    if (anchors !== this.#credentials?.anchors) await this.#judgeAgain([link]);
  }

  #tellReload(
    before: CertificateFacts | undefined,
    { fingerprint, notAfter }: CertificateFacts,
  ): void {
    if (before?.fingerprint === fingerprint) return;
    const details = { fingerprint, notAfter: new Date(notAfter).toISOString() };
    this.#options.log.info(details, "a new certificate is in use between sleds");
  }

  /** Closes connections with peers whose authority is trusted no more. */
  async #judgeAgain(links: readonly Link[]): Promise<void> {
    const anchors = this.#credentials?.anchors ?? [];
    for (const link of links) {
      const purpose = link.dials ? "server" : "client";
      await link.judge((chain) => withdrawnTrust(chain, { anchors, purpose }));
    }
  }

  #admit(identity: Identity, purpose: Purpose, expected?: BaseboardId): Link | CloseReason {
    const problem = identityText(identity);
    if (identity.kind !== "sled") return { reason: "invalid_identity", problem };
    if (identity.id === this.#options.self) return { reason: "own_identity", problem };
    if (expected !== undefined && identity.id !== expected) {
      return { reason: "unexpected_identity", problem };
    }
    const link = this.#links.get(identity.id);
    if (link === undefined) return { reason: "unknown_peer", problem };
    if (purpose === "client" && link.dials) return { reason: "wrong_direction", problem };
    return link;
  }

  #connected(peer: BaseboardId): void {
    this.#options.log.debug({ peer }, "connection opened");
    this.#guarded("connected", () => this.#options.handlers.connected(peer));
    const held = this.#networkConfigs.current;
    if (held !== null) this.send(peer, { kind: "networkConfig", ...held });
  }

  #disconnected(peer: BaseboardId, closeReason: CloseReason): void {
    this.#log("connection ended", { peer }, closeReason);
    this.#proxies.disconnected(peer);
    this.#guarded("disconnected", () =>
      this.#options.handlers.disconnected(peer, closeReason.reason),
    );
  }

  #message(peer: BaseboardId, message: WireMessage): void {
    switch (message.kind) {
      case "peer": {
        const { message: inner } = message;
        return this.#guarded("peerMessage", () => this.#options.handlers.peerMessage(peer, inner));
      }
      case "networkConfig":
        return this.#networkConfigs.offer(message, peer);
      case "proxyRequest":
        return this.#proxies.received(peer, message.requestId, message.op);
      case "proxyResponse":
        return this.#proxies.response(peer, message.requestId, message.result);
      case "ping":
        return;
      default:
        message satisfies never;
    }
  }

  #adopted(config: NetworkConfig, from: BaseboardId | undefined): void {
    for (const [id, link] of this.#links) {
      if (id !== from && link.connected) link.send({ kind: "networkConfig", ...config });
    }
    if (from === undefined) return;
    this.#guarded("networkConfig", () => this.#options.handlers.networkConfig?.(config, from));
  }

  /** What the host throws must not take a connection, or the process, with it. */
  #guarded(handler: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#counters.add("handlerFailures");
      this.#options.log.error({ handler, problem: problemOf(error) }, "a handler failed");
    }
  }

  /**
   * Dates decide once the host says so, unless this sled's own certificate contradicts its clock: then
   * the clock is what is likely to be wrong, and sleds that come late to a cold boot must still get in.
   */
  #datePolicy(): DatePolicy {
    const facts = this.#credentials?.facts;
    if (facts === undefined) return "advisory";
    const problem = this.#dateProblem(facts);
    this.#dateLog.own(this.#options.self, problem);
    return problem !== null ? "advisory" : this.#options.dates();
  }

  #dateProblem({ notBefore, notAfter }: CertificateFacts): string | null {
    const now = (this.#options.now ?? Date.now)();
    if (now < notBefore) return `not valid before ${new Date(notBefore).toISOString()}`;
    if (now > notAfter) return `not valid after ${new Date(notAfter).toISOString()}`;
    return null;
  }

  #log(text: string, details: object, closeReason: CloseReason): void {
    const { log } = this.#options;
    log.debug(
      { ...details, reason: closeReason.reason, problem: closeReasonText(closeReason) },
      text,
    );
  }
}

interface Secured {
  readonly socket: TLSSocket;
  readonly pending: PendingConnection;
  /** What the other end's certificate must be good for. */
  readonly purpose: Purpose;
  readonly expected?: BaseboardId;
}
