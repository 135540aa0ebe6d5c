/** A connection that is nobody's yet, in either direction: it has a time limit and ends once. */
import type { Ending } from "./reasons.ts";

/**
 * A candidate ends by its time limit, by being pushed out, by its other end, or by a refusal; or it is
 * released, once it has become a peer's connection. Whatever comes first counts and nothing after it.
 */
export class Candidate {
  readonly #timer: NodeJS.Timeout;
  #finish: (ending: Ending) => void;
  #done = false;

  /** @param finish Called once with how it ended, never once it is released. */
  constructor(timeoutMs: number, finish: (ending: Ending) => void) {
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
  end(ending: Ending): void {
    if (this.#done) return;
    this.release();
    this.#finish(ending);
  }

  /** From now on somebody else closes and counts; the time limit stays. */
  handOver(finish: (ending: Ending) => void): void {
    this.#finish = finish;
  }

  /** It is no candidate any more. */
  release(): void {
    this.#done = true;
    clearTimeout(this.#timer);
  }
}
