/** The daemon's table of errors agrees with its types, and each text says something of its own. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DAEMON, declaredErrors, template } from "../../../scripts/errors-md.ts";
import { ERRORS } from "trust-quorum";
import { DAEMON_ERRORS, DaemonError, isDaemonError } from "../src/errors.ts";

const declared = declaredErrors(DAEMON);

describe("the daemon's table of errors", () => {
  test("has exactly the codes whose details are declared, in the same order", () => {
    expect(Object.keys(DAEMON_ERRORS)).toEqual(declared.map(({ code }) => code));
  });

  test("shares no code with the core's", () => {
    expect(Object.keys(DAEMON_ERRORS).filter((code) => Object.hasOwn(ERRORS, code))).toEqual([]);
  });

  test.each(declared)("$code shows no detail that it has not, and says something", (error) => {
    expect(template(error, DAEMON)).toMatch(/^[\w<a-z].*[^.\s]$/);
  });

  test("has no code that nothing raises", () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const text = ["sled-host", "api", "daemon", "cli"]
      .flatMap((name) =>
        readdirSync(path.join(root, name, "src"), { recursive: true, encoding: "utf8" }).map(
          (file) => path.join(name, "src", file),
        ),
      )
      .filter((name) => name.endsWith(".ts") && name !== path.join("sled-host", "src", "errors.ts"))
      // Its statuses name codes without raising them.
      .filter((name) => !name.endsWith("failure.ts"))
      .map((name) => readFileSync(path.join(root, name), "utf8"))
      .join("\n");
    const mentioned = new Set(text.match(/ERR_TQD_\w+/g));
    // The answer to a mistake of the daemon is made where its status is.
    mentioned.add("ERR_TQD_INTERNAL");
    expect(Object.keys(DAEMON_ERRORS).filter((code) => !mentioned.has(code))).toEqual([]);
  });

  test("gives each code a text of its own", () => {
    const texts = declared.map((error) => template(error, DAEMON));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

test("a DaemonError is told from others, and by its code", () => {
  const error = new DaemonError("ERR_TQD_SOCKET_IN_USE", { path: "/run/x" });
  expect(error.message).toContain("/run/x");
  expect(isDaemonError(error)).toBe(true);
  expect(isDaemonError(error, "ERR_TQD_SOCKET_IN_USE")).toBe(true);
  expect(isDaemonError(error, "ERR_TQD_STOPPING")).toBe(false);
  expect(isDaemonError(new Error("x"))).toBe(false);
});
