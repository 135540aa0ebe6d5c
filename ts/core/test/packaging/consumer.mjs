// A user's program in plain JavaScript: secret sharing with both implementations.
import assert from "node:assert/strict";
import { TrustQuorumError, nativeCrypto, referenceCrypto } from "trust-quorum";

for (const crypto of [nativeCrypto(), referenceCrypto()]) {
  const secret = new TextEncoder().encode("attack at dawn");
  const shareLength = 1 + secret.length;
  const shares = crypto.split(secret, { count: 5, threshold: 3 });
  assert.equal(shares.length, 5 * shareLength);
  assert.deepEqual(crypto.combine(shares.subarray(2 * shareLength), shareLength), secret);
  assert.notDeepEqual(crypto.combine(shares.subarray(3 * shareLength), shareLength), secret);
  assert.throws(
    () => crypto.split(secret, { count: 5, threshold: 1 }),
    (error) => error instanceof TrustQuorumError && error.code === "ERR_TQ_THRESHOLD_TOO_SMALL",
  );
  console.log(`${crypto.name} ok`);
}
