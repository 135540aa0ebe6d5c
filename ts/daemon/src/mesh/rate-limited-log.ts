/**
 * Warnings that a peer can cause as often as it likes: of each subject (a peer, an address) and text the
 * first one is logged, and then one per interval that says how many were held back. Every one is counted elsewhere.
 *
 * Invariant: at most {@link KEYS_MAX} pairs of subject and text are remembered, the latest ones.
 */
import type { MeshLog } from "./types.ts";

/** How often one subject's warning of one kind is logged, in milliseconds, where nothing else is said. */
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
  readonly #intervalMs: number;
  readonly #held = new Map<string, Held>();

  /** @param options.now a clock that never goes back, in milliseconds */
  constructor(
    log: Pick<MeshLog, "warn" | "error">,
    options: { readonly now?: () => number; readonly intervalMs?: number } = {},
  ) {
    this.#log = log;
    this.#now = options.now ?? (() => performance.now());
    this.#intervalMs = options.intervalMs ?? INTERVAL_MS;
  }

  warn(subject: string, details: object, text: string): void {
    this.#rateLimited("warn", { subject, details, text });
  }

  error(subject: string, details: object, text: string): void {
    this.#rateLimited("error", { subject, details, text });
  }

  #rateLimited(
    level: "warn" | "error",
    { subject, details, text }: { subject: string; details: object; text: string },
  ): void {
    const key = `${subject} ${text}`;
    const now = this.#now();
    const held = this.#held.get(key);
    if (held !== undefined && now - held.since < this.#intervalMs) {
      held.count += 1;
      return;
    }
    // Taken out first, so that what is oldest in the map is what was logged longest ago.
    this.#held.delete(key);
    this.#held.set(key, { since: now, count: 0 });
    const [oldest] = this.#held.keys();
    if (this.#held.size > KEYS_MAX && oldest !== undefined) this.#held.delete(oldest);
    const heldBack = held?.count ?? 0;
    this.#log[level]({ peer: subject, ...details, ...(heldBack > 0 && { heldBack }) }, text);
  }
}
