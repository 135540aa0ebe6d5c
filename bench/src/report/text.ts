/** The report as text: its tables for a terminal and for Markdown documents. */
import type { Quantity } from "../case.ts";
import type { EventLoop, LongestGaps } from "../event-loop.ts";
import type { Machine } from "../machine.ts";
import { slowerCases } from "../revisions/compare.ts";
import type { Comparison } from "../revisions/compare.ts";
import { originalCases, timesOriginal } from "../revisions/original.ts";
import type { Report } from "../run.ts";
import type { Scaling } from "../scaling.ts";
import type { CaseResult, TargetResult } from "../targets.ts";

/** A row of headings and rows of as many cells. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The whole report as text for a terminal. */
export function reportText(report: Report): string {
  const { scaling, eventLoop, comparison } = report;
  const compared = report.cases.filter(({ subjects }) => subjects.length > 1);
  const parts = [
    machineLines(report.machine).join("\n"),
    `Medians of one call after warm-up, in rounds that take all subjects in turn; the spread is that
of the middle half of the samples. "×" is how many times as long as native.`,
    ...compared.map((one) => `${one.title}\n${textTable(caseTable(one))}`),
  ];
  const alone = aloneTable(report.cases);
  if (alone.rows.length > 0) parts.push(`this project alone\n${textTable(alone)}`);
  if (comparison !== null) parts.push(comparisonText(comparison));
  if (scaling !== null) {
    parts.push(`reconfiguration by size, native, every message a frame`);
    for (const table of scalingTables(scaling)) parts.push(textTable(table));
    parts.push(scalingSentences(scaling).join("\n"));
  }
  if (eventLoop !== null) {
    parts.push(textTable(eventLoopTable(eventLoop)), textTable(longestGapsTable(eventLoop)));
    parts.push(eventLoopSentences(eventLoop).join("\n"));
  }
  parts.push(`targets\n${textTable(targetTable(report.targets))}`);
  for (const line of report.skipped) parts.push(`skipped: ${line}`);
  parts.push(`${report.mode} run, ${report.seconds.toFixed(0)} s`);
  return parts.join("\n\n");
}

/** A comparison as text for a terminal, with the cases that are slower. */
export function comparisonText(comparison: Comparison): string {
  const { base, cases, skipped } = comparison;
  const slower = slowerCases(comparison);
  const parts = [
    `${base.name} and this revision in turn: medians, the spread of the middle half of the samples, and
how many times as fast (or small) this revision is, with an interval of 95 % confidence`,
    textTable(comparisonTable(comparison)),
  ];
  if (slower.length > 0) {
    parts.push(`slower (or larger) than ${base.name} beyond noise:`);
    parts.push(slower.map(({ title, ratio }) => `  ${title}: ${times(ratio.median)} ×`).join("\n"));
  } else if (cases.length > 0) {
    parts.push(`nothing is slower (or larger) than ${base.name} beyond noise`);
  }
  return [...parts, ...skipped.map((line) => `skipped: ${line}`)].join("\n\n");
}

/** Cores that other programs may keep busy on a machine with one core: so little does not distort a run. */
const LOAD_TOLERATED = 0.25;

/** Whether other programs left the benchmark less than one core, so that it had to wait for them. */
export function isBusy({ load, cores }: Machine): boolean {
  return load > Math.max(cores - 1, LOAD_TOLERATED);
}

