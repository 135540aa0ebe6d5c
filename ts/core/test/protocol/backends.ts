/** The two implementations of the cryptography; a common suite runs over both. */
import { nativeCrypto } from "../../src/crypto/native.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";
import type { TrustQuorumCrypto } from "../../src/protocol/crypto.ts";

export const BACKENDS: readonly { readonly name: string; readonly crypto: TrustQuorumCrypto }[] = [
  { name: "reference", crypto: referenceCrypto() },
  { name: "native", crypto: nativeCrypto() },
];
