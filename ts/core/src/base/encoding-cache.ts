/**
 * A cache of the encodings of public, immutable objects: the same configuration is sent to every member, and
 * written to the ledger with every save.
 *
 * A node keeps all of its rack's configurations, and must not keep an encoding of each as well: the cache is
 * bounded in bytes and evicts the oldest encoding first. An encoding that was evicted is computed again when
 * it is needed. Never give it secrets.
 */
export class EncodingCache<K extends object> {
  readonly #encodings = new Map<K, Uint8Array>();
  readonly #bytesMax: number;
  #bytes = 0;

  /** An encoding longer than `bytesMax` is never kept. */
  constructor(options: { bytesMax: number }) {
    this.#bytesMax = options.bytesMax;
  }

  /** How many bytes are cached, at most `bytesMax`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The encoding of `key`, computed with `encode` unless it is cached. */
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
