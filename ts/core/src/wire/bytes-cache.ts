/**
 * Two small caches of values by the public bytes that they were decoded from. A configuration of 32 members
 * contains the same sled ids as the one before, and arrives in a `Prepare` and in every `CommitAdvance`;
 * without a cache, making strings of ids and hex is most of the work of decoding.
 *
 * Both are bounded in entries and in bytes. A peer that fills them makes decoding slower and has no other
 * effect. Never give them secrets.
 */

interface Entry<T> {
  readonly bytes: Uint8Array;
  readonly value: T;
}

/** From this length on, bytes are compared four at a time; for shorter ones the set-up costs more than it saves. */
const WORDWISE_BYTES_MIN = 256;

/** A direct-mapped cache of values by their bytes, whose end is known: values in the same slot evict each other. */
export class BytesCache<T> {
  readonly #slots: (Entry<T> | undefined)[];
  readonly #keyBytesMax: number;

  /** `slots` is a power of two; a key longer than `keyBytesMax` is never cached. */
  constructor(options: { slots: number; keyBytesMax: number }) {
    this.#slots = new Array<undefined>(options.slots).fill(undefined);
    this.#keyBytesMax = options.keyBytesMax;
  }

  /** The cached value of `bytes[start, end)`, if there is one. */
  lookup(bytes: Uint8Array, start: number, end: number): T | undefined {
    const slot = this.#slots[this.#slotOf(bytes, start, end)];
    if (slot === undefined || slot.bytes.length !== end - start) return undefined;
    return startsWith(bytes, start, slot.bytes) ? slot.value : undefined;
  }

  /** Remembers what `bytes[start, end)` decodes to. */
  remember(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > this.#keyBytesMax) return;
    this.#slots[this.#slotOf(bytes, start, end)] = { bytes: bytes.slice(start, end), value };
  }

  /** FNV-1a over the last bytes, where serial numbers differ, folded onto the slots. */
  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = Math.max(start, end - 16); i < end; i++) {
      hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & (this.#slots.length - 1);
  }
}

/** The last few values by their bytes, whose end is not known: a value matches if its bytes are next. */
export class RecentItems<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #options: { readonly entries: number; readonly keyBytesMax: number };
  #oldest = 0;
  /** The last match, which is tried first: a coordinator sends the same configuration to all. */
  #latest: Entry<T> | undefined;

  constructor(options: { entries: number; keyBytesMax: number }) {
    this.#options = options;
  }

  /** The cached value whose bytes are next at `start`, if there is one. */
  match(bytes: Uint8Array, start: number): Entry<T> | undefined {
    if (this.#latest !== undefined && startsWith(bytes, start, this.#latest.bytes)) {
      return this.#latest;
    }
    this.#latest = this.#entries.find((entry) => startsWith(bytes, start, entry.bytes));
    return this.#latest;
  }

  /** Remembers what `bytes[start, end)` decodes to. */
  remember(bytes: Uint8Array, start: number, end: number, value: T): void {
    if (end - start > this.#options.keyBytesMax) return;
    this.#latest = { bytes: bytes.slice(start, end), value };
    this.#entries[this.#oldest] = this.#latest;
    this.#oldest = (this.#oldest + 1) % this.#options.entries;
  }
}

function startsWith(bytes: Uint8Array, start: number, item: Uint8Array): boolean {
  if (item.length > bytes.length - start) return false;
  let at = 0;
  if (item.length >= WORDWISE_BYTES_MIN) {
    const [one, other] = [viewOf(item, 0), viewOf(bytes, start)];
    for (; at <= item.length - 4; at += 4) {
      if (one.getInt32(at) !== other.getInt32(at)) return false;
    }
  }
  for (; at < item.length; at++) if (item[at] !== bytes[start + at]) return false;
  return true;
}

function viewOf(bytes: Uint8Array, start: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + start);
}
