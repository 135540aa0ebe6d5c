/**
 * Encodings of public objects that never change: the same configuration goes to every member, and
 * into the ledger with every save.
 *
 * A node keeps all configurations there ever were, and must not keep an encoding of each as well: what
 * is kept is bounded in bytes, and the oldest goes first. Where all of them no longer fit, each is made
 * anew when it is needed, which costs time and nothing else. Never give it secrets.
 */
export class EncodingCache<K extends object> {
  readonly #encodings = new Map<K, Uint8Array>();
  readonly #bytesMax: number;
  #bytes = 0;

  /** An encoding longer than `bytesMax` is never kept. */
  constructor(options: { bytesMax: number }) {
    this.#bytesMax = options.bytesMax;
  }

  /** How many bytes are kept, at most `bytesMax`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The encoding of `key`, which is made with `encode` unless it is still known. */
  encodingOf(key: K, encode: () => Uint8Array): Uint8Array {
    const known = this.#encodings.get(key);
    if (known !== undefined) return known;
    const made = encode();
    if (made.length > this.#bytesMax) return made;
    this.#encodings.set(key, made);
    this.#bytes += made.length;
    for (const [oldest, { length }] of this.#encodings) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#encodings.delete(oldest);
      this.#bytes -= length;
    }
    return made;
  }
}
