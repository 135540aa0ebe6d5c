import { describe, expect, it } from "vitest";
import { EncodingCache } from "../../src/base/encoding-cache.ts";

/** A key whose encoding has so many bytes and counts how often it was made. */
class Counted {
  made = 0;
  readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  readonly encode = (): Uint8Array => {
    this.made++;
    return new Uint8Array(this.length).fill(this.length);
  };
}

function used(cache: EncodingCache<Counted>, keys: readonly Counted[]): void {
  for (const key of keys) {
    expect(cache.encodingOf(key, key.encode)).toEqual(new Uint8Array(key.length).fill(key.length));
  }
}

describe("encodings that are kept", () => {
  it("are made once as long as all fit, up to the last byte", () => {
    const cache = new EncodingCache<Counted>({ bytesMax: 60 });
    const keys = [10, 20, 30].map((length) => new Counted(length));
    for (let round = 0; round < 3; round++) used(cache, keys);
    expect(keys.map(({ made }) => made)).toEqual([1, 1, 1]);
    expect(cache.bytes).toBe(60);
  });

  it("never have more bytes than allowed, and the oldest go first", () => {
    const cache = new EncodingCache<Counted>({ bytesMax: 60 });
    const [first, second, third, fourth] = [10, 20, 30, 25].map((length) => new Counted(length));
    if (!first || !second || !third || !fourth) throw new Error("four keys");
    used(cache, [first, second, third, fourth]);
    expect(cache.bytes).toBe(55);
    used(cache, [third, fourth]);
    expect([third.made, fourth.made]).toEqual([1, 1]);
    used(cache, [second]);
    expect(second.made).toBe(2);
    expect(cache.bytes).toBe(45);
  });

  it("do not have one among them that is too long, which pushes no other out", () => {
    const cache = new EncodingCache<Counted>({ bytesMax: 60 });
    const [short, long] = [new Counted(60), new Counted(61)];
    used(cache, [short, long, long, short]);
    expect([short.made, long.made]).toEqual([1, 2]);
    expect(cache.bytes).toBe(60);
  });
});
