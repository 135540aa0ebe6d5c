/** Reads Stryker's report: counts, the score, the mutants that survived, and whether it is complete. */
import { SURVIVORS } from "./survivors.ts";
import type { Survivor } from "./survivors.ts";

/** Of the report's format (mutation-testing-elements 1.0 and 2.0), what is read here. */
export interface Report {
  readonly files: Readonly<Record<string, ReportedFile>>;
}

interface ReportedFile {
  readonly source: string;
  readonly mutants: readonly ReportedMutant[];
}

interface ReportedMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

/** Both count from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** The counts of a file, or of all of them. */
export interface Tally {
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly noCoverage: number;
  /** Those that say nothing: they do not run or were left out. */
  readonly other: number;
  /** Detected of those that say something, in percent; NaN where there are none. */
  readonly score: number;
}

/** A mutant that no test noticed. */
export interface Undetected {
  readonly file: string;
  readonly line: number;
  readonly where: string;
  readonly original: string;
  readonly replacement: string;
  /** Why that is right, where somebody has said so. */
  readonly explained: Survivor | undefined;
}

/** How much of an original or a replacement is shown and compared. */
const TEXT_MAX = 70;

/** Counts the mutants of some files. */
export function tally(files: readonly ReportedFile[]): Tally {
  const counts = new Map<string, number>();
  for (const { status } of files.flatMap(({ mutants }) => mutants)) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const of = (status: string): number => counts.get(status) ?? 0;
  const mutants = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [killed, timeout] = [of("Killed"), of("Timeout")];
  const [survived, noCoverage] = [of("Survived"), of("NoCoverage")];
  const detected = killed + timeout;
  const valid = detected + survived + noCoverage;
  const score = (100 * detected) / valid;
  return { mutants, killed, timeout, survived, noCoverage, other: mutants - valid, score };
}

/** The mutants that no test noticed, by file and line. */
export function undetected(report: Report): Undetected[] {
  const left = [...SURVIVORS];
  return Object.entries(report.files).flatMap(([path, { source, mutants }]) => {
    const file = path.split("/").at(-1) ?? path;
    return mutants
      .filter(({ status }) => status === "Survived" || status === "NoCoverage")
      .sort((a, b) => a.location.start.line - b.location.start.line)
      .map((mutant) => {
        const { start } = mutant.location;
        const original = short(textAt(source, mutant.location));
        const replacement = short(mutant.replacement ?? "");
        const at = left.findIndex(
          (one) =>
            one.file === file && one.original === original && one.replacement === replacement,
        );
        const [explained] = at < 0 ? [] : left.splice(at, 1);
        const where = functionAt(source, start.line);
        return { file, line: start.line, where, original, replacement, explained };
      });
  });
}

/**
 * What is wrong with a report: a run that tested too little must never look like a good one.
 *
 * @param files names of the files that a complete run must have mutated; undefined for a part
 * @param least the least score, in percent
 */
export function problems(
  report: Report,
  least: number,
  files: readonly string[] | undefined,
): string[] {
  const found: string[] = [];
  const all = tally(Object.values(report.files));
  const pending = Object.values(report.files)
    .flatMap(({ mutants }) => mutants)
    .filter(({ status }) => status === "Pending").length;
  // Not `score < least`: a score that is no number must not pass.
  if (!(all.score >= least)) {
    found.push(`the score is ${percent(all.score)}, and must be at least ${percent(least)}`);
  }
  if (pending > 0) found.push(`${pending} mutants were not tested`);
  if (files === undefined) return found;
  const mutated = Object.entries(report.files)
    .filter(([, { mutants }]) => mutants.length > 0)
    .map(([path]) => path.split("/").at(-1));
  for (const file of files) {
    if (!mutated.includes(file)) found.push(`${file} has no mutants`);
  }
  const ignored = Object.values(report.files)
    .flatMap(({ mutants }) => mutants)
    .filter(({ status }) => status === "Ignored").length;
  if (ignored > 0) found.push(`${ignored} mutants were left out`);
  const unexplained = undetected(report).filter(({ explained }) => explained === undefined);
  for (const { file, line, original, replacement } of unexplained) {
    found.push(`${file}:${line} survives unexplained: ${original} → ${replacement}`);
  }
  return found;
}

/**
 * A complete report with the results of a later run of some files or lines in the place of its own.
 *
 * @param whole names of the files that the later run has mutated as a whole, which may have changed
 * @throws Error where a file has changed of which the later run has mutated some lines only
 */
export function merged(complete: Report, part: Report, whole: ReadonlySet<string>): Report {
  const files = { ...complete.files };
  for (const [path, later] of Object.entries(part.files)) {
    const before = files[path];
    if (before === undefined || whole.has(path.split("/").at(-1) ?? path)) {
      files[path] = later;
      continue;
    }
    if (before.source !== later.source) {
      throw new Error(`${path} has changed since the complete run: mutate all of it`);
    }
    const results = new Map(later.mutants.map((mutant) => [keyOf(mutant), mutant]));
    const mutants = before.mutants.map((mutant) => results.get(keyOf(mutant)) ?? mutant);
    files[path] = { ...before, mutants };
  }
  return { ...complete, files };
}

function keyOf({ mutatorName, replacement, location: { start, end } }: ReportedMutant): string {
  const place = [start.line, start.column, end.line, end.column].join(":");
  return `${place} ${mutatorName} ${replacement ?? ""}`;
}

/** A percentage with two digits. */
export function percent(score: number): string {
  return `${score.toFixed(2)} %`;
}

function textAt(source: string, { start, end }: ReportedMutant["location"]): string {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, i) =>
      line.slice(i === 0 ? start.column - 1 : 0, i === last ? end.column - 1 : undefined),
    )
    .join(" ");
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  return line.length <= TEXT_MAX ? line : `${line.slice(0, TEXT_MAX - 1)}…`;
}

/** The function or method around a line, by the head that stands above it; empty at the top level. */
function functionAt(source: string, line: number): string {
  const head =
    /^(?:export )?(?:async )?function (\w+)|^ {2}(?:private |static |get |async )*(#?\w+)\(/u;
  for (const text of source.split("\n").slice(0, line).reverse()) {
    const match = head.exec(text);
    if (match !== null && !text.endsWith(";")) return match[1] ?? match[2] ?? "";
    if (text === "}") return "";
  }
  return "";
}
