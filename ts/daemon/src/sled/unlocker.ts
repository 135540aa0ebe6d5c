/**
 * Unlocks the sled by itself: whenever there is a committed configuration whose rack secret is not
 * loaded, it loads it, again and again until it succeeds, a newer one is committed, the secrets are
 * cleared by an operator, or the daemon stops.
 *
 * Invariants: at most one attempt runs, for the latest committed epoch; a commit of a newer epoch ends
 * an attempt for an older one, as its members answer with the newer configuration instead of shares.
 * The node keeps the loaded secrets until they are cleared or it stops; no handle is kept here.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TrustQuorumError } from "trust-quorum";
import type { Epoch, RackSecret } from "trust-quorum";
import { DaemonError } from "@trust-quorum/sled-host/errors";

/** What the unlocker needs of the node and its driver. */
export interface SecretSource {
  /** The latest committed epoch, or null. */
  readonly latestCommitted: () => Epoch | null;
  /** The epochs whose secrets are loaded. */
  readonly loaded: () => readonly Epoch[];
  readonly waitForRackSecret: (
    epoch: number,
    options: { readonly signal: AbortSignal },
  ) => Promise<RackSecret>;
  readonly clearSecrets: () => void;
}

/** How an {@link Unlocker} works, and whom it tells. */
export interface UnlockerOptions {
  readonly source: SecretSource;
  readonly automatic: boolean;
  readonly retryMs: number;
  readonly onUnlocked: (unlocked: { readonly epoch: Epoch; readonly seconds: number }) => void;
  readonly onFailed: (error: unknown) => void;
  /** Something of {@link Unlocker.state} has changed. */
  readonly onChange: () => void;
}

/** What an operator sees of the unlocker. */
export interface UnlockerState {
  /** Whether it goes on by itself. */
  readonly automatic: boolean;
  /** Whether an operator cleared the secrets, and nobody asked for them since. */
  readonly cleared: boolean;
  readonly failure: unknown;
  readonly unlockedAt: Date | null;
  readonly unlockSeconds: number | null;
  /** When the running attempt began, or null. */
  readonly attemptSince: Date | null;
}

/** Loads the rack secret of the latest committed configuration, again and again until it is loaded. */
export class Unlocker {
  readonly #options: UnlockerOptions;
  readonly #stop = new AbortController();
  #automatic: boolean;
  #cleared = false;
  #failure: unknown = null;
  #unlocked: { at: Date; seconds: number } | null = null;
  #attempt: { epoch: Epoch; since: Date; abort: AbortController } | null = null;
  #running: Promise<void> | null = null;
  readonly #waiters = new Set<() => void>();

  constructor(options: UnlockerOptions) {
    this.#options = options;
    this.#automatic = options.automatic;
  }

  get state(): UnlockerState {
    return {
      automatic: this.#automatic,
      cleared: this.#cleared,
      failure: this.#failure,
      unlockedAt: this.#unlocked?.at ?? null,
      unlockSeconds: this.#unlocked?.seconds ?? null,
      attemptSince: this.#attempt?.since ?? null,
    };
  }

  /** Whether the secret of the latest committed epoch is loaded. */
  get unlocked(): boolean {
    const { source } = this.#options;
    const epoch = source.latestCommitted();
    return epoch !== null && source.loaded().includes(epoch);
  }

  /** Call it after the start and whenever a configuration was committed. */
  wake(): void {
    const epoch = this.#options.source.latestCommitted();
    if (this.#attempt !== null && this.#attempt.epoch !== epoch) this.#attempt.abort.abort();
    if (!this.#automatic || this.#stop.signal.aborted) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // What was committed between the last look and now is not forgotten.
      if (this.#wanted() !== null) this.wake();
    });
  }

  /**
   * Unlocks, also where it was not to do so by itself, and waits for it.
   *
   * @param timeoutMs 0: only starts
   * @throws DaemonError `ERR_TQD_UNLOCK_TIMEOUT`, `ERR_TQD_STOPPING`
   * @throws TrustQuorumError `ERR_TQ_NO_COMMITTED_CONFIGURATIONS`
   */
  async unlock(timeoutMs: number): Promise<void> {
    this.#checkRunning();
    if (this.#options.source.latestCommitted() === null) {
      throw new TrustQuorumError("ERR_TQ_NO_COMMITTED_CONFIGURATIONS", {});
    }
    this.#automatic = true;
    this.#cleared = false;
    this.wake();
    this.#options.onChange();
    if (timeoutMs === 0) return;
    const timeout = AbortSignal.timeout(timeoutMs);
    while (!this.unlocked) {
      if (isAborted(timeout)) throw new DaemonError("ERR_TQD_UNLOCK_TIMEOUT", { timeoutMs });
      await this.#change(timeout);
      this.#checkRunning();
    }
  }

  /** Forgets all secrets, and does not load them again until {@link unlock}. */
  clear(): void {
    this.#automatic = false;
    this.#cleared = true;
    this.#failure = null;
    this.#unlocked = null;
    this.#attempt?.abort.abort();
    this.#options.source.clearSecrets();
    this.#changed();
  }

  /** Ends everything that runs or waits here. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#attempt?.abort.abort();
    this.#changed();
    await this.#running;
  }

  #checkRunning(): void {
    if (this.#stop.signal.aborted) throw new DaemonError("ERR_TQD_STOPPING", {});
  }

  /** The epoch that an attempt should run for, or null. */
  #wanted(): Epoch | null {
    if (!this.#automatic || this.#stop.signal.aborted || this.unlocked) return null;
    return this.#options.source.latestCommitted();
  }

  async #run(): Promise<void> {
    for (let epoch; (epoch = this.#wanted()) !== null;) {
      const failed = await this.#try(epoch);
      if (!failed) continue;
      const { signal } = this.#stop;
      await sleep(this.#options.retryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One attempt; true where it failed for a reason of its own. */
  async #try(epoch: Epoch): Promise<boolean> {
    const abort = new AbortController();
    const since = new Date();
    const started = performance.now();
    this.#attempt = { epoch, since, abort };
    this.#changed();
    try {
      const secret = await this.#options.source.waitForRackSecret(epoch, { signal: abort.signal });
      secret.dispose();
      const seconds = (performance.now() - started) / 1000;
      this.#failure = null;
      this.#unlocked = { at: new Date(), seconds };
      this.#options.onUnlocked({ epoch, seconds });
      return false;
    } catch (error) {
      if (abort.signal.aborted) return false;
      this.#failure = error;
      this.#options.onFailed(error);
      return true;
    } finally {
      this.#attempt = null;
      this.#changed();
    }
  }

  #changed(): void {
    for (const waiter of [...this.#waiters]) waiter();
    this.#options.onChange();
  }

  /** Resolves at the next change, or when the signal says so. */
  #change(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiters.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiters.add(done);
      signal.addEventListener("abort", done);
    });
  }
}

/** A function, since the compiler takes a property to stay what it was before something was awaited. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
