/** The caches give back what was put in for exactly these bytes, or nothing, and never grow. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BytesCache, RecentItems } from "../../src/wire/bytes-cache.ts";

const key = fc.uint8Array({ minLength: 1, maxLength: 6, max: 3 });

describe("a cache by bytes", () => {
  test("never takes one key for another, however full it is", () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 40 }), key, (keys, asked) => {
        const cache = new BytesCache<string>({ slots: 4, keyBytesMax: 5 });
        for (const bytes of keys) cache.remember(bytes, 0, bytes.length, String(bytes));
        const found = cache.lookup(Uint8Array.from([9, ...asked, 9]), 1, 1 + asked.length);
        expect([undefined, String(asked)]).toContain(found);
        const last = keys.at(-1);
        if (last === undefined) return;
        expect(cache.lookup(last, 0, last.length)).toBe(last.length > 5 ? undefined : String(last));
      }),
    );
  });

  test("tells keys apart that differ only far from their end", () => {
    const cache = new BytesCache<number>({ slots: 4, keyBytesMax: 100 });
    const [a, b] = [new Uint8Array(50).fill(1), new Uint8Array(50).fill(1)];
    b[0] = 2;
    cache.remember(a, 0, 50, 1);
    expect(cache.lookup(b, 0, 50)).toBeUndefined();
    expect(cache.lookup(a, 0, 50)).toBe(1);
  });

  test("keeps a copy of its keys", () => {
    const cache = new BytesCache<number>({ slots: 4, keyBytesMax: 100 });
    const bytes = Uint8Array.of(1, 2, 3);
    cache.remember(bytes, 0, 3, 7);
    bytes[0] = 9;
    expect(cache.lookup(Uint8Array.of(1, 2, 3), 0, 3)).toBe(7);
  });
});

describe("the recent items", () => {
  test("are the last few, each matched in full wherever it starts", () => {
    const recent = new RecentItems<string>({ entries: 2, keyBytesMax: 4 });
    const remember = (...bytes: number[]): void => {
      recent.remember(Uint8Array.from(bytes), 0, bytes.length, String(bytes));
    };
    const match = (...bytes: number[]): string | undefined =>
      recent.match(Uint8Array.from([0, ...bytes]), 1)?.value;

    remember(1, 2, 3);
    remember(4, 5);
    expect(match(1, 2, 3, 4)).toBe("1,2,3");
    expect(match(1, 2)).toBeUndefined();
    expect(match(1, 2, 4)).toBeUndefined();
    expect(match(4, 5)).toBe("4,5");

    remember(6);
    expect(match(1, 2, 3)).toBeUndefined();
    expect(match(4, 5)).toBe("4,5");
    remember(7, 7, 7, 7, 7);
    expect(match(7, 7, 7, 7, 7)).toBeUndefined();
    expect(match(6)).toBe("6");
  });

  test.each([255, 256, 257, 258, 259, 1021])("of %i bytes differ by any one of them", (length) => {
    const recent = new RecentItems<string>({ entries: 2, keyBytesMax: 2000 });
    const bytes = Uint8Array.from({ length: length + 3 }, (_, i) => i);
    recent.remember(bytes, 3, bytes.length, "it");
    expect(recent.match(bytes, 3)?.value).toBe("it");
    expect(recent.match(bytes.subarray(1), 2)?.value).toBe("it");
    expect(recent.match(bytes.subarray(0, -1), 3)).toBeUndefined();
    for (let i = 3; i < bytes.length; i++) {
      const other = bytes.slice();
      other[i] = (other[i] ?? 0) ^ 0x80;
      expect(recent.match(other, 3)).toBeUndefined();
    }
    expect(recent.match(bytes, 3)?.value).toBe("it");
  });
});
