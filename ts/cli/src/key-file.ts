/**
 * The file that a key is written to.
 *
 * Invariants: the bytes only ever go into a file that this process has made, under a name that nobody knew before
 * and that nobody else may read. It is whole and on disk before it gets the name that was asked for. What has
 * that name already is never opened: it is replaced where that was asked for and it is the caller's own file,
 * and refused otherwise. After a failure nothing is left behind.
 */
import { randomBytes } from "node:crypto";
import { closeSync, constants, linkSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import type { Stats } from "node:fs";
import path from "node:path";
import { OperatorError, messageOf } from "@trust-quorum/api/client/errors";
import { finishFile, syncFolder } from "@trust-quorum/sled-host/os/replace-file";

/** Signals that must not end the command while there is a file without its name. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** What a file system says that has no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Where a key is to go. */
export interface KeyFile {
  readonly file: string;
  /** Whether a file of the caller's that is there already may be replaced. */
  readonly force: boolean;
}

/**
 * Refuses a place that is taken, before a key is derived for it.
 *
 * @throws OperatorError `ERR_TQ_CLI_OUTPUT`
 */
export function checkKeyFile({ file, force }: KeyFile): void {
  let found: Stats | undefined;
  try {
    found = lstatSync(file, { throwIfNoEntry: false });
  } catch (cause) {
    throw failure(file, messageOf(cause), cause);
  }
  if (found === undefined) return;
  if (!found.isFile()) {
    throw failure(
      file,
      `${kindOf(found)} is there, and a key goes into a file of its own; --fd writes to what is open already`,
    );
  }
  const own = process.geteuid?.();
  if (own !== undefined && found.uid !== own) {
    throw failure(file, `a file of user ${found.uid} is there, which is not replaced`);
  }
  if (!force) throw failure(file, "there is one already; --force replaces it");
}

/**
 * Writes a key to its file, with mode 0600; it is on disk when this returns.
 *
 * @throws OperatorError `ERR_TQ_CLI_OUTPUT`; the key is nowhere then, and what was there still is
 */
export function writeKeyFile(target: KeyFile, key: Uint8Array): void {
  const { file, force } = target;
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${randomBytes(12).toString("hex")}.tq-key`);
  const wait = (): void => undefined;
  // Handlers run when this is done, and not in its midst.
  for (const signal of SIGNALS) process.on(signal, wait);
  try {
    checkKeyFile(target);
    finishFile(openNew(temporary), [key]);
    if (force) renameSync(temporary, file);
    else giveName(temporary, file);
    try {
      syncFolder(folder);
    } catch (error) {
      // A name that may not last is taken back.
      if (!force) rmSync(file, { force: true });
      throw error;
    }
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw failure(file, messageOf(cause), cause);
  } finally {
    rmSync(temporary, { force: true });
    for (const signal of SIGNALS) process.off(signal, wait);
  }
}

/** Opens a file that nothing has the name of. */
function openNew(file: string): number {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  return openSync(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** Gives a file a name that nothing has: where something came there meanwhile, it stays. */
function giveName(temporary: string, file: string): void {
  try {
    linkSync(temporary, file);
    return;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw failure(file, "there is one already", error);
    if (!NO_LINKS.has(code)) throw error;
  }
  // Without hard links: an empty file of our own holds the name until ours has it.
  closeSync(openNew(file));
  try {
    renameSync(temporary, file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

function kindOf(found: Stats): string {
  if (found.isSymbolicLink()) return "a symbolic link";
  if (found.isFIFO()) return "a named pipe";
  if (found.isDirectory()) return "a folder";
  return "something that is no file";
}

function failure(file: string, problem: string, cause?: unknown): OperatorError {
  const text = `the key cannot be written to ${file}: ${problem}`;
  return new OperatorError("ERR_TQ_CLI_OUTPUT", text, { cause });
}
