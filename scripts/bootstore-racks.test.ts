/** The simulator's bootstore racks are those of the recorded ledgers. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { BOOTSTORE_RACKS, bootstoreRacksSource } from "./bootstore-racks.ts";
import { ROOT } from "./commands.mjs";

test("the module is what `npm run bootstore-racks` writes from testdata", () => {
  expect(readFileSync(path.join(ROOT, BOOTSTORE_RACKS), "utf8")).toBe(bootstoreRacksSource());
});
