/**
 * The node, put together from its parts.
 *
 * Invariants: a node never coordinates and computes its own share at once. The persistent state
 * changes only in `NodeCore.update`. A refused request changes nothing. A message never throws.
 */
import { TrustQuorumError, isTrustQuorumError } from "../base/errors.ts";
import type { ErrorCode } from "../base/errors.ts";
import { compareBaseboardIds, parseBaseboardId } from "../base/ids.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import { abandon, clear, clearedBy, commit, prepareAndCommit, retire } from "./calls.ts";
import type { AbandonRequest, CallOptions, CommitRequest, RetireRequest } from "./calls.ts";
import type { Configuration, ConfigurationParts } from "./configuration.ts";
import { Coordinator } from "./coordinator.ts";
import type { CoordinatorStatus } from "./coordinator.ts";
import { NodeCore } from "./core.ts";
import type { RackSecret, TrustQuorumCrypto } from "./crypto.ts";
import { Guard } from "./guard/guard.ts";
import type { GuardMode } from "./guard/guard.ts";
import { handleMessage, stopCoordinating } from "./handlers.ts";
import type { NodeParts } from "./handlers.ts";
import type { PeerMessage } from "./messages.ts";
import { checkGuard, checkOwner, checkOwnRoom } from "./node-checks.ts";
import { collectionStatus } from "./node-status.ts";
import type { NodeMemory, NodeStatus, NodeActivity, RestoredLedger } from "./node-status.ts";
import type { Output } from "./outputs.ts";
import { initialState, summarize } from "./persistent-state.ts";
import type { PersistentState } from "./persistent-state.ts";
import { checkNumber, checkReconfigure, checkUpgrade } from "./requests.ts";
import type { ReconfigureRequest, UpgradeRequest } from "./requests.ts";
import { SecretLoader } from "./secret-loader.ts";
import { ShareComputer } from "./share-computer.ts";
import type { ValidatedReconfiguration } from "./validated-reconfiguration.ts";

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
 *         done.push("save"); // a real host: durable before the next line
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
   * The node asks who may say what (protocol section 6.0). With `guard: "original"` it believes any peer,
   * keeps whatever it is sent, and does not check what it loads, as the original does: for replays of what
   * was recorded without a guard, and for nothing else.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_BASEBOARD_ID`, or `ERR_TQ_INVALID_ARGUMENT` where the
   * ledger is another sled's, or the guard is none
   */
  static restore(options: {
    self: BaseboardId;
    ledger: RestoredLedger | null;
    crypto: TrustQuorumCrypto;
    guard?: GuardMode | undefined;
  }): TrustQuorumNode {
    const self = parseBaseboardId(options.self);
    const guard = checkGuard(options.guard ?? "strict");
    const ledger = options.ledger ?? { generation: 0, state: initialState() };
    checkOwner(self, ledger.state);
    return new TrustQuorumNode(new NodeCore({ self, crypto: options.crypto, guard, ...ledger }));
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
    this.#core.guard?.asks.forget(id);
    this.#parts.coordinator?.ask(id);
    this.#parts.computer.ask(id);
    this.#parts.loader.ask(id, { onlyMissing: false });
  }

  /** The connection to a peer is down. Calling it for a peer that is not connected is fine. */
  disconnect(peer: BaseboardId): void {
    const id = this.#peer(peer);
    this.#core.connected.delete(id);
    this.#core.guard?.asks.forget(id);
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
      const cleared = clearedBy(this.#core, request.epoch);
      const checked = checkReconfigure(this.#core, this.#parts.coordinator, request, cleared);
      if (checked === "ongoing") return;
      const old = this.#core.latestCommittedConfig;
      this.#coordinate(checked, cleared, () =>
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
      const cleared = clearedBy(this.#core, request.epoch);
      const checked = checkUpgrade(this.#core, this.#parts.coordinator, request, cleared);
      this.#coordinate(checked.request, cleared, () =>
        Coordinator.fromLrtq(this.#core, checked.request, checked.lrtq),
      );
    });
  }

  /**
   * Commits a configuration that this sled has prepared (protocol section 5.3). Success without
   * effect where that epoch or a later one is committed.
   *
   * @throws TrustQuorumError `ERR_TQ_EXPUNGED`, `ERR_TQ_INVALID_RACK_ID`, `ERR_TQ_NOT_PREPARED`
   */
  commit(request: CommitRequest, options: CallOptions = {}): void {
    this.#request(request, () => commit(this.#parts, request, options));
  }

  /**
   * Hands a member that missed its Prepare a configuration that Nexus has committed (protocol
   * section 5.4). "pending" means that the share is being computed from other members' shares.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_CONFIGURATION`, `ERR_TQ_EXPUNGED`, `ERR_TQ_INVALID_RACK_ID`,
   * `ERR_TQ_NOT_A_MEMBER`, `ERR_TQ_MISMATCHED_CONFIGURATIONS` (with the alarm),
   * `ERR_TQ_TOO_MANY_CONFIGURATIONS`
   */
  prepareAndCommit(
    config: Configuration | ConfigurationParts,
    options: CallOptions = {},
  ): "committed" | "pending" {
    return this.#request(config, () => prepareAndCommit(this.#parts, config, options));
  }

  /**
   * Gives an uncommitted configuration up after its abort: drops it and this sled's share of it (protocol
   * section 6.0). No Prepare or request to coordinate at or below that epoch is taken any more. Whoever
   * calls must know that the abort is final: what another control plane has committed would lack a share.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_EPOCH`, `ERR_TQ_EXPUNGED`, `ERR_TQ_INVALID_RACK_ID`,
   * `ERR_TQ_ABANDON_REFUSED` (committed, its share being computed, another configuration)
   */
  abandon(request: AbandonRequest): void {
    this.#request(request, () => abandon(this.#parts, request));
  }

  /**
   * Every member has committed this newest epoch: from a ledger above 16 MiB drops older configurations
   * and shares whose secrets this sled has loaded before and found equal in the newest chain (protocol
   * section 6.0). Success without effect in a smaller ledger.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_EPOCH`, `ERR_TQ_EXPUNGED`, `ERR_TQ_INVALID_RACK_ID`,
   * `ERR_TQ_RETIRE_REFUSED` (not the latest committed epoch, or one that the loader found wrong)
   */
  retire(request: RetireRequest): void {
    this.#request(request, () => retire(this.#parts, request));
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
      guard: core.guard === null ? "original" : "strict",
      removalReports: core.guard?.removalReports ?? null,
      suspectEpochs: this.#parts.loader.suspect,
      abandoned: core.state.abandoned ?? null,
      ...this.work(),
      generation: this.generation,
      persistedGeneration: this.persistedGeneration,
    };
  }

  /**
   * What the guard and the loader's check remember, which no status shows; null without a guard. Together
   * with {@link resumeMemory} it is for logs that begin while a node runs.
   */
  memory(): NodeMemory | null {
    const { guard } = this.#core;
    return guard === null ? null : { ...guard.memory(), ...this.#parts.loader.memory };
  }

  /**
   * Makes inputs as a node without a guard would, for comparisons with the original alone: what the guard
   * has refused can be done all the same, and the guard goes on afterwards.
   */
  withoutGuard<T>(run: () => T): T {
    const { guard } = this.#core;
    if (guard === null) return run();
    guard.suspended = true;
    try {
      return run();
    } finally {
      guard.suspended = false;
    }
  }

  /**
   * Asks who may say what from now on, with what `memory()` had: a node that is to be put into the
   * state of another one is restored without a guard, which would refuse what leads there.
   */
  resumeMemory(memory: NodeMemory): void {
    const core = this.#core;
    core.guard ??= new Guard(core);
    core.guard.resume(memory);
    this.#parts.loader.resume(memory);
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
    this.#core.persisted(generation);
  }

  /** Zeroes every secret and share in memory. The node must not be used afterwards. */
  dispose(): void {
    stopCoordinating(this.#parts);
    this.#parts.computer.stop();
    this.#parts.loader.clear();
    this.#core.outputs.close();
    this.#core.wipe();
  }

  #coordinate(
    request: ValidatedReconfiguration,
    cleared: readonly Epoch[],
    start: () => Coordinator,
  ): void {
    const { guard } = this.#core;
    const superseded = checkOwnRoom(this.#core, request.members);
    // Shares are drawn first: should that fail, the work in progress goes on.
    const coordinator = start();
    clear(this.#parts, [...cleared, ...superseded]);
    stopCoordinating(this.#parts);
    this.#parts.computer.stop();
    this.#parts.coordinator = coordinator;
    guard?.direct.add(request);
    coordinator.askAll();
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
