/* global expect, test */
import { exercise } from "./exercise.mjs";

test("the library works within Jest", async () => {
  expect(await exercise()).toBe("native and reference agree");
}, 120_000);
