/** The site is made, and has no export without a docstring and no dead link. Renders for seconds. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entryPoints } from "./entry-points.ts";
import { buildSite } from "./site.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("npm run docs", () => {
  const out = mkdtempSync(path.join(os.tmpdir(), "tq-docs-"));
  let faults: string[];
  beforeAll(async () => {
    faults = await buildSite(ROOT, out);
  });
  afterAll(() => {
    rmSync(out, { recursive: true });
  });

  test("finds every export documented, and every link alive", () => {
    expect(faults).toEqual([]);
  });

  test("has a page for every subpath of the library", () => {
    for (const source of entryPoints(ROOT)) {
      const name = path.basename(source, ".ts");
      const page = name === "index" ? "trust-quorum" : `trust-quorum_${name}`;
      expect(existsSync(path.join(out, "modules", `${page}.html`)), page).toBe(true);
    }
  });

  test("has pages for the documents, and a search of its own", () => {
    const page = readFileSync(path.join(out, "documents/The_protocol.html"), "utf8");
    expect(page).toContain("<title>The protocol | trust-quorum</title>");
    expect(existsSync(path.join(out, "assets/search.js"))).toBe(true);
  });

  test("asks no other host for what its pages need", () => {
    const page = readFileSync(path.join(out, "index.html"), "utf8");
    expect(page).not.toMatch(/<(script|img)[^>]+src="(https?:)?\/\//);
    expect(page).not.toMatch(/<link[^>]+href="(https?:)?\/\//);
  });
});
