/**
 * What this node has asked of its peers on their present connections (protocol section 6.0, G1).
 *
 * Invariants: at most {@link ASKS_OF_ONE_PEER_MAX} questions of one peer are open, the oldest ones
 * making room; asking the same again renews the question and never makes two of it; a new connection
 * or its end closes all of them.
 */
import type { BaseboardId, Epoch } from "../../base/id-types.ts";
import type { PeerMessage } from "../messages.ts";
import { ASKS_OF_ONE_PEER_MAX } from "./limits.ts";

/** A question that is open: for the share of an epoch, or, where that is null, for the LRTQ share. */
export interface Ask {
  readonly peer: BaseboardId;
  readonly epoch: Epoch | null;
}

export class Asks {
  /** The epochs asked for, by peer, in the order in which they were asked last. */
  readonly #open = new Map<BaseboardId, Set<Epoch | null>>();

  /** A connection began or ended: what was asked before it is not answered on it. */
  forget(peer: BaseboardId): void {
    this.#open.delete(peer);
  }

  /** A message goes out; only questions matter. */
  sent(peer: BaseboardId, message: PeerMessage): void {
    if (message.kind === "getShare") this.#add(peer, message.epoch);
    if (message.kind === "getLrtqShare") this.#add(peer, null);
  }

  /** A share has come: that question is answered, and no other. */
  answeredByShare(peer: BaseboardId, epoch: Epoch | null): void {
    this.#open.get(peer)?.delete(epoch);
  }

  /**
   * Says of an epoch have come, that it is committed or that this sled is not in it. Such an answer is
   * given to questions about that epoch or lower ones, and about LRTQ's share: it closes all of them.
   *
   * @returns whether there was one
   */
  answeredBySaying(peer: BaseboardId, epoch: Epoch): boolean {
    const open = this.#open.get(peer);
    if (open === undefined) return false;
    const answered = [...open].filter((asked) => asked === null || asked <= epoch);
    for (const asked of answered) open.delete(asked);
    return answered.length > 0;
  }

  /** The questions that are open. */
  list(): Ask[] {
    return [...this.#open].flatMap(([peer, open]) => [...open].map((epoch) => ({ peer, epoch })));
  }

  /** Replaces all questions. */
  resume(asks: readonly Ask[]): void {
    this.#open.clear();
    for (const { peer, epoch } of asks) this.#add(peer, epoch);
  }

  #add(peer: BaseboardId, epoch: Epoch | null): void {
    let open = this.#open.get(peer);
    if (open === undefined) this.#open.set(peer, (open = new Set()));
    open.delete(epoch);
    open.add(epoch);
    for (const oldest of open) {
      if (open.size <= ASKS_OF_ONE_PEER_MAX) break;
      open.delete(oldest);
    }
  }
}
