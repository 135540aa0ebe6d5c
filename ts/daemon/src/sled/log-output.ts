/**
 * Where the daemon's log is written to: standard output, or a file that is renamed at a size. One
 * older file is kept: a daemon that never restarts must not fill a disk with its log.
 *
 * Invariants: whoever logs never waits, and a log that cannot be written neither ends the daemon nor keeps
 * it from ending. Lines wait in order, within a limit; beyond it new ones are lost, counted, and reported
 * once lines can be written again. Only whole lines are given up.
 *
 * It is written by hand, as the library that pino brings (sonic-boom 4.2) cannot end: its `flushSync` tries
 * again for ever after any error, a full disk's for example.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  write,
  writeSync,
} from "node:fs";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";

/** Bytes that are handed to the system at once. */
const WRITE_BYTES_MAX = 64 * 1024;
/** How soon a write is tried again: where the reader is slow, and where the system refused it, in ms. */
const RETRY_BUSY_MS = 20;
const RETRY_FAILED_MS = 1000;

/** A file that can be opened anew. */
interface Target {
  readonly file: string;
  readonly bytesMax: number;
}

/** Lines that were given up since the last time that they were reported. */
export interface LostLines {
  readonly lines: number;
  /** What the system said last, or null where the reader was only too slow. */
  readonly problem: string | null;
}

/** Where lines go. */
export class LogOutput {
  /** Null: standard output. */
  readonly #target: Target | null;
  readonly #bytesWaitingMax: number;
  readonly #onLost: (lost: LostLines) => void;
  #descriptor: number;
  /** Of the file so far. */
  #bytes = 0;
  /** Whether it can be renamed: never a device or a pipe. */
  #isRegular = false;
  #waiting: Buffer[] = [];
  #bytesWaiting = 0;
  /** The lines that are being written: what is left of them. */
  #rest: Buffer | null = null;
  /** Whether a thread of the pool is writing at this moment. */
  #inFlight = false;
  /** Descriptors that are closed once that thread is done. */
  readonly #outgrown: number[] = [];
  #retry: NodeJS.Timeout | null = null;
  /** A write failed, and none has succeeded since. */
  #failed = false;
  #problem: string | null = null;
  #linesLost = 0;

  private constructor(options: {
    readonly target: Target | null;
    readonly descriptor: number;
    readonly bytesWaitingMax: number;
    readonly onLost: (lost: LostLines) => void;
  }) {
    this.#target = options.target;
    this.#descriptor = options.descriptor;
    this.#bytesWaitingMax = options.bytesWaitingMax;
    this.#onLost = options.onLost;
    this.#look();
  }

  /**
   * Opens where a log goes.
   *
   * @param options.file none: standard output
   * @param options.fileBytesMax at this size the file is renamed
   * @param options.bytesWaitingMax bytes that may wait to be written; beyond them lines are lost
   * @param options.onLost called when lines can be written again, after some were lost
   * @throws DaemonError `ERR_TQD_START_FAILED` where the file cannot be opened
   */
  static open(options: {
    readonly file: string | undefined;
    readonly fileBytesMax: number;
    readonly bytesWaitingMax: number;
    readonly onLost: (lost: LostLines) => void;
  }): LogOutput {
    const { file, fileBytesMax: bytesMax, bytesWaitingMax, onLost } = options;
    const common = { bytesWaitingMax, onLost };
    if (file === undefined) {
      // A pipe or a socket that Node finds there it makes non-blocking as soon as it is asked for.
      process.stdout.on("error", () => undefined);
      return new LogOutput({ target: null, descriptor: 1, ...common });
    }
    const target = { file, bytesMax };
    try {
      return new LogOutput({ target, descriptor: openFile(file), ...common });
    } catch (cause) {
      const details = { part: "log", problem: `${file}: ${problemOf(cause)}` };
      throw new DaemonError("ERR_TQD_START_FAILED", details, { cause });
    }
  }

