/**
 * Loads rack secrets (protocol section 5.5): collects shares of the latest committed configuration,
 * rebuilds its secret and opens the chain of prior ones.
 *
 * Invariants: at most one collector; what is loaded is always one whole set, replaced as a whole.
 */
import { TrustQuorumError } from "../base/errors.ts";
import { isEpoch } from "../base/ids.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import type { Share } from "../base/share.ts";
import type { Configuration } from "./configuration.ts";
import { attempt, recoveryAlarm } from "./core.ts";
import type { NodeCore } from "./core.ts";
import type { RackSecret, RackSecrets } from "./crypto.ts";
import { ShareCollector } from "./share-collector.ts";
import type { Offered } from "./share-collector.ts";

/**
 * Holds the loaded rack secrets of a node, and the collection of shares that leads to them. A failed rebuild
 * raises an alarm and ends the collection; the next {@link load} starts another one.
 */
export class SecretLoader {
  readonly #core: NodeCore;
  #loaded: RackSecrets | null = null;
  #collector: ShareCollector | null = null;

  constructor(core: NodeCore) {
    this.#core = core;
  }

  /** The running collection of shares, or null. */
  get collecting(): ShareCollector | null {
    return this.#collector;
  }

  /** The epochs whose secrets are loaded, ascending. */
  get loadedEpochs(): readonly Epoch[] {
    return this.#loaded?.epochs ?? [];
  }

  /** See `TrustQuorumNode.loadRackSecret`. */
  load(epoch: number): RackSecret | undefined {
    const loaded = this.#loaded?.secret(epoch as Epoch);
    if (loaded !== undefined) return loaded;
    const config = this.#core.latestCommittedConfig;
    if (config === null) throw new TrustQuorumError("ERR_TQ_NO_COMMITTED_CONFIGURATIONS", {});
    if (epoch > config.epoch) throw new TrustQuorumError("ERR_TQ_NOT_COMMITTED", { epoch });
    if (this.loadedEpochs.includes(config.epoch)) {
      throw new TrustQuorumError("ERR_TQ_NOT_AVAILABLE", { epoch });
    }
    if (!isEpoch(epoch)) throw new TrustQuorumError("ERR_TQ_INVALID_EPOCH", { epoch });
    this.#collect(config);
    return undefined;
  }

  /**
   * Asks a peer for its share of the configuration that is being loaded: with `onlyMissing` unless that share
   * was received already, otherwise in either case.
   */
  ask(peer: BaseboardId, options: { onlyMissing: boolean }): void {
    const collector = this.#collector;
    if (collector === null || peer === this.#core.self) return;
    const { config } = collector;
    if (options.onlyMissing ? !collector.wants(peer) : !config.has(peer)) return;
    const { rackId, epoch } = config;
    this.#core.send(peer, { kind: "getShare", rackId, epoch });
  }

  /** A peer's share of an epoch. */
  offer(from: BaseboardId, epoch: Epoch, share: Share): Offered {
    const collector = this.#collector;
    if (collector === null || collector.config.epoch !== epoch) return "unexpected_share";
    const offered = collector.offer(from, share);
    if (offered === "complete") this.#complete(collector);
    return offered;
  }

  /** Disposes of the loaded secrets and stops collecting. */
  clear(): void {
    this.#loaded?.dispose();
    this.#loaded = null;
    this.#drop();
  }

  #collect(config: Configuration): void {
    const core = this.#core;
    const running = this.#collector;
    if (running?.config.epoch === config.epoch) return;
    if (running !== null && running.config.epoch > config.epoch) {
      const lost = {
        latestCommittedEpoch: config.epoch,
        collectingEpoch: running.config.epoch,
      };
      core.alarm({ kind: "committedConfigurationLost", ...lost });
      throw new TrustQuorumError("ERR_TQ_COMMITTED_CONFIGURATION_LOST", lost);
    }
    this.#drop();
    const collector = new ShareCollector(config, core.crypto);
    const own = core.state.shares.get(config.epoch);
    if (own !== undefined) collector.addOwn(core.self, own);
    this.#collector = collector;
    for (const peer of core.connected) this.ask(peer, { onlyMissing: true });
  }

  #complete(collector: ShareCollector): void {
    const core = this.#core;
    const { rackId, epoch, encryptedRackSecrets } = collector.config;
    const recovered = attempt(() =>
      core.crypto.recover({
        shares: collector.shares,
        digests: collector.digests,
        rackId,
        epoch,
        encrypted: encryptedRackSecrets,
      }),
    );
    // Dropped in either case: after a failure the next call starts another collection.
    this.#drop();
    if (!recovered.ok) {
      core.alarm(recoveryAlarm(epoch, recovered.code));
      return;
    }
    this.#loaded?.dispose();
    this.#loaded = recovered.value;
    core.event({ kind: "rackSecretsReady", epoch });
  }

  #drop(): void {
    this.#collector?.wipe();
    this.#collector = null;
  }
}
