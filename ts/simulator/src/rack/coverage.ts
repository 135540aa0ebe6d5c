/** What a simulation has reached: counters by kind, which add up over runs. */

/** The counted groups. */
export type CoverageGroup =
  "calls" | "messages" | "refusals" | "alarms" | "events" | "phases" | "faults" | "actions";

/** Counts by group and kind. */
export type CoverageReport = Readonly<Record<CoverageGroup, Readonly<Record<string, number>>>>;

const GROUPS: readonly CoverageGroup[] = [
  "calls",
  "messages",
  "refusals",
  "alarms",
  "events",
  "phases",
  "faults",
  "actions",
];

/** Counters. */
export class Coverage {
  readonly #groups = new Map<CoverageGroup, Map<string, number>>(
    GROUPS.map((group) => [group, new Map<string, number>()]),
  );

  /** Counts one. */
  count(group: CoverageGroup, kind: string, times = 1): void {
    const counts = this.#groups.get(group);
    counts?.set(kind, (counts.get(kind) ?? 0) + times);
  }

  /** Adds another run's counts. */
  add(report: CoverageReport): void {
    for (const group of GROUPS) {
      for (const [kind, times] of Object.entries(report[group])) this.count(group, kind, times);
    }
  }

  /** All counts, the kinds of each group in alphabetical order. */
  report(): CoverageReport {
    const entries = [...this.#groups].map(([group, counts]) => [
      group,
      Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    ]);
    return Object.fromEntries(entries) as CoverageReport;
  }
}
