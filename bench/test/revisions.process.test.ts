/** Comparisons with other revisions: what they are built and called by, and what comes of them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CASES } from "../src/cases.ts";
import { ROOT } from "../src/machine.ts";
import { buildRevision } from "../src/revisions/build.ts";
import { CURRENT_REVISION } from "../src/revisions/revision.ts";
import { compareRevisions } from "../src/revisions/compare.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "bench-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A workspace whose core exports what this module text does. */
function workspace(module: string): { commit: string; name: string; root: string } {
  const core = path.join(folder, "ts/core");
  mkdirSync(core, { recursive: true });
  const manifest = { type: "module", exports: { ".": { default: "./index.js" } } };
  writeFileSync(path.join(core, "package.json"), JSON.stringify(manifest));
  writeFileSync(path.join(core, "index.js"), module);
  return { commit: "f".repeat(40), name: "fffffff", root: folder };
}

/** A module that exports all that this revision's core does. */
const CORE = ["index", "ledger", "protocol", "wire"]
  .map((name) => pathToFileURL(path.join(ROOT, `ts/core/dist/${name}.js`)).href)
  .map((url) => `export * from ${JSON.stringify(url)};`)
  .join("\n");

describe("a comparison", () => {
  const cases = (...ids: readonly string[]) => CASES.filter(({ id }) => ids.includes(id));
  const plan = { processes: 2, rounds: 3, sampleMs: 1, warmUpMs: 1, programRounds: 1 };
  const say = () => undefined;

  test("takes a sample of each revision in each round, in several processes", async () => {
    const base = workspace(CORE);
    const options = { base, cases: cases("combine-17-into", "upgrade-32", "hkdf"), plan, say };
    const comparison = await compareRevisions(options);
    expect(comparison.base).toEqual({ commit: base.commit, name: base.name });
    expect(comparison.skipped).toEqual([]);
    // Only what a revision does can be compared.
    expect(comparison.cases.map(({ id }) => id)).toEqual(["upgrade-32", "combine-17-into"]);
    for (const { base: before, current, ratio } of comparison.cases) {
      expect([before.samples, current.samples]).toEqual([6, 6]);
      expect(before.median).toBeGreaterThan(0);
      expect(ratio.low).toBeLessThanOrEqual(ratio.median);
      expect(ratio.median).toBeLessThanOrEqual(ratio.high);
    }
  });

  test("is above 1 where the other revision is the slower one", async () => {
    const ledger = pathToFileURL(path.join(ROOT, "ts/core/dist/ledger.js")).href;
    const base = workspace(`${CORE}
      import { decodeLedger as original } from ${JSON.stringify(ledger)};
      export function decodeLedger(...args) {
        for (const start = performance.now(); performance.now() - start < 200;);
        return original(...args);
      }`);
    const options = { base, cases: cases("ledger-43k"), plan, say };
    const [compared] = (await compareRevisions(options)).cases;
    expect(compared?.base.median).toBeGreaterThan(200e6);
    expect(compared?.ratio.median).toBeGreaterThan(2);
  });

  test("leaves out a case that one revision cannot do, and says why", async () => {
    const base = workspace(CORE);
    const options = { base, cases: cases("combine-17-into", "tq-version"), plan, say };
    const { cases: compared, skipped } = await compareRevisions(options);
    expect(compared.map(({ id }) => id)).toEqual(["combine-17-into"]);
    expect(skipped).toEqual([expect.stringMatching(/^tq --version, CPU: Command failed/)]);
  });

  test("with a revision whose API has no adapter is an error that names it", async () => {
    const base = workspace("export const encodeFrame = () => undefined;");
    const compared = compareRevisions({ base, cases: cases("combine-17-into"), plan, say });
    await expect(compared).rejects.toThrow(
      /^the benchmark has no adapter for the API of fffffff: it does not export nativeCrypto, /,
    );
  });
});

describe("another revision", () => {
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();

  /** A repository of one package, whose build counts how often it ran. */
  function repository(build: string): void {
    const manifest = { name: "p", version: "1.0.0", scripts: { build } };
    const lock = { name: "p", version: "1.0.0", lockfileVersion: 3, requires: true };
    const packages = { "": { name: "p", version: "1.0.0" } };
    writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
    writeFileSync(path.join(folder, "package-lock.json"), JSON.stringify({ ...lock, packages }));
    git("init", "--quiet");
    git("add", ".");
    git("commit", "--quiet", "--message", "one");
  }

  test("is built once, in a worktree of its own", () => {
    repository(`node -e "fs.appendFileSync('built', 'x')"`);
    const said: string[] = [];
    const options = { repository: folder, say: (line: string) => said.push(line) };
    const built = buildRevision("HEAD", options);
    expect(built.commit).toBe(git("rev-parse", "HEAD"));
    expect(built.root).toBe(path.join(folder, "target/revisions", built.commit.slice(0, 12)));
    expect(said.join("\n")).toMatch(/git worktree add .*\n.* npm ci\n.* npm run build/);
    expect(buildRevision(built.name, options)).toEqual(built);
    expect(readFileSync(path.join(built.root, "built"), "utf8")).toBe("x");
    expect(said).toHaveLength(3);
  });

  test("that does not build is an error, and is built anew the next time", () => {
    repository(`node -e "fs.appendFileSync('../built', 'x'); process.exit(1)"`);
    const options = { repository: folder, say: () => undefined };
    for (const runs of ["x", "xx"]) {
      expect(() => buildRevision("HEAD", options)).toThrow(/^`npm run build` failed in /);
      expect(readFileSync(path.join(folder, "target/revisions/built"), "utf8")).toBe(runs);
    }
  });
});

describe("every compared case", () => {
  const inProcess = CASES.filter(
    ({ revision, startsPrograms }) => revision !== undefined && startsPrograms !== true,
  );
  test.each(inProcess.map(({ id, revision }) => [id, revision] as const))(
    "can be sampled: %s",
    async (_, revision) => {
      const sampler = await revision?.(CURRENT_REVISION);
      expect(await sampler?.(0)).toBeGreaterThan(0);
    },
  );
});

describe("a large log", () => {
  test("has as many events as are asked for, of a rack that reconfigures itself", () => {
    // In a process without the tests' aliases: the recorder and the nodes share one copy of the core.
    const dist = pathToFileURL(path.join(ROOT, "bench/dist/revisions")).href;
    const script = `
      const { recordLargeLog } = await import("${dist}/large-log.js");
      const { CURRENT_REVISION } = await import("${dist}/revision.js");
      console.log(await recordLargeLog(CURRENT_REVISION, { events: 500, sleds: 4 }));`;
    const args = ["--input-type=module", "--eval", script];
    const log = execFileSync(process.execPath, args, { encoding: "utf8" });
    const lines = log.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(500);
    expect(log).toContain("coordinateReconfiguration");
  });
});
