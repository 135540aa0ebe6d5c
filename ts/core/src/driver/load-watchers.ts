/** Callers who wait for rack secrets, and what ends their wait. */

import type { AbortSignalLike } from "../base/abort-signal.ts";

/** How the collection of shares ended, or the wait for it. */
type LoadEnd = "ready" | "failed" | "cleared" | "stopped" | "aborted";

/** One caller's wait. The caller must cancel it, however it ended. */
interface LoadWatch {
  readonly end: Promise<LoadEnd>;
  readonly cancel: () => void;
}

/**
 * The callers of one driver that wait for a rack secret. All of them are woken when any collection of shares
 * ends, whatever its epoch, and look for themselves whether it was theirs.
 */
export class LoadWatchers {
  readonly #watchers = new Set<(end: LoadEnd) => void>();

  /** Whether nobody waits. */
  get empty(): boolean {
    return this.#watchers.size === 0;
  }

  /** Waits for the next {@link wake}, or for the signal. */
  watch(signal?: AbortSignalLike): LoadWatch {
    let wake: (end: LoadEnd) => void = () => undefined;
    const end = new Promise<LoadEnd>((resolve) => {
      wake = resolve;
    });
    const onAbort = (): void => wake("aborted");
    this.#watchers.add(wake);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted === true) onAbort();
    const cancel = (): void => {
      this.#watchers.delete(wake);
      signal?.removeEventListener("abort", onAbort);
    };
    return { end, cancel };
  }

  /** Ends every wait in this way. */
  wake(end: LoadEnd): void {
    for (const wake of [...this.#watchers]) wake(end);
  }
}
