import { describe, expect, test } from "vitest";
import { USAGE, UsageError, parseOptions } from "../src/options.ts";

describe("the command line", () => {
  test("without arguments asks for a full run of everything", () => {
    expect(parseOptions([])).toEqual({
      only: "",
      quick: false,
      json: false,
      check: false,
      write: false,
      profile: null,
      help: false,
    });
  });

  test("takes every option that its usage names, and names every one that it takes", () => {
    const named = [...USAGE.matchAll(/^ {2}--([a-z]+)/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(Object.keys(parseOptions([])).toSorted());
    const args = ["--only", "split", "--quick", "--json", "--check"];
    expect(parseOptions(args)).toMatchObject({
      only: "split",
      quick: true,
      json: true,
      check: true,
    });
    expect(parseOptions(["--write", "--check"])).toMatchObject({ write: true, check: true });
    expect(parseOptions(["--profile", "out", "--quick"])).toMatchObject({ profile: "out" });
  });

  test.each([
    [["--fast"]],
    [["split"]],
    [["--only"]],
    [["--profile"]],
    [["--profile", ""]],
    [["--quick=yes"]],
    [["--write", "--only", "split"]],
    [["--write", "--quick"]],
    [["--write", "--profile", "out"]],
    [["--profile", "out", "--json"]],
    [["--profile", "out", "--check"]],
  ])("refuses %j as the caller's fault", (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});
