/** A file of its own, and so a process of its own: here the addon cannot be loaded. */
import { expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";

// What the generated loader takes for "not the native addon, on no account".
process.env["NAPI_RS_FORCE_WASI"] = "error";

test("without an addon that loads, everything else works and asking for it says so", async () => {
  const { nativeCrypto } = await import("../../src/crypto/native.ts");
  const { referenceCrypto } = await import("../../src/crypto/reference.ts");
  expect(referenceCrypto().createShares({ count: 3, threshold: 2 }).shares).toHaveLength(99);

  // Again and again, and never another implementation instead.
  for (let i = 0; i < 2; i++) {
    const error = thrownBy(nativeCrypto);
    if (!isTrustQuorumError(error, "ERR_TQ_NATIVE_UNAVAILABLE")) throw error;
    expect(error.message).toBe(
      "the native addon cannot be used: @trust-quorum/native is not installed, or has no addon " +
        `that loads on ${process.platform}-${process.arch}`,
    );
    expect(error.cause).toBeInstanceOf(Error);
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
