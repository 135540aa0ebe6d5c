/** The folders that an export writes to; the head of `export-original.ts` says in which order. */
import { DaemonError, hasCode, problemOf } from "../errors.ts";
import { hex, sha3 } from "./digest.ts";
import type { FileSystem } from "./file-system.ts";
import {
  ORIGINAL_NETWORK_FILE,
  ORIGINAL_STATE_FILE,
  ReplicaFolder,
  TEMPORARY,
  WriteFailure,
} from "./replica-folder.ts";
import type { ExportName } from "./replica-folder.ts";

/** A file that goes into every folder. */
export interface ExportFile {
  /** What the original calls it. */
  readonly name: string;
  /** Its name until the ledger is sealed. */
  readonly unfinished: ExportName;
  /** The caller's to zero. */
  readonly bytes: Uint8Array;
  /** The SHA3-256 of its bytes, in hex. */
  readonly digest: string;
}

/** What one of an export's files is like in a folder. */
interface FileFinding {
  readonly file: ExportFile;
  /** Under its own name and under the unfinished one: the content of this export, another one, or none. */
  readonly named: Content;
  readonly unfinished: Content;
}

type Content = "same" | "other" | "none";

/**
 * Opens and locks the folders, and looks at what is in them.
 *
 * @param dryRun leaves folders that do not exist as they are
 * @throws DaemonError `ERR_TQD_EXPORT_REFUSED` where one cannot be used, or is there twice
 */
export async function openTargets(
  fileSystem: FileSystem,
  paths: readonly string[],
  files: readonly ExportFile[],
  dryRun: boolean,
): Promise<ExportTarget[]> {
  const targets: ExportTarget[] = [];
  try {
    for (const path of paths) {
      const target = await openTarget(fileSystem, path, files, dryRun);
      if (target !== null) targets.push(target);
    }
    return targets;
  } catch (error) {
    await releaseTargets(targets);
    throw error;
  }
}

/** Lets go of the folders. */
export async function releaseTargets(targets: readonly ExportTarget[]): Promise<void> {
  for (const target of targets) await target.close();
}

async function openTarget(
  fileSystem: FileSystem,
  path: string,
  files: readonly ExportFile[],
  dryRun: boolean,
): Promise<ExportTarget | null> {
  let folder: ReplicaFolder | null = null;
  try {
    if (!dryRun) await fileSystem.makeFolder(path);
    const opened = await fileSystem.openFolder(path);
    if (opened.kind === "locked") {
      const text = "it is in use, is one of the ledger's own folders, or was named twice";
      throw refused(path, text);
    }
    folder = new ReplicaFolder(opened.folder);
    const names = await folder.open.names();
    const findings: FileFinding[] = [];
    for (const file of files) {
      findings.push({
        file,
        named: await contentOf(folder, file.name, names, file),
        unfinished: await contentOf(folder, file.unfinished, names, file),
      });
    }
    return new ExportTarget(folder, names, findings);
  } catch (error) {
    await folder?.open.close().catch(() => undefined);
    if (dryRun && hasCode(error, "ENOENT")) return null;
    throw error instanceof DaemonError ? error : refused(path, problemOf(error));
  }
}

async function contentOf(
  folder: ReplicaFolder,
  name: string,
  names: readonly string[],
  { bytes, digest }: ExportFile,
): Promise<Content> {
  if (!names.includes(name)) return "none";
  try {
    const content = await folder.open.read(name, { bytesMax: bytes.length });
    if (content === null) return "none";
    const found = hex(sha3(content.bytes));
    content.bytes.fill(0);
    return found === digest ? "same" : "other";
  } catch {
    // A link, a pipe, a larger file: whatever it is, it is not what this export has written.
    return "other";
  }
}

/** One open and locked folder; its methods are called in the order in which they are written here. */
export class ExportTarget {
  readonly #folder: ReplicaFolder;
  readonly #names: readonly string[];
  readonly #findings: readonly FileFinding[];

  constructor(folder: ReplicaFolder, names: readonly string[], findings: readonly FileFinding[]) {
    this.#folder = folder;
    this.#names = names;
    this.#findings = findings;
  }

  /** Whether every file of this export has its name. */
  get isDone(): boolean {
    return this.#findings.every(({ named }) => named === "same");
  }

  /**
   * Refuses a folder that holds anything of the original's, or of another export's, but this one.
   *
   * @param sealed the refusal to go on from the ledger, where this export has sealed it
   * @throws DaemonError `ERR_TQD_EXPORT_REFUSED`, and `sealed` where the folder is none of its export's
   */
  requireUsable(sealed: DaemonError | null): void {
    const { path } = this.#folder;
    if (sealed === null) {
      const taken = this.#names.find((name) => TAKEN.has(name) || this.#isAnothers(name));
      if (taken !== undefined) throw refused(path, `there is a ${taken} in it already`);
      return;
    }
    for (const { file, named, unfinished } of this.#findings) {
      if (named === "same") continue;
      if (named === "other") {
        throw refused(path, `its ${file.name} is not what was exported, and is left as it is`);
      }
      if (unfinished !== "same") throw sealed;
    }
  }

  /**
   * Makes the content durable under names that the original does not read.
   *
   * @throws WriteFailure
   */
  async write(): Promise<void> {
    const folder = this.#folder;
    for (const { file } of this.#findings) {
      // What an interrupted export of this ledger left may be older than this.
      for (const old of [`${file.unfinished}${TEMPORARY}`, file.unfinished]) {
        if (this.#names.includes(old))
          await this.#step("removing an old file", () => folder.open.remove(old));
      }
      await folder.replace(file.unfinished, file.bytes);
    }
  }

  /**
   * Gives the files their names, durably, and each only after the one before it. What has its name stays.
   *
   * @throws WriteFailure; DaemonError `ERR_TQD_EXPORT_REFUSED` where another file has taken a name meanwhile
   */
  async finish(): Promise<void> {
    const { open, path } = this.#folder;
    for (const { file, named } of this.#findings) {
      if (named !== "same") {
        const names = await this.#step("listing the folder", () => open.names());
        if (names.includes(file.name)) throw refused(path, `there is a ${file.name} in it by now`);
        await this.#step("renaming", () => open.rename(file.unfinished, file.name));
      }
      // Also where it has its name: who gave it that may have died before this.
      await this.#step("syncing the folder", () => open.sync());
    }
  }

  async close(): Promise<void> {
    await this.#folder.open.close().catch(() => undefined);
  }

  #isAnothers(name: string): boolean {
    const isUnfinished = UNFINISHED.some((prefix) => name.startsWith(prefix));
    return isUnfinished && !this.#findings.some(({ file }) => name.startsWith(file.unfinished));
  }

  async #step<T>(step: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (cause) {
      throw new WriteFailure(this.#folder.path, step, cause);
    }
  }
}

const TAKEN: ReadonlySet<string> = new Set([ORIGINAL_STATE_FILE, ORIGINAL_NETWORK_FILE]);

/** The name that a file has until an export of a ledger's history (its `pair`) is finished. */
export function unfinishedName(name: string, pair: string): ExportName {
  return `.${name}.exporting-${pair}` as ExportName;
}

const UNFINISHED = [...TAKEN].map((name) => unfinishedName(name, ""));

function refused(folder: string, problem: string): DaemonError {
  return new DaemonError("ERR_TQD_EXPORT_REFUSED", { folder, problem });
}
