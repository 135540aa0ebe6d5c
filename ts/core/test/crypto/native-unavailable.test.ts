/** A file of its own, and so a process of its own: here the addon cannot be loaded. */
import { expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";

const refusal = Object.assign(
  new Error("libgcc_s.so.1: cannot open shared object file\nsecond line"),
  {
    code: "ERR_DLOPEN_FAILED",
  },
);
// What `require` opens an addon with.
process.dlopen = () => {
  throw refusal;
};

test("without an addon that loads, everything else works and asking for it says why", async () => {
  const { nativeCrypto } = await import("../../src/crypto/native.ts");
  const { referenceCrypto } = await import("../../src/crypto/reference.ts");
  expect(referenceCrypto().createShares({ count: 3, threshold: 2 }).shares).toHaveLength(99);

  // Again and again, and never another implementation instead.
  for (let i = 0; i < 2; i++) {
    const error = thrownBy(nativeCrypto);
    if (!isTrustQuorumError(error, "ERR_TQ_NATIVE_UNAVAILABLE")) throw error;
    expect(error.message).toBe(
      "the native addon cannot be used: ERR_DLOPEN_FAILED: libgcc_s.so.1: cannot open shared " +
        "object file; without it there is only referenceCrypto()",
    );
    expect(error.cause).toBe(refusal);
  }
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
