/** The real file system. */
import { constants } from "node:fs";
import type { BigIntStats } from "node:fs";
import { chmod, mkdir, open, readdir, rename, stat, statfs, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { LEDGER_BYTES_MAX } from "trust-quorum/ledger";
import { hasCode } from "../errors.ts";
import { lockOpenFile } from "../os/lock.ts";
import { FileTooLargeError, UnsafeFileError } from "./file-system.ts";
import type {
  FileContent,
  FileSystem,
  FolderOpened,
  OpenFile,
  OpenFolder,
  ReadLimits,
  Space,
} from "./file-system.ts";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const OTHERS = 0o077n;
const READ_BYTES_FIRST = 64 * 1024;
/** Digesting so much takes two or three milliseconds. */
const SCAN_BYTES = 1024 * 1024;

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** The real file system. */
export const nodeFileSystem = fileSystem({ onlyLooks: false });

/** The same for whoever only looks: what others could read is told, and left as it is. */
export const readOnlyFileSystem = fileSystem({ onlyLooks: true });

function fileSystem({ onlyLooks }: { readonly onlyLooks: boolean }): FileSystem {
  return { openFolder: (path) => openFolder(path, onlyLooks), makeFolder };
}

async function openFolder(path: string, onlyLooks: boolean): Promise<FolderOpened> {
  const handle = await open(path, O_RDONLY | O_DIRECTORY);
  try {
    const found = await handle.stat({ bigint: true });
    requireOwnFolder(found);
    const lock = lockOpenFile(handle.fd);
    if (lock.kind === "busy") {
      await handle.close();
      return { kind: "locked" };
    }
    if (lock.kind !== "locked") {
      // Without a lock two daemons could save over each other.
      const none = "this system has no such locks";
      const why = lock.kind === "refused" ? lock.code : (lock.problem ?? none);
      throw new UnsafeFileError(`it cannot be locked: ${why}`);
    }
    if (isOpenToOthers(found) && !onlyLooks) await handle.chmod(FOLDER_MODE);
    return { kind: "open", folder: new NodeFolder({ path, handle, found, onlyLooks }) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
    // The umask may have taken away even the owner's permissions.
    await chmod(path, FOLDER_MODE);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
  // Also where it existed: who made it may have died before this.
  await syncFolder(dirname(resolve(path)));
}

function isOpenToOthers({ mode }: BigIntStats): boolean {
  return (mode & OTHERS) !== 0n;
}

class NodeFolder implements OpenFolder {
  readonly path: string;
  readonly identity: string;
  readonly device: string;
  readonly wasOpenToOthers: boolean;
  readonly #handle: FileHandle;
  readonly #onlyLooks: boolean;

  constructor(opened: {
    readonly path: string;
    readonly handle: FileHandle;
    readonly found: BigIntStats;
    readonly onlyLooks: boolean;
  }) {
    const { path, handle, found, onlyLooks } = opened;
    this.path = path;
    this.#handle = handle;
    this.#onlyLooks = onlyLooks;
    this.identity = identityOf(found);
    this.device = String(found.dev);
    this.wasOpenToOthers = isOpenToOthers(found);
  }

  isInPlace(): Promise<boolean> {
    return this.isReachedBy(this.path);
  }

  async isReachedBy(path: string): Promise<boolean> {
    return identityOf(await stat(path, { bigint: true })) === this.identity;
  }

  names(): Promise<readonly string[]> {
    return readdir(this.path);
  }

  async read(name: string, { bytesMax }: ReadLimits): Promise<FileContent | null> {
    const handle = await openExisting(join(this.path, name));
    if (handle === null) return null;
    try {
      const found = await handle.stat({ bigint: true });
      requireOwnFile(found);
      const wasOpenToOthers = isOpenToOthers(found);
      if (wasOpenToOthers && !this.#onlyLooks) await handle.chmod(FILE_MODE);
      return { bytes: await readAll(handle, bytesMax), wasOpenToOthers };
    } finally {
      await handle.close();
    }
  }

  async scan(
    name: string,
    { bytesMax }: ReadLimits,
    take: (piece: Uint8Array) => void,
  ): Promise<boolean> {
    const handle = await openExisting(join(this.path, name));
    if (handle === null) return false;
    const buffer = new Uint8Array(SCAN_BYTES);
    try {
      requireOwnFile(await handle.stat({ bigint: true }));
      for (let length = 0; ;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, length);
        if (bytesRead === 0) return true;
        length += bytesRead;
        if (length > bytesMax) throw new FileTooLargeError(bytesMax);
        take(buffer.subarray(0, bytesRead));
      }
    } finally {
      buffer.fill(0);
      await handle.close();
    }
  }

  async space(): Promise<Space | null> {
    const { bsize, blocks, bavail, files, ffree } = await statfs(this.path);
    // File systems that make room for names as they are needed count none.
    const freeFiles = files === 0 ? null : exact(ffree);
    return { freeBytes: exact(bsize * bavail), totalBytes: exact(bsize * blocks), freeFiles };
  }

  async create(name: string): Promise<OpenFile> {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const handle = await open(join(this.path, name), flags, FILE_MODE);
    try {
      // The umask may have taken away even the owner's permissions.
      await handle.chmod(FILE_MODE);
      return new NodeFile(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  rename(from: string, to: string): Promise<void> {
    return rename(join(this.path, from), join(this.path, to));
  }

  async remove(name: string): Promise<void> {
    try {
      await unlink(join(this.path, name));
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Some file systems say "very much" in numbers that are not exact any more. */
function exact(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, position: number): Promise<number> {
    const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, position);
    return bytesWritten;
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/**
 * The bytes of a ledger's file, which is opened for nothing but reading; the caller zeroes them.
 *
 * @throws the system's error, and FileTooLargeError above `LEDGER_BYTES_MAX`
 */
export async function readFileOnly(file: string): Promise<Uint8Array> {
  // Non-blocking, so that opening a named pipe does not wait for a writer.
  const handle = await open(file, O_RDONLY | O_NONBLOCK);
  try {
    return await readAll(handle, LEDGER_BYTES_MAX);
  } finally {
    await handle.close();
  }
}

/** The bytes of somebody else's file, and which file it is. */
export interface ForeignFile {
  /** The caller's to zero. */
  readonly bytes: Uint8Array;
  /** Names the file itself: two paths to one file have the same. */
  readonly identity: string;
}

/**
 * Reads a file that another program wrote, for nothing but reading. It may belong to anybody, but it is
 * a regular file with one name: no link, pipe or device.
 *
 * @returns null where there is none
 * @throws the system's error, UnsafeFileError, and FileTooLargeError above `bytesMax`
 */
export async function readForeignFile(file: string, bytesMax: number): Promise<ForeignFile | null> {
  const handle = await openExisting(file);
  if (handle === null) return null;
  try {
    const found = await handle.stat({ bigint: true });
    requireOneRegularFile(found);
    if (found.size > bytesMax) throw new FileTooLargeError(bytesMax);
    return { bytes: await readAll(handle, bytesMax), identity: identityOf(found) };
  } finally {
    await handle.close();
  }
}

/**
 * Reads a file to its end, whatever its size was said to be: no more than one byte above the limit is
 * ever asked for. The buffers that it outgrows are zeroed.
 *
 * @throws FileTooLargeError
 */
export async function readAll(handle: FileHandle, bytesMax: number): Promise<Uint8Array> {
  let buffer = new Uint8Array(Math.min(READ_BYTES_FIRST, bytesMax + 1));
  let length = 0;
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (length > bytesMax) throw new FileTooLargeError(bytesMax);
      if (bytesRead === 0) return buffer.slice(0, length);
      if (length === buffer.length) {
        const larger = new Uint8Array(Math.min(2 * buffer.length, bytesMax + 1));
        larger.set(buffer);
        buffer.fill(0);
        buffer = larger;
      }
    }
  } finally {
    buffer.fill(0);
  }
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    // Non-blocking, since opening a pipe would wait for a writer.
    return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    if (hasCode(error, "ELOOP")) throw new UnsafeFileError("it is a symbolic link");
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

function requireOwnFolder(found: BigIntStats): void {
  if (!found.isDirectory()) throw new UnsafeFileError("it is not a folder");
  requireOwner(found);
}

function requireOwnFile(found: BigIntStats): void {
  requireOneRegularFile(found);
  requireOwner(found);
}

function requireOneRegularFile(found: BigIntStats): void {
  if (!found.isFile()) throw new UnsafeFileError("it is not a regular file");
  // A second name would let someone else change what is in it.
  if (found.nlink > 1n) throw new UnsafeFileError(`it has ${found.nlink} names (hard links)`);
}

/** Its owner could give others access again at any time. */
function requireOwner({ uid }: BigIntStats): void {
  const self = process.geteuid?.();
  if (self !== undefined && uid !== BigInt(self)) {
    throw new UnsafeFileError(`it belongs to user ${uid}, and this process runs as user ${self}`);
  }
}
