/**
 * `@trust-quorum/event-log/files`: writes logs to files of limited size without ever making a node wait.
 *
 * Invariants: `line` and `begin` neither throw nor wait. Lines are buffered up to a limit and written in
 * order. If lines have to be dropped (the disk is too slow, or fails), the file ends there, and a new one
 * begins with a header of its own: no file has a gap.
 */
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LogSink } from "./sink.ts";

/** Limits of {@link LogFiles}, each with its default. */
export interface LogFilesOptions {
  /** The folder of the files; created if it is missing. Files are readable by their owner only. */
  readonly folder: string;
  /** What the files' names begin with: `events` makes `events-000001.jsonl`. */
  readonly prefix?: string | undefined;
  /** The size from which on a new file is begun: 64 MiB. */
  readonly fileBytesMax?: number | undefined;
  /** The number of files that are kept; the oldest are deleted: 8. */
  readonly filesMax?: number | undefined;
  /** The most bytes that may wait to be written: 16 MiB. */
  readonly bufferBytesMax?: number | undefined;
  /** How long after a failure a new file is tried, in milliseconds: 10 s. */
  readonly retryMs?: number | undefined;
  /** The clock of the retries. */
  readonly now?: (() => number) | undefined;
}

/** The state of the files, for operators. */
export interface LogFilesStatus {
  /** The file being written, or null while none is. */
  readonly file: string | null;
  readonly linesWritten: number;
  /** Lines that were dropped because the disk was too slow or failed. */
  readonly linesDropped: number;
  readonly failures: number;
  /** The code of the last failure, e.g. `ENOSPC`. */
  readonly lastFailure: string | null;
  readonly bytesBuffered: number;
}

type Step = { readonly kind: "header" | "line"; readonly text: string };

/**
 * A {@link LogSink} of files `events-000001.jsonl`, `events-000002.jsonl`, …
 *
 * @example
 * import { mkdtemp, readdir, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import path from "node:path";
 * import { baseboardId, nativeCrypto } from "trust-quorum";
 * import { Recorder } from "@trust-quorum/event-log";
 * import { LogFiles } from "@trust-quorum/event-log/files";
 *
 * const folder = await mkdtemp(path.join(tmpdir(), "events-"));
 * const files = await LogFiles.open({ folder });
 * const recorder = new Recorder({
 *   sink: files,
 *   producer: { name: "example", version: "1.0.0" },
 *   clock: { kind: "wall", now: Date.now },
 *   crypto: nativeCrypto(),
 * });
 * const node = recorder.add({ self: baseboardId("913-0000019", "BRM1"), ledger: null });
 * node.tick();
 * await files.close();
 * await readdir(folder); // => ["events-000001.jsonl"]
 * await rm(folder, { recursive: true });
 */
export class LogFiles implements LogSink {
  readonly #options: Required<{ [K in keyof LogFilesOptions]: NonNullable<LogFilesOptions[K]> }>;
  #steps: Step[] = [];
  #bytesBuffered = 0;
  /** Bytes of the current file, including those not yet written. */
  #fileBytes = 0;
  #begun = false;
  /** Lines are dropped until the next header. */
  #broken = false;
  #retryAt = 0;
  #number: number;
  #handle: FileHandle | null = null;
  #file: string | null = null;
  #pumping: Promise<void> | null = null;
  #closed = false;
  #linesWritten = 0;
  #linesDropped = 0;
  #failures = 0;
  #lastFailure: string | null = null;

