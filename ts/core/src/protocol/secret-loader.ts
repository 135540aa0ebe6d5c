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
import { crossCheck } from "./guard/cross-check.ts";
import { ascending } from "./persistent-state.ts";
import { ShareCollector } from "./share-collector.ts";
import type { Offered } from "./share-collector.ts";

/** Which secrets were found equal in the chain of a newest epoch: what `retire` may go by. */
export interface Confirmed {
  readonly newest: Epoch;
  readonly epochs: readonly Epoch[];
}

/** What the loader remembers of its checks. */
export interface LoaderMemory {
  readonly confirmed: Confirmed | null;
  readonly suspect: readonly Epoch[];
  /** The epochs whose secrets were ever loaded. */
  readonly seen: readonly Epoch[];
}

/**
 * Holds the loaded rack secrets of a node, and the collection of shares that leads to them. A failed rebuild
 * raises an alarm and ends the collection; the next {@link load} starts another one.
 */
export class SecretLoader {
  readonly #core: NodeCore;
  #loaded: RackSecrets | null = null;
  #collector: ShareCollector | null = null;
  /** Epochs whose secrets were loaded before and found equal in the chain of the newest one. */
  #confirmed: Confirmed | null = null;
  readonly #suspect = new Set<Epoch>();
  /** Of every secret that was ever loaded here; the first one of an epoch stays. */
  readonly #fingerprints = new Map<Epoch, Uint8Array>();

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

  /** What was found equal in the chain of this epoch, which is loaded and sound; else nothing. */
  confirmedIn(epoch: Epoch): readonly Epoch[] {
    if (this.#suspect.has(epoch) || this.#confirmed?.newest !== epoch) return [];
    return this.#confirmed.epochs;
  }

  /** Epochs whose shares or chain the check found wrong, ascending. */
  get suspect(): readonly Epoch[] {
    return ascending(this.#suspect);
  }

  /** For logs that begin while a node runs. */
  get memory(): LoaderMemory {
    return {
      confirmed: this.#confirmed,
      suspect: this.suspect,
      seen: ascending(this.#fingerprints.keys()),
    };
  }

  resume({ confirmed, suspect, seen }: LoaderMemory): void {
    this.#confirmed = confirmed;
    for (const epoch of seen) this.#fingerprints.set(epoch, new Uint8Array());
    this.#suspect.clear();
    for (const epoch of suspect) this.#suspect.add(epoch);
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
    if (recovered.ok && core.guard !== null) this.#check(collector, recovered.value);
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

  /** The loader's check; what is loaded is used in any case, since nothing better is known. */
  #check({ config, shares }: ShareCollector, after: RackSecrets): void {
    const core = this.#core;
    const { epoch } = config;
    const before = new Map(this.#fingerprints);
    const checked = crossCheck(core.crypto, { config, shares, before, after });
    const { unrelated, changed, fingerprints } = checked;
    if (unrelated.length > 0) core.alarm({ kind: "unrelatedShares", epoch, members: unrelated });
    if (changed.length > 0) core.alarm({ kind: "priorSecretsDiffer", epoch, epochs: changed });
    if (unrelated.length > 0 || changed.length > 0) this.#suspect.add(epoch);
    const differ = new Set(changed);
    const equal = [...before.keys()].filter((one) => one < epoch && !differ.has(one));
    for (const [one, fingerprint] of fingerprints) {
      if (!before.has(one)) this.#fingerprints.set(one, fingerprint);
    }
    const known = this.#confirmed?.newest === epoch ? this.#confirmed.epochs : [];
    this.#confirmed = { newest: epoch, epochs: [...new Set([...known, ...equal])] };
  }

  #drop(): void {
    this.#collector?.wipe();
    this.#collector = null;
  }
}
