/**
 * The daemons that this machine runs, one for each sled.
 *
 * A daemon is found by asking its socket: who answers there is the sled's own process, now. One that
 * does not answer is found by what was noted when it was started: its process id together with the
 * time at which that process started, so that a process id that another process got since is
 * never taken for it. Where the system does not tell when a process started, only the socket counts.
 *
 * Only a process that this machine itself knows as the daemon's is ever signalled: the one that was
 * noted, or the one that the kernel names as the socket's listener. What a daemon says of its own
 * process id is for people, since in another pid namespace that number belongs to another process here.
 */
import { spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OperatorError, isOperatorError, messageOf } from "@trust-quorum/api/client/errors";
import type { SledApi } from "@trust-quorum/api/client/api";
import { lockOpenFile } from "@trust-quorum/sled-host/os/lock";
import { logTail } from "./log-tail.ts";
import { listenerOf } from "./listener.ts";
import { replaceText } from "./rack-file.ts";

/** How long a daemon may take to answer after it was started, in milliseconds. */
const START_TIMEOUT_MS = 30_000;
/** How long a daemon may take to stop; its own limit is 10 s. */
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
/** A log that is longer when its daemon starts is renamed; one old log is kept. */
export const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** Where Node can be told so it never opens its debugger by a signal, not even before tqd can say so itself. */
const NODE_FLAGS = ["--disable-sigusr1"].filter((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

/** A sled that this machine runs. */
export interface LocalSled {
  readonly name: string;
  readonly home: string;
  /** The absolute path of its unix socket. */
  readonly socket: string;
  readonly api: SledApi;
}

/** What there is of a sled's daemon. */
export type Daemon =
  | { readonly kind: "answers"; readonly pid: number }
  /** It runs, but does not answer. */
  | { readonly kind: "silent"; readonly pid: number }
  | { readonly kind: "down" };

/** Looks for a sled's daemon. */
export async function findDaemon(sled: LocalSled): Promise<Daemon> {
  try {
    return { kind: "answers", pid: (await sled.api.status()).pid };
  } catch (error) {
    if (!isOperatorError(error)) throw error;
  }
  const noted = readNote(sled.home);
  if (noted === null || startOf(noted.pid) !== noted.started) return { kind: "down" };
  return { kind: "silent", pid: noted.pid };
}

/**
 * Starts a sled's daemon, unless it runs, and waits until it answers.
 *
 * @returns its process id, and whether it ran before
 * @throws OperatorError `ERR_TQ_CLI_PROCESS`
 */
export async function startDaemon(sled: LocalSled): Promise<{ pid: number; ran: boolean }> {
  const run = path.join(sled.home, "run");
  mkdirSync(run, { recursive: true, mode: 0o700 });
  const descriptor = openSync(run, "r");
  try {
    await takeTurn(descriptor, sled);
    return await startInTurn(sled);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Waits until no other `tq` starts this sled: a second daemon would end at once, but its note would have
 * replaced that of the one that lives. The lock dies with the process.
 */
async function takeTurn(descriptor: number, { name }: LocalSled): Promise<void> {
  const free = () => lockOpenFile(descriptor).kind !== "busy";
  if (await waitUntil(free, START_TIMEOUT_MS + STOP_TIMEOUT_MS)) return;
  throw processError(
    `another tq is starting ${name}; wait for it to end, and look with \`tq status\``,
  );
}

async function startInTurn(sled: LocalSled): Promise<{ pid: number; ran: boolean }> {
  const found = await findDaemon(sled);
  if (found.kind === "answers") return { pid: found.pid, ran: true };
  if (found.kind === "silent") {
    throw processError(
      `${sled.name} runs (pid ${found.pid}) but does not answer; \`tq down ${sled.name}\` stops it`,
    );
  }
  const tqd = daemonProgram();
  const log = path.join(sled.home, "log", "tqd.log");
  mkdirSync(path.dirname(log), { recursive: true, mode: 0o700 });
  rotateLog(log);
  const descriptor = openSync(log, "a", 0o600);
  const config = path.join(sled.home, "tqd.toml");
  // The daemon bounds its log itself; what comes from elsewhere in the process ends up there too.
  const args = [...NODE_FLAGS, tqd, "--config", config, "--log-file", log];
  const child = spawn(process.execPath, args, {
    cwd: sled.home,
    detached: true,
    stdio: ["ignore", descriptor, descriptor],
    env: daemonEnvironment(),
  });
  closeSync(descriptor);
  let exited: string | null = null;
  child.once("error", (error) => (exited = messageOf(error)));
  child.once("exit", (code, signal) => (exited = signal ?? `exit code ${code ?? "unknown"}`));
  if (child.pid !== undefined) note(sled.home, child.pid);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    // It may have changed since the compiler last looked.
    const end = exited as string | null;
    if (end !== null) {
      throw processError(`${sled.name} did not start (${end}): ${logTail(log)}; its log is ${log}`);
    }
    try {
      const { pid } = await sled.api.status();
      child.unref();
      return { pid, ran: false };
    } catch (error) {
      if (!isOperatorError(error)) throw error;
      if (Date.now() > deadline) {
        child.unref();
        throw processError(
          `${sled.name} does not answer after its start: ${error.message}; its log is ${log}`,
        );
      }
    }
    await sleep(POLL_MS);
  }
}

/**
 * Stops a sled's daemon and waits until its process is gone.
 *
 * @param force kill it where it does not stop by itself in time
 * @returns whether it ran
 * @throws OperatorError `ERR_TQ_CLI_PROCESS`
 */
export async function stopDaemon(sled: LocalSled, force: boolean): Promise<boolean> {
  const found = await findDaemon(sled);
  if (found.kind === "down") {
    rmSync(noteFile(sled.home), { force: true });
    return false;
  }
  const pid = found.kind === "silent" ? found.pid : await ownPid(sled, found.pid);
  const started = startOf(pid);
  const gone = () => startOf(pid) !== started || !exists(pid);
  signal(pid, "SIGTERM");
  if (!(await waitUntil(gone, STOP_TIMEOUT_MS))) {
    if (!force) {
      throw processError(
        `${sled.name} (pid ${pid}) did not stop within ${STOP_TIMEOUT_MS / 1000} s; \`tq down --force\` kills it`,
      );
    }
    signal(pid, "SIGKILL");
    if (!(await waitUntil(gone, STOP_TIMEOUT_MS))) {
      throw processError(`${sled.name} (pid ${pid}) cannot be killed`);
    }
  }
  rmSync(noteFile(sled.home), { force: true });
  return true;
}

/**
 * The process id that a daemon which answers has on this side of any pid namespace.
 *
 * @param reported what it says itself
 * @throws OperatorError `ERR_TQ_CLI_PROCESS` where nothing but the daemon's own word names a process
 */
async function ownPid(sled: LocalSled, reported: number): Promise<number> {
  const listener = await listenerOf(sled.socket);
  if (listener.kind === "peer" && listener.pid > 1) return listener.pid;
  const noted = readNote(sled.home);
  if (noted?.pid === reported && startOf(reported) === noted.started) return reported;
  // Only Linux has pid namespaces.
  if (listener.kind === "unsupported" && process.platform !== "linux") return reported;
  throw processError(
    `${sled.name} answers, but its process cannot be told from here (a container or another pid namespace?); stop it where it was started`,
  );
}

interface Note {
  readonly pid: number;
  /** See {@link startOf}. */
  readonly started: string;
}

function note(home: string, pid: number): void {
  const started = startOf(pid);
  if (started !== null) replaceText(noteFile(home), `${JSON.stringify({ pid, started })}\n`, 0o600);
}

function noteFile(home: string): string {
  return path.join(home, "run", "tqd.pid.json");
}

function readNote(home: string): Note | null {
  try {
    const value = JSON.parse(readFileSync(noteFile(home), "utf8")) as Partial<Note>;
    const { pid, started } = value;
    return Number.isSafeInteger(pid) && typeof started === "string" && (pid as number) > 1
      ? { pid: pid as number, started }
      : null;
  } catch {
    return null;
  }
}

/**
 * When a process started: the boot and the clock ticks since; null where there is no such process, it
 * is dead already, or the system does not tell.
 */
export function startOf(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything; fields are counted behind it, from the third.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state] = fields;
    const ticks = fields[19];
    return state === "Z" || state === "X" || ticks === undefined ? null : `${boot} ${ticks}`;
  } catch {
    return null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function signal(pid: number, name: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, name);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return;
    throw processError(`process ${pid} cannot be stopped: ${messageOf(cause)}`, cause);
  }
}

async function waitUntil(done: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (!done()) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** What a daemon reads from its environment is for its own file to say, not for tq's caller. */
function daemonEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("TQD_")),
  );
}

/**
 * Puts a long log aside as `tqd.log.1`, in place of the one that was there.
 *
 * @throws OperatorError `ERR_TQ_CLI_PROCESS`
 */
export function rotateLog(log: string): void {
  const bytes = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes <= LOG_BYTES_MAX) return;
  try {
    renameSync(log, `${log}.1`);
  } catch (cause) {
    throw processError(`${log} cannot be renamed: ${messageOf(cause)}`, cause);
  }
}

function processError(text: string, cause?: unknown): OperatorError {
  return new OperatorError("ERR_TQ_CLI_PROCESS", text, { cause });
}

/** The daemon's program, found by its package's name: a bundle of `tq` lies in another folder than this. */
function daemonProgram(): string {
  try {
    return createRequire(import.meta.url).resolve("@trust-quorum/daemon/bin/tqd.js");
  } catch (cause) {
    throw processError(
      "tqd is not installed beside tq; in a clone run `npm ci && npm run build`",
      cause,
    );
  }
}
