/** README.md and docs/demo.md show what their programs print. */
import { describe, expect, test } from "vitest";
import { DOCUMENTS, readText, section, steady } from "./readme.ts";

const README = readText("README.md");

/** What a first reader reads in a few minutes. */
const README_BYTES_MAX = 10 * 1024;

describe.each(Object.entries(DOCUMENTS))("%s", (file, sections) => {
  const document = readText(file);
  test.each(Object.entries(sections))("shows what is printed: %s", (name, print) => {
    expect(steady(section(document, name))).toBe(steady(print(document)));
  });
});

describe("README.md", () => {
  test("is short", () => {
    expect(Buffer.byteLength(README)).toBeLessThanOrEqual(README_BYTES_MAX);
  });

  test("drives a node in about 30 lines", () => {
    const lines = section(README, "example").split("\n").length;
    expect(lines).toBeLessThan(50);
  });
});
