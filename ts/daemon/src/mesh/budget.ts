/** How much a peer may send: a token bucket for bytes and one for frames. */
import type { MeshLimits } from "./limits.ts";

/**
 * A peer's budget. It belongs to the peer and not to a connection: one that is thrown out for flooding
 * finds it as it left it when it comes back.
 */
export class ReceiveBudget {
  readonly #bytes: Bucket;
  readonly #frames: Bucket;

  constructor(limits: MeshLimits, clock: () => number) {
    const { receiveBytesPerSecond, receiveBytesBurst } = limits;
    const { receiveFramesPerSecond, receiveFramesBurst } = limits;
    this.#bytes = new Bucket(receiveBytesPerSecond, receiveBytesBurst, clock);
    this.#frames = new Bucket(receiveFramesPerSecond, receiveFramesBurst, clock);
  }

  /** Takes these bytes off; false where there is not enough left. */
  takeBytes(count: number): boolean {
    return this.#bytes.take(count);
  }

  /** Takes a frame off; false where there is none left. */
  takeFrame(): boolean {
    return this.#frames.take(1);
  }
}

class Bucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: () => number;
  #left: number;
  #at: number;

  constructor(perSecond: number, burst: number, clock: () => number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#clock = clock;
    this.#left = burst;
    this.#at = clock();
  }

  take(count: number): boolean {
    const now = this.#clock();
    this.#left = Math.min(this.#burst, this.#left + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#left < count) return false;
    this.#left -= count;
    return true;
  }
}