  /** Takes a line, with its end. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#bytesWaiting + bytes.length > this.#bytesWaitingMax) {
      this.#linesLost += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#bytesWaiting += bytes.length;
    this.#pump();
  }

  /** Opens the file anew: somebody else may have put it aside. Where that fails, the old one goes on. */
  reopen(): void {
    if (this.#target !== null) this.#replace(openFile(this.#target.file));
  }

  /** Resolves once all lines so far are written, they cannot be, or the time is up. */
  async drained(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    while (this.#bytesWaiting > 0 && !this.#failed && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /**
   * Writes what waits, at once, and gives up on the first error or when the time is up. Lines that a thread
   * of the pool is writing at this moment may come after it.
   */
  flush(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    const chunks = this.#waiting;
    if (this.#rest !== null && !this.#inFlight) chunks.unshift(this.#rest);
    this.#waiting = [];
    let bytes: Buffer = Buffer.concat(chunks);
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
      } catch (error) {
        if (!isBusy(error) || performance.now() >= end) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
    if (!this.#isRegular) return;
    try {
      fsyncSync(this.#descriptor);
    } catch {
      // The lines are the system's now.
    }
  }

  #pump(): void {
    if (this.#inFlight || this.#retry !== null) return;
    this.#rest ??= this.#next();
    if (this.#rest === null) return;
    this.#inFlight = true;
    write(this.#descriptor, this.#rest, (error, count) => {
      this.#inFlight = false;
      for (const descriptor of this.#outgrown.splice(0)) closeQuietly(descriptor);
      if (error === null) this.#wrote(count);
      else this.#refused(error);
    });
  }

  /** The lines that are written next, as one. */
  #next(): Buffer | null {
    let bytes = 0;
    let lines = 0;
    for (const line of this.#waiting) {
      if (lines > 0 && bytes + line.length > WRITE_BYTES_MAX) break;
      bytes += line.length;
      lines += 1;
    }
    return lines === 0 ? null : Buffer.concat(this.#waiting.splice(0, lines), bytes);
  }

  #wrote(count: number): void {
    this.#failed = false;
    this.#bytes += count;
    this.#bytesWaiting -= count;
    const rest = this.#rest?.subarray(count);
    this.#rest = rest === undefined || rest.length === 0 ? null : rest;
    if (this.#rest === null) {
      this.#putAside();
      this.#reportLost();
    }
    this.#pump();
  }

  #refused(error: NodeJS.ErrnoException): void {
    const busy = isBusy(error);
    if (!busy) {
      this.#failed = true;
      this.#problem = problemOf(error);
    }
    this.#retry = setTimeout(
      () => {
        this.#retry = null;
        this.#pump();
      },
      busy ? RETRY_BUSY_MS : RETRY_FAILED_MS,
    ).unref();
  }

  #reportLost(): void {
    if (this.#linesLost === 0) return;
    const lost = { lines: this.#linesLost, problem: this.#problem };
    this.#linesLost = 0;
    this.#problem = null;
    this.#onLost(lost);
  }

  #putAside(): void {
    const target = this.#target;
    if (target === null || !this.#isRegular || this.#bytes < target.bytesMax) return;
    const { file } = target;
    const older = `${file}.1`;
    this.#bytes = 0;
    // Where one of the two fails it goes on in the same file, and is tried again when that has grown by as much.
    if (!isDone(() => renameSync(file, older))) return;
    if (!isDone(() => this.#replace(openFile(file)))) isDone(() => renameSync(older, file));
  }

  #replace(descriptor: number): void {
    const old = this.#descriptor;
    this.#descriptor = descriptor;
    this.#look();
    // A number that is closed too early is another file's when a thread of the pool comes to writing.
    if (this.#inFlight) this.#outgrown.push(old);
    else closeQuietly(old);
  }

  #look(): void {
    const stat = fstatSync(this.#descriptor);
    this.#isRegular = stat.isFile();
    this.#bytes = stat.size;
  }
}

/** Without waiting for a reader, where it is a pipe. */
function openFile(file: string): number {
  const { O_WRONLY, O_CREAT, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
  return openSync(file, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY, 0o600);
}

function closeQuietly(descriptor: number): void {
  // Nothing waits for the result of a write that comes this late.
  isDone(() => closeSync(descriptor));
}

function isDone(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}

function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EAGAIN" || code === "EBUSY" || code === "EINTR";
}
