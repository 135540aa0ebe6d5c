/**
 * Warnings that a peer can cause as often as it likes: of each peer and text the first one is logged, and
 * then one per interval that says how many were held back. Every one is counted elsewhere.
 *
 * Invariant: at most {@link KEYS_MAX} pairs of peer and text are remembered, the latest ones.
 */
import type { BaseboardId } from "trust-quorum";
import type { MeshLog } from "./types.ts";

/** How often one peer's warning of one kind is logged, in milliseconds. */
const INTERVAL_MS = 10_000;
const KEYS_MAX = 1024;

interface Held {
  readonly since: number;
  count: number;
}

/** Logs the first warning of each peer and text, then one per interval with the number held back. */
export class RateLimitedLog {
  readonly #log: Pick<MeshLog, "warn" | "error">;
  readonly #now: () => number;
  readonly #held = new Map<string, Held>();

  /** @param now a clock that never goes back, in milliseconds */
  constructor(log: Pick<MeshLog, "warn" | "error">, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  warn(peer: BaseboardId, details: object, text: string): void {
    this.#rateLimited("warn", { peer, details, text });
  }

  error(peer: BaseboardId, details: object, text: string): void {
    this.#rateLimited("error", { peer, details, text });
  }

  #rateLimited(
    level: "warn" | "error",
    { peer, details, text }: { peer: BaseboardId; details: object; text: string },
  ): void {
    const key = `${peer} ${text}`;
    const now = this.#now();
    const held = this.#held.get(key);
    if (held !== undefined && now - held.since < INTERVAL_MS) {
      held.count += 1;
      return;
    }
    // Taken out first, so that what is oldest in the map is what was logged longest ago.
    this.#held.delete(key);
    this.#held.set(key, { since: now, count: 0 });
    const [oldest] = this.#held.keys();
    if (this.#held.size > KEYS_MAX && oldest !== undefined) this.#held.delete(oldest);
    const heldBack = held?.count ?? 0;
    this.#log[level]({ peer, ...details, ...(heldBack > 0 && { heldBack }) }, text);
  }
}
