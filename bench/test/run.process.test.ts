import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { selectedCases } from "../src/cases.ts";
import { ROOT } from "../src/machine.ts";
import type { Report } from "../src/run.ts";
import { isKnown } from "../src/run.ts";
import { withGap } from "../src/event-loop.ts";
import { WorkerProcess } from "../src/worker-process.ts";

const MAIN = path.join(ROOT, "bench/dist/main.js");

function bench(args: readonly string[], env: Record<string, string> = {}) {
  const options = { env: { ...process.env, ...env }, encoding: "utf8" } as const;
  return spawnSync(process.execPath, [MAIN, ...args], options);
}

describe("npm run bench", () => {
  test("measures one case with both kernels, and says what it does without Rust", () => {
    // Without cargo on its path.
    const { status, stdout, stderr } = bench(["--quick", "--json", "--only", "combine-3"], {
      PATH: "/nowhere",
    });
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as Report;
    expect(report.cases.map(({ id }) => id)).toEqual(["combine-3"]);
    const subjects = report.cases[0]?.subjects ?? [];
    expect(subjects.map(({ name }) => name)).toEqual([
      "native",
      "native, with `into`",
      "shamir-secret-sharing",
      "shamir",
      "secrets.js-grempe",
      "native, portable kernel",
      "reference",
    ]);
    for (const { median, p25, p75 } of subjects) {
      expect(median).toBeGreaterThan(0);
      expect(p25).toBeLessThanOrEqual(p75);
    }
    expect(report.skipped[0]).toMatch(/^the Rust side: cargo cannot be started/);
    expect(stderr).toContain("skipped: the Rust side");
    expect(report.machine.rustc).toBeNull();
    // A target whose comparison is missing is not met: --check would fail.
    expect(report.targets.some(({ met }) => met === null)).toBe(true);
  });

  test("profiles reconfigurations and tells what they are made of", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
    try {
      const { status, stdout } = bench(["--profile", path.join(folder, "new"), "--quick"]);
      expect(status).toBe(0);
      for (const layer of ["crypto:", "wire: encoding", "wire: decoding", "protocol:"]) {
        expect(stdout).toContain(layer);
      }
      for (const transport of ["frames", "direct"]) {
        const file = path.join(folder, "new", `reconfiguration-${transport}.cpuprofile`);
        expect(JSON.parse(readFileSync(file, "utf8"))).toHaveProperty("timeDeltas");
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([[["--fast"]], [["--only", "nothing like it"]], [["--write", "--quick"]]])(
    "refuses %j with exit code 2, one sentence and its help",
    (args) => {
      const { status, stdout, stderr } = bench(args);
      expect(status).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^bench: .+\n\nUsage: npm run bench --/);
    },
  );

  test("refuses to compare with a revision that git does not know, or cases that are not compared", () => {
    const unknown = bench(["--against", "no-such-revision"]);
    expect([unknown.status, unknown.stdout]).toEqual([1, ""]);
    expect(unknown.stderr).toContain('bench: git knows no revision "no-such-revision" here');
    const uncompared = bench(["--against", "HEAD", "--only", "hkdf"]);
    expect([uncompared.status, uncompared.stdout]).toEqual([2, ""]);
    expect(uncompared.stderr).toMatch(/^bench: no case that can be compared has one of "hkdf"/);
  });

  test("prints its help on request", () => {
    const { status, stdout } = bench(["--help"]);
    expect(status).toBe(0);
    expect(stdout).toContain("--profile <dir>");
  });

  test("knows its cases by parts of names and titles, whatever their case", () => {
    expect(["reconfiguration", "SPLIT", "scaling", "event", ""].map(isKnown)).toEqual(
      Array.from({ length: 5 }, () => true),
    );
    expect(isKnown("nothing like it")).toBe(false);
    // Several texts, any of which is enough, and the names of groups.
    expect(isKnown("nothing like it,small")).toBe(true);
    expect(selectedCases("boot, ledger,SMALL").map(({ id }) => id)).toEqual([
      "ledger-43k",
      "ledger-first",
      "boot-32-ledgers",
      "boot-32-frames",
      "boot-32-direct",
      "reconfiguration-16",
      "reconfiguration-16-direct",
      "reconfiguration-5",
      "reconfiguration-5-direct",
      "combine-17-into",
      "split-32-17-into",
    ]);
  });
});

describe("a worker process", () => {
  test("that does not start is an error with its own last words", async () => {
    const script = "console.error('first'); console.error('no such luck'); process.exit(1)";
    const started = WorkerProcess.start([process.execPath, "-e", script], { side: () => "rust" });
    await expect(started).rejects.toThrow(/^no such luck$/);
  });

  test("that ends while it is asked is an error that says how", async () => {
    const greeting = JSON.stringify({ subjects: [{ case: "one", subject: "it" }] });
    const script = `console.log('${greeting}'); process.stdin.once("data", () => {
      console.error("out of luck"); process.exit(3); });`;
    const worker = await WorkerProcess.start([process.execPath, "-e", script], {
      side: () => "rust",
    });
    await expect(worker.subjects("one")[0]?.sample(1)).rejects.toThrow(
      /^the process that measures it ended \(exit code 3: out of luck\)$/,
    );
    worker.close();
  });

  test("that cannot be found is an error", async () => {
    const started = WorkerProcess.start([path.join(ROOT, "no-such-program")], {
      side: () => "rust",
    });
    await expect(started).rejects.toThrow(/ENOENT/);
    expect(existsSync(path.join(ROOT, "no-such-program"))).toBe(false);
  });
});

describe("the gap in the event loop", () => {
  test("is as long as what blocks it, and no longer than all of the work", async () => {
    let blocked = 0;
    const { elapsed, gap } = await withGap(async () => {
      await new Promise((done) => setTimeout(done, 5));
      const start = performance.now();
      while (performance.now() - start < 30);
      blocked = performance.now() - start;
      await new Promise((done) => setTimeout(done, 5));
    });
    expect(gap).toBeGreaterThanOrEqual(blocked);
    expect(gap).toBeLessThanOrEqual(elapsed);
  });
});
