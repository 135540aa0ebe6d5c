/**
 * What happens on a sled, for those who watch: numbered, with the last ones kept for who comes back.
 *
 * Invariants: sequences count up by one from 1; at most {@link EVENTS_KEPT} are held.
 */
import type { StreamEvent, StreamEventKind } from "../api/schemas.ts";

/** How many events are kept for clients that connect again. */
export const EVENTS_KEPT = 1024;

/** Must not throw. */
type Listener = (event: StreamEvent) => void;

/** See the head of this file. */
export class EventHub {
  readonly #ring: StreamEvent[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #now: () => number;
  #sequence = 0;

  /** Tells this run of the daemon from others: sequences begin anew with each. */
  readonly run: string;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.run = now().toString(36);
  }

  /** The sequence of the latest event; 0 before the first one. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Publishes an event; `data` must hold nothing secret. */
  publish(kind: StreamEventKind, data: Readonly<Record<string, unknown>> = {}): void {
    this.#sequence += 1;
    const at = new Date(this.#now()).toISOString();
    const event: StreamEvent = { ...data, sequence: this.#sequence, at, kind };
    this.#ring[(this.#sequence - 1) % EVENTS_KEPT] = event;
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** The kept events after a sequence, oldest first, and how many of them are gone. */
  since(sequence: number): { readonly events: readonly StreamEvent[]; readonly missed: number } {
    const events = this.#ring
      .filter((event) => event.sequence > sequence)
      .sort((a, b) => a.sequence - b.sequence);
    const wanted = Math.max(0, this.#sequence - sequence);
    return { events, missed: wanted - events.length };
  }

  /** Tells a listener of every event from now on, until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
