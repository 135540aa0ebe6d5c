import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { measure, repeated, repeatedAsync, selfTimed } from "../src/measure.ts";
import type { Subject } from "../src/measure.ts";

const PLAN = { rounds: 4, sampleMs: 1, warmUpMs: 9, subjectMsMax: 1000, roundsMin: 2 };

describe("measuring", () => {
  test("takes the subjects in turn, each round beginning with another one", async () => {
    const log: string[] = [];
    const subjects = ["a", "b", "c"].map((name): Subject => ({
      name,
      side: "npm",
      sample: (milliseconds) => {
        log.push(milliseconds === 9 ? name.toUpperCase() : name);
        return Promise.resolve(log.length);
      },
    }));
    const measured = await measure(subjects, PLAN);
    expect(log.join("")).toBe("ABC" + "abc" + "bca" + "cab" + "abc");
    expect(measured.map(({ name, side, samples }) => [name, side, samples])).toEqual([
      ["a", "npm", 4],
      ["b", "npm", 4],
      ["c", "npm", 4],
    ]);
    // The samples of a: those with the numbers 4, 9, 11 and 13.
    expect(measured[0]).toMatchObject({ median: 10, p25: 7.75, p75: 11.5 });
  });

  test("lets a subject that takes too long sit out once it has enough samples", async () => {
    const slow: Subject = { name: "slow", side: "rust", sample: () => Promise.resolve(1) };
    const measured = await measure([slow], { ...PLAN, subjectMsMax: -1 });
    expect(measured[0]?.samples).toBe(2);
  });

  describe("by a clock of its own", () => {
    let now = 0;
    /** Something that takes so many milliseconds of that clock. */
    const taking = (milliseconds: number) => () => {
      now += milliseconds;
    };
    beforeEach(() => {
      now = 1000;
      vi.spyOn(performance, "now").mockImplementation(() => now);
    });
    afterEach(() => vi.restoreAllMocks());

    test("calls at least once, however long that takes, and gives the time of one call", async () => {
      expect(await repeated(taking(5))(0)).toBe(5e6);
      expect(now).toBe(1005);
      expect(await repeatedAsync(() => Promise.resolve(taking(7)()))(0)).toBe(7e6);
      expect(now).toBe(1012);
    });

    test("calls until the time is filled, and not by far longer", async () => {
      expect(await repeated(taking(0.25))(10)).toBeCloseTo(0.25e6, 3);
      expect(now).toBeGreaterThanOrEqual(1010);
      expect(now).toBeLessThan(1013);
    });

    test("counts the middle call of what times itself", async () => {
      const times = [1, 900, 2];
      const call = () => {
        taking(4)();
        return times.pop() ?? 0;
      };
      expect(await selfTimed(call)(10)).toBe(2e6);
      expect(times).toEqual([]);
    });
  });
});
