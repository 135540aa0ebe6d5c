/**
 * The node, put together from its parts.
 *
 * Invariants: a node never coordinates and computes its own share at once. The persistent state
 * changes only in `NodeCore.update`. A refused request changes nothing. A message never throws.
 */
import { TrustQuorumError, isTrustQuorumError } from "../base/errors.ts";
import type { ErrorCode } from "../base/errors.ts";
import { compareBaseboardIds, parseBaseboardId, parseRackId } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import type { Alarm } from "./alarms.ts";
import { Configuration } from "./configuration.ts";
import type { ConfigurationParts } from "./configuration.ts";
import { Coordinator } from "./coordinator.ts";
import type { CoordinatorStatus } from "./coordinator.ts";
import { NodeCore, UNCOMMITTED_CONFIGURATIONS_MAX } from "./core.ts";
import type { RackSecret, TrustQuorumCrypto } from "./crypto.ts";
import type { DiagnosticsReport } from "./diagnostics.ts";
import { handleMessage, offerConfiguration, stopCoordinating } from "./handlers.ts";
import type { NodeParts } from "./handlers.ts";
import type { PeerMessage } from "./messages.ts";
import type { Output } from "./outputs.ts";
import { hasPrepared, initialState, summarize } from "./persistent-state.ts";
import type { PersistentState, PersistentStateSummary } from "./persistent-state.ts";
import { checkNumber, checkRack, checkReconfigure, checkUpgrade } from "./requests.ts";
import type { ReconfigureRequest, UpgradeRequest } from "./requests.ts";
import { SecretLoader } from "./secret-loader.ts";
import { ShareComputer } from "./share-computer.ts";

/** Shares on their way to a threshold. */
export interface CollectionStatus {
  readonly epoch: Epoch;
  readonly threshold: number;
  readonly collected: readonly BaseboardId[];
}

/** What a node is at, in memory alone: it is gone after a restart. */
export interface NodeActivity {
  readonly coordinating: CoordinatorStatus | null;
  readonly computingShare: CollectionStatus | null;
  readonly rackSecrets: {
    readonly loaded: readonly Epoch[];
    readonly collecting: CollectionStatus | null;
  };
}

/** What an operator can see of a node: never a secret or a share. */
export interface NodeStatus extends NodeActivity {
  readonly self: BaseboardId;
  readonly rackId: RackId | null;
  /** In the protocol's order. */
  readonly connectedPeers: readonly BaseboardId[];
  readonly alarms: readonly Alarm[];
  readonly diagnostics: DiagnosticsReport;
  readonly persistentState: PersistentStateSummary;
  /** The generation of the latest change, and the latest one known to be durable. */
  readonly generation: number;
  readonly persistedGeneration: number;
}

/** What the disk held. The node takes over the shares in it. */
export interface RestoredLedger {
  readonly generation: number;
  readonly state: PersistentState;
}