  private constructor(options: LogFilesOptions, number: number) {
    this.#options = {
      folder: options.folder,
      prefix: options.prefix ?? "events",
      fileBytesMax: options.fileBytesMax ?? 64 * 1024 * 1024,
      filesMax: options.filesMax ?? 8,
      bufferBytesMax: options.bufferBytesMax ?? 16 * 1024 * 1024,
      retryMs: options.retryMs ?? 10_000,
      now: options.now ?? Date.now,
    };
    this.#number = number;
  }

  /**
   * Creates the folder if it is missing, and finds the next file's number.
   *
   * @throws the file system's error where the folder cannot be used
   */
  static async open(options: LogFilesOptions): Promise<LogFiles> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    const numbers = await fileNumbers(options.folder, options.prefix ?? "events");
    return new LogFiles(options, (numbers.at(-1) ?? 0) + 1);
  }

  get wantsHeader(): boolean {
    if (this.#closed || !this.#begun) return false;
    if (!this.#broken) return this.#fileBytes >= this.#options.fileBytesMax;
    const { bufferBytesMax, now } = this.#options;
    return this.#bytesBuffered * 2 <= bufferBytesMax && now() >= this.#retryAt;
  }

  begin(header: string): void {
    if (this.#closed) return;
    this.#begun = true;
    this.#broken = false;
    this.#fileBytes = 0;
    this.#push({ kind: "header", text: header });
  }

  line(text: string): void {
    if (this.#closed || this.#broken || this.#bytesBuffered >= this.#options.bufferBytesMax) {
      this.#broken = true;
      this.#linesDropped += 1;
      return;
    }
    this.#push({ kind: "line", text });
  }

  /** The current state. */
  status(): LogFilesStatus {
    return {
      file: this.#file,
      linesWritten: this.#linesWritten,
      linesDropped: this.#linesDropped,
      failures: this.#failures,
      lastFailure: this.#lastFailure,
      bytesBuffered: this.#bytesBuffered,
    };
  }

  /** Writes what is buffered and closes the file. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pumping;
    await this.#closeFile();
  }

  #push(step: Step): void {
    this.#steps.push(step);
    // Characters for bytes: text beyond ASCII is rare here.
    this.#bytesBuffered += step.text.length + 1;
    this.#fileBytes += step.text.length + 1;
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = null;
    });
  }

  async #pump(): Promise<void> {
    // All lines of this turn of the event loop are written at once.
    await Promise.resolve();
    while (this.#steps.length > 0) {
      const steps = this.#steps;
      this.#steps = [];
      for (const part of splitAtHeaders(steps)) await this.#writePart(part);
      this.#bytesBuffered = this.#steps.reduce((sum, { text }) => sum + text.length + 1, 0);
    }
  }

  /** Writes the lines of one file; those that come after a failure are dropped. */
  async #writePart(steps: readonly Step[]): Promise<void> {
    try {
      if (steps[0]?.kind === "header") await this.#nextFile();
      if (this.#handle === null) {
        this.#linesDropped += steps.length;
        return;
      }
      await this.#handle.appendFile(steps.map(({ text }) => `${text}\n`).join(""));
      this.#linesWritten += steps.length;
    } catch (error) {
      this.#failures += 1;
      this.#lastFailure = codeOf(error);
      this.#linesDropped += steps.length;
      this.#retryAt = this.#options.now() + this.#options.retryMs;
      // Unless a header, which begins a new file, came meanwhile, further lines are dropped.
      this.#broken = !this.#steps.some(({ kind }) => kind === "header");
      await this.#closeFile();
    }
  }

  async #nextFile(): Promise<void> {
    await this.#closeFile();
    const { folder, prefix, filesMax } = this.#options;
    const file = join(folder, fileName(prefix, this.#number++));
    this.#handle = await open(file, "wx", 0o600);
    this.#file = file;
    const numbers = await fileNumbers(folder, prefix);
    for (const old of numbers.slice(0, Math.max(0, numbers.length - filesMax))) {
      await rm(join(folder, fileName(prefix, old)), { force: true });
    }
  }

  async #closeFile(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    this.#file = null;
    try {
      await handle?.close();
    } catch (error) {
      this.#failures += 1;
      this.#lastFailure = codeOf(error);
    }
  }
}

function fileName(prefix: string, number: number): string {
  return `${prefix}-${String(number).padStart(6, "0")}.jsonl`;
}

/** The numbers of a folder's files, ascending. */
async function fileNumbers(folder: string, prefix: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(`${prefix}-`) && /-\d{6,}\.jsonl$/.test(name))
    .map((name) => Number(name.slice(prefix.length + 1, -".jsonl".length)))
    .filter((number) => Number.isSafeInteger(number))
    .sort((a, b) => a - b);
}

function splitAtHeaders(steps: readonly Step[]): Step[][] {
  const parts: Step[][] = [];
  for (const step of steps) {
    const last = parts.at(-1);
    if (step.kind === "header" || last === undefined) parts.push([step]);
    else last.push(step);
  }
  return parts;
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  return error instanceof Error ? error.name : "unknown";
}
