/** The project's performance targets, and whether a run met them. */
import type { EventLoop } from "./event-loop.ts";
import type { Measured, Side } from "./measure.ts";

/** The measured subjects of a case. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
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
  {
    // The original's best on a 2.6 GHz Xeon; its average was 1.9 ms there.
    what: "reconfiguration of 32 nodes, every message a frame (the original's best: 1.2 ms)",
    below: 1.2,
    unit: "ms",
    measured: (results) => milliseconds(results, "reconfiguration-32"),
  },
  {
    // The same without encoding; its average was 0.68 ms.
    what: "reconfiguration of 32 nodes, messages handed over (the original's best: 0.60 ms)",
    below: 0.6,
    unit: "ms",
    measured: (results) => milliseconds(results, "reconfiguration-32-direct"),
  },
];

/** Judges every target. */
export function judge(results: Results): readonly TargetResult[] {
  return TARGETS.map(({ what, atLeast, below, unit, measured: of }) => {
    const measured = of(results);
    const met =
      measured === null
        ? null
        : measured >= (atLeast ?? -Infinity) && measured < (below ?? Infinity);
    const target = atLeast === undefined ? `< ${below ?? 0} ${unit}` : `≥ ${atLeast} ${unit}`;
    return { what, target, measured, unit, met };
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

function milliseconds({ cases }: Results, id: string): number | null {
  const native = fastest(cases, id, "native");
  return native === undefined ? null : native.median / 1e6;
}
