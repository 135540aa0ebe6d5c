/**
 * One replica's folder: its files, and how one of them is replaced.
 *
 * Invariant: a file is only ever replaced as a whole. Its new content is written to a new file and
 * synced, then renamed over the old one, and then the folder is synced; only then it counts.
 */
import { problemOf } from "../errors.ts";
import type { FileContent, OpenFile, OpenFolder } from "./file-system.ts";

/** The names of everything that the store keeps in a folder. */
export const MARKER_FILE = "marker.json";
/** The ledger: the one file that holds shares. */
export const LEDGER_FILE = "ledger.json";
/** The early network configuration, which a sled needs before it can reach anybody. */
export const NETWORK_CONFIG_FILE = "network-config.json";
/** What the original names its state, where its disks are this sled's own. */
export const ORIGINAL_STATE_FILE = "trust-quorum-state.json";
/** What the original names its early network configuration. */
export const ORIGINAL_NETWORK_FILE = "trust-quorum-network-config.json";
/** What is added to a name until its file is whole. */
export const TEMPORARY = ".new";
/** Part of the names of files that a recovery quarantined. */
export const ASIDE = ".aside-";

type FileName = typeof MARKER_FILE | typeof LEDGER_FILE | typeof NETWORK_CONFIG_FILE;

/** A name that the original does not read, of a file that an export has written and not given its name yet. */
export type ExportName = `.trust-quorum-${string}`;

/** A replacement that failed, and at which step. Whether the new content is there is not known. */
export class WriteFailure extends Error {
  override readonly name = "WriteFailure";
  readonly folder: string;
  readonly step: string;
  /** The operating system's code, e.g. `ENOSPC`. */
  readonly code: string;

  constructor(folder: string, step: string, cause: unknown) {
    super(problemOf(cause), { cause });
    this.folder = folder;
    this.step = step;
    this.code = codeOf(cause);
  }
}

/**
 * An open and locked folder of one replica. Its files are read and written whole: a new content replaces the old
 * one in one step, or not at all, whenever the process or the machine stops.
 */
export class ReplicaFolder {
  readonly open: OpenFolder;

  constructor(open: OpenFolder) {
    this.open = open;
  }

  get path(): string {
    return this.open.path;
  }

  /** What a file holds, or null where there is none; the caller zeroes the bytes. */
  read(name: FileName, bytesMax: number): Promise<FileContent | null> {
    return this.open.read(name, { bytesMax });
  }

  /** Removes what an interrupted replacement left behind: it may hold shares. */
  async clean(): Promise<void> {
    for (const name of await this.open.names()) {
      if (TEMPORARIES.has(name)) await this.open.remove(name);
    }
  }

  /**
   * Gives what is in the folder of the ledger and its marker other names, durably: nothing that may be
   * worth something to someone is ever overwritten.
   *
   * @param now milliseconds since 1970, for the names
   * @throws WriteFailure
   */
  async quarantine(now: number): Promise<void> {
    try {
      const names = await this.open.names();
      // The marker last: without it what is left of the ledger would look like anybody's.
      for (const name of [LEDGER_FILE, MARKER_FILE] as const) {
        if (names.includes(name)) await this.open.rename(name, asideName(name, now));
      }
      await this.open.sync();
    } catch (cause) {
      throw new WriteFailure(this.path, "setting the old files aside", cause);
    }
  }

  /**
   * Keeps what a file holds under another name too, durably, and answers that name.
   *
   * @param now milliseconds since 1970, for the name
   * @throws WriteFailure
   */
  async keepAside(name: FileName, now: number, bytesMax: number): Promise<string> {
    const aside = asideName(name, now);
    const failure = (cause: unknown): WriteFailure =>
      new WriteFailure(this.path, "keeping the old file", cause);
    const content = await this.read(name, bytesMax).catch((cause: unknown) => {
      throw failure(cause);
    });
    if (content === null) throw failure(new Error("it is not there any more"));
    try {
      if ((await this.open.names()).includes(aside)) throw new Error(`there is ${aside} already`);
      try {
        await this.#write(aside, content.bytes, () => undefined);
        await this.open.sync();
      } catch (cause) {
        // Half a copy is worth nothing, and may hold shares.
        await this.open.remove(aside).catch(() => undefined);
        throw cause;
      }
      return aside;
    } catch (cause) {
      throw failure(cause);
    } finally {
      content.bytes.fill(0);
    }
  }

  /**
   * Replaces a file, durably.
   *
   * @throws WriteFailure
   */
  async replace(name: FileName | ExportName, bytes: Uint8Array): Promise<void> {
    const temporary = name + TEMPORARY;
    let step = "checking the folder";
    try {
      // Another disk may be mounted over the folder by now, and what is written there would be lost
      // as soon as that one goes.
      if (!(await this.open.isInPlace())) throw new Error("another folder is mounted in its place");
      await this.#write(temporary, bytes, (next) => {
        step = next;
      });
      step = "renaming";
      await this.open.rename(temporary, name);
      step = "syncing the folder";
      await this.open.sync();
    } catch (cause) {
      // It may hold shares. If this fails too, the next start removes it.
      await this.open.remove(temporary).catch(() => undefined);
      throw new WriteFailure(this.path, step, cause);
    }
  }

  /** Makes a new file whose bytes last; its name does not yet. */
  async #write(name: string, bytes: Uint8Array, onStep: (step: string) => void): Promise<void> {
    onStep("creating a file");
    const file = await this.open.create(name);
    try {
      onStep("writing");
      await writeAll(file, bytes);
      onStep("syncing the file");
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

const TEMPORARIES: ReadonlySet<string> = new Set(
  [MARKER_FILE, LEDGER_FILE, NETWORK_CONFIG_FILE].map((name) => name + TEMPORARY),
);

/** The code of an error of the operating system, e.g. `EIO`. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  return "ERROR";
}

/** Writes all bytes: the operating system may take only some of them at a time. */
async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const written = await file.write(bytes.subarray(at), at);
    if (written <= 0) throw new Error("nothing more is written");
    at += written;
  }
}

/** The name under which a file is kept that something else replaces. */
function asideName(name: FileName, now: number): string {
  return `${name}${ASIDE}${new Date(now).toISOString().replaceAll(/[^0-9]/g, "")}`;
}
