/** Tests import the sources of the workspace's packages, and of nothing else. */
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { workspaces } from "../workspaces.mjs";
import { sourceOf } from "./sources.mjs";

const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const packages = workspaces(ROOT);
const at = (file: string) => path.join(ROOT, file);

test.each([
  ["trust-quorum", "ts/simulator/test/x.test.ts", "ts/core/src/index.ts"],
  ["@trust-quorum/event-log/format", "ts/replay/src/x.ts", "ts/event-log/src/format.ts"],
  // A pattern in `exports`
  ["@trust-quorum/api/client/errors", "ts/cli/src/x.ts", "ts/api/src/client/errors.ts"],
  ["#native-crypto", "ts/core/src/crypto/x.ts", "ts/core/src/crypto/native.ts"],
])("%s is a source, asked for from %s", (specifier, importer, source) => {
  expect(sourceOf(packages, specifier, at(importer))).toBe(at(source));
});

test.each([
  ["what npm installed", "fast-check", "ts/core/test/x.test.ts"],
  ["the addon", "@trust-quorum/native", "ts/core/src/crypto/native.ts"],
  ["a manifest", "trust-quorum/package.json", "ts/core/test/x.test.ts"],
  ["a relative name", "../src/index.ts", "ts/core/test/x.test.ts"],
  ["what compiled code imports", "trust-quorum", "ts/simulator/dist/index.js"],
  ["what compiled code calls its own", "#native-crypto", "ts/core/dist/index.js"],
])("%s is left alone", (_, specifier, importer) => {
  expect(sourceOf(packages, specifier, at(importer))).toBeUndefined();
});

test("a name that a package does not export is an error", () => {
  expect(() => sourceOf(packages, "trust-quorum/no-such", at("ts/demo/src/x.ts"))).toThrow(
    /no-such/u,
  );
});

test("every package that the workspace compiles has its sources where they are looked for", () => {
  const exported = packages.flatMap(({ name, manifest }) =>
    Object.keys(manifest.exports ?? {})
      .filter((key) => !/\*|json$/u.test(key))
      .map((key) => name + key.slice(1)),
  );
  const missing = exported.filter((specifier) => {
    const source = sourceOf(packages, specifier, undefined);
    return source === undefined || !existsSync(source);
  });
  expect(exported.length).toBeGreaterThan(5);
  expect(missing.filter((name) => name !== "@trust-quorum/native")).toEqual([]);
});
