/**
 * The unix socket: who can reach it, and whether somebody listens there already. A socket that a dead
 * process left behind is replaced; one of a living process, or anything else of that name, never is.
 */
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";

/** How long a process that may listen has to answer, in milliseconds. */
const PROBE_MS = 1000;

/**
 * Makes the way free for a socket: its folder exists and is safe, and nothing is in the socket's place.
 *
 * @param options.shared whether other users than this one may connect: then the folder lets them
 * through, but not write
 * @throws DaemonError `ERR_TQD_SOCKET_UNSAFE`, `ERR_TQD_SOCKET_IN_USE`
 */
export async function prepareSocket(
  socket: string,
  { shared }: { readonly shared: boolean },
): Promise<void> {
  checkFolder(path.dirname(socket), socket, shared);
  const found = lstatSync(socket, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) unsafe(socket, "something that is not a socket is in its place");
  if (await answers(socket)) throw new DaemonError("ERR_TQD_SOCKET_IN_USE", { path: socket });
  unlinkSync(socket);
}

/** Sets the mode of a socket that listens: 0600, or 0666 where the kernel's word on users decides. */
export function protectSocket(socket: string, { shared }: { readonly shared: boolean }): void {
  chmodSync(socket, shared ? 0o666 : 0o600);
}

/** Removes the socket of a server that has closed; Node does so too, but not on every way out. */
export function removeSocket(socket: string): void {
  try {
    unlinkSync(socket);
  } catch {
    // It is gone already.
  }
}

function checkFolder(folder: string, socket: string, shared: boolean): void {
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    // By the umask nobody else would get through.
    if (made !== undefined && shared) chmodSync(folder, 0o711);
  } catch (error) {
    unsafe(socket, `its folder cannot be made: ${problemOf(error)}`);
  }
  const { uid, mode } = statSync(folder);
  const own = process.geteuid?.();
  if (own !== undefined && uid !== own && uid !== 0) {
    unsafe(socket, `its folder belongs to user ${uid}: give it to ${own}, or choose another one`);
  }
  // Where others may connect they pass through the folder, but nobody else may put a socket there.
  const forbidden = shared ? 0o022 : 0o077;
  if ((mode & forbidden) !== 0) {
    const octal = (mode & 0o777).toString(8);
    unsafe(socket, `its folder has mode ${octal}: run chmod ${shared ? "711" : "700"} ${folder}`);
  }
}

/** Whether a process accepts connections there. When in doubt, it does. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket);
    const done = (alive: boolean): void => {
      probe.destroy();
      resolve(alive);
    };
    probe.setTimeout(PROBE_MS, () => done(true));
    probe.once("connect", () => done(true));
    probe.once("error", (error: NodeJS.ErrnoException) => {
      done(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}

function unsafe(socket: string, problem: string): never {
  throw new DaemonError("ERR_TQD_SOCKET_UNSAFE", { path: socket, problem });
}
