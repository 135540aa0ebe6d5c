/**
 * One sled: node, driver, ledger and mesh put together, and everything the API shows and does.
 *
 * Invariants: nothing of a change is sent or answered before it is durable (the driver sees to it);
 * what is answered here is made of public parts, one by one. Whatever stops the driver stops the sled.
 */
import { TrustQuorumDriver, isTrustQuorumError } from "trust-quorum";
import type {
  BaseboardId,
  DriverStop,
  Envelope,
  Epoch,
  NodeEvent,
  NodeStatus,
  PersistOutput,
  ReconfigureRequest,
  UpgradeRequest,
} from "trust-quorum";
import { latestCommittedConfig, latestCommittedEpoch, rackIdOf } from "trust-quorum/protocol";
import type { Configuration } from "trust-quorum/protocol";
import {
  alarmJson,
  configurationsJson,
  nodeStatusJson,
  refusalJson,
} from "@trust-quorum/api/convert";
import { READINESS_REASONS } from "@trust-quorum/api/schemas/readiness";
import type { LockAnswer } from "@trust-quorum/api/schemas/lock";
import type { ReadinessReason, ReadyAnswer } from "@trust-quorum/api/schemas/readiness";
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import type { ConfigurationsAnswer } from "@trust-quorum/api/schemas/configuration";
import type { AlarmJson } from "@trust-quorum/api/schemas/node";
import type { VerifyAnswer } from "@trust-quorum/api/schemas/verify";
import type { KeyBody } from "@trust-quorum/api/schemas/key";
import { KEY_BYTES_DEFAULT } from "@trust-quorum/api/limits";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import { hex } from "@trust-quorum/sled-host/store/digest";
import { closeAll } from "./close-all.ts";
import { deriveDiskKey, deriveOriginalDiskKey } from "./disk-key.ts";
import { EventHub } from "./events.ts";
import { lockStatus } from "./lock-status.ts";
import { errorFields } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import type { MeshPort, NetworkConfig, SledParts } from "./ports.ts";
import { Scrubber } from "./scrubber.ts";
import { Unlocker } from "./unlocker.ts";

/** How often a node asks again for what is missing, in milliseconds. */
const TICK_MS = 1000;
/** A save that takes longer makes the sled "not ready", in milliseconds. */
const SLOW_SAVE_MS = 2000;

/** One sled: node, driver, ledger and mesh together, and every operation of its API. */
export class Sled {
  readonly #parts: SledParts;
  readonly #startedAt = new Date();
  readonly #driver: TrustQuorumDriver;
  readonly #unlocker: Unlocker;
  readonly #scrubber: Scrubber;
  #mesh: MeshPort | null = null;
  #tick: ReturnType<typeof setInterval> | null = null;
  #phase: "starting" | "running" | "stopping" = "starting";
  #configGeneration = 1;
  #savingSince: number | null = null;
  #lockState = "";
  /** Who has sent a share with a wrong digest since the running attempt to unlock began. */
  readonly #badShares = new Set<BaseboardId>();

  readonly events = new EventHub();
  readonly metrics = createMetrics(async () => ({
    status: await this.status(),
    transport: this.#mesh?.counts() ?? { endings: {}, events: {} },
    replicaFaults: this.#scrubber.faults,
    streams: this.streams,
  }));
  /** Open event streams; the API counts them. */
  streams = 0;

