/**
 * The control plane's memory: every configuration that was ever proposed and how far it came. This is
 * what makes a commit irreversible, so nothing counts before it is on disk.
 *
 * Format: one line per transaction, `<SHA3-256 of the JSON, hex> <JSON>`. The first line names the
 * format; each other one holds all records that changed together. The last record of an epoch wins.
 *
 * Invariants: `change` resolves only when its line is synced; a line that a crash tore can only be the
 * last one, has no end, was never answered for, and is dropped; a whole line with another digest is
 * damage and refused; records never move backwards; one process has the journal open for writing, by a
 * lock on its folder that dies with the process.
 */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import type { RackId } from "trust-quorum";
import { isCommitDecided } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { OperatorError, messageOf } from "@trust-quorum/api/client/errors";
import { hasCode } from "@trust-quorum/sled-host/errors";
import { lockOpenFile } from "@trust-quorum/sled-host/os/lock";
import { replaceFile, syncFolder, writeAll } from "@trust-quorum/sled-host/os/replace-file";
import { recordFromJson, recordToJson } from "./record-json.ts";
import { withRecords } from "./record-store.ts";
import type { RecordStore, Records, Transaction } from "./record-store.ts";

/** The journal in its folder. */
export const JOURNAL_FILE = "journal";
const FORMAT = { format: "trust-quorum control plane journal", version: 1 } as const;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const DIGEST_HEX_CHARS = 64;
/** Rewritten at opening where it is longer than this and than 4 times what it says. */
const COMPACT_BYTES_MIN = 1024 * 1024;
const COMPACT_RATIO = 4;

/** What can be read without the lock. */
export interface JournalContents {
  /** Whether there is a journal at all. */
  readonly exists: boolean;
  /** Ascending by epoch. */
  readonly records: readonly ConfigurationRecord[];
}

/**
 * Reads a journal as it is now, without waiting for whoever writes it.
 *
 * @throws OperatorError `ERR_TQ_CLI_JOURNAL_UNREADABLE`
 */
export function readJournal(folder: string): JournalContents {
  const parsed = parseJournal(folder);
  return { exists: parsed !== null, records: parsed?.records ?? [] };
}

/** A journal open for writing. */
export class Journal implements RecordStore {
  readonly #folder: string;
  readonly #lock: number;
  #file: number | null;
  #records: readonly ConfigurationRecord[];

  private constructor(folder: string, lock: number, file: number | null, records: Records) {
    this.#folder = folder;
    this.#lock = lock;
    this.#file = file;
    this.#records = records;
  }

  /**
   * Opens the journal in a folder, which is made where it does not exist; the file itself appears
   * with the first {@link change}.
   *
   * @param options.create false: a folder that does not exist is an error
   * @throws OperatorError `ERR_TQ_CLI_BUSY` where another process has it open,
   * `ERR_TQ_CLI_JOURNAL_UNREADABLE`, `ERR_TQ_CLI_JOURNAL_WRITE`
   */
  static open(folder: string, options: { readonly create?: boolean } = {}): Journal {
    let lock: number;
    try {
      if (options.create !== false) {
        const made = mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
        if (made !== undefined) syncFolder(path.dirname(folder));
      }
      lock = openSync(folder, "r");
    } catch (cause) {
      throw writeError(folder, cause);
    }
    try {
      takeLock(lock, folder);
      const parsed = parseJournal(folder);
      if (parsed === null) return new Journal(folder, lock, null, []);
      const file = reopen(folder, parsed);
      return new Journal(folder, lock, file, parsed.records);
    } catch (error) {
      closeSync(lock);
      throw error;
    }
  }

  /** Whether anything was ever written. */
  get exists(): boolean {
    return this.#file !== null;
  }

