import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CASES } from "../src/cases.ts";
import { ROOT, crateVersions, npmVersions } from "../src/machine.ts";
import type { Measured, Side } from "../src/measure.ts";
import { withBlock } from "../src/report/block.ts";
import { performanceDocument, readmeBlock } from "../src/report/documents.ts";
import { plot } from "../src/report/plot.ts";
import {
  comparisonText,
  duration,
  machineLines,
  markdownTable,
  reportText,
  textTable,
  times,
} from "../src/report/text.ts";
import type { ComparedCase, Comparison } from "../src/revisions/compare.ts";
import { BASE, ORIGINAL_ROWS } from "../src/revisions/original.ts";
import type { Report } from "../src/run.ts";
import { judge } from "../src/targets.ts";
import type { CaseResult, Results } from "../src/targets.ts";

function measured(name: string, side: Side, median: number): Measured {
  return { name, side, median, p25: median * 0.9, p75: median * 1.2, samples: 5 };
}

function split(native: number): CaseResult {
  return {
    id: "split-32-17",
    title: "split 32 B, n=32 k=17",
    subjects: [
      measured("native", "native", native),
      measured("native, portable kernel", "portable", 2000),
      measured("a & <b>", "npm", 100_000),
      measured("shamir", "npm", 120_000),
      measured("vsss-rs", "rust", 20_000),
    ],
  };
}

/** A comparison in which one case became twice as fast, and another one slower. */
function comparison(commit: string): Comparison {
  const compared = (id: string, title: string, base: number, now: number): ComparedCase => {
    const summary = (median: number) => ({ median, p25: median, p75: median, samples: 7 });
    const ratio = { median: base / now, low: 0.9 * (base / now), high: 1.1 * (base / now) };
    const quantity = id === "tqd-memory" ? "memory" : "time";
    const [before, current] = [summary(base), summary(now)];
    return { id, title, quantity, base: before, current, ratio: { ...ratio, confidence: 0.95 } };
  };
  return {
    base: { commit, name: commit.slice(0, 7) },
    cases: [
      compared("ledger-43k", "read one ledger", 4e6, 2e6),
      compared("tqd-memory", "memory of tqd", 20e6, 40e6),
      compared("upgrade-32", "upgrade", 0.95e6, 1e6),
    ],
    skipped: ["tq --version: there is none"],
  };
}

function report(): Report {
  const cases = [split(500)];
  const points = [3, 32].map((x) => ({ x, median: 20 * x, p25: 19 * x, p75: 22 * x, samples: 3 }));
  const scale = { points, line: { slope: 20, intercept: 0 } };
  const gap = { median: 0.5, p25: 0.4, p75: 0.6, samples: 3, max: 1 };
  const size = {
    operation: "split",
    bytes: 1024,
    synchronous: 2,
    asynchronous: { given: { takes: 30, gap: 20 }, new: { takes: 40, gap: 35 } },
  } as const;
  const eventLoop = {
    sizes: [size],
    crossOver: { split: 65_536, combine: null },
    longest: [
      { operation: "split", destination: "given", working: gap, idle: { ...gap, max: 0.9 } },
      { operation: "split", destination: "new", working: { ...gap, max: 7 }, idle: gap },
      { operation: "random", destination: "new", working: { ...gap, max: 8 }, idle: gap },
    ] as const,
    largestBytes: 1024,
  };
  return {
    mode: "full",
    machine: {
      cpu: "A processor",
      cores: 2,
      system: "Linux",
      load: 0.1,
      node: "v20",
      openssl: "3",
      rustc: null,
      kernel: "gfni",
      versions: { shamir: "0.7.1" },
    },
    cases,
    scaling: { members: scale, epochs: scale },
    eventLoop,
    comparison: comparison(BASE.commit),
    targets: judge({ cases, eventLoop, comparison: comparison(BASE.commit) }, new Map()),
    skipped: ["the Rust side: no cargo"],
    seconds: 12,
  };
}

