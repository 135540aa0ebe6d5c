/** The crypto that a command line chose. */
import { nativeCrypto, referenceCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";

/** `native` or `reference`; anything else is an `Error` that says so. */
export function backend(name: string): TrustQuorumCrypto {
  switch (name) {
    case "native":
      return nativeCrypto();
    case "reference":
      return referenceCrypto();
    default:
      throw new Error(`--crypto takes native or reference, not ${JSON.stringify(name)}`);
  }
}
