/** Exclusive advisory locks on open files and folders. */
import { hostAddon, refusal, withoutAddon } from "./native.ts";
import type { HostRefusal } from "./native.ts";

/** Whether the lock is ours now, someone else's, or cannot be had at all. */
export type LockAnswer = { readonly kind: "locked" } | { readonly kind: "busy" } | HostRefusal;

/**
 * Tries to take the exclusive advisory lock (flock(2)) of an open file or folder, and never waits. The
 * lock ends when the file is closed, and so with the process, however that dies.
 *
 * @param fd an open descriptor, e.g. of a `FileHandle` that the caller keeps open
 */
export function lockOpenFile(fd: number): LockAnswer {
  const answer = hostAddon()?.hostLock(fd);
  if (answer === undefined) return withoutAddon();
  if (answer.kind === "done") return { kind: "locked" };
  if (answer.kind === "busy") return { kind: "busy" };
  return refusal(answer);
}
