/**
 * Tells when files may have changed, however they are replaced: written in place, renamed over, or by
 * a symbolic link on the way to them (as secret mounts do it). The folders are watched, since a file
 * that is replaced takes a watch on itself with it; and the files are looked at now and then, since not
 * every file system tells.
 */
import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";

/** How long it must be quiet before a change is told, in milliseconds. */
const DEBOUNCE_MS = 200;
/** How often files are looked at, in milliseconds. */
const POLL_MS = 10_000;

/** A watch that is on. */
export interface FileWatch {
  close(): void;
}

/** Times of a watch, in milliseconds. */
export interface WatchTimes {
  readonly debounceMs?: number;
  readonly pollMs?: number;
}

/**
 * Calls back after any of the files may have changed. The content is for the caller to compare: there
 * are calls without a change.
 *
 * @param changed Must not throw.
 */
export function watchFiles(
  files: readonly string[],
  changed: () => void,
  times: WatchTimes = {},
): FileWatch {
  const { debounceMs = DEBOUNCE_MS, pollMs = POLL_MS } = times;
  let quiet: NodeJS.Timeout | undefined;
  let closed = false;
  const touch = (): void => {
    if (closed) return;
    clearTimeout(quiet);
    quiet = setTimeout(changed, debounceMs);
    quiet.unref();
  };

  const folders = new Map<string, FSWatcher | undefined>();
  for (const file of files) folders.set(path.dirname(path.resolve(file)), undefined);
  const arm = (): void => {
    for (const [folder, watcher] of folders) {
      if (watcher === undefined) folders.set(folder, watchFolder(folder, touch, disarm));
    }
  };
  const disarm = (folder: string): void => void folders.set(folder, undefined);

  let seen: string | undefined;
  const look = async (): Promise<void> => {
    const now = (await Promise.all(files.map(fingerprint))).join("|");
    if (seen !== undefined && seen !== now) touch();
    seen = now;
    // A folder that was replaced or appeared late is watched from now on.
    if (!closed) arm();
  };
  arm();
  void look();
  const poll = setInterval(() => void look(), pollMs);
  poll.unref();
  return {
    close: () => {
      closed = true;
      clearTimeout(quiet);
      clearInterval(poll);
      for (const watcher of folders.values()) watcher?.close();
    },
  };
}

function watchFolder(
  folder: string,
  touch: () => void,
  disarm: (folder: string) => void,
): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, touch);
    watcher.on("error", () => {
      watcher.close();
      disarm(folder);
    });
    return watcher;
  } catch {
    return undefined;
  }
}

async function fingerprint(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, dev } = await stat(file);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch {
    return "absent";
  }
}
