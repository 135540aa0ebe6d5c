/**
 * Drives one node for a host: it applies inputs, drains the outputs after each of them, and runs one
 * save at a time. It does no I/O of its own: the host hands it `save` and `send`.
 *
 * Invariants:
 * - Nothing that depends on a change is sent, told or answered before that change is durable. A
 *   refusal is an answer too: it may speak of a change that is still being saved.
 * - At most one save runs; the changes made meanwhile share the next one.
 * - Once a save has failed nothing is sent or answered any more, and the node's secrets are zeroed.
 * - The node is never disposed of during a save: the save would write shares that are zeros.
 * - No callback runs inside another one: an input given from a callback takes effect at once, and
 *   what comes of it follows when the callback has returned.
 */
import { TrustQuorumError } from "../base/errors.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { AbortSignalLike } from "../base/abort-signal.ts";
import type { BaseboardId } from "../base/id-types.ts";
import type {
  AbandonRequest,
  CallOptions,
  CommitRequest,
  RetireRequest,
} from "../protocol/calls.ts";
import type { Configuration, ConfigurationParts } from "../protocol/configuration.ts";
import type { CoordinatorStatus } from "../protocol/coordinator.ts";
import type { RackSecret } from "../protocol/crypto.ts";
import { wipeMessage } from "../protocol/messages.ts";
import type { PeerMessage } from "../protocol/messages.ts";
import type { NodeLike } from "../protocol/node.ts";
import type { NodeStatus } from "../protocol/node-status.ts";
import type { Output, PersistOutput } from "../protocol/outputs.ts";
import type { ReconfigureRequest, UpgradeRequest } from "../protocol/requests.ts";
import { DurabilityGate } from "./gate.ts";
import type { DriverOptions, DriverStop } from "./driver-options.ts";
import { LoadWatchers } from "./load-watchers.ts";
import { notLoaded, outcomeOf, report } from "./outcomes.ts";

/**
 * A node with the loop around it. The synchronous inputs (`connect`, `receive`, …) take effect before
 * they return, and are ignored once the driver stops, since messages may still arrive then.
 * The calls that answer with a promise take effect at once too, but answer, whether with a value or
 * with a refusal, only when what they did or saw is durable.
 *
 * Every promise is rejected with `ERR_TQ_LEDGER_SAVE_FAILED` if the save it waits for fails, and with
 * `ERR_TQ_NODE_STOPPED` (the failure as its cause, if there was one) once the driver stops.
 *
 * An exception thrown by `send` or `onEvent` is an error in the host, and other messages and calls are
 * not affected by it: the message counts as lost and its share is zeroed, the driver continues, and
 * `onError` is called.
 *
 * @example
 * import {
 *   TrustQuorumDriver,
 *   TrustQuorumNode,
 *   baseboardId,
 *   nativeCrypto,
 *   parseRackId,
 *   wipeMessage,
 * } from "trust-quorum";
 * import { encodeLedger } from "trust-quorum/ledger";
 * import { encodeFramedMessage } from "trust-quorum/wire";
 *
 * const crypto = nativeCrypto();
 * const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
 * const self = baseboardId("913-0000019", "BRM1");
 * const events: string[] = [];
 * let disk = new Uint8Array();
 * let bytesSent = 0;
 *
 * const driver = new TrustQuorumDriver({
 *   node: TrustQuorumNode.restore({ self, ledger: null, crypto }),
 *   save: async (output) => {
 *     // A real host writes a temporary file, syncs, renames it and syncs the folder.
 *     disk = new Uint8Array(encodeLedger(output, (data) => crypto.sha3_256(data)));
 *   },
 *   send: ({ message }) => {
 *     // A real host writes the frame to the socket of `to`.
 *     const frame = encodeFramedMessage({ kind: "peer", message });
 *     wipeMessage(message);
 *     bytesSent += frame.length;
 *     frame.fill(0);
 *   },
 *   onEvent: (event) => events.push(event.kind),
 * });
 * for (const peer of members) if (peer !== self) driver.connect(peer);
 *
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * await driver.coordinateReconfiguration({
 *   rackId,
 *   epoch: 1,
 *   lastCommittedEpoch: null,
 *   members,
 *   threshold: 2,
 * });
 * await driver.commit({ rackId, epoch: 1 }); // on disk now
 * disk.length > 0; // => true
 * bytesSent > 0; // => true
 * events; // => ["committed"]
 *
 * await driver.stop();
 * (await driver.stopped).reason; // => "requested"
 */
