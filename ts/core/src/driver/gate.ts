/**
 * Callers who wait until a generation is durable. They do not come in the order of their generations:
 * a call made from a callback waits before the call that the callback belongs to.
 */

interface Waiting {
  readonly generation: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class DurabilityGate {
  #waiting: Waiting[] = [];

  /** Resolves once {@link open} was called for this generation or a later one. */
  wait(generation: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ generation, resolve, reject });
    });
  }

  /** Everything up to this generation is durable. */
  open(persisted: number): void {
    const open = this.#waiting.filter(({ generation }) => generation <= persisted);
    if (open.length === 0) return;
    this.#waiting = this.#waiting.filter(({ generation }) => generation > persisted);
    for (const { resolve } of open) resolve();
  }

  /** Nothing more will become durable. */
  close(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
