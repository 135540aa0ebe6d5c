/** The packages of revisions under names that stay, and what a comparison concludes. */
import * as core from "trust-quorum";
import * as ledger from "trust-quorum/ledger";
import * as protocol from "trust-quorum/protocol";
import * as wire from "trust-quorum/wire";
import { describe, expect, test } from "vitest";
import { slowerCases } from "../src/revisions/compare.ts";
import type { Comparison } from "../src/revisions/compare.ts";
import { libraryOf } from "../src/revisions/library.ts";

const exported = { ...core, ...ledger, ...protocol, ...wire };

describe("a library", () => {
  test("is what the names of this revision's exports make of it", () => {
    const library = libraryOf(exported, "this revision");
    const [from, to] = ["BRM1", "BRM2"].map((serial) => core.baseboardId("913-0000019", serial));
    if (from === undefined || to === undefined) throw new Error("two ids");
    const node = library.restore({ self: from, ledger: null, crypto: library.crypto });
    expect(node.self).toBe(from);
    const saved = { generation: 3, state: library.initialState(null) };
    expect(library.decodeLedger(library.encodeLedger(saved))).toMatchObject(saved);
  });

  test("of exports that no generation knows is refused with the names that are missing", () => {
    const { encodeLedger: _, ...others } = exported;
    expect(() => libraryOf(others, "revision 1234567")).toThrow(
      /^the benchmark has no adapter for the API of revision 1234567: it does not export encodeLedger \(/,
    );
  });
});

describe("a comparison", () => {
  test("calls slower only what is slower in all of the interval", () => {
    const summary = { median: 1, p25: 1, p75: 1, samples: 7 };
    const compared = (id: string, low: number, high: number): Comparison["cases"][number] => {
      const ratio = { median: (low + high) / 2, low, high, confidence: 0.95 };
      return { id, title: id, quantity: "time", base: summary, current: summary, ratio };
    };
    const base = { commit: "", name: "" };
    const all = [
      compared("noise", 0.8, 1.01),
      compared("slow", 0.8, 0.99),
      compared("fast", 1.1, 2),
    ];
    const slower = slowerCases({ base, cases: all, skipped: [] });
    expect(slower.map(({ id }) => id)).toEqual(["slow"]);
  });
});
