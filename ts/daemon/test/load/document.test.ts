/** docs/load.md shows what the programs print, and what it claims is in what they printed. */
import { describe, expect, it } from "vitest";
import { readBlocks } from "./document.ts";
import { growthIn, reportOf, sampleText } from "./reconfigurations.ts";
import type { Sample } from "./reconfigurations.ts";

const MIB = 1024 * 1024;
const blocks = readBlocks();
const linesOf = (command: string): readonly string[] => blocks.get(command) ?? [];

/** A sample from its line; what the line does not show stays as it was. */
function parsed(line: string): { readonly sample: Sample; readonly load: string } {
  const numbers = [...line.matchAll(/\d+(?:\.\d+)?/g)].map(([text]) => Number(text));
  const [epoch = 0, files = 0, openFiles = 0, ledger = 0, live = 0, resident = 0, msEach = 0] =
    numbers;
  const sample = {
    epoch,
    files,
    openFiles,
    ledgerBytes: ledger * MIB,
    isExact: line.includes("(exact)"),
    liveBytes: live * MIB,
    residentBytes: resident * MIB,
    msEach,
    otherBytes: 0,
  };
  return { sample, load: /\((load average [\d.]+)\)$/.exec(line)?.[1] ?? "" };
}

describe("docs/load.md", () => {
  it("shows a thousand reconfigurations as they are printed, in which nothing grew but the ledger", () => {
    const lines = linesOf("reconfigure --sleds 3");
    expect(lines[0]).toMatch(/; 3 sleds, 1000 reconfigurations in a row; per sled:$/);
    const printed = lines.slice(1, -1);
    const samples = printed.map((line) => parsed(line));
    expect(samples.map(({ sample, load }) => sampleText(sample, load))).toEqual(printed);
    const all = samples.map(({ sample }) => sample);
    expect(all.map(({ epoch }) => epoch)).toEqual([
      1,
      ...Array.from({ length: 10 }, (_, i) => 100 * (i + 1)),
    ]);
    expect(growthIn(all)).toEqual([]);
    expect(lines.at(-1)).toBe(reportOf(all)[0]);
  });

  it("shows ten thousand hostile connections that cost no honest peer its own", () => {
    const lines = linesOf("attack");
    expect(lines[0]).toMatch(/^10000 hostile connections in .* a sled restarted and unlocked$/);
    expect(lines.at(-1)).toBe("connections of honest peers lost: 0");
  });

  it("shows a fresh daemon that takes at most 40 MB more than an empty Node process", () => {
    const above = /above the empty one: +([\d.]+) MiB/.exec(linesOf("memory").join("\n"))?.[1];
    expect(Number(above) * MIB).toBeLessThan(40e6);
  });

  it.each(["boot --rounds 5 --network-last", "boot --rounds 2"])(
    "shows %s as it is printed, with 32 sleds and a p99 below a second in both readings",
    (command) => {
      const lines = linesOf(command);
      const rounds = Number(/\d+/.exec(command)?.[0]);
      expect(lines[0]).toContain("; 32 sleds, K = 17; ");
      expect(lines.filter((line) => line.startsWith("boot "))).toHaveLength(rounds);
      for (const reading of ["(i)  full mesh → unlocked:", "(ii) K-1 connections → unlocked:"]) {
        const line = lines.find((each) => each.startsWith(reading)) ?? "";
        expect(line).toContain(`(${32 * rounds} values)`);
        expect(Number(/p99 (\d+) ms/.exec(line)?.[1])).toBeLessThan(1000);
      }
    },
  );
});
