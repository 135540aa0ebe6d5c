/** What stands for `native.ts` where a bundler builds for browsers: see `imports` in package.json. */
import { TrustQuorumError } from "../base/errors.ts";
import type { TrustQuorumCrypto } from "../protocol/crypto.ts";
import type { LongSecretSharing } from "./chunked.ts";

/**
 * The native cryptography, which browsers do not have. Nothing falls back to another implementation: call
 * `referenceCrypto()`.
 *
 * @throws TrustQuorumError `ERR_TQ_NATIVE_UNAVAILABLE`, always
 */
export function nativeCrypto(): TrustQuorumCrypto & LongSecretSharing {
  const problem = "a browser loads no native addon; referenceCrypto() works there";
  throw new TrustQuorumError("ERR_TQ_NATIVE_UNAVAILABLE", { problem });
}
