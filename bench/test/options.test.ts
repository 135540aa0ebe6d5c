import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { command } from "../src/options.ts";
import type { Options } from "../src/options.ts";

/** Parses arguments with a command that prints nothing. */
function parse(args: readonly string[]): Options {
  const program = command().configureOutput({ writeErr: () => undefined });
  return program.parse(args, { from: "user" }).opts<Options>();
}

describe("the command line", () => {
  test("without arguments asks for a full run of everything", () => {
    expect(parse([])).toEqual({ only: "" });
  });

  test("takes its options together where they do not exclude each other", () => {
    expect(parse(["--only", "split", "--quick", "--json", "--check"])).toMatchObject({
      only: "split",
      quick: true,
      json: true,
      check: true,
    });
    expect(parse(["--against", "main", "--only", "boot,small", "--quick", "--check"])).toEqual({
      against: "main",
      only: "boot,small",
      quick: true,
      check: true,
    });
    expect(parse(["--write", "--check"])).toMatchObject({ write: true, check: true });
    expect(parse(["--profile", "out", "--quick"])).toMatchObject({ profile: "out" });
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
    [["--against"]],
    [["--against", "main", "--write"]],
    [["--against", "main", "--profile", "out"]],
    [["--profile", "out", "--json"]],
    [["--profile", "out", "--check"]],
    [["--profile", "out", "--only", "split"]],
  ])("refuses %j as invalid usage", (args) => {
    expect(() => parse(args)).toThrow(CommanderError);
  });
});