/**
 * A trust quorum node: a synchronous state machine without I/O (protocol sections 2 to 6).
 *
 * A host has four duties:
 *
 * 1. Restore the node from the ledger, or from nothing.
 * 2. Feed it inputs: connections, messages from peers, requests from the control plane.
 * 3. After every input drain `poll()`. A `persist` output must be made durable before
 *    `persisted(generation)` is called; a message or event that depends on it does not come out
 *    earlier. When a save fails the process must stop using the node.
 * 4. Call `tick()` now and then, so that a lost answer on a live connection is asked for again.
 *
 * @example
 * import {
 *   TrustQuorumNode,
 *   baseboardId,
 *   nativeCrypto,
 *   parseRackId,
 *   wipeMessage,
 * } from "trust-quorum";
 * import type { Output } from "trust-quorum";
 * import { encodeLedger } from "trust-quorum/ledger";
 * import { encodeWireMessage } from "trust-quorum/wire";
 *
 * const crypto = nativeCrypto();
 * const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
 * const self = baseboardId("913-0000019", "BRM1");
 * const node = TrustQuorumNode.restore({ self, ledger: null, crypto });
 * const done: string[] = [];
 *
 * function drain(): void {
 *   for (let out: Output | undefined; (out = node.poll()) !== undefined;) {
 *     switch (out.kind) {
 *       case "persist": {
 *         const bytes = encodeLedger(out, (data) => crypto.sha3_256(data));
 *         done.push("save"); // in earnest: durable before the next line
 *         bytes.fill(0);
 *         node.persisted(out.generation);
 *         break;
 *       }
 *       case "send": {
 *         const { to, message } = out.envelope;
 *         const body = encodeWireMessage({ kind: "peer", message });
 *         wipeMessage(message);
 *         done.push(`send ${message.kind} to ${to}`);
 *         body.fill(0);
 *         break;
 *       }
 *       case "event":
 *         done.push(out.event.kind);
 *     }
 *   }
 * }
 *
 * for (const peer of members) if (peer !== self) node.connect(peer);
 * drain();
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * node.coordinateReconfiguration({
 *   rackId,
 *   epoch: 1,
 *   lastCommittedEpoch: null,
 *   members,
 *   threshold: 2,
 * });
 * drain();
 * done; // => ["save", "send prepare to 913-0000019:BRM2", "send prepare to 913-0000019:BRM3"]
 * node.dispose();
 */
export class TrustQuorumNode {
  readonly #core: NodeCore;
  readonly #parts: NodeParts;

