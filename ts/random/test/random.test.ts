/** The streams are the ones that recorded seeds rest on, and are fair enough for tests. */
import { describe, expect, it } from "vitest";
import { Random } from "@trust-quorum/random";

describe("a stream", () => {
  it("yields what it has always yielded: recorded seeds rest on it", () => {
    const random = new Random(7, "faults");
    const first = Array.from({ length: 4 }, () => random.next());
    expect(first).toEqual([2264949211, 3664553475, 4264756442, 3987077798]);
    expect(random.below(1000)).toBe(100);
    expect(random.shuffled([1, 2, 3, 4, 5, 6])).toEqual([2, 3, 5, 4, 1, 6]);
    expect([...random.bytes(6)]).toEqual([191, 195, 170, 196, 48, 20]);
    const large = new Random(2 ** 33 + 5);
    expect([large.next(), large.next()]).toEqual([3098661026, 2858688536]);
  });

  it("differs by seed, by the seed's upper bits and by name", () => {
    const seeds = [1, 2, 2 ** 32 + 1].map((seed) => new Random(seed, "a").next());
    const firsts = [...seeds, new Random(1, "b").next(), new Random(1).next()];
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it("stays within its limits and reaches all of them", () => {
    const random = new Random(1);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < 6000; i++) {
      const drawn = random.below(6);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    expect(counts).toHaveLength(6);
    expect(Math.min(...counts)).toBeGreaterThan(800);
    const yes = Array.from({ length: 4000 }, () => random.chance(0.25)).filter(Boolean).length;
    expect(yes).toBeGreaterThan(850);
    expect(yes).toBeLessThan(1150);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });

  it("picks every item, shuffles a copy, and refuses an empty list", () => {
    const random = new Random(3);
    const list = ["a", "b", "c"] as const;
    expect(new Set(Array.from({ length: 60 }, () => random.pick(list)))).toEqual(new Set(list));
    expect(random.shuffled(list).sort()).toEqual([...list]);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
