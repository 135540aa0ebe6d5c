/** Replaces `native.ts` in builds for browsers: see `imports` in package.json. */
import { TrustQuorumError } from "../base/errors.ts";
import type { TrustQuorumCrypto } from "../protocol/crypto.ts";
import type { LongSecretSharing } from "./chunked.ts";

/**
 * The native backend, which does not exist in browsers. There is no fallback to another backend; call
 * `referenceCrypto()` instead.
 *
 * @throws TrustQuorumError `ERR_TQ_NATIVE_UNAVAILABLE`, always
 */
export function nativeCrypto(): TrustQuorumCrypto & LongSecretSharing {
  const problem = "a browser loads no native addon; referenceCrypto() works there";
  throw new TrustQuorumError("ERR_TQ_NATIVE_UNAVAILABLE", { problem });
}
