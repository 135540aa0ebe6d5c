/**
 * The few things that the store asks of a file system. It is an interface so that the very same code
 * runs against a double that crashes, fails and loses what was not synced.
 *
 * What the store relies on, and nothing more:
 * - bytes written to a file last once `OpenFile.sync` has resolved;
 * - a name that was made, replaced or removed in a folder lasts once the folder's `sync` has resolved;
 * - a rename within a folder replaces the old file as a whole.
 *
 * Errors are those of `node:fs`, with a `code` such as `ENOSPC`; {@link UnsafeFileError} is the store's
 * own.
 */

/** A folder that holds one replica, open and locked. */
export interface OpenFolder {
  /** As it was given. */
  readonly path: string;
  /** Names the folder itself, however one gets there: two paths to one folder have the same. */
  readonly identity: string;
  /** Names the file system that the folder is on. */
  readonly device: string;
  /** Whether permissions had to be tightened because others could read the folder. */
  readonly wasOpenToOthers: boolean;
  /** Whether the path still leads to this folder: it does not after another disk was mounted there. */
  isInPlace(): Promise<boolean>;
  /** Whether another path leads to this folder too. */
  isReachedBy(path: string): Promise<boolean>;
  /** The names in the folder, in no order. */
  names(): Promise<readonly string[]>;
  /** All bytes of a file, or null where there is none. The caller zeroes them. */
  read(name: string, limits: ReadLimits): Promise<FileContent | null>;
  /**
   * Hands out the bytes of a file piece by piece, from the disk where the system lets one ask for that and
   * not from its cache; answers false where there is none. A piece is zeroed once `take` has returned.
   */
  scan(name: string, limits: ReadLimits, take: (piece: Uint8Array) => void): Promise<boolean>;
  /** How much room is left on the file system, or null where it does not say. */
  space(): Promise<Space | null>;
  /** Makes a new file, for its owner alone. It fails with `EEXIST` where the name is taken. */
  create(name: string): Promise<OpenFile>;
  /** Renames a file, replacing another one. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; it is fine if there is none. */
  remove(name: string): Promise<void>;
  /** Makes the names in the folder last. */
  sync(): Promise<void>;
  /** Lets go of the folder and of its lock. */
  close(): Promise<void>;
}

/** How much is read of a file at most. */
export interface ReadLimits {
  readonly bytesMax: number;
}

/** How much room a file system has for this process. */
export interface Space {
  /** Bytes that may still be written. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** How many more files it can hold, or null where there is no such limit. */
  readonly freeFiles: number | null;
}

/** What a file holds. */
export interface FileContent {
  readonly bytes: Uint8Array;
  /** Whether permissions had to be tightened because others could read the file. */
  readonly wasOpenToOthers: boolean;
}

/** A new file that is being written. */
export interface OpenFile {
  /** Writes some of the bytes, at least one, and answers how many. They go to `position`. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Makes what was written last. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What opening a folder came to. */
export type FolderOpened =
  | { readonly kind: "open"; readonly folder: OpenFolder }
  /** Another process, or this one, has it open. */
  | { readonly kind: "locked" };

/**
 * What the store needs of a file system: the real one, or one that a test makes fail at any step.
 */
export interface FileSystem {
  /**
   * Opens a folder and takes its exclusive lock.
   *
   * @throws UnsafeFileError where it belongs to another user, or is no folder
   */
  openFolder(path: string): Promise<FolderOpened>;
  /** Makes a folder for its owner alone, in one that exists, and makes it last. It may exist already. */
  makeFolder(path: string): Promise<void>;
}

/** A file or folder that must not be trusted, whatever is in it. */
export class UnsafeFileError extends Error {
  override readonly name = "UnsafeFileError";
  readonly code = "UNSAFE";
}

/** A file that is larger than what may be read of it. */
export class FileTooLargeError extends Error {
  override readonly name = "FileTooLargeError";
  readonly code = "TOO_LARGE";

  constructor(bytesMax: number) {
    super(`more than ${bytesMax} bytes`);
  }
}
