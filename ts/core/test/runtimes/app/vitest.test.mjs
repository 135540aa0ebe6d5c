import { expect, test } from "vitest";
import { exercise } from "./exercise.mjs";

test("the library works within vitest", { timeout: 120_000 }, async () => {
  expect(await exercise()).toBe("native and reference agree");
});
