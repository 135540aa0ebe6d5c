/** Collects LRTQ shares for the upgrade of a rack. */
import { toHex } from "../base/bytes.ts";
import type { BaseboardId } from "../base/id-types.ts";
import { DIGEST_BYTES, SHARE_BYTES } from "../base/share.ts";
import type { LrtqShare } from "../base/share.ts";
import type { TrustQuorumCrypto } from "./crypto.ts";
import type { LrtqShareData } from "./persistent-state.ts";
import type { Offered } from "./share-collector.ts";

/**
 * Collects LRTQ shares until the threshold of the rack is reached. The bootstore does not record which sled
 * holds which share, since it hands out spare shares as sleds are added. So a share is accepted if its
 * digest is one of the rack's and no other sled has sent the same share.
 *
 * Invariants: each sled and each digest counts once. The first K shares are in one flat buffer.
 */
export class LrtqShareCollector {
  readonly threshold: number;
  readonly #crypto: TrustQuorumCrypto;
  readonly #known = new Set<string>();
  readonly #held = new Set<string>();
  readonly #received = new Set<BaseboardId>();
  readonly #shares: Uint8Array;

  constructor(lrtq: LrtqShareData, crypto: TrustQuorumCrypto) {
    this.threshold = lrtq.threshold;
    this.#crypto = crypto;
    this.#shares = new Uint8Array(lrtq.threshold * SHARE_BYTES);
    for (let at = 0; at < lrtq.shareDigests.length; at += DIGEST_BYTES) {
      this.#known.add(toHex(lrtq.shareDigests.subarray(at, at + DIGEST_BYTES)));
    }
  }

  /** Checks and adds a share, our own one included. The share is copied. */
  offer(from: BaseboardId, share: LrtqShare): Offered {
    if (this.#received.has(from)) return "duplicate_lrtq_share";
    const digest = toHex(this.#crypto.sha3_256(share.bytes));
    if (!this.#known.has(digest)) return "lrtq_share_unknown_digest";
    if (this.#held.has(digest)) return "lrtq_share_held_from_another";
    const position = this.#received.size;
    this.#received.add(from);
    this.#held.add(digest);
    if (position < this.threshold) this.#shares.set(share.bytes, position * SHARE_BYTES);
    return this.#received.size === this.threshold ? "complete" : "collected";
  }

  /** Whether this peer's share is still missing. */
  wants(peer: BaseboardId): boolean {
    return !this.#received.has(peer);
  }

  /** The sleds whose shares were received, in the order of arrival. */
  get received(): BaseboardId[] {
    return [...this.#received];
  }

  /** The collected shares, flat: secret, lent until {@link wipe}. */
  get shares(): Uint8Array {
    return this.#shares;
  }

  /** Zeroes the collected shares. */
  wipe(): void {
    this.#shares.fill(0);
  }
}
