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
