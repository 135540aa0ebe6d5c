/** README.md shows what its programs print. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { README_MD, SECTIONS, section, steady } from "./readme.ts";

const document = readFileSync(README_MD, "utf8");

describe("README.md", () => {
  test.each(Object.entries(SECTIONS))("shows what is printed: %s", (name, print) => {
    expect(steady(section(document, name))).toBe(steady(print(document)));
  });

  test("drives a node in about 30 lines", () => {
    const lines = section(document, "example").split("\n").length;
    expect(lines).toBeLessThan(50);
  });
});
