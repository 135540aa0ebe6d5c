/**
 * Has both replicas of the ledger read again, now and then and on demand; counts what that came to, and
 * keeps an alarm for what it found.
 *
 * Invariants: one scrub at a time, whoever asks; an alarm for each folder at most, and one for both. Once
 * the disks hold something else than was saved there is no further scrub, and the sled is told to stop.
 */
import { ALARM_TEXTS } from "@trust-quorum/api/schemas/node";
import type { AlarmJson, AlarmKind } from "@trust-quorum/api/schemas/node";
import type { ScrubStatus, VerifyAnswer } from "@trust-quorum/api/schemas/verify";
import { isDaemonError } from "@trust-quorum/sled-host/errors";
import type { ReplicaScrub, ScrubReport } from "@trust-quorum/sled-host/store/types";

const MINUTE_MS = 60_000;

/** What a scrubber takes from its sled. */
export interface ScrubberHost {
  readonly scrub: () => Promise<ScrubReport>;
  /** How often, in minutes; 0: only on demand. */
  readonly everyMinutes: number;
  /** Told of each alarm, and again where it comes up again. */
  readonly onAlarm: (alarm: AlarmJson) => void;
  readonly onReport: (answer: VerifyAnswer) => void;
  /** Told of a scrub that nobody waits for and that failed. */
  readonly onFailed: (error: unknown) => void;
  /** The disks hold something else than was saved. */
  readonly onDiverged: () => void;
}

/** The scrubs of one sled. */
export class Scrubber {
  readonly #host: ScrubberHost;
  readonly #alarms = new Map<string, AlarmJson>();
  readonly #counts = { sound: 0, mended: 0, damaged: 0, diverged: 0, failed: 0 };
  readonly #timer: ReturnType<typeof setInterval> | null = null;
  /** Of each replica: how often something was wrong with it. */
  readonly #faults = new Map<string, number>();
  #last: ScrubStatus["last"] = null;
  #running: Promise<VerifyAnswer> | null = null;

  constructor(host: ScrubberHost) {
    this.#host = host;
    if (host.everyMinutes === 0) return;
    this.#timer = setInterval(() => {
      void this.run().catch(host.onFailed);
    }, host.everyMinutes * MINUTE_MS);
    this.#timer.unref();
  }

  /**
   * Reads both replicas again; who asks while that is done gets the same answer.
   *
   * @throws DaemonError `ERR_TQD_STORE_CLOSED`, `ERR_TQD_STORE_DIVERGED`
   */
  run(): Promise<VerifyAnswer> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  get alarms(): readonly AlarmJson[] {
    return [...this.#alarms.values()];
  }

  /** How often something was wrong with each replica, by its folder. */
  get faults(): ReadonlyMap<string, number> {
    return this.#faults;
  }

  status(): ScrubStatus {
    const { everyMinutes } = this.#host;
    return { everyMinutes, last: this.#last, counts: { ...this.#counts } };
  }

  async #run(): Promise<VerifyAnswer> {
    const started = performance.now();
    let report: ScrubReport;
    try {
      report = await this.#host.scrub();
    } catch (error) {
      this.#counts.failed += 1;
      if (isDaemonError(error, "ERR_TQD_STORE_DIVERGED")) this.stop();
      throw error;
    }
    const { outcome, generation, bytes, replicas } = report;
    const at = new Date().toISOString();
    const seconds = (performance.now() - started) / 1000;
    this.#counts[outcome] += 1;
    this.#last = { at, seconds, outcome };
    for (const replica of replicas) this.#note(replica, at);
    if (outcome === "diverged") {
      this.stop();
      const folders = replicas.map(({ folder }) => folder);
      this.#raise("ledgerDiverged", "", { folders, generation, at });
    }
    const answer: VerifyAnswer = {
      outcome,
      at,
      seconds,
      generation,
      bytes,
      replicas: replicas.map(({ folder, outcome, problem, keptAside }) => ({
        folder,
        outcome,
        problem,
        keptAside: [...keptAside],
      })),
    };
    this.#host.onReport(answer);
    if (outcome === "diverged") this.#host.onDiverged();
    return answer;
  }

  #note({ folder, outcome, problem, keptAside }: ReplicaScrub, at: string): void {
    if (!this.#faults.has(folder)) this.#faults.set(folder, 0);
    if (outcome === "sound" || outcome === "unused") return;
    const times = (this.#faults.get(folder) ?? 0) + 1;
    this.#faults.set(folder, times);
    const mended = outcome === "mended";
    this.#raise("replicaDamaged", folder, { folder, problem, mended, keptAside, times, at });
  }

  #raise(kind: AlarmKind, key: string, details: Record<string, unknown>): void {
    const alarm: AlarmJson = { kind, text: ALARM_TEXTS[kind], details };
    this.#alarms.set(`${kind} ${key}`, alarm);
    this.#host.onAlarm(alarm);
  }
}
