/**
 * Computes this sled's share of a committed configuration whose Prepare it missed, from the shares
 * of K others (protocol sections 6.4 and 6.6).
 */
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import type { Share } from "../base/share.ts";
import type { Configuration } from "./configuration.ts";
import { attempt } from "./core.ts";
import type { NodeCore } from "./core.ts";
import { ShareCollector } from "./share-collector.ts";
import type { Offered } from "./share-collector.ts";

/**
 * Computes this sled's share of a committed configuration whose Prepare it missed: it collects K members'
 * shares, interpolates its own, checks that against the configuration's digest, and commits.
 *
 * Invariants: at most one computation runs. After a failure it has ended, and an alarm was raised.
 */
export class ShareComputer {
  readonly #core: NodeCore;
  #collector: ShareCollector | null = null;

  constructor(core: NodeCore) {
    this.#core = core;
  }

  /** The running collection of shares, or null. */
  get collecting(): ShareCollector | null {
    return this.#collector;
  }

  /** The epoch whose share is being computed, or null. */
  get epoch(): Epoch | null {
    return this.#collector?.config.epoch ?? null;
  }

  /** Starts over for this configuration and asks every connected member for its share. */
  start(config: Configuration): void {
    this.stop();
    this.#collector = new ShareCollector(config, this.#core.crypto);
    for (const peer of this.#core.connected) this.ask(peer);
  }

  /** Asks a peer for its share if that is still missing. */
  ask(peer: BaseboardId): void {
    if (this.#collector === null || !this.#collector.wants(peer)) return;
    const { rackId, epoch } = this.#collector.config;
    this.#core.send(peer, { kind: "getShare", rackId, epoch });
  }

  /** A peer's share of an epoch. */
  offer(from: BaseboardId, epoch: Epoch, share: Share): Offered {
    if (this.#collector === null || this.epoch !== epoch) return "unexpected_share";
    const offered = this.#collector.offer(from, share);
    if (offered === "complete") this.#complete(this.#collector);
    return offered;
  }

  /** Drops a running computation. */
  stop(): void {
    this.#collector?.wipe();
    this.#collector = null;
  }

  #complete(collector: ShareCollector): void {
    const core = this.#core;
    const { config } = collector;
    const index = config.indexOf(core.self);
    const computed = attempt(() =>
      core.crypto.computeShare({
        shares: collector.shares,
        x: index + 1,
        digest: config.digestAt(index),
      }),
    );
    this.stop();
    if (!computed.ok) {
      core.alarm({ kind: "shareComputationFailed", epoch: config.epoch, code: computed.code });
      return;
    }
    core.keep(config, computed.value, { commit: true });
    computed.value.wipe();
  }
}
