/**
 * Taking a sled's share over from the bootstore's ledgers (LRTQ). They are opened for reading only, and
 * that they are still the same afterwards is checked.
 */
import { baseboardParts } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { chooseLedger, lrtqShareData, lrtqSled, wipeLrtqState } from "trust-quorum/ledger";
import type { DecodedLrtqLedger } from "trust-quorum/ledger";
import { initialState } from "trust-quorum/protocol";
import type { LrtqShareData } from "trust-quorum/protocol";
import { DaemonError, problemOf } from "../errors.ts";
import { readBootstoreLedger } from "./bootstore-files.ts";
import type { BootstoreLedger } from "./bootstore-files.ts";
import { FIRST_GENERATION } from "./decide.ts";
import { hex, sha3 } from "./digest.ts";
import type { FileSystem } from "./file-system.ts";
import { importInto } from "./import-into.ts";
import { readFileOnly } from "./node-file-system.ts";

/** What an import takes. */
export interface LrtqImport {
  /** The replicas of one sled's bootstore ledger, at least one. */
  readonly ledgerFiles: readonly string[];
  /** The two folders of the new ledger; they are made if they do not exist. */
  readonly folders: readonly [string, string];
  readonly self: BaseboardId;
  readonly fileSystem?: FileSystem | undefined;
  readonly now?: (() => number) | undefined;
}

/** What was imported. Nothing of it is secret. */
export interface LrtqImported {
  /** `alreadyImported` where the folders were made from the same share before: nothing was changed. */
  readonly kind: "imported" | "alreadyImported";
  readonly rackId: RackId;
  /** The generation of the bootstore's ledger. */
  readonly generation: number;
  readonly threshold: number;
  /** How many shares the rack has. */
  readonly shares: number;
  /** The SHA3-256 of this sled's share, in hex. */
  readonly shareDigest: string;
  /** Files that could not be used, while another one could. */
  readonly skipped: readonly { readonly file: string; readonly problem: string }[];
}

/**
 * Begins a trust quorum ledger with the share that a bootstore ledger holds. The bootstore's files are
 * not changed. Doing it twice is fine.
 *
 * @throws DaemonError `ERR_TQD_IMPORT_UNUSABLE` where no file can be imported for this sled;
 * `ERR_TQD_IMPORT_REFUSED` where the folders hold something else; and what `openLedgerStore` throws
 */
export async function importLrtq(options: LrtqImport): Promise<LrtqImported> {
  const source = await readSources(options);
  try {
    const kind = await importInto({
      ...options,
      ledger: { generation: FIRST_GENERATION.import, state: initialState(source.lrtq) },
      identity: source.identity,
    });
    for (const { file, digest } of source.files) {
      if ((await digestOfFile(file)) === digest) continue;
      throw unusable(file, "it changed while it was imported; run the import again");
    }
    const { lrtq, generation, skipped } = source;
    return {
      kind,
      rackId: lrtq.rackId,
      generation,
      threshold: lrtq.threshold,
      shares: lrtq.shareDigests.length / 32,
      shareDigest: hex(sha3(lrtq.share.bytes)),
      skipped,
    };
  } finally {
    source.lrtq.share.wipe();
  }
}

/** The bootstore's ledger that counts. */
interface Source {
  readonly lrtq: LrtqShareData;
  readonly generation: number;
  /** The SHA3-256 of the share data's source, in hex: what makes two imports the same. */
  readonly identity: string;
  readonly files: readonly { readonly file: string; readonly digest: string }[];
  readonly skipped: LrtqImported["skipped"];
}

async function readSources({ ledgerFiles, self }: LrtqImport): Promise<Source> {
  const usable: (BootstoreLedger & { readonly file: string })[] = [];
  const skipped: { file: string; problem: string }[] = [];
  for (const file of ledgerFiles) {
    try {
      usable.push({ file, ...(await readBootstoreLedger(file)) });
    } catch (error) {
      skipped.push({ file, problem: problemOf(error) });
    }
  }
  const ledgers = usable.map(({ ledger }) => ledger);
  const file = usable[0]?.file ?? ledgerFiles[0] ?? "(none given)";
  let chosen: DecodedLrtqLedger | undefined;
  try {
    chosen = chooseLedger(ledgers);
    if (chosen === undefined) throw unusable(file, skipped[0]?.problem ?? "no file was given");
    const lrtq = shareOf(chosen, file, self);
    const files = usable.map(({ file, fileDigest }) => ({ file, digest: fileDigest }));
    return { lrtq, generation: chosen.generation, identity: identityOf(lrtq), files, skipped };
  } catch (error) {
    for (const { state } of ledgers) wipeLrtqState(state);
    throw error instanceof DaemonError ? error : unusable(file, problemOf(error));
  } finally {
    for (const ledger of ledgers) if (ledger !== chosen) wipeLrtqState(ledger.state);
  }
}

/** The same share of the same rack is the same import, whatever else the bootstore noted since. */
function identityOf(lrtq: LrtqShareData): string {
  const shareDigest = sha3(lrtq.share.bytes);
  return hex(sha3(Buffer.concat([Buffer.from(lrtq.rackId), lrtq.shareDigests, shareDigest])));
}

function shareOf({ state }: DecodedLrtqLedger, file: string, self: BaseboardId): LrtqShareData {
  const lrtq = lrtqShareData(state);
  if (lrtq === null) {
    throw unusable(file, "it holds no share: this sled never joined the bootstore's rack");
  }
  const owner = lrtqSled(state);
  if (owner !== null && owner !== self) {
    const { serialNumber } = baseboardParts(owner);
    throw unusable(
      file,
      `it is the ledger of ${owner}, and this sled is ${self} (${serialNumber})`,
    );
  }
  return lrtq;
}

async function digestOfFile(file: string): Promise<string> {
  const bytes = await readFileOnly(file);
  try {
    return hex(sha3(bytes));
  } finally {
    bytes.fill(0);
  }
}

function unusable(file: string, problem: string): DaemonError {
  return new DaemonError("ERR_TQD_IMPORT_UNUSABLE", { file, problem });
}
