/** Whoever waits for a build is told what it does, at least every five seconds. */
import { describe, expect, test } from "vitest";
import { buildTypeScript } from "./commands.mjs";
import { SILENT_MS_MAX, cargoMeaning, runWithProgress, tscMeanings } from "./progress.mjs";

/** A program in Node, as a command. */
function program(script: string): string[] {
  return [process.execPath, "--eval", script];
}

/** Takes lines and notes when each came. */
function listener(): { lines: string[]; gaps: () => number[]; say: (line: string) => void } {
  const times = [performance.now()];
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    times.push(performance.now());
  };
  return { lines, say, gaps: () => times.slice(1).map((time, i) => time - (times[i] ?? 0)) };
}

test("no build is silent for five seconds, with some to spare for a busy machine", () => {
  expect(SILENT_MS_MAX).toBeLessThanOrEqual(4000);
});

describe("a program that prints nothing for long", () => {
  test("is spoken for, and says how long it runs", async () => {
    const { lines, gaps, say } = listener();
    const command = program("setTimeout(() => {}, 1500)");
    const { code } = await runWithProgress(command, { label: "checks", say, silentMsMax: 200 });
    expect(code).toBe(0);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(line).toMatch(/^checks: running \(\d+ s\)$/u);
    // Not more often than it has to be.
    expect(Math.min(...gaps())).toBeGreaterThan(150);
  });

  test("is left alone while it speaks for itself", async () => {
    const { lines, say } = listener();
    const command = program(`
      const ticking = setInterval(() => console.log("here"), 50);
        setTimeout(() => clearInterval(ticking), 2000);`);
    const meaningOf = () => ({ show: true });
    await runWithProgress(command, { label: "checks", say, meaningOf, silentMsMax: 400 });
    const spokenFor = lines.slice(lines.indexOf("here")).filter((line) => line !== "here");
    expect(lines.length).toBeGreaterThan(20);
    // None, unless the machine stood still.
    expect(spokenFor.length).toBeLessThan(3);
  });
});

describe("a program's end", () => {
  const run = (command: readonly string[]) =>
    runWithProgress(command, { label: "x", say: () => undefined });

  test("is its exit code, with all that it printed on both streams", async () => {
    const script = 'console.log("one"); console.error("two"); process.exitCode = 3;';
    const { code, output } = await run(program(script));
    expect(code).toBe(3);
    expect(output.split("\n").toSorted()).toEqual(["", "one", "two"]);
  });

  test("has the last line, also where nothing ends it", async () => {
    expect((await run(program('process.stdout.write("no end")'))).output).toBe("no end\n");
  });

  test("is 127 where it cannot be started", async () => {
    const { code, output } = await run(["no-such-program"]);
    expect(code).toBe(127);
    expect(output).toContain("no-such-program cannot be started");
  });

  test.skipIf(process.platform === "win32")("is above 128 where a signal ended it", async () => {
    const { code, output } = await run(program('process.kill(process.pid, "SIGKILL")'));
    expect(code).toBeGreaterThan(128);
    expect(output).toContain("was ended by SIGKILL");
  });
});

describe("the compiler", () => {
  const VERBOSE = `
12:29:27 AM - Projects in this build: 
    * ts/core/tsconfig.json
    * ts/core/test/tsconfig.json

12:29:27 AM - Project 'ts/core/tsconfig.json' is up to date because newest input 'a.ts' is older than output 'b'

12:29:28 AM - Building project '/w/ts/core/test/tsconfig.json'...

ts/core/test/x.test.ts(1,14): error TS2322: Type 'string' is not assignable to type 'number'.
`;

  test("says which project it compiles, and shows its errors", () => {
    const meaningOf = tscMeanings("/w");
    const meanings = VERBOSE.split("\n").map((line) => ({ line, ...meaningOf(line) }));
    const said = meanings.flatMap(({ say }) => say ?? []);
    expect(said).toEqual(["compiling ts/core/test (2 of 2)"]);
    const shown = meanings.filter(({ show }) => show === true).map(({ line }) => line);
    expect(shown).toEqual([expect.stringMatching(/error TS2322/u)]);
  });

  test("is spoken for as the build runs it", async () => {
    const { lines, say } = listener();
    const slow = `
      const say = (text) => console.log("12:00:00 PM - " + text);
      say("Projects in this build:");
      console.log("    * ts/core/tsconfig.json");
      say("Building project '/elsewhere/ts/core/tsconfig.json'...");
      setTimeout(() => {}, 1200);`;
    const tsc = [...program(slow), "--"];
    expect(await buildTypeScript("ts/core", { tsc, say, silentMsMax: 200 })).toBe(0);
    const first = lines.indexOf("TypeScript: compiling /elsewhere/ts/core (1 of 1)");
    expect(lines.length - first).toBeGreaterThan(3);
    expect(lines.at(-1)).toMatch(/^TypeScript: compiling .* \(1 of 1\) \(\d+ s\)$/u);
  });
});

test.each([
  [
    "    Building [=====>   ] 12/48: zeroize, shamir   ",
    "compiled 12 of 48 crates: zeroize, shamir",
  ],
  ["\u001b[1m\u001b[92m    Building\u001b[0m [=> ] 1/2", "compiled 1 of 2 crates"],
  ["     Running unittests src/lib.rs (target/debug/deps/x-1)", "testing unittests src/lib.rs"],
  ["   Doc-tests trust_quorum_shamir", "testing trust_quorum_shamir"],
  ["   Compiling shamir v0.1.0", undefined],
])("cargo's line %j tells: %s", (line, status) => {
  expect(cargoMeaning(line).status).toBe(status);
});