  private constructor(parts: SledParts) {
    this.#parts = parts;
    const { node, log } = parts;
    this.#driver = new TrustQuorumDriver({
      node,
      save: (output) => this.#save(output),
      send: (envelope) => this.#send(envelope),
      onEvent: (event) => this.#onEvent(event),
      onError: parts.onFatal,
    });
    this.#unlocker = new Unlocker({
      source: {
        latestCommitted: () => latestCommittedEpoch(node.persistentState),
        loaded: () => node.work().rackSecrets.loaded,
        waitForRackSecret: (epoch, options) => this.#driver.waitForRackSecret(epoch, options),
        clearSecrets: () => this.#driver.clearSecrets(),
      },
      ...parts.unlock,
      onUnlocked: ({ epoch, seconds }) => {
        log.info({ epoch, seconds }, "unlocked");
        this.metrics.unlocked(seconds);
        this.#mesh?.setUnlocked(true);
      },
      onFailed: (error) => {
        log.warn(errorFields(error), "could not unlock");
        this.metrics.unlockFailed();
      },
      onChange: () => this.#lockChanged(),
    });
    this.#scrubber = new Scrubber({
      scrub: () => parts.ledger.scrub(),
      everyMinutes: parts.verifyEveryMinutes,
      onReport: ({ outcome, seconds, generation, bytes }) => {
        log.info({ outcome, seconds, generation, bytes }, "the replicas were read again");
      },
      onFailed: (error) => log.warn(errorFields(error), "the replicas could not be read again"),
      onAlarm: (alarm) => this.#alarm(alarm),
      onDiverged: parts.onDiverged,
    });
  }

  /** Puts a sled together and starts it; it connects, and unlocks when it can. */
  static async start(parts: SledParts): Promise<Sled> {
    const sled = new Sled(parts);
    const { log } = parts;
    sled.#mesh = await parts.mesh({
      driver: sled.#driver,
      status: () => sled.#driver.status(),
      peerConnected: (peer) => {
        log.info({ peer }, "peer connected");
        sled.events.publish("peerConnected", { peer });
      },
      peerDisconnected: (peer, reason) => {
        log.info({ peer, reason }, "peer disconnected");
        sled.events.publish("peerDisconnected", { peer, reason });
      },
      networkConfigChanged: (generation) => {
        log.info({ generation }, "network configuration changed");
        sled.events.publish("networkConfig", { generation });
      },
    });
    sled.#tick = setInterval(() => sled.#driver.tick(), TICK_MS);
    sled.#phase = "running";
    sled.#unlocker.wake();
    sled.#lockChanged();
    return sled;
  }

  /** This sled. */
  get self(): BaseboardId {
    return this.#driver.self;
  }

  /** Resolves when the driver has stopped for whatever reason. */
  get stopped(): Promise<DriverStop> {
    return this.#driver.stopped;
  }

  /**
   * Stops in good order; see `TrustQuorumDriver.stop`. Rejects with the first error of a part that did
   * not stop, once all others have: no lock and no connection stays behind.
   */
  async stop(): Promise<DriverStop> {
    this.#phase = "stopping";
    if (this.#tick !== null) clearInterval(this.#tick);
    this.#scrubber.stop();
    await closeAll(this.#parts.log, [
      () => this.#unlocker.stop(),
      () => this.#driver.stop(),
      () => this.#mesh?.close(),
      () => this.#parts.ledger.close(),
    ]);
    return this.stopped;
  }

  /** Loads certificates and peers again; tells of it where the certificates were good. */
  async reload(): Promise<void> {
    if ((await this.#mesh?.reload()) === false) return;
    this.#configGeneration += 1;
    this.events.publish("reloaded", { configGeneration: this.#configGeneration });
  }

  /** Everything an operator can see. */
  async status(): Promise<StatusAnswer> {
    const state = this.#parts.node.persistentState;
    const status = await this.#driver.status();
    const config = latestCommittedConfig(state);
    const node = nodeStatusJson(status);
    const network = this.#mesh?.networkConfig() ?? null;
    const peers = this.#mesh?.peers() ?? [];
    return {
      self: this.self,
      rackId: status.rackId,
      version: this.#parts.version,
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      configGeneration: this.#configGeneration,
      ready: this.ready(),
      lock: this.#lock(status),
      failureTolerance: config === null ? null : failureTolerance(config, status),
      peers: peers.map((peer) => ({
        ...peer,
        member: config?.has(peer.id as BaseboardId) ?? false,
      })),
      ...this.#parts.ledger.status(),
      scrub: this.#scrubber.status(),
      certificate: this.#mesh?.certificate() ?? null,
      clockWarnings: [...(this.#mesh?.clockWarnings() ?? [])],
      networkConfig: network && {
        generation: network.generation,
        bytes: network.blob.length,
        sha3_256: hex(this.#parts.crypto.sha3_256(network.blob)),
      },
      hardening: this.#parts.hardening,
      eventLog: this.#parts.eventLog,
      node: { ...node, alarms: [...node.alarms, ...this.#scrubber.alarms] },
    };
  }

  /** Reads both replicas of the ledger again; see `Scrubber.run`. */
  verify(): Promise<VerifyAnswer> {
    return this.#scrubber.run();
  }

  /** Whether the sled does its work, and if not, why; it never waits. */
  ready(): ReadyAnswer {
    const reasons = this.#readinessReasons().map((code) => ({
      code,
      text: READINESS_REASONS[code],
    }));
    return { ready: reasons.length === 0, reasons };
  }

  /** The lock, as of now. */
  async lock(): Promise<LockAnswer> {
    return this.#lock(await this.#driver.status());
  }

  /** All configurations of the ledger. */
  async configurations(): Promise<ConfigurationsAnswer> {
    const state = this.#parts.node.persistentState;
    // Once this is answered, what was read above is durable.
    await this.#driver.status();
    return configurationsJson(state);
  }

  /** See `TrustQuorumDriver`: these answer when what they did is durable. */
  reconfigure(request: ReconfigureRequest): Promise<void> {
    return this.#driver.coordinateReconfiguration(request);
  }
  upgrade(request: UpgradeRequest): Promise<void> {
    return this.#driver.coordinateUpgradeFromLrtq(request);
  }
  commit(request: Parameters<TrustQuorumDriver["commit"]>[0]): Promise<void> {
    return this.#driver.commit(request);
  }
  prepareAndCommit(config: Configuration): Promise<"committed" | "pending"> {
    return this.#driver.prepareAndCommit(config);
  }
  coordinatorStatus(): ReturnType<TrustQuorumDriver["coordinatorStatus"]> {
    return this.#driver.coordinatorStatus();
  }

  /** See `Unlocker.unlock`. */
  unlock(timeoutMs: number): Promise<void> {
    return this.#unlocker.unlock(timeoutMs);
  }

  /** Forgets the rack secrets until someone asks to unlock. */
  clearSecrets(): void {
    this.#parts.log.warn("an operator cleared the rack secrets");
    this.#unlocker.clear();
  }

  /**
   * Derives a disk key; the caller zeroes it.
   *
   * @throws DaemonError `ERR_TQD_LOCKED`
   * @throws TrustQuorumError `ERR_TQ_NOT_COMMITTED`, `ERR_TQ_NOT_AVAILABLE`
   */
  async diskKey(body: KeyBody): Promise<{ readonly key: Uint8Array; readonly epoch: Epoch }> {
    const { persistentState } = this.#parts.node;
    const { loaded } = this.#parts.node.work().rackSecrets;
    const epoch = (body.epoch ?? latestCommittedEpoch(persistentState)) as Epoch | null;
    const rackId = rackIdOf(persistentState);
    // Asking the driver for a secret that is not loaded would begin to collect it.
    if (epoch === null || rackId === null || loaded.length === 0) {
      throw new DaemonError("ERR_TQD_LOCKED", { state: (await this.lock()).state });
    }
    const secret = await this.#driver.loadRackSecret(epoch);
    if (secret === undefined) {
      throw new DaemonError("ERR_TQD_LOCKED", { state: (await this.lock()).state });
    }
    try {
      const key =
        body.derivation === "original"
          ? deriveOriginalDiskKey(secret, { ...body, rackId })
          : deriveDiskKey(secret, {
              ...body,
              length: body.length ?? KEY_BYTES_DEFAULT,
              rackId,
              epoch,
            });
      this.metrics.keyDerived();
      return { key, epoch };
    } finally {
      secret.dispose();
    }
  }

  /** Asks a peer through this sled; see `MeshPort.proxy`. */
  proxy(...request: Parameters<MeshPort["proxy"]>): ReturnType<MeshPort["proxy"]> {
    return this.#running().proxy(...request);
  }

  /** The network configuration that is held. */
  networkConfig(): NetworkConfig | null {
    return this.#mesh?.networkConfig() ?? null;
  }

  /** Replaces it by a newer one, here and then on every sled. */
  setNetworkConfig(config: NetworkConfig): Promise<void> {
    return this.#running().setNetworkConfig(config);
  }

  #running(): MeshPort {
    if (this.#mesh === null || this.#phase === "stopping") {
      throw new DaemonError("ERR_TQD_STOPPING", {});
    }
    return this.#mesh;
  }

  async #save(output: PersistOutput): Promise<void> {
    const started = performance.now();
    this.#savingSince = started;
    try {
      await this.#parts.ledger.save(output);
    } catch (error) {
      this.metrics.persistFailed();
      throw error;
    } finally {
      this.#savingSince = null;
    }
    this.metrics.persisted((performance.now() - started) / 1000);
  }

  #send(envelope: Envelope): void {
    this.#mesh?.send(envelope);
  }

  #onEvent(event: NodeEvent): void {
    const { log } = this.#parts;
    switch (event.kind) {
      case "committed":
        log.info({ epoch: event.epoch }, "committed");
        this.events.publish("committed", { epoch: event.epoch });
        this.#unlocker.wake();
        this.#lockChanged();
        return;
      case "rackSecretsReady":
        this.#lockChanged();
        return;
      case "expunged":
        log.error({ epoch: event.epoch, from: event.from }, "this sled was removed from the rack");
        this.events.publish("expunged", { epoch: event.epoch, from: event.from });
        this.#lockChanged();
        return;
      case "alarm": {
        this.#alarm(alarmJson(event.alarm));
        return;
      }
      case "refused": {
        const refusal = refusalJson(event.refusal);
        log.debug({ refusal }, "refused");
        const { reason, from } = event.refusal;
        if (reason === "share_digest_mismatch" && from !== "Nexus") this.#badShares.add(from);
        this.events.publish("refused", { refusal });
        return;
      }
      default:
        event satisfies never;
    }
  }

  #alarm(alarm: AlarmJson): void {
    this.#parts.log.error({ alarm: alarm.kind, text: alarm.text, ...alarm.details }, "alarm");
    this.events.publish("alarm", { alarm });
  }

  #readinessReasons(): ReadinessReason[] {
    if (this.#phase !== "running") return [this.#phase];
    const reasons: ReadinessReason[] = [];
    const { persistentState: state } = this.#parts.node;
    const unlocker = this.#unlocker.state;
    if (this.#mesh?.listening !== true) reasons.push("meshDown");
    const slow = this.#savingSince !== null && performance.now() - this.#savingSince > SLOW_SAVE_MS;
    if (slow) reasons.push("saving");
    if (state.expunged !== null) reasons.push("expunged");
    else if (latestCommittedEpoch(state) === null) {
      reasons.push(state.lrtq === null ? "uninitialized" : "lrtqOnly");
    } else if (this.#parts.node.work().rackSecrets.loaded.length > 0) return reasons;
    else if (unlocker.cleared) reasons.push("secretsCleared");
    else reasons.push(unlocker.failure === null ? "locked" : "unlockFailed");
    return reasons;
  }

  #lock(status: NodeStatus): LockAnswer {
    return lockStatus({
      status,
      state: this.#parts.node.persistentState,
      unlocker: this.#unlocker.state,
      hasAddress: (peer) => this.#mesh?.hasAddress(peer) ?? false,
      sentBadShare: (peer) => this.#badShares.has(peer),
    });
  }

  /** Publishes the lock where its state is another one than before. */
  #lockChanged(): void {
    if (this.#unlocker.state.attemptSince === null) this.#badShares.clear();
    void this.lock().then(
      (lock) => {
        const summary = `${lock.state} ${String(lock.epoch)} ${lock.loadedEpochs.join(" ")}`;
        if (summary === this.#lockState) return;
        this.#lockState = summary;
        this.events.publish("lock", { lock });
      },
      (error: unknown) => {
        // The driver has stopped, and whoever watches it says why.
        if (!isTrustQuorumError(error)) this.#parts.onFatal(error);
      },
    );
  }
}

/** Reachable members, this sled among them, beyond K. */
function failureTolerance(config: Configuration, status: NodeStatus): number {
  const reachable = config.members.filter(
    (id) => id === status.self || status.connectedPeers.includes(id),
  );
  return reachable.length - config.threshold;
}
