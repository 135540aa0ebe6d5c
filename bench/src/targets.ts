/** The project's performance targets, and whether a run met them. */
import type { EventLoop } from "./event-loop.ts";
import type { Quantity } from "./case.ts";
import type { Measured, Side } from "./measure.ts";
import type { Comparison } from "./revisions/compare.ts";
import { BASE, ORIGINAL_ROWS, isMet, originalCases } from "./revisions/original.ts";

/** The measured subjects of a case. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
  /** "time" where it is absent. */
  readonly quantity?: Quantity;
  readonly subjects: readonly Measured[];
}

/** A target and whether it was met. */
export interface TargetResult {
  readonly what: string;
  /** E.g. `≥ 100 ×`. */
  readonly target: string;
  /** In the target's unit; null where a figure that it is computed from is missing. */
  readonly measured: number | null;
  readonly unit: string;
  /** Null where it was not measured. */
  readonly met: boolean | null;
}

interface Target {
  readonly what: string;
  readonly atLeast?: number;
  readonly below?: number;
  readonly unit: "×" | "GB/s" | "ms";
  readonly measured: (results: Results) => number | null;
}

/** The results that targets are judged by. */
export interface Results {
  readonly cases: readonly CaseResult[];
  readonly eventLoop: EventLoop | null;
  readonly comparison: Comparison | null;
}

const MIB = 1024 * 1024;

const TARGETS: readonly Target[] = [
  ratio("split 32 B, n=32 k=17, to the fastest npm peer", "split-32-17", "npm", 100),
  ratio("split 32 B, n=32 k=17, to the fastest Rust crate", "split-32-17", "rust", 15),
  ratio("combine 32 B, k=17, to the fastest npm peer", "combine-17", "npm", 150),
  ratio("combine 32 B, k=17, to the fastest Rust crate", "combine-17", "rust", 12),
  ratio("split 32 B, n=5 k=3, to the fastest npm peer", "split-5-3", "npm", 60),
  ratio("combine 32 B, k=3, to the fastest npm peer", "combine-3", "npm", 8),
  {
    ...ratio("split 32 B, n=32 k=17, portable kernel, to the fastest npm peer", "", "npm", 50),
    measured: (results) => times(results, "split-32-17", "npm", "portable"),
  },
  ratio("configuration in one call, to the reference", "configuration", "reference", 20),
  ratio("load path in one call, to the reference", "load-path", "reference", 20),
  throughput("split 1 MiB, n=5 k=3", "split-large", 0.5),
  throughput("combine 1 MiB, k=3", "combine-large", 3),
  {
    // A given buffer only: a new one this large makes the engine collect garbage, in any program.
    what: "event loop, the longest gap of all while 16 MiB are split or combined, given a buffer",
    below: 2,
    unit: "ms",
    measured: ({ eventLoop }) =>
      eventLoop === null
        ? null
        : Math.max(
            ...eventLoop.longest
              .filter(({ destination }) => destination === "given")
              .map(({ working }) => working.max),
          ),
  },
];

/** Judges every target. `titles` are those of the cases by their id. */
export function judge(
  results: Results,
  titles: ReadonlyMap<string, string>,
): readonly TargetResult[] {
  return [...TARGETS.map((target) => judgeOne(target, results)), ...judgeRatios(results, titles)];
}

function judgeOne(target: Target, results: Results): TargetResult {
  const { what, atLeast, below, unit } = target;
  const measured = target.measured(results);
  const met =
    measured === null ? null : measured >= (atLeast ?? -Infinity) && measured < (below ?? Infinity);
  const text = atLeast === undefined ? `< ${below ?? 0} ${unit}` : `≥ ${atLeast} ${unit}`;
  return { what, target: text, measured, unit, met };
}

/** The targets that are ratios to the revision which was measured beside the original. */
function judgeRatios(
  { comparison }: Results,
  titles: ReadonlyMap<string, string>,
): readonly TargetResult[] {
  const compared = new Map(originalCases(comparison).map((one) => [one.id, one]));
  return Object.entries(ORIGINAL_ROWS).map(([id, row]) => {
    const one = compared.get(id);
    return {
      what: `${titles.get(id) ?? id}, to ${BASE.commit.slice(0, 7)}`,
      target: `≥ ${row.atLeast.toPrecision(3)} ×`,
      measured: one?.ratio.median ?? null,
      unit: "×",
      met: one === undefined ? null : isMet(one, row),
    };
  });
}

/** The subject of a side with the least median in a case. */
export function fastest(
  cases: readonly CaseResult[],
  id: string,
  side: Side,
): Measured | undefined {
  const subjects = cases.find((one) => one.id === id)?.subjects ?? [];
  return subjects.filter((one) => one.side === side).toSorted((a, b) => a.median - b.median)[0];
}

function ratio(what: string, id: string, side: Side, atLeast: number): Target {
  return { what, atLeast, unit: "×", measured: (results) => times(results, id, side, "native") };
}

function throughput(what: string, id: string, atLeast: number): Target {
  const measured = ({ cases }: Results) => {
    const native = fastest(cases, id, "native");
    return native === undefined ? null : MIB / native.median;
  };
  return { what, atLeast, unit: "GB/s", measured };
}

function times({ cases }: Results, id: string, side: Side, own: Side): number | null {
  const [mine, other] = [fastest(cases, id, own), fastest(cases, id, side)];
  return mine === undefined || other === undefined ? null : other.median / mine.median;
}