  /**
   * The records as this process has them: nobody else can write while it has the journal open.
   *
   * @throws OperatorError `ERR_TQ_CLI_CONTRADICTION` where the journal is another rack's
   */
  // eslint-disable-next-line @typescript-eslint/require-await -- what the check throws rejects
  async read(rackId: RackId): Promise<Records> {
    checkRack(rackId, this.#records);
    return this.#records;
  }

  /**
   * One transaction: after a crash all that it wrote is there, or nothing. After an error of the disk
   * the journal has to be opened anew.
   *
   * @throws OperatorError `ERR_TQ_CLI_JOURNAL_WRITE`; `ERR_TQ_CLI_CONTRADICTION` where a record would
   * take back a decision, or is another rack's; and what `decide` throws
   */
  // Nothing is awaited between reading and writing: that makes it one transaction.
  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown rejects
  async change<T>(rackId: RackId, decide: (records: Records) => Transaction<T>): Promise<T> {
    checkRack(rackId, this.#records);
    const { write, result } = decide(this.#records);
    checkRack(rackId, write);
    if (write.length > 0) this.#write(write);
    return result;
  }

  /** Closes the files, and with them gives up the lock. Closing twice is fine. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#file !== null) closeSync(this.#file);
    closeSync(this.#lock);
  }

  #closed = false;

  /** Stores records, durably when it returns. */
  #write(changed: Records): void {
    const records = merge(this.#records, changed);
    const line = encodeLine({ records: changed.map(recordToJson) });
    try {
      if (this.#file === null) {
        replaceFile(path.join(this.#folder, JOURNAL_FILE), [encodeLine(FORMAT), line], FILE_MODE);
        this.#file = openSync(path.join(this.#folder, JOURNAL_FILE), "a");
      } else {
        writeAll(this.#file, line);
        fsyncSync(this.#file);
      }
    } catch (cause) {
      // What is in the file now is not known: the next opening looks.
      this.close();
      throw writeError(this.#folder, cause);
    }
    this.#records = records;
  }
}

/** A journal is one rack's. */
function checkRack(rackId: RackId, records: Records): void {
  const foreign = records.find((record) => record.rackId !== rackId);
  if (foreign === undefined) return;
  const text = `the journal holds records of rack ${foreign.rackId}, and this is rack ${rackId}: it belongs to another folder`;
  throw new OperatorError("ERR_TQ_CLI_CONTRADICTION", text);
}

interface Parsed {
  readonly records: Records;
  /** The bytes of whole lines; what follows was torn. */
  readonly goodBytes: number;
  readonly bytes: number;
}

function takeLock(folderFd: number, folder: string): void {
  const answer = lockOpenFile(folderFd);
  // Where the system has no such locks (it is not Linux) the protocol alone has to do.
  if (answer.kind === "locked" || answer.kind === "unsupported") return;
  if (answer.kind === "busy") {
    const text = `another tq is working on this rack (${folder}); wait for it to end`;
    throw new OperatorError("ERR_TQ_CLI_BUSY", text);
  }
  const text = `${folder} cannot be locked: ${answer.code}`;
  throw new OperatorError("ERR_TQ_CLI_JOURNAL_WRITE", text);
}

function parseJournal(folder: string): Parsed | null {
  const file = path.join(folder, JOURNAL_FILE);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return null;
    throw unreadable(file, messageOf(cause), cause);
  }
  let records: Records = [];
  let offset = 0;
  for (let number = 1; offset < bytes.length; number++) {
    const newline = bytes.indexOf(0x0a, offset);
    const end = newline < 0 ? bytes.length : newline;
    const text = bytes.subarray(offset, end);
    // Only a line without its end can be a torn one, and the first line came with the file. A whole
    // line was perhaps answered for: where its digest is wrong, or only its end, it is not dropped.
    if (newline < 0 && number > 1 && checkLine(text.subarray(0, -1)) === null) break;
    const json = newline < 0 ? null : checkLine(text);
    if (json === null) throw unreadable(file, `line ${number} is damaged`);
    records = number === 1 ? checkFormat(file, json) : takeLine(file, number, json, records);
    offset = end + 1;
  }
  if (offset === 0) throw unreadable(file, "it is empty");
  return { records, goodBytes: offset, bytes: bytes.length };
}

function checkLine(text: Buffer): string | null {
  const digest = text.subarray(0, DIGEST_HEX_CHARS).toString("latin1");
  const json = text.subarray(DIGEST_HEX_CHARS + 1).toString("utf8");
  return text[DIGEST_HEX_CHARS] === 0x20 && sha3(json) === digest ? json : null;
}

function checkFormat(file: string, json: string): Records {
  if (json === JSON.stringify(FORMAT)) return [];
  throw unreadable(file, `its format is ${json}, and this tq reads ${JSON.stringify(FORMAT)}`);
}

function takeLine(file: string, number: number, json: string, before: Records): Records {
  try {
    const { records } = JSON.parse(json) as { records: unknown[] };
    return merge(before, records.map(recordFromJson));
  } catch (cause) {
    throw unreadable(file, `line ${number}: ${messageOf(cause)}`, cause);
  }
}

/** @throws OperatorError `ERR_TQ_CLI_CONTRADICTION` */
function merge(before: Records, changed: Records): Records {
  for (const record of changed) {
    const old = before.find(({ epoch }) => epoch === record.epoch);
    if (old !== undefined && isSettled(old) && !follows(old, record)) {
      const text = `epoch ${record.epoch} is ${old.state} and cannot become ${record.state}`;
      throw new OperatorError("ERR_TQ_CLI_CONTRADICTION", text);
    }
  }
  return withRecords(before, changed);
}

function isSettled(record: ConfigurationRecord): boolean {
  return isCommitDecided(record) || record.state === "aborted";
}

function follows(old: ConfigurationRecord, record: ConfigurationRecord): boolean {
  if (isCommitDecided(old)) return isCommitDecided(record);
  return record.state === old.state;
}

/** Opens the file for appending: synced, without a torn end, and rewritten where it is too long. */
function reopen(folder: string, parsed: Parsed): number {
  const file = path.join(folder, JOURNAL_FILE);
  try {
    if (parsed.bytes > COMPACT_BYTES_MIN) {
      const lines = [encodeLine(FORMAT), encodeLine({ records: parsed.records.map(recordToJson) })];
      const needed = lines.reduce((sum, line) => sum + line.length, 0);
      if (parsed.bytes > needed * COMPACT_RATIO) {
        replaceFile(file, lines, FILE_MODE);
        return openSync(file, "a");
      }
    }
    const descriptor = openSync(file, "a");
    if (parsed.goodBytes < parsed.bytes) ftruncateSync(descriptor, parsed.goodBytes);
    // Who wrote the last line may have been killed before it was synced, or the file's name was: what
    // was read just now is acted on, so it has to last.
    fsyncSync(descriptor);
    syncFolder(folder);
    return descriptor;
  } catch (cause) {
    throw writeError(folder, cause);
  }
}

function encodeLine(value: object): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${sha3(json)} ${json}\n`);
}

/** By Node's own means: nothing of it is secret, and a journal can be read where the addon does not load. */
function sha3(text: string): string {
  return createHash("sha3-256").update(text).digest("hex");
}

function unreadable(file: string, problem: string, cause?: unknown): OperatorError {
  const text = `${file} cannot be used: ${problem}; move it away and run \`tq recover --journal\` to rebuild it from the sleds`;
  return new OperatorError("ERR_TQ_CLI_JOURNAL_UNREADABLE", text, { cause });
}

function writeError(folder: string, cause: unknown): OperatorError {
  const text = `the control plane's journal in ${folder} cannot be written: ${messageOf(cause)}`;
  return new OperatorError("ERR_TQ_CLI_JOURNAL_WRITE", text, { cause });
}
