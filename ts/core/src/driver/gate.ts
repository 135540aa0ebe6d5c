/** Waiting until a generation is durable. */

interface Waiting {
  readonly generation: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Promises that resolve once a generation is durable. They are not queued in the order of their generations:
 * a call that is made within a callback starts to wait before the call that led to the callback.
 */
export class DurabilityGate {
  #waiting: Waiting[] = [];

  /** Resolves once {@link open} was called for this generation or a later one. */
  wait(generation: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ generation, resolve, reject });
    });
  }

  /** Resolves what waits for this generation or an earlier one. */
  open(persisted: number): void {
    const open = this.#waiting.filter(({ generation }) => generation <= persisted);
    if (open.length === 0) return;
    this.#waiting = this.#waiting.filter(({ generation }) => generation > persisted);
    for (const { resolve } of open) resolve();
  }

  /** Rejects all that waits: nothing more will become durable. */
  close(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
