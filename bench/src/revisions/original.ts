/**
 * How fast the original implementation is, as far as it can be told without it: its own crates (optimised,
 * with fat link-time optimisation) were measured in one run with revision 30514ee of this project, one
 * process for all nodes, the same messages, saves and bytes. What that run says holds on other machines as
 * ratios between the two.
 */
import type { ComparedCase, Comparison } from "./compare.ts";

/** The revision that was measured beside the original, and the machine. */
export const BASE = {
  commit: "30514ee8f9485c12626d78e5599614ef7e95e5c9",
  machine: "an EPYC of two virtual processors with AVX2 and without GFNI, Node 20",
} as const;

/** One case of that run, and what this project wants to reach in it. */
export interface OriginalRow {
  /** The original's median divided by the base's; absent where the original has nothing like it. */
  readonly original?: number;
  /** How many times as fast as the base, or as small, this project is to be. */
  readonly atLeast: number;
}

/** Medians of that run in one unit a row: the original's, the base's, and the most that ours may be. */
function row(medians: { original?: number; base: number; atMost: number }): OriginalRow {
  const { original, base, atMost } = medians;
  const atLeast = base / atMost;
  return original === undefined ? { atLeast } : { atLeast, original: original / base };
}

/** The rows by the id of their case. */
export const ORIGINAL_ROWS: Readonly<Record<string, OriginalRow>> = {
  // Milliseconds
  "ledger-43k": row({ original: 0.36, base: 3.3, atMost: 0.36 }),
  // 6.3 to 7.5
  "ledger-first": row({ base: 6.9, atMost: 2.5 }),
  "boot-32-ledgers": row({ original: 20, base: 112, atMost: 19 }),
  "boot-32-frames": row({ original: 10.1, base: 22.2, atMost: 9.8 }),
  "boot-32-direct": row({ original: 4.7, base: 12.4, atMost: 4.6 }),
  "reconfiguration-5": row({ original: 0.222, base: 0.385, atMost: 0.21 }),
  "reconfiguration-5-direct": row({ original: 0.122, base: 0.185, atMost: 0.12 }),
  "reconfiguration-16": row({ original: 0.92, base: 0.853, atMost: 0.7 }),
  "reconfiguration-16-direct": row({ original: 0.448, base: 0.419, atMost: 0.34 }),
  "reconfiguration-32": row({ original: 2.62, base: 1.86, atMost: 1.5 }),
  "reconfiguration-32-direct": row({ original: 1.21, base: 0.77, atMost: 0.65 }),
  "reconfiguration-32-saves": row({ original: 17.6, base: 13.1, atMost: 10 }),
  "upgrade-32": row({ original: 7.3, base: 2.05, atMost: 2.05 }),
  // Microseconds
  "combine-17-into": row({ base: 1.09, atMost: 0.55 }),
  "split-32-17-into": row({ base: 2.43, atMost: 1.6 }),
  // Seconds
  "tq-version": row({ base: 1.38, atMost: 0.25 }),
  "tq-debug-summary": row({ base: 4.2, atMost: 1.8 }),
  // Half of what it was, whatever that is
  "tqd-listening": row({ base: 2, atMost: 1 }),
  // Megabytes
  "tqd-memory": row({ base: 28, atMost: 24 }),
};

/** The cases of a comparison with the base that have a row; none where it is with another revision. */
export function originalCases(
  comparison: Comparison | null,
): readonly (ComparedCase & { readonly row: OriginalRow })[] {
  if (comparison?.base.commit !== BASE.commit) return [];
  return comparison.cases.flatMap((one) => {
    const found = ORIGINAL_ROWS[one.id];
    return found === undefined ? [] : [{ ...one, row: found }];
  });
}

/**
 * How many times as fast as the original this project is: the ratio to the base as measured here, times the
 * original's to the base as measured there. Undefined where the original was not measured.
 */
export function timesOriginal(
  { ratio }: ComparedCase,
  { original }: OriginalRow,
): number | undefined {
  return original === undefined ? undefined : ratio.median * original;
}

/** Whether a target is met; where nothing but the base's speed is asked for, it may not be slower beyond noise. */
export function isMet({ ratio }: ComparedCase, { atLeast }: OriginalRow): boolean {
  return (atLeast === 1 ? ratio.high : ratio.median) >= atLeast;
}