  private constructor(core: NodeCore) {
    this.#core = core;
    this.#parts = {
      core,
      coordinator: null,
      computer: new ShareComputer(core),
      loader: new SecretLoader(core),
    };
  }

  /**
   * A node as its ledger left it, or a new one where `ledger` is null. Everything in memory (what it
   * coordinated, collected or loaded) starts afresh.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_BASEBOARD_ID`, or `ERR_TQ_INVALID_ARGUMENT` where the
   * ledger is another sled's
   */
  static restore(options: {
    self: BaseboardId;
    ledger: RestoredLedger | null;
    crypto: TrustQuorumCrypto;
  }): TrustQuorumNode {
    const self = parseBaseboardId(options.self);
    const ledger = options.ledger ?? { generation: 0, state: initialState() };
    checkOwner(self, ledger.state);
    return new TrustQuorumNode(new NodeCore({ self, crypto: options.crypto, ...ledger }));
  }

  /** This sled. */
  get self(): BaseboardId {
    return this.#core.self;
  }

  /** The generation of the latest change to the persistent state. */
  get generation(): number {
    return this.#core.outputs.generation;
  }

  /** The latest generation that is known to be durable. */
  get persistedGeneration(): number {
    return this.#core.outputs.persistedGeneration;
  }

  /** The persistent state as of the latest change, durable or not. Its shares stay the node's own. */
  get persistentState(): PersistentState {
    return this.#core.state;
  }

  /**
   * A connection to a peer is up. Whatever this node still wants from it is asked for (again). A
   * second call without a disconnect in between is legal: it stands for a new connection.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_BASEBOARD_ID`; `ERR_TQ_INVALID_ARGUMENT` for this sled itself
   */
  connect(peer: BaseboardId): void {
    const id = this.#peer(peer);
    this.#core.connected.add(id);
    this.#parts.coordinator?.ask(id);
    this.#parts.computer.ask(id);
    this.#parts.loader.ask(id, { onlyMissing: false });
  }

  /** The connection to a peer is down. Calling it for a peer that is not connected is fine. */
  disconnect(peer: BaseboardId): void {
    this.#core.connected.delete(this.#peer(peer));
  }

  /**
   * A message from a peer, connected or not. Nothing that a peer can send makes this throw; what is
   * refused or without effect is counted with its reason. The node copies what it keeps: the caller
   * may call `wipeMessage(message)` afterwards.
   */
  receive(from: BaseboardId, message: PeerMessage): void {
    if (this.#core.outputs.closed) return;
    handleMessage(this.#parts, from, message);
  }

  /**
   * Bytes from a peer were not a message: counts it like every other refused input.
   *
   * @param code the code of the codec's error
   */
  refuseUndecodable(from: BaseboardId, code: ErrorCode): void {
    this.#core.record({ reason: "undecodable_message", from, epoch: null, code });
  }

  /**
   * Starts to coordinate a new configuration (protocol section 5.1). The identical request while its
   * shares are still collected is a success without effect.
   *
   * @throws TrustQuorumError in this order: `ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS`,
   * `ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED`, `ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP`,
   * `ERR_TQ_THRESHOLD_MISMATCH`, `ERR_TQ_INVALID_MEMBERSHIP_SIZE`, `ERR_TQ_INVALID_THRESHOLD`,
   * `ERR_TQ_INVALID_RACK_ID`, `ERR_TQ_EXPUNGED`, `ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH`,
   * `ERR_TQ_PREPARED_EPOCH_MISMATCH`, `ERR_TQ_RECONFIGURATION_IN_PROGRESS`,
   * `ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH`, `ERR_TQ_INVALID_EPOCH`; before all of them
   * `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_INVALID_BASEBOARD_ID` and `ERR_TQ_INVALID_RACK_UUID` for
   * arguments that are none
   */
  coordinateReconfiguration(request: ReconfigureRequest): void {
    this.#request(request, () => {
      const checked = checkReconfigure(this.#core, this.#parts.coordinator, request);
      if (checked === "ongoing") return;
      const old = this.#core.latestCommittedConfig;
      this.#coordinate(() =>
        old === null
          ? Coordinator.fresh(this.#core, checked)
          : Coordinator.following(this.#core, checked, old),
      );
    });
  }

  /**
   * Starts to coordinate the upgrade of an LRTQ rack (protocol section 5.2). Never idempotent: a
   * higher epoch pre-empts an upgrade in progress, any other is refused.
   *
   * @throws TrustQuorumError in this order: `ERR_TQ_EXPUNGED`, `ERR_TQ_INVALID_RACK_ID`,
   * `ERR_TQ_NO_LRTQ_SHARE`, `ERR_TQ_ALREADY_UPGRADED`,
   * `ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP`, `ERR_TQ_THRESHOLD_MISMATCH`,
   * `ERR_TQ_INVALID_MEMBERSHIP_SIZE`, `ERR_TQ_INVALID_THRESHOLD`, `ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2`,
   * `ERR_TQ_PREPARED_EPOCH_MISMATCH`, `ERR_TQ_INVALID_EPOCH`
   */
  coordinateUpgradeFromLrtq(request: UpgradeRequest): void {
    this.#request(request, () => {
      const checked = checkUpgrade(this.#core, this.#parts.coordinator, request);
      this.#coordinate(() => Coordinator.fromLrtq(this.#core, checked.request, checked.lrtq));
    });
  }

  /**
   * Commits a configuration that this sled has prepared (protocol section 5.3). Success without
   * effect where that epoch or a later one is committed.
   *
   * @throws TrustQuorumError `ERR_TQ_EXPUNGED`, `ERR_TQ_INVALID_RACK_ID`, `ERR_TQ_NOT_PREPARED`
   */
  commit(request: { rackId: RackId; epoch: number }): void {
    this.#request(request, () => {
      const core = this.#core;
      const { epoch } = request;
      checkNumber("epoch", epoch);
      const rackId = parseRackId(request.rackId);
      this.#checkNotExpunged();
      checkRack(core, rackId);
      if (core.hasCommittedAtLeast(epoch)) return;
      const config = core.state.configs.get(epoch as Epoch);
      if (config === undefined || !hasPrepared(core.state, config.epoch)) {
        throw new TrustQuorumError("ERR_TQ_NOT_PREPARED", { epoch });
      }
      core.keep(config, null, { commit: true });
      // Whatever is coordinated started from an older committed epoch: finishing it would leave
      // this one's secret out of the chain.
      stopCoordinating(this.#parts);
    });
  }

  /**
   * Hands a member that missed its Prepare a configuration that Nexus has committed (protocol
   * section 5.4). "pending" means that the share is being computed from other members' shares.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_CONFIGURATION`, `ERR_TQ_EXPUNGED`, `ERR_TQ_INVALID_RACK_ID`,
   * `ERR_TQ_NOT_A_MEMBER`, `ERR_TQ_MISMATCHED_CONFIGURATIONS` (with the alarm),
   * `ERR_TQ_TOO_MANY_CONFIGURATIONS`
   */
  prepareAndCommit(config: Configuration | ConfigurationParts): "committed" | "pending" {
    return this.#request(config, () => {
      const core = this.#core;
      const checked = config instanceof Configuration ? config : Configuration.create(config);
      this.#checkNotExpunged();
      checkRack(core, checked.rackId);
      const refused = offerConfiguration(this.#parts, "Nexus", checked);
      throwIfRefused(core.self, checked.epoch, refused);
      return core.hasCommittedAtLeast(checked.epoch) ? "committed" : "pending";
    });
  }

  /**
   * The rack secret of an epoch, as a handle that the caller owns, or undefined while shares are
   * being collected (the event `rackSecretsReady` says when to call again).
   *
   * @throws TrustQuorumError `ERR_TQ_NO_COMMITTED_CONFIGURATIONS`, `ERR_TQ_NOT_COMMITTED`,
   * `ERR_TQ_NOT_AVAILABLE`, `ERR_TQ_INVALID_EPOCH`, `ERR_TQ_COMMITTED_CONFIGURATION_LOST` (with the
   * alarm)
   */
  loadRackSecret(epoch: number): RackSecret | undefined {
    return this.#request({ epoch }, () => {
      checkNumber("epoch", epoch);
      return this.#parts.loader.load(epoch);
    });
  }

  /** Forgets all loaded rack secrets and stops collecting shares for them. */
  clearSecrets(): void {
    this.#parts.loader.clear();
  }

  /**
   * Asks every connected peer again for what is still missing from it. The core has no clock: the
   * host calls this at its own pace, say once a second.
   */
  tick(): void {
    for (const peer of this.#core.connected) {
      this.#parts.coordinator?.ask(peer);
      this.#parts.computer.ask(peer);
      this.#parts.loader.ask(peer, { onlyMissing: true });
    }
  }

  /** What this node coordinates, or null: how Nexus learns configuration and acknowledgements. */
  coordinatorStatus(): CoordinatorStatus | null {
    return this.#parts.coordinator?.status() ?? null;
  }

  /** What it is at; cheaper than {@link status}, so that it can be looked at after every input. */
  work(): NodeActivity {
    const { loader, computer } = this.#parts;
    return {
      coordinating: this.coordinatorStatus(),
      computingShare: collectionStatus(computer.collecting),
      rackSecrets: {
        loaded: loader.loadedEpochs,
        collecting: collectionStatus(loader.collecting),
      },
    };
  }

  /** Everything an operator can see. */
  status(): NodeStatus {
    const core = this.#core;
    return {
      self: core.self,
      rackId: core.rackId,
      connectedPeers: [...core.connected].sort(compareBaseboardIds),
      alarms: core.alarms.list(),
      diagnostics: core.diagnostics.report(),
      persistentState: summarize(core.state),
      ...this.work(),
      generation: this.generation,
      persistedGeneration: this.persistedGeneration,
    };
  }

  /** The next output, or undefined when there is none or all of them wait for a save. */
  poll(): Output | undefined {
    return this.#core.outputs.poll(this.#core.state);
  }

  /**
   * The generation of the last `persist` output is durable: what waited for it may leave.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_GENERATION`
   */
  persisted(generation: number): void {
    this.#core.outputs.persisted(generation);
  }

  /** Zeroes every secret and share in memory. The node must not be used afterwards. */
  dispose(): void {
    stopCoordinating(this.#parts);
    this.#parts.computer.stop();
    this.#parts.loader.clear();
    this.#core.outputs.close();
    for (const share of this.#core.state.shares.values()) share.wipe();
    this.#core.state.lrtq?.share.wipe();
  }

  #coordinate(start: () => Coordinator): void {
    // Shares are drawn first: should that fail, the work in progress goes on.
    const coordinator = start();
    stopCoordinating(this.#parts);
    this.#parts.computer.stop();
    this.#parts.coordinator = coordinator;
    coordinator.askAll();
  }

  #checkNotExpunged(): void {
    const { expunged } = this.#core.state;
    if (expunged !== null) throw new TrustQuorumError("ERR_TQ_EXPUNGED", expunged);
  }

  #peer(peer: BaseboardId): BaseboardId {
    const id = parseBaseboardId(peer);
    if (id === this.#core.self) {
      const problem = "is this sled itself";
      throw new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", { argument: "peer", problem });
    }
    return id;
  }

  /** Counts a refused request like a refused message, and lets its error through. */
  #request<T>(request: { readonly epoch: unknown }, run: () => T): T {
    // What a caller from plain JavaScript passes may be anything, and must not end up in a status.
    const given: unknown = request;
    const epoch = typeof given === "object" && given !== null ? request.epoch : null;
    try {
      if (typeof given !== "object" || given === null) {
        const problem = "is not an object";
        throw new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", { argument: "request", problem });
      }
      return run();
    } catch (error) {
      if (isTrustQuorumError(error)) {
        const known = typeof epoch === "number" ? epoch : null;
        this.#core.record({ reason: error.code, from: "Nexus", epoch: known });
      }
      throw error;
    }
  }
}

