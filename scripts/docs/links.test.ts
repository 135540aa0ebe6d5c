/** The links of the documents lead somewhere. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { brokenLinks, documentsOf, unreachable } from "./links.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("the documents of this repository", () => {
  const documents = documentsOf(ROOT);

  test("are found", () => {
    for (const file of ["README.md", "docs/protocol.md", "docs/operators/api.md"]) {
      expect(documents).toContain(file);
    }
  });

  test("have no dead links", () => {
    expect(brokenLinks(ROOT, documents)).toEqual([]);
  });

  test("are all reached from README.md", () => {
    expect(unreachable(ROOT, documents, "README.md")).toEqual([]);
  });
});

describe("a link is dead", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), "tq-links-"));
    mkdirSync(path.join(root, "docs"));
    writeFileSync(path.join(root, "docs/b.md"), "# B `c`, d\n\n## Twice\n\n## Twice\n");
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const cases = [
    ["where there is no file", "[x](docs/none.md)", "a.md:1: there is no docs/none.md"],
    ["where there is no image", "\n![x](x.svg)", "a.md:2: there is no x.svg"],
    ["where there is no heading", "[x](docs/b.md#e)", "a.md:1: docs/b.md has no heading #e"],
    ["where its own heading is none", "# A\n\n[x](#b)", "a.md:3: a.md has no heading #b"],
    [
      "where it leaves the repository",
      "[x](../y.md)",
      "a.md:1: ../y.md leads out of the repository",
    ],
  ] as const;
  test.each(cases)("%s", (_, text, fault) => {
    writeFileSync(path.join(root, "a.md"), text);
    expect(brokenLinks(root, ["a.md"])).toEqual([fault]);
  });

  test("and is not where there is what it names, as GitHub names it", () => {
    const text =
      "[1](docs/b.md#b-c-d) [2](docs/b.md#twice-1) [3](docs) `[4](none)` [5](https://none)";
    writeFileSync(path.join(root, "a.md"), text);
    expect(brokenLinks(root, ["a.md"])).toEqual([]);
  });

  test("a document that nothing links to is found", () => {
    writeFileSync(path.join(root, "a.md"), "[1](docs/b.md)");
    writeFileSync(path.join(root, "docs/c.md"), "[b](b.md)");
    expect(unreachable(root, ["a.md", "docs/b.md", "docs/c.md"], "a.md")).toEqual(["docs/c.md"]);
  });
});
