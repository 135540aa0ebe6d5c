/** What becomes of samples: medians, spread and slopes. */

/** The middle of some samples and its spread, in the samples' unit. */
export interface Summary {
  readonly median: number;
  /** Half of the samples lie between these two. */
  readonly p25: number;
  readonly p75: number;
  readonly samples: number;
}

/** Summarizes at least one sample. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    p25: quantile(sorted, 0.25),
    p75: quantile(sorted, 0.75),
    samples: sorted.length,
  };
}

/** The quantile `q`, 0 to 1, of ascending values, interpolated between neighbours; NaN of none. */
export function quantile(ascending: readonly number[], q: number): number {
  const position = (ascending.length - 1) * q;
  const below = ascending[Math.floor(position)] ?? Number.NaN;
  const above = ascending[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** A median with an interval that holds the true one with some confidence. */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** How likely the interval holds the true median, 0 to 1. */
  readonly confidence: number;
}

/** The confidence of intervals, where there are values enough: from six on. */
const CONFIDENCE = 0.95;

/**
 * The median of values that are drawn independently, with the narrowest interval between two of them, as
 * many from below as from above, that holds the true median with a confidence of 95 %, whatever their
 * distribution (the inverted sign test). Of fewer than six values it is all of them, with less confidence.
 */
export function medianInterval(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  // The chance that at most `left` of the values are on one given side of the true median.
  let [left, chance, term] = [0, 0.5 ** count, 0.5 ** count];
  for (;;) {
    term *= (count - left) / (left + 1);
    if (2 * (chance + term) > 1 - CONFIDENCE || 2 * (left + 2) > count) break;
    chance += term;
    left += 1;
  }
  return {
    median: quantile(sorted, 0.5),
    low: sorted[left] ?? Number.NaN,
    high: sorted[count - 1 - left] ?? Number.NaN,
    confidence: Math.max(0, 1 - 2 * chance),
  };
}

/** A straight line: `y = intercept + slope · x`. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** The line through points of at least two different x that has the least squares of distances in y. */
export function leastSquares(points: readonly { readonly x: number; readonly y: number }[]): Line {
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const x = mean((point) => point.x);
  const y = mean((point) => point.y);
  const slope =
    mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2);
  return { slope, intercept: y - slope * x };
}
