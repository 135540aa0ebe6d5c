/** The table of errors, its types and the published list agree, and every code is raised somewhere. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  DAEMON,
  OPERATOR_CODES,
  ERRORS_MD,
  declaredErrors,
  errorsDocument,
  template,
} from "../../../scripts/errors-md.ts";
import { ERRORS, TrustQuorumError, isTrustQuorumError } from "../src/base/errors.ts";
import { REFUSAL_REASONS } from "../src/protocol/diagnostics.ts";

const declared = declaredErrors();
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const sources = [
  ...read(path.join(ROOT, "ts/core/src"), ".ts"),
  // The native errors name their codes themselves.
  ...["bindings", "crates"].flatMap((folder) => read(path.join(ROOT, folder), ".rs")),
];

describe("the table of errors", () => {
  test("has exactly the codes whose details are declared, in the same order", () => {
    expect(Object.keys(ERRORS)).toEqual(declared.map(({ code }) => code));
  });

  test.each(Object.entries(ERRORS))("%s is its kind, in capitals", (code, { kind }) => {
    expect(code.replace("ERR_TQ_", "").replaceAll("_", "")).toBe(kind.toUpperCase());
  });

  test.each(declared)("$code shows no detail that it has not, and says something", (error) => {
    expect(template(error)).toMatch(/^[\w<a-z].*[^.\s]$/);
  });

  test("gives each code a text of its own", () => {
    const texts = declared.map((error) => template(error));
    // These two say what was expected, and `expected` says which of the two it is.
    const shared = texts.filter((text, index) => texts.indexOf(text) !== index);
    expect(shared).toEqual(["expected <expected> at byte <offset>"]);
  });

  test("has no code that nothing raises", () => {
    const text = sources
      .filter(({ file }) => !/^base\/errors(\/|\.ts$)/.test(file))
      .map(({ text }) => text)
      .join("\n");
    const mentioned = new Set(text.match(/ERR_TQ_\w+/g));
    expect(Object.keys(ERRORS).filter((code) => !mentioned.has(code))).toEqual([]);
  });
});

describe("the reasons of refusals", () => {
  test("are all used", () => {
    const text = sources
      .filter(({ file }) => !file.endsWith("protocol/diagnostics.ts"))
      .map(({ text }) => text)
      .join("\n");
    const unused = Object.keys(REFUSAL_REASONS).filter((reason) => !text.includes(`"${reason}"`));
    expect(unused).toEqual([]);
  });
});

describe("ERRORS.md", () => {
  test("is what the tables say now (npm run errors writes it)", async () => {
    expect(readFileSync(ERRORS_MD, "utf8")).toBe(await errorsDocument());
  });

  test("lists every code and every reason once", () => {
    const listed = [...readFileSync(ERRORS_MD, "utf8").matchAll(/^\| `(\w+)`/gm)].map(
      ([, name]) => name,
    );
    expect(listed.toSorted()).toEqual(
      [
        ...Object.keys(ERRORS),
        ...Object.keys(REFUSAL_REASONS),
        ...declaredErrors(DAEMON).map(({ code }) => code),
        ...OPERATOR_CODES,
      ].toSorted(),
    );
  });
});

describe("a TrustQuorumError", () => {
  const cause = new Error("the cause");
  const error = new TrustQuorumError(
    "ERR_TQ_THRESHOLD_MISMATCH",
    { members: 3, threshold: 3 },
    { cause },
  );

  test("carries its code, kind, details, text and cause", () => {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe("TrustQuorumError");
    expect(error.code).toBe("ERR_TQ_THRESHOLD_MISMATCH");
    expect(error.kind).toBe("ThresholdMismatch");
    expect(error.origin).toBe("core");
    expect(error.details).toEqual({ members: 3, threshold: 3 });
    expect(error.message).toBe("3 members cannot have a threshold of 3");
    expect(error.cause).toBe(cause);
  });

  test("is told from others, and by its code", () => {
    expect(isTrustQuorumError(error)).toBe(true);
    expect(isTrustQuorumError(error, "ERR_TQ_THRESHOLD_MISMATCH")).toBe(true);
    expect(isTrustQuorumError(error, "ERR_TQ_NOT_PREPARED")).toBe(false);
    expect(isTrustQuorumError(cause)).toBe(false);
    expect(isTrustQuorumError({ ...error })).toBe(false);
    expect(isTrustQuorumError(undefined)).toBe(false);
  });

  test("says `none` where there is no epoch", () => {
    const { message } = new TrustQuorumError("ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH", {
      expected: null,
      got: 4,
    });
    expect(message).toBe("the last committed epoch here is none, not 4");
  });
});

function read(folder: string, extension: string): { file: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => ({
      file: name.replaceAll("\\", "/"),
      text: readFileSync(path.join(folder, name), "utf8"),
    }));
}
