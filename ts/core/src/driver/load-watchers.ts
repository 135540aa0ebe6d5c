/** Callers who wait for rack secrets, and what ends their wait. */

import type { AbortSignalLike } from "../base/abort-signal.ts";

/** How the collection of shares ended, or the wait for it. */
type LoadEnd = "ready" | "failed" | "cleared" | "stopped" | "aborted";

/** A wait that somebody must cancel, whatever became of it. */
interface LoadWatch {
  readonly end: Promise<LoadEnd>;
  readonly cancel: () => void;
}

/**
 * The callers of one driver who wait; each takes every end of a collection, also of another
 * epoch's.
 */
export class LoadWatchers {
  readonly #watchers = new Set<(end: LoadEnd) => void>();

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

  wake(end: LoadEnd): void {
    for (const wake of [...this.#watchers]) wake(end);
  }
}
