// What every runtime must do: each kind of call that crosses into the addon, the reference beside it,
// and errors that keep their class and code. It uses nothing of Node's, so that the same file also runs
// within Jest and vitest.
import { TrustQuorumError, nativeCrypto, parseRackId, referenceCrypto } from "trust-quorum";

const RACK = parseRackId("5f2c9a3e-8a5d-4d0e-9d55-1a2b3c4d5e6f");

/** Answers with one line for people, or throws. */
export async function exercise() {
  const native = nativeCrypto();
  const reference = referenceCrypto();
  same([nativeCrypto() === native], [true], "one instance");
  for (const crypto of [native, reference]) {
    shortSecrets(crypto);
    rackSecrets(crypto, crypto === native ? reference : native);
    failures(crypto);
    // The reference takes its time.
    await longSecrets(crypto, crypto === native ? 300_000 : 3_000);
  }
  return `${native.name} and ${reference.name} agree`;
}

function shortSecrets(crypto) {
  const secret = new TextEncoder().encode("attack at dawn");
  const shareLength = 1 + secret.length;
  const shares = crypto.split(secret, { count: 5, threshold: 3 });
  const three = shares.subarray(2 * shareLength);
  same(crypto.combine(three, shareLength), secret, "combine");
  same(crypto.shareAt(three, shareLength, 1), shares.subarray(0, shareLength), "shareAt");
}

function rackSecrets(crypto, other) {
  const first = crypto.createShares({ count: 5, threshold: 3 });
  const prior = crypto.recover({ ...taken(first, 3), rackId: RACK, epoch: 1, encrypted: null });
  const second = crypto.createShares({ count: 6, threshold: 4 });
  const shares = second.shares.subarray(0, 4 * 33);
  const encrypted = crypto.seal({ shares: second.shares, rackId: RACK, epoch: 2, prior });
  const share = crypto.computeShare({ shares, x: 6, digest: second.digests.subarray(5 * 32) });
  same(share.bytes, second.shares.subarray(5 * 33), "computeShare");
  same([crypto.verifyShare(share, second.digests.subarray(5 * 32))], [true], "verifyShare");

  // The other implementation opens what this one sealed.
  const opened = other.recover({ ...taken(second, 4), rackId: RACK, epoch: 2, encrypted });
  same(opened.epochs, [1, 2], "epochs");
  prior.secret(1).expose((expected) => {
    opened.secret(1).expose((bytes) => same(bytes, expected, "the prior secret"));
  });
  opened.dispose();
  prior.dispose();
  same([prior.disposed], [true], "disposed");
  throws("ERR_TQ_SECRET_DISPOSED", () => prior.secret(1));
}

function failures(crypto) {
  const { shares, digests } = crypto.createShares({ count: 3, threshold: 2 });
  shares[2 * 33 + 5] ^= 1;
  const recover = () =>
    crypto.recover({ shares, digests, rackId: RACK, epoch: 1, encrypted: null });
  same([throws("ERR_TQ_SHARE_DIGEST_MISMATCH", recover).details.index], [2], "details");
  throws("ERR_TQ_DUPLICATE_X_COORDINATES", () => crypto.combine(Uint8Array.of(1, 2, 1, 3), 2));
  throws("ERR_TQ_INVALID_ARGUMENT", () => crypto.split("text", { count: 3, threshold: 2 }));
}

/** Long enough for the thread pool: into memory of the addon's, and into the caller's. */
async function longSecrets(crypto, length) {
  const secret = Uint8Array.from({ length }, (_, i) => i * i);
  const shareLength = 1 + secret.length;
  const shares = await crypto.splitAsync(secret, { count: 5, threshold: 2 });
  const zero = shares.slice();
  zero.set(zero.subarray(0, shareLength), shareLength);
  await crypto.combineAsync(zero, shareLength).then(unexpected, (error) => {
    same([hasCode(error, "ERR_TQ_DUPLICATE_X_COORDINATES")], [true], String(error));
  });
  const into = new Uint8Array(secret.length);
  same(await crypto.combineAsync(shares, shareLength, { into }), secret, "combineAsync");
  same([into.every((byte, i) => byte === secret[i])], [true], "into");
  const many = new Uint8Array(20 * shareLength);
  await crypto.splitAsync(secret, { count: 20, threshold: 2, into: many });
  same(await crypto.combineAsync(many, shareLength), secret, "combineAsync of many");
}

function taken({ shares, digests }, count) {
  return { shares: shares.subarray(0, count * 33), digests: digests.subarray(0, count * 32) };
}

function throws(code, call) {
  try {
    call();
  } catch (error) {
    if (hasCode(error, code)) return error;
    throw error;
  }
  return unexpected();
}

function hasCode(error, code) {
  return error instanceof TrustQuorumError && error.code === code;
}

function unexpected() {
  throw new Error("it should have failed");
}

function same(actual, expected, what) {
  if (actual.length === expected.length && expected.every((value, i) => value === actual[i]))
    return;
  throw new Error(`not as expected: ${what}`);
}
