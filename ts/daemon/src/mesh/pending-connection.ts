/** A connection whose peer is not known yet, in either direction: it has a time limit and ends once. */
import type { CloseReason } from "./reasons.ts";

/**
 * It ends by its time limit, by being pushed out, by its other end, or by a refusal; or it is
 * released, once it has become a peer's connection. Whatever comes first counts and nothing after it.
 */
export class PendingConnection {
  readonly #timer: NodeJS.Timeout;
  #finish: (closeReason: CloseReason) => void;
  #done = false;

  /** @param finish Called once with how it ended, never once it is released. */
  constructor(timeoutMs: number, finish: (closeReason: CloseReason) => void) {
    this.#finish = finish;
    this.#timer = setTimeout(() => {
      this.end({ reason: "handshake_timeout" });
    }, timeoutMs);
    this.#timer.unref();
  }

  /** Whether it has ended or was released. */
  get done(): boolean {
    return this.#done;
  }

  /** Ends it. */
  end(closeReason: CloseReason): void {
    if (this.#done) return;
    this.release();
    this.#finish(closeReason);
  }

  /** From now on the new owner closes and counts; the time limit stays. */
  handOver(finish: (closeReason: CloseReason) => void): void {
    this.#finish = finish;
  }

  /** It is a peer's connection now. */
  release(): void {
    this.#done = true;
    clearTimeout(this.#timer);
  }
}
