/** Cryptography that answers from a recording says so, and passes for no real backend. */
import { expect, test } from "vitest";
import { referenceCrypto } from "trust-quorum";
import { drawnCrypto } from "../src/drawn-crypto.ts";
import { symbolicCrypto } from "../src/symbolic-crypto.ts";

test("a replay's backends have names of their own", () => {
  // Their names ask neither the source nor the draws for anything.
  expect(symbolicCrypto({} as never).name).toBe("symbolic");
  expect(drawnCrypto(referenceCrypto(), {} as never).name).toBe("recorded draws, reference");
});
