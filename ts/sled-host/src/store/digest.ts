/** SHA3-256 and hex, for what the store writes. */
import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { nativeCrypto } from "trust-quorum";

/** SHA3-256, in native code, which leaves nothing of the shares behind. */
export function sha3(bytes: Uint8Array): Uint8Array {
  return nativeCrypto().sha3_256(bytes);
}

/** SHA3-256 of bytes that come piece by piece; OpenSSL zeroes what it holds of them. */
export function sha3Stream(): Hash {
  return createHash("sha3-256");
}

/** Lower-case hex of public bytes. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
