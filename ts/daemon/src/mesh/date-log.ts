/**
 * Dates of certificates that keep sleds from each other, in the log at the default level: an operator who
 * reads the log of either end finds out. Connections are tried again every few seconds for as long as it
 * lasts, so each warning is logged once an hour.
 *
 * A stranger cannot cause one: dates are looked at only after a chain leads to a trusted authority.
 */
import type { MeshReason, CloseReason } from "./reasons.ts";
import { RateLimitedLog } from "./rate-limited-log.ts";
import type { MeshLog } from "./types.ts";

const INTERVAL_MS = 3_600_000;
const DATES: ReadonlySet<MeshReason> = new Set([
  "certificate_expired",
  "certificate_not_yet_valid",
]);

/** Warns of certificates whose dates are wrong. */
export class DateLog {
  readonly #log: RateLimitedLog;

  constructor(log: Pick<MeshLog, "warn" | "error">) {
    this.#log = new RateLimitedLog(log, { intervalMs: INTERVAL_MS });
  }

  /** This sled's own certificate; null where its dates are fine. */
  own(self: string, problem: string | null): void {
    if (problem === null) return;
    const text = "this sled's certificate has a wrong date: unlocked sleds refuse it";
    this.#log.warn(self, { problem }, text);
  }

  /** A connection that was refused or has ended, with a peer or an address. */
  refused(subject: string, { reason, problem }: CloseReason): void {
    if (!DATES.has(reason)) return;
    this.#log.warn(subject, { reason, problem }, "refused a certificate for its dates");
  }
}
