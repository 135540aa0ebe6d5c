import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leastSquares, medianInterval, quantile, summarize } from "../src/statistics.ts";

describe("statistics", () => {
  test("a quantile lies between its neighbours, in proportion", () => {
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20);
    expect(quantile([10, 20], 0.75)).toBe(17.5);
    expect(quantile([7], 0.9)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test("a summary does not depend on the order of samples and is in order itself", () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(samples, (values) => {
        const { p25, median, p75, samples: count } = summarize(values);
        expect(summarize(values.toReversed())).toEqual({ p25, median, p75, samples: count });
        expect(count).toBe(values.length);
        expect(p25).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(p75);
        expect(Math.min(...values)).toBeLessThanOrEqual(p25);
        expect(p75).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });

  test("the median is the middle sample, however far the others are", () => {
    expect(summarize([5, 1e9, 1]).median).toBe(5);
  });

  test("the interval of a median leaves as many values out at both ends as 95 % confidence allows", () => {
    const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1).toReversed();
    // Tables of the sign test: of 10 values the second to the ninth, of 31 the tenth to the 22nd.
    expect(medianInterval(upTo(10))).toMatchObject({ median: 5.5, low: 2, high: 9 });
    expect(medianInterval(upTo(10)).confidence).toBeCloseTo(1 - 22 / 1024, 12);
    expect(medianInterval(upTo(31))).toMatchObject({ median: 16, low: 10, high: 22 });
    expect(medianInterval(upTo(6))).toMatchObject({ low: 1, high: 6, confidence: 1 - 2 / 64 });
    // Too few: all of them, with less confidence.
    expect(medianInterval(upTo(3))).toMatchObject({ low: 1, high: 3, confidence: 0.75 });
    expect(medianInterval([7])).toMatchObject({ median: 7, low: 7, high: 7, confidence: 0 });
    expect(medianInterval([])).toMatchObject({ median: Number.NaN, confidence: 0 });
  });

  test("the interval of a median holds it, whatever the values are", () => {
    const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(samples, (values) => {
        const { low, median, high } = medianInterval(values);
        expect(low).toBeLessThanOrEqual(median);
        expect(median).toBeLessThanOrEqual(high);
      }),
    );
  });

  test("least squares find the line that points lie on", () => {
    const coefficient = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(coefficient, coefficient, (slope, intercept) => {
        const points = [3, 5, 8, 32].map((x) => ({ x, y: slope * x + intercept }));
        const line = leastSquares(points);
        expect(line.slope).toBeCloseTo(slope, 6);
        expect(line.intercept).toBeCloseTo(intercept, 6);
      }),
    );
  });

  test("least squares lie in the middle of points above and below", () => {
    const points = [
      { x: 0, y: 1 },
      { x: 0, y: -1 },
      { x: 2, y: 5 },
      { x: 2, y: 3 },
    ];
    expect(leastSquares(points)).toEqual({ slope: 2, intercept: 0 });
  });
});
