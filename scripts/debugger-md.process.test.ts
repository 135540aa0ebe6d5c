/** docs/debugger.md shows what the debugger prints. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DEBUGGER_MD, commandLines, debuggerDocument } from "./debugger-md.ts";

const document = readFileSync(DEBUGGER_MD, "utf8");

test("the tour shows what its commands print", () => {
  expect(commandLines(document).length).toBeGreaterThan(8);
  expect(debuggerDocument(document)).toBe(document);
});
