/** How often derived keys are handed out: a token bucket that holds one minute's worth. */
import { DaemonError } from "@trust-quorum/sled-host/errors";

/** A token bucket that holds one minute's worth of derived keys. */
export class KeyLimiter {
  readonly #perMinute: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  /** @param now a steady clock, in milliseconds */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
    this.#tokens = perMinute;
    this.#at = now();
  }

  /** @throws DaemonError `ERR_TQD_RATE_LIMITED` */
  take(): void {
    const now = this.#now();
    const earned = ((now - this.#at) / 60_000) * this.#perMinute;
    this.#tokens = Math.min(this.#perMinute, this.#tokens + earned);
    this.#at = now;
    if (this.#tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - this.#tokens) / this.#perMinute) * 60_000);
      throw new DaemonError("ERR_TQD_RATE_LIMITED", { retryAfterMs });
    }
    this.#tokens -= 1;
  }
}
