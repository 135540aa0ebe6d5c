/** `npm run simulate` and `npm run seeded-bugs` as a caller sees them. */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import tseslint from "typescript-eslint";
import { describe, expect, it } from "vitest";
import { failureReport } from "../src/cli/report.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DIST = path.join(ROOT, "ts/simulator/dist/cli");

function command(
  program: string,
  ...args: string[]
): ReturnType<typeof spawnSync> & {
  stdout: string;
  stderr: string;
} {
  return spawnSync(process.execPath, [path.join(DIST, program), ...args], { encoding: "utf8" });
}

describe("simulate", () => {
  it("exits 0 where every invariant holds, and prints one JSON document", () => {
    const { status, stdout } = command(
      "simulate.js",
      "--seeds",
      "1..3",
      "--steps",
      "300",
      "--json",
    );
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as { runs: number; calls: number; failures: unknown[] };
    expect(report.runs).toBe(3);
    expect(report.calls).toBeGreaterThan(300);
    expect(report.failures).toEqual([]);
  });

  it("says the same for people", () => {
    const { status, stdout } = command("simulate.js", "--seeds", "7", "--steps", "200", "--encode");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^1 runs, [\d,]+ steps, [\d,]+ node calls in/u);
    expect(stdout).toMatch(/Every invariant held in every run\.\n$/u);
  });

  it.each([
    ["an unknown option", ["--sedes", "1"]],
    ["an unknown profile", ["--profile", "wild"]],
    ["seeds that are none", ["--seeds", "a..b"]],
    ["seeds in the wrong order", ["--seeds", "5..1"]],
    ["steps that are none", ["--steps", "-1"]],
    ["an argument too many", ["7"]],
  ])("exits 2 for %s, with a sentence", (_, args) => {
    const { status, stderr, stdout } = command("simulate.js", ...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: /u);
    expect(stdout).toBe("");
  });

  it.each(["simulate.js", "seeded-bugs.js", "mutation.js"])(
    "shows its options with --help, each default as one would type it: %s",
    (program) => {
      const { status, stdout } = command(program, "--help");
      expect(status).toBe(0);
      expect(stdout).toMatch(/^ {2}--\w/mu);
      expect(stdout).not.toMatch(/[{}]|default:\s+false/u);
    },
  );

  it("shows the default seeds as --seeds takes them", () => {
    expect(command("simulate.js", "--help").stdout).toMatch(
      /--seeds [^]*?\(default:\s+1\.\.100\)/u,
    );
  });
});

describe("the command that shows a failure again", () => {
  const found = { seed: 5, profile: "rough", invariant: "liveness", message: "", step: 1 } as const;
  const options = { steps: 40, profile: "rough", sleds: 6, encode: true } as const;

  it.each([
    [{ lrtq: true, slowSaves: false }, "--lrtq --no-slow-saves"],
    [{ lrtq: false, slowSaves: true }, "--no-lrtq --slow-saves"],
  ])("has every option of the run: %j", (more, expected) => {
    const flags = { crypto: "reference", shrink: false } as const;
    const { command: again } = failureReport(found, { ...options, ...more }, flags);
    expect(again).toBe(
      "npm run simulate -- --seeds 5 --steps 40 --profile rough --sleds 6 --encode " +
        `${expected} --crypto reference`,
    );
    const { status, stdout } = command("simulate.js", ...again.split(" ").slice(4));
    expect(stdout).toMatch(/^1 runs, /u);
    expect(status).toBe(0);
  });
});

describe("seeded-bugs", () => {
  it("exits 2 where no bug has such a name", () => {
    expect(command("seeded-bugs.js", "--only", "no-such-bug").status).toBe(2);
  });

  it("exits 1 where a bug is not caught", () => {
    const args = ["--only", "no-tick", "--seeds", "1", "--no-shrink"];
    const { status, stdout } = command("seeded-bugs.js", ...args);
    expect(status).toBe(1);
    expect(stdout).toMatch(/NOT CAUGHT/u);
  });
});

/** Packages that simulate, test or show; every other one runs on a rack, or may. */
const NEVER_ON_A_RACK = ["conformance", "debugger", "demo", "explorer", "random", "simulator"];

describe("what runs on a rack", () => {
  const packages = readdirSync(path.join(ROOT, "ts")).filter(
    (name) => !NEVER_ON_A_RACK.includes(name),
  );

  it.each(packages)("%s does not depend on the simulator, nor on its random numbers", (name) => {
    const file = path.join(ROOT, "ts", name, "package.json");
    const manifest = JSON.parse(readFileSync(file, "utf8")) as Record<string, object | undefined>;
    const names = (kind: string): string[] => Object.keys(manifest[kind] ?? {});
    const shipped = ["dependencies", "optionalDependencies", "peerDependencies"].flatMap(names);
    expect([...shipped, ...names("devDependencies")]).not.toContain("@trust-quorum/simulator");
    expect(shipped).not.toContain("@trust-quorum/random");
  });

  it("the core has no seeded cryptography to reach", async () => {
    const entryPoints = await Promise.all([
      import("trust-quorum"),
      import("trust-quorum/control"),
      import("trust-quorum/ledger"),
      import("trust-quorum/protocol"),
      import("trust-quorum/secret-sharing"),
      import("trust-quorum/wire"),
    ]);
    const names = entryPoints.flatMap((entryPoint) => Object.keys(entryPoint));
    expect(names.filter((name) => /seed|simulat/iu.test(name))).toEqual([]);
  });

  it.each([
    ["core/src/index.ts", "@trust-quorum/simulator", /never reaches the simulator/u],
    ["core/test/rack.ts", "@trust-quorum/simulator", /never reaches the simulator/u],
    ["event-log/src/index.ts", "@trust-quorum/simulator", /never reaches the simulator/u],
    ["daemon/src/tqd.ts", "@trust-quorum/simulator", /never reaches the simulator/u],
    ["daemon/src/tqd.ts", "@trust-quorum/random", /never draws repeatable random numbers/u],
    ["simulator/src/rack/steps.ts", "trust-quorum/control", /independent model/u],
    ["simulator/src/cli/x.ts", "../../../core/src/control/record.ts", /independent model/u],
    ["simulator/src/rack/steps.ts", "@trust-quorum/control-plane/reconciler", /independent model/u],
  ])("an import in %s of %s is refused by the lint", async (file, name, expected) => {
    // Without the rules that need the types of a whole package, which this one does not.
    const overrideConfig = tseslint.configs.disableTypeChecked;
    const eslint = new ESLint({ cwd: ROOT, overrideConfig });
    const source = `import * as imported from "${name}";\nvoid imported;\n`;
    const filePath = path.join(ROOT, "ts", file);
    const [result] = await eslint.lintText(source, { filePath });
    const messages = result?.messages.map(({ message }) => message).join("\n");
    expect(messages).toMatch(expected);
  });
});
