/**
 * Where a rack's folder keeps the control plane's journal: in `control-plane/`. Version 0.1.0 kept it in
 * `plane/`. A folder of that name is read and written as it is, so that one can go back to that version,
 * until {@link migrateJournal} renames it.
 *
 * Invariants: at most one of the two folders exists, and where both do, nothing is read or written; a
 * folder is renamed only while its journal is locked; a journal that was opened is the one that the
 * rack's folder has, since its place is looked up again under the lock.
 */
import { existsSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { isCommitDecided } from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { syncFolder } from "@trust-quorum/sled-host/os/replace-file";
import { OperatorError, isOperatorError, messageOf } from "@trust-quorum/api/client/errors";
import { JOURNAL_FILE, Journal, readJournal } from "./journal.ts";
import type { JournalContents } from "./journal.ts";
import type { Records } from "./record-store.ts";

/** The journal's folder in that of its rack. */
export const JOURNAL_FOLDER = "control-plane";
/** The name that version 0.1.0 gave it. */
const OLD_JOURNAL_FOLDER = "plane";

/** Where a rack's journal is, or will be once something is proposed. */
export interface JournalPlace {
  /** The journal's folder. */
  readonly folder: string;
  /** Whether it is still where version 0.1.0 kept it. */
  readonly old: boolean;
}

/**
 * Finds a rack's journal.
 *
 * @param rack the rack's folder
 * @throws OperatorError `ERR_TQ_CLI_TWO_JOURNALS` where both folders exist
 */
export function findJournal(rack: string): JournalPlace {
  const folder = path.join(rack, JOURNAL_FOLDER);
  const before = path.join(rack, OLD_JOURNAL_FOLDER);
  // In this order: where the one is renamed to the other meanwhile, neither is seen twice.
  const isThere = existsSync(folder);
  if (!existsSync(before)) return { folder, old: false };
  if (isThere) throw twoJournals(folder, before);
  return { folder: before, old: true };
}

/**
 * Reads a rack's journal as it is now, without waiting for whoever writes it.
 *
 * @param rack the rack's folder
 * @throws OperatorError `ERR_TQ_CLI_JOURNAL_UNREADABLE`, `ERR_TQ_CLI_TWO_JOURNALS`
 */
export function readRackJournal(rack: string): JournalContents {
  for (;;) {
    const { folder } = findJournal(rack);
    const contents = readJournal(folder);
    // One that is not there may have been renamed since it was looked for.
    if (contents.exists || findJournal(rack).folder === folder) return contents;
  }
}

/**
 * Opens a rack's journal for writing; its folder is made where the rack has none.
 *
 * @param rack the rack's folder
 * @throws OperatorError as `Journal.open`, and `ERR_TQ_CLI_TWO_JOURNALS`
 */
export function openRackJournal(rack: string): Journal {
  for (;;) {
    const { folder, old } = findJournal(rack);
    let journal: Journal;
    try {
      journal = Journal.open(folder, { create: !old });
    } catch (error) {
      // It was renamed after it was found.
      if (old && !existsSync(folder)) continue;
      throw error;
    }
    try {
      if (findJournal(rack).folder === folder) return journal;
    } catch (error) {
      journal.close();
      throw error;
    }
    // It was renamed before it was locked.
    journal.close();
  }
}

/** A folder that was renamed, or would be. */
export interface JournalMigration {
  readonly from: string;
  readonly to: string;
  /** How many records it holds. */
  readonly records: number;
}

/**
 * Renames the folder that version 0.1.0 kept the journal in, under the journal's lock; durable when it
 * returns. Whenever the process is killed, the journal is whole, in one of the two places.
 *
 * @param rack the rack's folder
 * @param options.dryRun only tells what would be renamed
 * @returns null where there is nothing to rename
 * @throws OperatorError as {@link openRackJournal}; `ERR_TQ_CLI_JOURNAL_WRITE`
 */
export function migrateJournal(
  rack: string,
  options: { readonly dryRun?: boolean } = {},
): JournalMigration | null {
  const { folder: from, old } = findJournal(rack);
  const to = path.join(rack, JOURNAL_FOLDER);
  if (options.dryRun === true) {
    return old ? { from, to, records: readRackJournal(rack).records.length } : null;
  }
  if (!old) {
    // Who renamed it may have been killed before it was durable.
    syncFolder(rack);
    return null;
  }
  const journal = openRackJournal(rack);
  try {
    if (!findJournal(rack).old) return null;
    const records = readJournal(from).records.length;
    renameSync(from, to);
    syncFolder(rack);
    return { from, to, records };
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    const text = `${from} cannot be renamed to ${to}: ${messageOf(cause)}`;
    throw new OperatorError("ERR_TQ_CLI_JOURNAL_WRITE", text, { cause });
  } finally {
    journal.close();
  }
}

/** What one of two journals holds. */
interface Found {
  readonly folder: string;
  readonly state: "whole" | "damaged" | "none";
  readonly records: Records;
  /** When it was written last, in ms since 1970. */
  readonly writtenAt: number;
}

/** Says which of two journals is newer, and what to do. */
function twoJournals(current: string, before: string): OperatorError {
  const [first, second] = [found(current), found(before)];
  const text = `${current} and ${before} both exist, and only one can hold the journal: ${advice(first, second)}; see that no tq of version 0.1.0 works on this rack`;
  return new OperatorError("ERR_TQ_CLI_TWO_JOURNALS", text);
}

function advice(current: Found, before: Found): string {
  const migrate = ", then run `tq migrate`";
  if (before.state === "none") return `${before.folder} has no journal; remove it`;
  if (current.state === "none") return `${current.folder} has no journal; remove it${migrate}`;
  const newer = newerOf(current, before);
  if (newer === null) {
    return `${described(current)} and ${described(before)} each hold what the other does not; move both away and run \`tq recover --journal\`, which rebuilds the journal from the sleds`;
  }
  const older = newer === current ? before : current;
  const then = newer === before ? migrate : "";
  return `${described(newer)} is newer than ${described(older)}; move the older one away${then}`;
}

function found(folder: string): Found {
  const file = path.join(folder, JOURNAL_FILE);
  const written = statSync(file, { throwIfNoEntry: false }) ?? statSync(folder);
  const writtenAt = written.mtimeMs;
  try {
    const { exists, records } = readJournal(folder);
    return { folder, state: exists ? "whole" : "none", records, writtenAt };
  } catch (error) {
    if (!isOperatorError(error, "ERR_TQ_CLI_JOURNAL_UNREADABLE")) throw error;
    return { folder, state: "damaged", records: [], writtenAt };
  }
}

/** The one that holds more or, where both hold the same, was written last; null for neither. */
function newerOf(a: Found, b: Found): Found | null {
  const last = a.writtenAt >= b.writtenAt ? a : b;
  if (a.state === "damaged" || b.state === "damaged") return last;
  const [aCovers, bCovers] = [covers(a.records, b.records), covers(b.records, a.records)];
  if (aCovers && bCovers) return last;
  if (aCovers) return a;
  return bCovers ? b : null;
}

/** Whether all that these records say of epochs is known to those, and was not decided otherwise. */
function covers(those: Records, these: Records): boolean {
  return these.every((record) => {
    const other = those.find(({ epoch }) => epoch === record.epoch);
    return other !== undefined && isSameProposal(other, record) && isAsFar(other, record);
  });
}

function isSameProposal(a: ConfigurationRecord, b: ConfigurationRecord): boolean {
  const members = [...a.members.keys()];
  return (
    a.coordinator === b.coordinator &&
    members.length === b.members.size &&
    members.every((id) => b.members.has(id))
  );
}

function isAsFar(those: ConfigurationRecord, these: ConfigurationRecord): boolean {
  if (isCommitDecided(these)) return isCommitDecided(those);
  return these.state !== "aborted" || those.state === "aborted";
}

function described({ folder, state, records, writtenAt }: Found): string {
  const what = state === "damaged" ? state : `up to epoch ${records.at(-1)?.epoch ?? "none"}`;
  return `${folder} (${what}, written ${new Date(writtenAt).toISOString()})`;
}