/**
 * A node as the one who drives it sees it: {@link TrustQuorumNode}, or something around one, such as
 * a recorder of what goes in and comes out.
 */
export type NodeLike = Pick<TrustQuorumNode, keyof TrustQuorumNode>;

function checkOwner(self: BaseboardId, state: PersistentState): void {
  for (const epoch of state.commits) {
    if (hasPrepared(state, epoch)) continue;
    // Going on without it would begin a new chain of secrets and lose the old one.
    const problem = `lacks the configuration or the share of committed epoch ${epoch}`;
    throw new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", { argument: "ledger", problem });
  }
  for (const [epoch, share] of state.shares) {
    const config = state.configs.get(epoch);
    if (config === undefined || config.indexOf(self) + 1 !== share.x) {
      throw new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", {
        argument: "ledger",
        problem: `does not belong to ${self}: its share of epoch ${epoch} is another sled's`,
      });
    }
  }
}

/** Where a message would only be dropped, the caller gets an error. */
function throwIfRefused(
  self: BaseboardId,
  epoch: Epoch,
  reason: ReturnType<typeof offerConfiguration>,
): void {
  switch (reason) {
    case "not_a_member":
      throw new TrustQuorumError("ERR_TQ_NOT_A_MEMBER", { epoch, self });
    case "mismatched_configurations":
      throw new TrustQuorumError("ERR_TQ_MISMATCHED_CONFIGURATIONS", { epoch });
    case "too_many_configurations":
      throw new TrustQuorumError("ERR_TQ_TOO_MANY_CONFIGURATIONS", {
        epoch,
        limit: UNCOMMITTED_CONFIGURATIONS_MAX,
      });
    default:
  }
}

function collectionStatus(collector: SecretLoader["collecting"]): CollectionStatus | null {
  if (collector === null) return null;
  const { epoch, threshold } = collector.config;
  return { epoch, threshold, collected: collector.received };
}
