/** What a person sees: plain text unless somebody looks, narrow enough, and never a secret. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HELP } from "../src/args.ts";
import { TerminalStory, wantsColour } from "../src/terminal.ts";
import { MAIN, SIZES, demo, emptyFolder, formsOf, recorded } from "./helpers.ts";

const ESCAPE = "\u001b";

describe.each(SIZES)("a rack of %i sleds", (sleds) => {
  const { stdout, stderr, code } = demo(["--sleds", String(sleds)]);

  test("tells its story in seven phases", () => {
    expect([code, stderr]).toEqual([0, ""]);
    expect(
      stdout
        .match(/^\d {2}\S.*$/gm)
        ?.map((line) => line.slice(0, 1))
        .join(""),
    ).toBe("1234567");
    const spare = sleds * (Math.floor(255 / sleds) - 1);
    expect(stdout).toContain(`Nothing was lost: all ${spare} spare shares decrypted`);
  });

  test("has no escape codes when piped, and at most 100 columns", () => {
    expect(stdout).not.toContain(ESCAPE);
    const lines = stdout.split("\n");
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(100);
    for (const line of lines) expect(line, "trailing blanks").toBe(line.trimEnd());
    // Whatever the size of the rack, it stays something one can read.
    expect(lines.length).toBeLessThan(125);
  });

  test("prints no secret and no share", () => {
    const { secret, shares, spare_shares_of_second: spare } = recorded(sleds);
    const all = stdout + demo(["--sleds", String(sleds), "--json"]).stdout;
    for (const hex of [secret, ...shares.map(({ share }) => share), ...spare]) {
      for (const form of formsOf(hex)) expect(all.includes(form), hex).toBe(false);
      // A share is x, then y: the y alone is just as secret.
      for (const form of formsOf(hex.slice(2))) expect(all.includes(form), hex).toBe(false);
    }
  });
});

test("names every sled of the default rack in every phase that concerns it", () => {
  const phases = demo([]).stdout.split(/^\d {2}/m);
  const upgraded = ["BRM42220001", "BRM42220008", "BRM42220015", "BRM42220022", "BRM42220029"];
  const row = (phase: number, serial: string, what: string): void =>
    expect(phases[phase]).toMatch(new RegExp(`^   ${serial} +${what}`, "m"));
  for (const serial of upgraded) row(1, serial, "InitialMember");
  row(1, "BRM42228888", "Learning +no share");
  row(2, "BRM42220001", "crashed");
  row(2, "BRM42220008", "prepared");
  row(2, "BRM42229999", "nothing");
  row(3, "BRM42229999", "computed");
  row(4, "BRM42220001", "removed");
  row(4, "BRM42230001", "joined");
  row(5, "BRM42220001", "expunged");
  row(6, "BRM42229999", "locked +has 3 of 4 shares");
  row(6, "BRM42230001", "unlocked");
  row(7, "BRM42220029", "intact +50 spare shares");
});

test("FORCE_COLOR colours a pipe, and the text stays the same", () => {
  const plain = demo([]).stdout;
  const coloured = demo([], { FORCE_COLOR: "1" }).stdout;
  expect(coloured).toContain(`${ESCAPE}[32m`);
  const timeless = (text: string): string => text.replaceAll(/\d+\.\d+ s|[\d,]+ bytes/g, "");
  // eslint-disable-next-line no-control-regex
  expect(timeless(coloured.replaceAll(/\u001b\[\d+m/g, ""))).toBe(timeless(plain));
});

test("colour is for a terminal, unless the environment says otherwise", () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: false }, {})).toBe(false);
  expect(wantsColour({}, {})).toBe(false);
  expect(wantsColour({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: "" })).toBe(true);
  expect(wantsColour({ isTTY: false }, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(true);
  expect(wantsColour({ isTTY: true }, { FORCE_COLOR: "0" })).toBe(false);
});

test("a reader that stops reading is no error", () => {
  const command = `"${process.execPath}" "${MAIN}" | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout.split("\n").slice(1)).toEqual(["0", ""]);
});

test("--help explains every option and does nothing else", () => {
  const folder = emptyFolder();
  for (const flag of ["--help", "-h"]) {
    const { code, stdout, stderr } = demo([flag, "--keep", folder]);
    expect([code, stdout, stderr]).toEqual([0, HELP, ""]);
  }
  expect(readdirSync(folder)).toEqual([]);
  for (const option of ["--sleds", "--lrtq", "--keep", "--crypto", "--json", "--help"]) {
    expect(HELP).toContain(`  ${option}`);
  }
});

describe("rows", () => {
  const told = (rows: Parameters<TerminalStory["rows"]>[0]): string[] => {
    const lines: string[] = [];
    new TerminalStory((text) => lines.push(text), { colour: false }).rows(rows);
    return lines;
  };
  const rowsOf = (count: number, text: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => ({ who: `S${i}`, what: "up", text: text(i) }));

  test("that differ in their numbers only are shortened when they are many", () => {
    expect(told(rowsOf(8, (i) => `share ${i}`))).toHaveLength(8);
    const lines = told(rowsOf(9, (i) => `share ${i}`));
    expect(lines).toEqual([
      "   S0           up  share 0\n",
      "   S1           up  share 1\n",
      "   S2           up  share 2\n",
      "   … 5 more …   up  likewise\n",
      "   S8           up  share 8\n",
    ]);
  });

  test("that say something else are never left out", () => {
    const lines = told(rowsOf(20, (i) => (i === 10 ? "its cable is pulled" : "fine")));
    expect(lines.filter((line) => line.includes("S10"))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("more"))).toHaveLength(2);
  });

  test("hang their text under itself when it is long", () => {
    const text = "word ".repeat(30).trim();
    const [first, second] = told([{ who: "S", what: "up", text }]);
    expect(first).toMatch(/^ {3}S {3}up {2}word/);
    expect(second).toMatch(/^ {11}word/);
  });
});

test("nothing from a file's name reaches the terminal as a control character", () => {
  const lines: string[] = [];
  new TerminalStory((text) => lines.push(text), { colour: false }).say("a\u001b[31mb\u0007");
  expect(lines).toEqual(["   a\ufffd[31mb\ufffd\n"]);
});
