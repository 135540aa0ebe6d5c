/** The bootstore's ledgers (LRTQ) as files, which are opened for nothing but reading. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { decodeLrtqLedger } from "trust-quorum/ledger";
import type { DecodedLrtqLedger } from "trust-quorum/ledger";
import { hex, sha3 } from "./digest.ts";
import { readFileOnly } from "./node-file-system.ts";

/** A bootstore ledger as it was read. The share in it is the caller's to zero. */
export interface BootstoreLedger {
  readonly ledger: DecodedLrtqLedger;
  /** The SHA3-256 of the file, in hex. */
  readonly fileDigest: string;
}

/**
 * The ledgers in a folder, each `SERIAL.json`, in the order of their names; hidden files are none.
 *
 * @returns their paths
 * @throws the system's error where the folder cannot be read
 */
export function bootstoreFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json") && !name.startsWith("."))
    .sort()
    .map((name) => path.join(folder, name));
}

/** The serial number of the sled whose ledger a file is, by the file's name. */
export function serialOfFile(file: string): string {
  return path.basename(file, ".json");
}

/**
 * Reads a ledger.
 *
 * @param hash SHA3-256; the native one where absent
 * @throws the system's error, FileTooLargeError, and what `decodeLrtqLedger` throws
 */
export async function readBootstoreLedger(
  file: string,
  hash: (bytes: Uint8Array) => Uint8Array = sha3,
): Promise<BootstoreLedger> {
  const bytes = await readFileOnly(file);
  try {
    return { fileDigest: hex(hash(bytes)), ledger: decodeLrtqLedger(bytes, hash) };
  } finally {
    bytes.fill(0);
  }
}