/** The machine and the versions, one line each. */
export function machineLines(machine: Machine): string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}`,
    `Node ${machine.node} (OpenSSL ${machine.openssl}), ${machine.rustc ?? "no Rust"}`,
    `GF(2^8) kernel: ${machine.kernel ?? "unknown"}`,
    versions.join(", "),
    `busy cores before the run: ${machine.load.toFixed(1)}` +
      (isBusy(machine)
        ? " – the machine was busy with something else, so that all figures are rough"
        : ""),
  ];
}

/** The subjects of one case, the fastest first. */
export function caseTable({ subjects, quantity }: CaseResult): Table {
  const native = subjects.find(({ side }) => side === "native");
  const sorted = subjects.toSorted((a, b) => a.median - b.median);
  return {
    head: ["", "median", "spread", ...(native === undefined ? [] : ["×"])],
    rows: sorted.map(({ name, median, p25, p75 }) => [
      name,
      amount(median, quantity),
      `${amount(p25, quantity)} – ${amount(p75, quantity)}`,
      ...(native === undefined ? [] : [times(median / native.median)]),
    ]),
  };
}

/** The cases that have one subject only, one line each. */
export function aloneTable(cases: readonly CaseResult[]): Table {
  return {
    head: ["", "median", "spread"],
    rows: cases.flatMap(({ title, quantity, subjects: [subject, ...others] }) =>
      subject === undefined || others.length > 0
        ? []
        : [
            [
              title,
              amount(subject.median, quantity),
              `${amount(subject.p25, quantity)} – ${amount(subject.p75, quantity)}`,
            ],
          ],
    ),
  };
}

/** Both revisions of a comparison, case by case. */
function comparisonTable({ base, cases }: Comparison): Table {
  return {
    head: ["", base.name, "spread", "now", "spread", "×", "interval"],
    rows: cases.map(({ title, quantity, base: before, current, ratio }) => [
      title,
      ...[before, current].flatMap(({ median, p25, p75 }) => [
        amount(median, quantity),
        `${amount(p25, quantity)} – ${amount(p75, quantity)}`,
      ]),
      times(ratio.median),
      `${times(ratio.low)} – ${times(ratio.high)}`,
    ]),
  };
}

/** The cases that the original was measured in as well, or that have a target relative to the base. */
export function originalTable(comparison: Comparison): Table {
  return {
    head: ["", comparison.base.name, "now", "×", "interval", "target", "against the original"],
    rows: originalCases(comparison).map((one) => {
      const { title, quantity, base, current, ratio, row } = one;
      const original = timesOriginal(one, row);
      return [
        title,
        amount(base.median, quantity),
        amount(current.median, quantity),
        times(ratio.median),
        `${times(ratio.low)} – ${times(ratio.high)}`,
        `≥ ${times(row.atLeast)} ×`,
        original === undefined ? "–" : `${times(original)} ×`,
      ];
    }),
  };
}

/** Every target with its measured value. */
export function targetTable(targets: readonly TargetResult[]): Table {
  return {
    head: ["", "target", "measured", ""],
    rows: targets.map(({ what, target, measured, unit, met }) => [
      what,
      target,
      measured === null ? "–" : `${significant(measured)} ${unit}`,
      met === null ? "not measured" : met ? "met" : "missed",
    ]),
  };
}

/** The tables by members and by past epochs. */
export function scalingTables({ members, epochs }: Scaling): [Table, Table] {
  const rows = (points: Scaling["members"]["points"]) =>
    points.map(({ x, median, p25, p75 }) => [
      String(x),
      duration(median * 1000),
      `${duration(p25 * 1000)} – ${duration(p75 * 1000)}`,
    ]);
  return [
    { head: ["members", "median", "spread"], rows: rows(members.points) },
    { head: ["past epochs", "median", "spread"], rows: rows(epochs.points) },
  ];
}

/** The slopes as sentences. */
export function scalingSentences({ members, epochs }: Scaling): string[] {
  return [
    `One more member costs ${duration(members.line.slope * 1000)} (least squares over 3 to 32).`,
    `One more past epoch costs a rack of 32 ${duration(epochs.line.slope * 1000)} (1 to 100).`,
  ];
}

/** The times of large secrets by size. */
export function eventLoopTable({ sizes }: EventLoop): Table {
  return {
    head: ["", "blocks for", "into a given buffer", "blocks for", "into a new one", "blocks for"],
    rows: sizes.map(({ operation, bytes, synchronous, asynchronous }) => [
      `${operation} ${byteSize(bytes)}`,
      ...[
        synchronous,
        asynchronous.given.takes,
        asynchronous.given.gap,
        asynchronous.new.takes,
        asynchronous.new.gap,
      ].map((microseconds) => duration(microseconds * 1000)),
    ]),
  };
}

/** The longest gaps at the largest size, and those of the idle loop. */
export function longestGapsTable({ longest, largestBytes }: EventLoop): Table {
  const milliseconds = (value: number) => duration(value * 1e6);
  const nameOf = ({ operation, destination }: LongestGaps) =>
    operation === "random"
      ? "crypto.randomBytes of as much, new buffer"
      : `${operation} ${byteSize(largestBytes)}, ${destination} buffer`;
  return {
    head: ["longest gap", "median", "spread", "worst", "without work", "worst"],
    rows: longest.map((one) => [
      nameOf(one),
      milliseconds(one.working.median),
      `${milliseconds(one.working.p25)} – ${milliseconds(one.working.p75)}`,
      milliseconds(one.working.max),
      milliseconds(one.idle.median),
      milliseconds(one.idle.max),
    ]),
  };
}

/** Conclusions from the two tables, and how they were measured. */
export function eventLoopSentences({ crossOver }: EventLoop): string[] {
  return [
    ...(["split", "combine"] as const).map((operation) => {
      const from = crossOver[operation];
      return from === null
        ? `An asynchronous ${operation} blocks the event loop as long as a synchronous one.`
        : `From ${byteSize(from)} on an asynchronous ${operation} blocks the event loop for less.`;
    }),
    `Shorter secrets are split and combined at once by the asynchronous calls too: the pieces would ` +
      `block it about as long, and the result would be there later.`,
    `A gap is the time between two turns of an event loop that does nothing else, the longest of each ` +
      `call. After calls of 4 MiB or more it is watched for 40 ms longer, since so large a new buffer ` +
      `makes the engine collect garbage, as the one of Node's own \`crypto.randomBytes\` does. Who ` +
      `gives a buffer (\`into\`) and uses it again does not have that. “Without work” is the same ` +
      `loop, as long, beside it.`,
  ];
}

/** A table for a terminal: the first column is aligned to the left, the others to the right. */
export function textTable({ head, rows }: Table): string {
  const widths = head.map((_, i) =>
    Math.max(...[head, ...rows].map((row) => (row[i] ?? "").length)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join("\n");
}

/** A Markdown table, formatted as prettier would. */
export function markdownTable({ head, rows }: Table): string {
  const widths = head.map((_, i) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[i] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join(" | ")} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** Formats nanoseconds with three significant digits and a fitting unit: `70.3 ns`, `1.38 ms`. */
export function duration(nanoseconds: number): string {
  for (const [unit, factor] of [
    ["ns", 1],
    ["µs", 1e3],
    ["ms", 1e6],
  ] as const) {
    if (Math.abs(nanoseconds) < 999.5 * factor)
      return `${significant(nanoseconds / factor)} ${unit}`;
  }
  return `${significant(nanoseconds / 1e9)} s`;
}

/** Formats what was measured of a case: a duration, or megabytes. */
function amount(value: number, quantity: Quantity = "time"): string {
  return quantity === "memory" ? `${significant(value / 1e6)} MB` : duration(value);
}

/** Formats a ratio with three significant digits, and without a fraction from 100 on. */
export function times(ratio: number): string {
  return ratio >= 99.5 ? ratio.toFixed(0) : ratio.toPrecision(3);
}

function significant(value: number): string {
  return Math.abs(value) >= 99.5 ? value.toFixed(0) : value.toPrecision(3);
}

function byteSize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / 1024 / 1024} MiB`;
}
