/**
 * The outputs of a node, held back until the state that they depend on is durable.
 *
 * Invariants: every output carries the generation that was current when it was made, and leaves the
 * queue in order, only once that generation is saved. At most one save is in flight; changes made
 * meanwhile share the next one.
 */
import { TrustQuorumError } from "../base/errors.ts";
import type { BaseboardId, Epoch } from "../base/id-types.ts";
import type { Alarm } from "./alarms.ts";
import type { Refusal } from "./diagnostics.ts";
import { wipeMessage } from "./messages.ts";
import type { Envelope } from "./messages.ts";
import type { PersistentState } from "./persistent-state.ts";

/**
 * The most outputs that wait for a save. Beyond it messages and refusals are dropped and counted:
 * peers ask again, and a slow disk must not let a flood of messages fill the memory.
 */
export const OUTPUTS_MAX = 4096;

/** What the node reports to its host. */
export type NodeEvent =
  | { readonly kind: "committed"; readonly epoch: Epoch }
  | { readonly kind: "rackSecretsReady"; readonly epoch: Epoch }
  | { readonly kind: "expunged"; readonly epoch: Epoch; readonly from: BaseboardId }
  | { readonly kind: "alarm"; readonly alarm: Alarm }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Make this state durable, then call `persisted(generation)`; if that fails, stop the node. */
export interface PersistOutput {
  readonly kind: "persist";
  readonly generation: number;
  readonly state: PersistentState;
}

/** What `poll()` hands out. */
export type Output =
  | PersistOutput
  | { readonly kind: "send"; readonly envelope: Envelope }
  | { readonly kind: "event"; readonly event: NodeEvent };

type Queued = Exclude<Output, PersistOutput>;

/**
 * A first-in, first-out queue of messages and events, each tagged with the generation of the state at
 * the time it was pushed. `poll()` returns an output only when that generation is saved; before that it
 * returns a `persist` output once per save. So a message can never tell of a change that a crash undoes.
 */
export class OutputQueue {
  #queue: { readonly generation: number; readonly output: Queued }[] = [];
  #head = 0;
  #generation: number;
  #persisted: number;
  #saving: number | null = null;
  #closed = false;

  constructor(generation: number) {
    this.#generation = generation;
    this.#persisted = generation;
  }

  /** The generation of the latest change. */
  get generation(): number {
    return this.#generation;
  }

  /** The latest generation that is known to be durable. */
  get persistedGeneration(): number {
    return this.#persisted;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether droppable outputs no longer fit. */
  get full(): boolean {
    return this.#queue.length - this.#head >= OUTPUTS_MAX;
  }

  /** Opens a new generation: everything pushed from now on waits for it. */
  open(): void {
    this.#generation += 1;
  }

  /** Appends an output, which waits for the current generation. */
  push(output: Queued): void {
    this.#queue.push({ generation: this.#generation, output });
  }

  /** The next output that may leave, if any. */
  poll(state: PersistentState): Output | undefined {
    if (this.#closed) return undefined;
    const next = this.#queue[this.#head];
    if (next !== undefined && next.generation <= this.#persisted) {
      this.#advance();
      return next.output;
    }
    if (this.#saving === null && this.#generation > this.#persisted) {
      this.#saving = this.#generation;
      return { kind: "persist", generation: this.#generation, state };
    }
    return undefined;
  }

  /**
   * Records that the generation of the last `persist` output is durable, which releases what waits for it.
   *
   * @throws TrustQuorumError `ERR_TQ_INVALID_GENERATION` for any other one
   */
  persisted(generation: number): void {
    if (this.#saving === null || generation !== this.#saving) {
      const expected = this.#saving ?? this.#persisted;
      throw new TrustQuorumError("ERR_TQ_INVALID_GENERATION", { generation, expected });
    }
    this.#persisted = generation;
    this.#saving = null;
  }

  /**
   * Discards all waiting outputs and zeroes the shares in them. `poll()` returns nothing from now on: a
   * state whose shares are zeroed must never be saved.
   */
  close(): void {
    this.#closed = true;
    for (const { output } of this.#queue.slice(this.#head)) {
      if (output.kind === "send") wipeMessage(output.envelope.message);
    }
    this.#queue = [];
    this.#head = 0;
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head < this.#queue.length) {
      // Shift in batches: an array that is shifted one by one costs its length each time.
      if (this.#head < 1024) return;
      this.#queue = this.#queue.slice(this.#head);
    } else {
      this.#queue = [];
    }
    this.#head = 0;
  }
}