export class TrustQuorumDriver {
  readonly #node: NodeLike;
  readonly #options: DriverOptions;
  readonly #gate = new DurabilityGate();
  readonly #watchers = new LoadWatchers();
  readonly #resolveStopped: (stop: DriverStop) => void;
  #draining = false;
  #saving = false;
  #stopping = false;
  #ended: DriverStop | null = null;

  /**
   * Resolves, and never rejects, once the driver has stopped for whatever reason, with the node's
   * secrets zeroed. A host watches it in order to end the process when a save has failed.
   */
  readonly stopped: Promise<DriverStop>;

  constructor(options: DriverOptions) {
    this.#node = options.node;
    this.#options = options;
    let resolveStopped: (stop: DriverStop) => void = () => undefined;
    this.stopped = new Promise((resolve) => {
      resolveStopped = resolve;
    });
    this.#resolveStopped = resolveStopped;
  }

  /** This sled. */
  get self(): BaseboardId {
    return this.#node.self;
  }

  /**
   * A connection to a peer is up; see `TrustQuorumNode.connect`.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_BASEBOARD_ID`, `ERR_TQ_INVALID_ARGUMENT`
   */
  connect(peer: BaseboardId): void {
    this.#input(() => this.#node.connect(peer));
  }

  /**
   * The connection to a peer is down.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_BASEBOARD_ID`, `ERR_TQ_INVALID_ARGUMENT`
   */
  disconnect(peer: BaseboardId): void {
    this.#input(() => this.#node.disconnect(peer));
  }

