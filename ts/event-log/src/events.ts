/**
 * The events of a log. The events of a log that was read are kept as text: as objects they take several times
 * as much memory, and much of the time of reading would go to the garbage collector. An event is parsed when
 * it is requested; the events that were requested last are kept as objects.
 */
import type { LogEvent } from "./schema.ts";

/** The events of a log in their order. */
export interface LogEvents extends Iterable<LogEvent> {
  readonly length: number;
  /** The event at a position, from 0; undefined where there is none. It must not be changed. */
  get(position: number): LogEvent | undefined;
  /** The events from a position on and before another one. */
  slice(from: number, to?: number): LogEvent[];
}

/** Events that are objects already. */
export function listedEvents(events: readonly LogEvent[]): LogEvents {
  return {
    length: events.length,
    get: (position) => events[position],
    slice: (from, to) => events.slice(from, to),
    [Symbol.iterator]: () => events[Symbol.iterator](),
  };
}

/** The most events that are kept as objects, in two halves: when one is full, the older one is dropped. */
const KEPT_MAX = 32_768;

/** Events that are kept as text, and parsed on request. */
export class ReadEvents implements LogEvents {
  readonly #lines = new Lines();
  readonly #decoder = new TextDecoder();
  /** Parsed events by their positions: those requested since `#older` was replaced, and those from before. */
  #recent = new Map<number, LogEvent>();
  #older: ReadonlyMap<number, LogEvent> = new Map();

  /** Adds the line of an event, which was validated. Its bytes are kept, and must not be changed. */
  add(line: Uint8Array): void {
    this.#lines.add(line);
  }

  get length(): number {
    return this.#lines.length;
  }

  get(position: number): LogEvent | undefined {
    const known = this.#recent.get(position);
    if (known !== undefined) return known;
    const event = this.#older.get(position) ?? this.#parse(position);
    if (event !== undefined) this.#keep(position, event);
    return event;
  }

  slice(from: number, to = this.length): LogEvent[] {
    const events: LogEvent[] = [];
    for (let position = from; position < to; position++) {
      const event = this.get(position);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  *[Symbol.iterator](): Generator<LogEvent, void> {
    // To keep the events of a whole long log would only drop the others.
    const keeps = this.length <= KEPT_MAX / 2;
    for (let position = 0; position < this.length; position++) {
      const event = keeps ? this.get(position) : this.#parse(position);
      if (event !== undefined) yield event;
    }
  }

  #parse(position: number): LogEvent | undefined {
    const line = this.#lines.get(position);
    return line && (JSON.parse(this.#decoder.decode(line)) as LogEvent);
  }

  #keep(position: number, event: LogEvent): void {
    if (this.#recent.size >= KEPT_MAX / 2) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(position, event);
  }
}

/** Byte strings within a few buffers, without an object for each. */
class Lines {
  /** The buffers, and the number of the first line in each. */
  readonly #buffers: { readonly buffer: ArrayBufferLike; readonly first: number }[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  get length(): number {
    return this.#starts.length;
  }

  add({ buffer, byteOffset, byteLength }: Uint8Array): void {
    if (this.#buffers.at(-1)?.buffer !== buffer) {
      this.#buffers.push({ buffer, first: this.#starts.length });
    }
    this.#starts.push(byteOffset);
    this.#ends.push(byteOffset + byteLength);
  }

  get(number: number): Uint8Array | undefined {
    const [start, end] = [this.#starts[number], this.#ends[number]];
    if (start === undefined || end === undefined) return undefined;
    let [low, high] = [0, this.#buffers.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#buffers[middle]?.first ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    const { buffer } = this.#buffers[low] ?? {};
    return buffer && new Uint8Array(buffer, start, end - start);
  }
}
