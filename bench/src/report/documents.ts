/** Writes a run's results into the documents, so that no figure in them is typed by hand. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../machine.ts";
import type { Side } from "../measure.ts";
import { breakdownTable, profileTransport } from "../profile.ts";
import type { Breakdown } from "../profile.ts";
import type { Comparison } from "../revisions/compare.ts";
import { BASE } from "../revisions/original.ts";
import type { Report } from "../run.ts";
import { fastest } from "../targets.ts";
import { withBlock } from "./block.ts";
import { plot } from "./plot.ts";
import {
  aloneTable,
  caseTable,
  duration,
  eventLoopSentences,
  eventLoopTable,
  longestGapsTable,
  isBusy,
  machineLines,
  markdownTable,
  originalTable,
  scalingSentences,
  scalingTables,
  targetTable,
  times,
} from "./text.ts";

/** The name of the benchmark's block in README.md. */
const BLOCK = "performance";

/** The cases in README.md's table, which is short; all are in `docs/performance.md`. */
const SHOWN = [
  "split-32-17",
  "combine-17",
  "split-large",
  "combine-large",
  "load-path",
  "reconfiguration-32",
];

/** Writes README.md's block, `docs/performance.md` and `docs/performance.svg`. */
export async function writeDocuments(report: Report): Promise<void> {
  const breakdowns: Breakdown[] = [];
  for (const transport of ["frames", "direct"] as const) {
    breakdowns.push((await profileTransport(transport, 150)).breakdown);
  }
  const readme = path.join(ROOT, "README.md");
  const docs = path.join(ROOT, "docs");
  mkdirSync(docs, { recursive: true });
  const document = readFileSync(readme, "utf8");
  writeFileSync(readme, withBlock(document, BLOCK, readmeBlock(report), "README.md"));
  writeFileSync(path.join(docs, "performance.md"), performanceDocument(report, breakdowns));
  writeFileSync(path.join(docs, "performance.svg"), plot(report));
}

/** The content of README.md's block: the table and what it was measured on. */
export function readmeBlock(report: Report): string {
  const cases = SHOWN.flatMap((id) => report.cases.filter((one) => one.id === id));
  const rows = cases.map((one) => {
    const native = fastest([one], one.id, "native");
    const cell = (side: Side) => {
      const other = fastest([one], one.id, side);
      if (native === undefined || other === undefined) return "–";
      return `${duration(other.median)} (${times(other.median / native.median)} ×)`;
    };
    return [
      one.title,
      native === undefined ? "–" : duration(native.median),
      ...(["portable", "reference", "npm", "rust"] as const).map(cell),
    ];
  });
  const head = ["", "native", "portable kernel", "TypeScript", "fastest npm", "fastest Rust"];
  const { machine } = report;
  return [
    `Medians of one call on ${machine.cpu} with the ${machine.kernel ?? "default"} kernel and Node ` +
      `${machine.node}, all in one run; in brackets how many times as long as native, the faster of its calls ` +
      "with and without `into`." +
      (isBusy(machine) ? " The machine was busy with something else: all figures are rough." : ""),
    markdownTable({ head, rows }),
    "![Time of one call by implementation](docs/performance.svg)",
  ].join("\n\n");
}

/** All of `docs/performance.md`. */
export function performanceDocument(report: Report, breakdowns: readonly Breakdown[]): string {
  const { scaling, eventLoop, comparison } = report;
  const parts = [
    "# Performance",
    "Written by `npm run bench -- --write`; no figure is typed by hand. `npm run bench` prints the\n" +
      "same anew, `npm run bench -- --check` fails where a target is missed.",
    machineLines(report.machine)
      .map((line) => `- ${line}`)
      .join("\n"),
    "Medians of one call after warm-up. Rounds take all subjects of a case in turn, each begins with\n" +
      "another one, so that the machine's noise hits all alike; the Rust program and the process with\n" +
      "the portable kernel take part in the same rounds. The spread is that of the middle half of the\n" +
      "samples, “×” how many times as long as native. Every peer has given the right result before it\n" +
      "is timed. `secrets.js-grempe` takes and gives hex, whose conversion is not timed. Targets take the\n" +
      "faster native call, with `into` or without.",
    "![Time of one call by implementation](performance.svg)",
    "## Targets",
    markdownTable(targetTable(report.targets)),
    "## Cases",
    ...report.cases
      .filter(({ subjects }) => subjects.length > 1)
      .flatMap((one) => [`### ${upperFirst(one.title)}`, markdownTable(caseTable(one))]),
    "### This project alone",
    markdownTable(aloneTable(report.cases)),
  ];
  if (comparison !== null) parts.push(...originalSection(comparison));
  if (eventLoop !== null) {
    parts.push("## Large secrets off the main thread", markdownTable(eventLoopTable(eventLoop)));
    parts.push(markdownTable(longestGapsTable(eventLoop)), bullets(eventLoopSentences(eventLoop)));
  }
  if (breakdowns.length > 0) {
    parts.push(
      "## What a reconfiguration is made of",
      "32 nodes: coordinate, collect, prepare, acknowledge and commit, all in one process; saves\n" +
        "succeed at once. `npm run bench -- --profile DIR` writes the profiles.",
    );
  }
  for (const breakdown of breakdowns) {
    parts.push(
      breakdown.transport === "frames" ? "### Every message a frame" : "### Messages handed over",
      markdownTable(breakdownTable(breakdown)),
    );
  }
  if (scaling !== null) {
    parts.push("## By members and past epochs");
    parts.push(...scalingTables(scaling).map(markdownTable), bullets(scalingSentences(scaling)));
  }
  if (report.skipped.length > 0) parts.push("## Left out", bullets(report.skipped));
  return `${parts.join("\n\n")}\n`;
}

/** The comparison with the revision that was measured beside the original, and what follows from it. */
function originalSection(comparison: Comparison): readonly string[] {
  const { base, skipped } = comparison;
  return [
    "## Against the original",
    `The original's own crates (optimised, with fat link-time optimisation) were measured in one run with\n` +
      `revision ${base.name} of this project, on ${BASE.machine}: one process for all nodes, the\n` +
      `same messages, saves and bytes. That run is not repeated here. What is measured here, in turn and round\n` +
      `by round, is ${base.name} and this revision; “×” is how many times as fast (or small) this revision is,\n` +
      `with an interval of 95 % confidence. “Against the original” is derived: that ratio, times the original's\n` +
      `time divided by ${base.name}'s in the other run. Above 1, this revision is faster than the original. It is an\n` +
      `estimate, since the ratios differ between processors; docs/decisions/bench-revisions.md says more.`,
    markdownTable(originalTable(comparison)),
    ...(skipped.length === 0 ? [] : [bullets(skipped)]),
  ];
}

function bullets(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
