/**
 * What happens on a sled, for those who watch: numbered, with the last ones kept for who comes back.
 *
 * Invariants: sequences count up by one from 1; at most {@link EVENTS_KEPT} of each class are held, so
 * that what a peer can cause without end never pushes out an alarm, a commit or a change of the lock.
 */
import type { StreamEvent, StreamEventKind } from "@trust-quorum/api/schemas/events";

/** How many events of one class are kept for clients that connect again. */
export const EVENTS_KEPT = 1024;

/** What a single peer can cause as often as it likes has a class of its own; the rest is one class. */
const CLASSES: Readonly<Partial<Record<StreamEventKind, string>>> = {
  refused: "refusals",
  peerConnected: "connections",
  peerDisconnected: "connections",
  networkConfig: "networkConfigs",
};

interface Ring {
  readonly events: StreamEvent[];
  published: number;
}

/** Must not throw. */
type Listener = (event: StreamEvent) => void;

/** Numbers the events of a sled and keeps the last ones of each class for clients that come back. */
export class EventHub {
  readonly #rings = new Map<string, Ring>();
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
    const ring = this.#ring(CLASSES[kind] ?? "others");
    ring.events[ring.published % EVENTS_KEPT] = event;
    ring.published += 1;
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** The kept events after a sequence, oldest first, and how many of them are gone. */
  since(sequence: number): { readonly events: readonly StreamEvent[]; readonly missed: number } {
    const events = [...this.#rings.values()]
      .flatMap((ring) => ring.events)
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

  #ring(name: string): Ring {
    const ring = this.#rings.get(name) ?? { events: [], published: 0 };
    this.#rings.set(name, ring);
    return ring;
  }
}
