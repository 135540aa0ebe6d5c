/** Collects shares of one configuration until the threshold is reached. */
import type { BaseboardId } from "../base/id-types.ts";
import { DIGEST_BYTES, SHARE_BYTES } from "../base/share.ts";
import type { Share } from "../base/share.ts";
import type { Configuration } from "./configuration.ts";
import type { TrustQuorumCrypto } from "./crypto.ts";
import type { RefusalReason } from "./diagnostics.ts";

/** What became of a share: `complete` exactly when the K-th was added. */
export type Offered = "collected" | "complete" | RefusalReason;

/**
 * Collects shares of one configuration until the threshold K is reached.
 *
 * Invariants: a share counts once per member, and a peer's share only if it has the digest that the
 * configuration lists for that peer. This sled's own share is not checked when it is added. The first K
 * shares are in one flat buffer, as the crypto takes them; of later ones only the sender is recorded.
 */
export class ShareCollector {
  readonly config: Configuration;
  readonly #crypto: TrustQuorumCrypto;
  readonly #received = new Set<BaseboardId>();
  readonly #shares: Uint8Array;
  readonly #digests: Uint8Array;

  constructor(config: Configuration, crypto: TrustQuorumCrypto) {
    this.config = config;
    this.#crypto = crypto;
    this.#shares = new Uint8Array(config.threshold * SHARE_BYTES);
    this.#digests = new Uint8Array(config.threshold * DIGEST_BYTES);
  }

  /** Adds this sled's own share without a check; `recover` checks all shares' digests. */
  addOwn(self: BaseboardId, share: Share): void {
    this.#add(self, this.config.indexOf(self), share);
  }

  /** Checks and adds a peer's share. The share is copied. */
  offer(from: BaseboardId, share: Share): Offered {
    const index = this.config.indexOf(from);
    if (index < 0) return "share_from_non_member";
    if (this.#received.has(from)) return "duplicate_share";
    if (!this.#crypto.verifyShare(share, this.config.digestAt(index))) {
      return "share_digest_mismatch";
    }
    this.#add(from, index, share);
    return this.#received.size === this.config.threshold ? "complete" : "collected";
  }

  /** Whether this peer is a member whose share is still missing. */
  wants(peer: BaseboardId): boolean {
    return this.config.has(peer) && !this.#received.has(peer);
  }

  /** The members whose shares were received, in member order. */
  get received(): BaseboardId[] {
    return this.config.members.filter((member) => this.#received.has(member));
  }

  /** The K collected shares, flat: secret, lent until {@link wipe}. */
  get shares(): Uint8Array {
    return this.#shares;
  }

  /** Their digests, flat and in the same order. */
  get digests(): Uint8Array {
    return this.#digests;
  }

  /** Zeroes the collected shares. */
  wipe(): void {
    this.#shares.fill(0);
  }

  #add(member: BaseboardId, index: number, share: Share): void {
    const position = this.#received.size;
    this.#received.add(member);
    if (position >= this.config.threshold) return;
    this.#shares.set(share.bytes, position * SHARE_BYTES);
    this.#digests.set(this.config.digestAt(index), position * DIGEST_BYTES);
  }
}
