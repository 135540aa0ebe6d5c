/**
 * What an installation fetches and runs: no install scripts of ours, none needed of others, and a lock
 * file that names no registry.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

interface LockEntry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(path.join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Record<string, LockEntry>;
};
const entries = Object.entries(lock.packages);
const ours = entries.filter(([name]) => name !== "" && !name.includes("node_modules/"));

describe("our packages", () => {
  test.each(["", ...ours.map(([folder]) => folder)])("in '%s' have no install script", (folder) => {
    const text = readFileSync(path.join(ROOT, folder, "package.json"), "utf8");
    const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, string> };
    const run = ["preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare"];
    expect(Object.keys(scripts).filter((name) => run.includes(name))).toEqual([]);
  });

  test("are installed without running anyone's script", () => {
    expect(readFileSync(path.join(ROOT, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m);
  });
});

describe("the lock file", () => {
  test("names no registry and no other place to download from", () => {
    const elsewhere = entries.filter(
      ([, { resolved, link }]) => resolved !== undefined && link !== true,
    );
    expect(elsewhere).toEqual([]);
  });

  test("holds the digest of everything that is downloaded", () => {
    const downloaded = entries.filter(
      ([name, { link }]) => name.includes("node_modules/") && link !== true,
    );
    expect(downloaded.length).toBeGreaterThan(0);
    expect(downloaded.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
  });

  test("holds the binaries of every platform, so that npm ci works on each", () => {
    const missing = entries.flatMap(([name, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((wanted) => !isLocked(wanted, name))
        .map((wanted) => `${wanted} of ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test("has no package whose install script is needed", () => {
    const scripted = entries
      .filter(([, { hasInstallScript }]) => hasInstallScript === true)
      .map(([name]) => name.replace(/^.*node_modules\//, ""));
    // esbuild's only checks the binary that npm has installed as an optional dependency; fsevents is
    // prebuilt. The tools that use them run in these tests, where the scripts did not.
    expect([...new Set(scripted)].filter((n) => !["esbuild", "fsevents"].includes(n))).toEqual([]);
  });

  test("has no package of ours that is to be downloaded, published or not", () => {
    const named = entries.filter(
      ([name, { link }]) => /node_modules\/(@?trust-quorum)/.test(name) && link !== true,
    );
    expect(named).toEqual([]);
  });
});

/** Whether a dependency of the package at this place is found where Node would look for it. */
function isLocked(wanted: string, place: string): boolean {
  if (`${place}/node_modules/${wanted}` in lock.packages) return true;
  const parent = place.lastIndexOf("/node_modules/");
  if (parent >= 0) return isLocked(wanted, place.slice(0, parent));
  return `node_modules/${wanted}` in lock.packages;
}