  /** A message from a peer. The caller may call `wipeMessage(message)` when this has returned. */
  receive(from: BaseboardId, message: PeerMessage): void {
    this.#input(() => {
      // Only a share can end a collection, and only somebody who waits wants to know.
      const watched = message.kind === "share" && !this.#watchers.empty;
      const collecting = watched ? this.#node.work().rackSecrets.collecting : null;
      this.#node.receive(from, message);
      if (collecting === null) return;
      const after = this.#node.work().rackSecrets;
      // A repeated failure raises no new alarm, so its result is looked at instead.
      if (after.collecting === null && !after.loaded.includes(collecting.epoch)) {
        this.#watchers.wake("failed");
      }
    });
  }

  /** Bytes from a peer were not a message; see `TrustQuorumNode.refuseUndecodable`. */
  refuseUndecodable(from: BaseboardId, code: ErrorCode): void {
    this.#input(() => this.#node.refuseUndecodable(from, code));
  }

  /** Asks again for what is still missing; the host calls it at its own pace, say once a second. */
  tick(): void {
    this.#input(() => this.#node.tick());
  }

  /** Forgets all loaded rack secrets and stops collecting; whoever waits for one is rejected. */
  clearSecrets(): void {
    this.#input(() => {
      this.#node.clearSecrets();
      this.#watchers.wake("cleared");
    });
  }

  /**
   * Starts to coordinate a new configuration. Resolves when what the start changed is durable, which
   * says nothing of the work itself: poll {@link coordinatorStatus} for that.
   *
   * @throws TrustQuorumError see `TrustQuorumNode.coordinateReconfiguration`
   */
  coordinateReconfiguration(request: ReconfigureRequest): Promise<void> {
    return this.#call(() => this.#node.coordinateReconfiguration(request));
  }

  /**
   * Starts to coordinate the upgrade of an LRTQ rack; otherwise like {@link coordinateReconfiguration}.
   *
   * @throws TrustQuorumError see `TrustQuorumNode.coordinateUpgradeFromLrtq`
   */
  coordinateUpgradeFromLrtq(request: UpgradeRequest): Promise<void> {
    return this.#call(() => this.#node.coordinateUpgradeFromLrtq(request));
  }

  /**
   * Commits a configuration that this sled has prepared; resolves when the commit is on disk.
   *
   * @throws TrustQuorumError see `TrustQuorumNode.commit`
   */
  commit(request: CommitRequest, options: CallOptions = {}): Promise<void> {
    return this.#call(() => this.#node.commit(request, options));
  }

  /**
   * Hands over a committed configuration whose Prepare this sled has missed. "committed" means on
   * disk; "pending" that its share is being computed: ask again.
   *
   * @throws TrustQuorumError see `TrustQuorumNode.prepareAndCommit`
   */
  prepareAndCommit(
    config: Configuration | ConfigurationParts,
    options: CallOptions = {},
  ): Promise<"committed" | "pending"> {
    return this.#call(() => this.#node.prepareAndCommit(config, options));
  }

  /**
   * Gives an uncommitted configuration up after its abort; resolves when that is on disk.
   *
   * @throws TrustQuorumError see `TrustQuorumNode.abandon`
   */
  abandon(request: AbandonRequest): Promise<void> {
    return this.#call(() => this.#node.abandon(request));
  }

  /**
   * Drops old configurations from a large ledger, now that every member has committed the newest one.
   *
   * @throws TrustQuorumError see `TrustQuorumNode.retire`
   */
  retire(request: RetireRequest): Promise<void> {
    return this.#call(() => this.#node.retire(request));
  }

  /**
   * The rack secret of an epoch, as a handle that the caller owns, or undefined while shares are
   * being collected. {@link waitForRackSecret} waits for them.
   *
   * @throws TrustQuorumError see `TrustQuorumNode.loadRackSecret`
   */
  async loadRackSecret(epoch: number): Promise<RackSecret | undefined> {
    let secret: RackSecret | undefined;
    try {
      return await this.#call(() => (secret = this.#node.loadRackSecret(epoch)));
    } catch (error) {
      secret?.dispose();
      throw error;
    }
  }

  /**
   * The rack secret of an epoch, as a handle that the caller owns, when enough shares have come. It
   * waits as long as it takes; a signal ends the wait with the signal's reason.
   *
   * @throws TrustQuorumError what {@link loadRackSecret} throws, and `ERR_TQ_RACK_SECRET_NOT_LOADED`
   * where the collected shares did not rebuild the secret (an alarm says why) or the secrets were
   * cleared meanwhile
   */
  async waitForRackSecret(
    epoch: number,
    options: { readonly signal?: AbortSignalLike | undefined } = {},
  ): Promise<RackSecret> {
    const { signal } = options;
    const aborted = (): boolean => signal?.aborted ?? false;
    for (;;) {
      if (aborted()) throw signal?.reason;
      // Watched from before the load on, so that no end of it is missed.
      const watch = this.#watchers.watch(signal);
      try {
        const secret = await this.loadRackSecret(epoch);
        if (secret !== undefined && !aborted()) return secret;
        secret?.dispose();
        const end = await watch.end;
        // "ready" may be for an older epoch, if another one was committed meanwhile: load again.
        if (end === "aborted") throw signal?.reason;
        if (end === "stopped") throw this.#stoppedError();
        if (end === "failed")
          throw notLoaded(epoch, "its shares do not rebuild it (see the alarms)");
        if (end === "cleared") throw notLoaded(epoch, "the secrets were cleared meanwhile");
      } finally {
        watch.cancel();
      }
    }
  }

  /** What this node coordinates, or null, as of this call; answered when all it tells is durable. */
  coordinatorStatus(): Promise<CoordinatorStatus | null> {
    return this.#call(() => this.#node.coordinatorStatus());
  }

  /** Everything an operator can see, as of this call; answered when all it tells is durable. */
  status(): Promise<NodeStatus> {
    return this.#call(() => this.#node.status());
  }

  /**
   * Stops gracefully: takes no further input, makes durable, sends and answers what was accepted,
   * and zeroes the node's secrets. Whoever waits for a rack secret is rejected at once. Resolves like
   * {@link stopped}; calling it twice is fine.
   */
  stop(): Promise<DriverStop> {
    if (!this.#stopping && this.#ended === null) {
      this.#stopping = true;
      this.#watchers.wake("stopped");
      this.#drain();
    }
    return this.stopped;
  }

  #input(run: () => void): void {
    if (this.#stopping || this.#ended !== null) return;
    try {
      run();
    } finally {
      this.#drain();
    }
  }

  async #call<T>(run: () => T): Promise<T> {
    if (this.#stopping || this.#ended !== null) throw this.#stoppedError();
    const answer = outcomeOf(run);
    const { generation } = this.#node;
    this.#drain();
    await this.#durable(generation);
    if (answer.ok) return answer.value;
    throw answer.error;
  }

  #durable(generation: number): Promise<void> {
    if (generation <= this.#node.persistedGeneration) return Promise.resolve();
    if (this.#ended !== null) return Promise.reject(this.#endError(this.#ended));
    return this.#gate.wait(generation);
  }

  #drain(): void {
    if (this.#draining || this.#ended !== null) return;
    this.#draining = true;
    try {
      for (let output; !this.#hasEnded() && (output = this.#node.poll()) !== undefined;) {
        this.#emit(output);
      }
    } finally {
      this.#draining = false;
    }
    if (this.#hasEnded()) return;
    this.#gate.open(this.#node.persistedGeneration);
    // No output and no save: everything accepted is durable and out.
    if (this.#stopping && !this.#saving) this.#end({ reason: "requested" });
  }

  #emit(output: Output): void {
    switch (output.kind) {
      case "persist":
        void this.#persist(output);
        return;
      case "send":
        this.#guarded(
          () => this.#options.send(output.envelope),
          () => wipeMessage(output.envelope.message),
        );
        return;
      case "event":
        if (output.event.kind === "rackSecretsReady") this.#watchers.wake("ready");
        this.#guarded(() => this.#options.onEvent?.(output.event));
        return;
      default:
        output satisfies never;
    }
  }

  async #persist(output: PersistOutput): Promise<void> {
    this.#saving = true;
    try {
      await this.#options.save(output);
    } catch (cause) {
      this.#saving = false;
      const error = new TrustQuorumError("ERR_TQ_LEDGER_SAVE_FAILED", {}, { cause });
      this.#end({ reason: "saveFailed", error });
      return;
    }
    this.#saving = false;
    this.#node.persisted(output.generation);
    this.#drain();
  }

  #end(stop: DriverStop): void {
    this.#ended = stop;
    this.#node.dispose();
    this.#gate.close(this.#endError(stop));
    this.#watchers.wake("stopped");
    this.#resolveStopped(stop);
  }

  /** A method, since the compiler takes a field to stay what it was before a callback ran. */
  #hasEnded(): boolean {
    return this.#ended !== null;
  }

  #endError(stop: DriverStop): TrustQuorumError {
    return stop.reason === "saveFailed" ? stop.error : this.#stoppedError();
  }

  #stoppedError(): TrustQuorumError {
    const cause = this.#ended?.reason === "saveFailed" ? { cause: this.#ended.error } : {};
    return new TrustQuorumError("ERR_TQ_NODE_STOPPED", {}, cause);
  }

  #guarded(callback: () => void, cleanUp?: () => void): void {
    try {
      callback();
    } catch (error) {
      cleanUp?.();
      report(error, this.#options.onError);
    }
  }
}
