/** Trust quorum ledgers as files: one per sled, named `SERIAL.json`, replaced atomically. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseboardParts, isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, TrustQuorumCrypto } from "trust-quorum";
import { decodeLedger, encodeLedger } from "trust-quorum/ledger";
import type { Ledger } from "trust-quorum/ledger";
import { hasCode } from "@trust-quorum/sled-host/errors";
import { Refusal } from "./refusal.ts";

/** Only the owner may read a ledger: it holds shares. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const CLEAN_ATTEMPTS_MAX = 5;

/** A folder of ledgers. */
export class LedgerFolder {
  readonly path: string;
  /** Whether the folder goes when the demo ends. */
  readonly temporary: boolean;
  readonly #sha3_256: TrustQuorumCrypto["sha3_256"];
  #saves = 0;

  private constructor(path: string, temporary: boolean, crypto: TrustQuorumCrypto) {
    this.path = path;
    this.temporary = temporary;
    this.#sha3_256 = (bytes) => crypto.sha3_256(bytes);
  }

  /**
   * Makes the folder: `keep`, which must be empty or not exist yet, or a temporary one.
   *
   * @throws Refusal
   */
  static async create(keep: string | null, crypto: TrustQuorumCrypto): Promise<LedgerFolder> {
    if (keep === null) {
      const path = await mkdtemp(join(tmpdir(), "trust-quorum-demo-"));
      return new LedgerFolder(path, true, crypto);
    }
    await checkEmpty(keep);
    try {
      await mkdir(keep, { recursive: true, mode: FOLDER_MODE });
    } catch (cause) {
      throw new Refusal("ERR_DEMO_KEEP_UNUSABLE", `${keep} cannot be created.`, { cause });
    }
    return new LedgerFolder(keep, false, crypto);
  }

  /** How often a ledger was written. */
  get saves(): number {
    return this.#saves;
  }

  /** Writes a sled's ledger: to a temporary file, synced, renamed, and the folder synced. */
  async save(sled: BaseboardId, ledger: Ledger): Promise<void> {
    const temporary = join(this.path, `.${randomUUID()}`);
    const bytes = encodeLedger(ledger, this.#sha3_256);
    try {
      const file = await open(temporary, "wx", FILE_MODE);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#file(sled));
      await this.#sync();
      this.#saves += 1;
    } catch (error) {
      // It may hold shares, and nobody would ever look for it.
      await rm(temporary, { force: true });
      throw error;
    } finally {
      bytes.fill(0);
    }
  }

  /**
   * Reads a sled's ledger, or null where it never wrote one. The shares in it are the caller's.
   *
   * @throws Refusal `ERR_DEMO_CORRUPT_LEDGER`
   */
  async load(sled: BaseboardId): Promise<(Ledger & { readonly bytes: number }) | null> {
    const bytes = await readFile(this.#file(sled)).catch((error: unknown) => {
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    });
    if (bytes === null) return null;
    try {
      return { ...decodeLedger(bytes, this.#sha3_256, { self: sled }), bytes: bytes.length };
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
      const problem = `${this.#file(sled)} cannot be used: ${error.message} (${error.code}).`;
      throw new Refusal("ERR_DEMO_CORRUPT_LEDGER", problem, { cause: error });
    } finally {
      bytes.fill(0);
    }
  }

  /** Removes the folder if it was a temporary one: the ledgers in it hold shares. */
  clean(): void {
    for (let attempt = 1; this.temporary; attempt++) {
      try {
        rmSync(this.path, { recursive: true, force: true });
        return;
      } catch (error) {
        // A write that a signal interrupted may have put one more file there meanwhile.
        if (attempt === CLEAN_ATTEMPTS_MAX) throw error;
      }
    }
  }

  #file(sled: BaseboardId): string {
    return join(this.path, `${baseboardParts(sled).serialNumber}.json`);
  }

  async #sync(): Promise<void> {
    // Windows cannot sync a folder, and needs no sync for a rename to last.
    if (process.platform === "win32") return;
    const folder = await open(this.path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

/** Nobody's files are ever overwritten. */
async function checkEmpty(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw new Refusal("ERR_DEMO_KEEP_UNUSABLE", `${folder} is not a folder that can be read.`, {
      cause: error,
    });
  }
  if (names.length > 0) {
    const problem = `${folder} is not empty; the ledgers would mix with what is in it.`;
    throw new Refusal("ERR_DEMO_KEEP_NOT_EMPTY", problem);
  }
}
