/**
 * Repeatable random numbers for simulations, fuzzing and tests: sfc32 by Chris Doty-Humphrey
 * (PractRand), seeded through splitmix32 with a seed and the name of a stream. Small, fast, and the
 * same on every machine and in browsers. **Not for cryptography**: whoever sees a few numbers can
 * compute the others. No package that runs on a rack depends on this one.
 */

const TWO_TO_32 = 0x1_0000_0000;

/**
 * A stream of numbers that follows from its seed alone. Streams of one seed with different names are
 * independent: one more draw in one of them does not change what another one yields.
 *
 * @example
 * import { Random } from "@trust-quorum/random";
 *
 * const random = new Random(7, "faults");
 * [random.below(6), random.below(6), random.below(6)]; // => [3, 5, 5]
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed a safe integer */
  constructor(seed: number, stream = "") {
    let state = hash(stream) ^ (seed >>> 0) ^ Math.imul(Math.floor(seed / TWO_TO_32), 0x9e3779b1);
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    for (let i = 0; i < 12; i++) this.next();
  }

  /** An integer from 0 to 2^32 − 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 to `limit` − 1; `limit` is from 1 to 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / TWO_TO_32) * limit);
  }

  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean {
    return this.next() < probability * TWO_TO_32;
  }

  /**
   * One item of a list.
   *
   * @throws RangeError where the list is empty
   */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError("there is nothing to choose from");
    return found;
  }

  /** The items of a list in a random order, as a new list (Fisher–Yates). */
  shuffled<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const [one, other] = [copy[i] as T, copy[j] as T];
      copy[i] = other;
      copy[j] = one;
    }
    return copy;
  }

  /** Fills an array with random bytes and returns it. */
  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.next() >>> 24;
    return bytes;
  }

  /** A new array of random bytes. */
  bytes(length: number): Uint8Array {
    return this.fill(new Uint8Array(length));
  }
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