describe("targets", () => {
  const judged = (results: Partial<Results>) =>
    judge({ cases: [], eventLoop: null, comparison: null, ...results }, new Map());
  const verdicts = (cases: readonly CaseResult[]) =>
    judged({ cases }).filter(({ what }) => what.startsWith("split 32 B, n=32"));

  test("are met by the fastest peer's ratio, missed below it, and unknown without figures", () => {
    expect(verdicts([split(500)]).map(({ measured: ratio, met }) => [ratio, met])).toEqual([
      [200, true],
      [40, true],
      [50, true],
    ]);
    expect(verdicts([split(1001)]).map(({ met }) => met)).toEqual([false, true, true]);
    expect(verdicts([]).map(({ measured: ratio, met }) => [ratio, met])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  test("that are ratios to the base are judged by a comparison with it, and by no other", () => {
    const ratios = (compared: Comparison | null) =>
      judged({ comparison: compared })
        .filter(({ what }) => what.endsWith(", to 30514ee"))
        .map(({ what, met }) => [what.split(",")[0], met] as const);
    const known = new Map(ratios(comparison(BASE.commit)));
    expect(known.get("ledger-43k")).toBe(false);
    expect(known.get("tqd-memory")).toBe(false);
    // As fast as the base is enough, and no proof that it is slower.
    expect(known.get("upgrade-32")).toBe(true);
    expect(known.get("boot-32-frames")).toBeNull();
    for (const unknown of [null, comparison("0".repeat(40))]) {
      expect(ratios(unknown)).toHaveLength(known.size);
      expect(ratios(unknown).every(([, met]) => met === null)).toBe(true);
    }
  });

  test("that are ratios to the base have a case that is compared", () => {
    const comparable = CASES.filter(({ revision }) => revision !== undefined);
    expect(Object.keys(ORIGINAL_ROWS).toSorted()).toEqual(
      comparable.map(({ id }) => id).toSorted(),
    );
  });
});

describe("the event loop's target", () => {
  const { eventLoop, cases } = report();
  const verdict = (longest: NonNullable<typeof eventLoop>["longest"]) => {
    const judged = judge(
      { cases, eventLoop: eventLoop && { ...eventLoop, longest }, comparison: null },
      new Map(),
    );
    return judged.find(({ unit }) => unit === "ms")?.met;
  };

  test("is met where the worst gap with a given buffer is below it, whatever new buffers do", () => {
    const longest = eventLoop?.longest ?? [];
    expect(verdict(longest)).toBe(true);
    const slow = longest.map((one) => ({ ...one, working: { ...one.working, max: 2 } }));
    expect(verdict(slow)).toBe(false);
    expect(verdict([...slow.slice(0, 1), ...longest.slice(1)])).toBe(false);
    expect(verdict([...longest.slice(0, 1), ...slow.slice(1)])).toBe(true);
  });
});

describe("the report", () => {
  test("shows durations and ratios with three digits", () => {
    expect([0.5, 70.25, 999.4, 999.6, 1.38e6, 2.5e9].map(duration)).toEqual([
      "0.500 ns",
      "70.3 ns",
      "999 ns",
      "1.00 µs",
      "1.38 ms",
      "2.50 s",
    ]);
    expect([1, 12.34, 99.6, 1234].map(times)).toEqual(["1.00", "12.3", "100", "1234"]);
  });

  test("as text tells what is slower than another revision, and what was left out", () => {
    const text = comparisonText(comparison("1234567".padEnd(40, "0")));
    expect(text).toContain("1234567");
    expect(text).toMatch(/read one ledger +4\.00 ms .* 2\.00 ms .* 2\.00 +1\.80 – 2\.20/);
    expect(text).toMatch(/memory of tqd +20\.0 MB .* 40\.0 MB .* 0\.500/);
    expect(text).toMatch(
      /slower \(or larger\) than 1234567 beyond noise:\n\n {2}memory of tqd: 0\.500 ×/,
    );
    // Slower, but not beyond noise.
    expect(text).not.toContain("upgrade:");
    expect(text).toContain("skipped: tq --version: there is none");
  });

  test("as text names every subject, every target and what was left out", () => {
    const text = reportText(report());
    const names = ["a & <b>", "vsss-rs", "≥ 100 ×", "met", "not measured", "no cargo"];
    names.push(
      "split 1 KiB, given buffer",
      "split 1 KiB, new buffer",
      "crypto.randomBytes of as much",
    );
    for (const name of names) {
      expect(text).toContain(name);
    }
    expect(text).toContain("One more member costs 20.0 µs");
  });

  test("says so where the machine was busy", () => {
    const { machine } = report();
    const last = (cores: number, load: number) =>
      machineLines({ ...machine, cores, load }).at(-1) ?? "";
    expect(last(2, 0.1)).toBe("busy cores before the run: 0.1");
    expect(last(2, 1.1)).toContain("the machine was busy");
    // The benchmark needs one core; what others do on the rest is no harm.
    const quiet = [last(1, 0.2), last(2, 1), last(8, 7)];
    expect(quiet.filter((line) => line.includes("the machine was busy"))).toEqual([]);
    for (const line of [last(1, 0.3), last(8, 7.1)]) expect(line).toContain("the machine was busy");
  });

  test("aligns tables", () => {
    const table = {
      head: ["", "median"],
      rows: [
        ["native", "1 ns"],
        ["x", "12 ns"],
      ],
    };
    expect(textTable(table)).toBe("          median\n  native    1 ns\n  x        12 ns");
    expect(markdownTable(table)).toBe(
      "|        | median |\n| ------ | -----: |\n| native |   1 ns |\n| x      |  12 ns |",
    );
  });

  test("takes the versions from the lockfiles", () => {
    for (const version of Object.values({ ...npmVersions(), ...crateVersions() })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});

describe("the documents", () => {
  test("README.md has the block, and writing it twice changes nothing", () => {
    const readme = readFileSync(path.join(ROOT, "README.md"), "utf8");
    const once = withBlock(readme, "performance", readmeBlock(report()), "README.md");
    expect(once).toContain("| 500 ns |");
    expect(withBlock(once, "performance", readmeBlock(report()), "README.md")).toBe(once);
    // All else stays as it was.
    const [before, after] = readme.split(/<!-- performance:begin -->[^]*<!-- performance:end -->/);
    expect(once.startsWith(before ?? "?")).toBe(true);
    expect(once.endsWith(after ?? "?")).toBe(true);
  });

  test("a document without the block is refused", () => {
    const refusal = "A.md has no section performance";
    expect(() => withBlock("text", "performance", "", "A.md")).toThrow(refusal);
    const reversed = "<!-- performance:end --> <!-- performance:begin -->";
    expect(() => withBlock(reversed, "performance", "", "A.md")).toThrow(refusal);
  });

  test("docs/performance.md holds cases, targets, scaling and what a reconfiguration is made of", () => {
    const layers = new Map([["wire: encoding", 1000]] as const);
    const breakdown = { transport: "frames", reconfigurations: 10, total: 2000, layers } as const;
    const document = performanceDocument(report(), [breakdown]);
    // 2 × the base here, which took 3.3 ms where the original took 0.36 ms; the last has no original.
    expect(document).toMatch(/\| read one ledger .* 0\.218 × \|/);
    expect(document).toMatch(/\| memory of tqd .*\| +– \|/);
    expect(document).toContain("“Against the original” is derived");
    for (const text of ["## Targets", "### Split 32 B", "wire: encoding", "50.0", "past epoch"]) {
      expect(document).toContain(text);
    }
  });

  test("the plot is one well-formed element with a dot for each subject and no raw text", () => {
    const svg = plot(report());
    expect(svg).toMatch(/^<svg [^>]*>[^]*<\/svg>\n$/);
    expect(svg.match(/<title>/g)).toHaveLength(5 + 4);
    expect(svg).toContain("a &amp; &lt;b>: 100 µs");
    expect(svg).toContain("prefers-color-scheme:dark");
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    const tags = [...svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)];
    const open = tags.filter(([, close, , empty]) => close === "" && empty === "").length;
    expect(open).toBe(tags.filter(([, close]) => close === "/").length);
  });

  test("the plot of a run without figures is still one", () => {
    const empty = { ...report(), cases: [], scaling: null };
    expect(plot(empty)).not.toMatch(/NaN|undefined|Infinity/);
  });
});
