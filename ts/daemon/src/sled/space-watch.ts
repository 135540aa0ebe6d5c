/**
 * How much room the replicas' file systems have: looked up now and then and after saves, never when somebody
 * asks, since a file system that hangs would keep the asker waiting.
 */
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import type { Space } from "@trust-quorum/sled-host/store/file-system";
import { problemOf } from "@trust-quorum/sled-host/errors";
import type { Log } from "./logger.ts";

/** How often it is looked up, in milliseconds. */
const LOOK_MS = 30_000;
const MIB = 1024 * 1024;
/** Less than this, or than so many ledgers, is little: log files fill it in no time. */
const LOW_BYTES = 64 * MIB;
const LOW_LEDGERS = 4;
/** A save writes the new ledger beside the old one. With less than this the next one may not fit. */
const CRITICAL_BYTES = 4 * MIB;
const CRITICAL_LEDGERS = 2;
/** A save makes a file or two. */
const LOW_FILES = 64;
const CRITICAL_FILES = 4;

/** As a status has it. */
export type SpaceStatus = NonNullable<StatusAnswer["replicas"][number]["space"]>;

/** What is watched. */
export interface WatchedStore {
  readonly ledgerBytes: number;
  space(): Promise<readonly (Space | null)[]>;
}

/** Judges the room that is left for a ledger of so many bytes. */
export function judgeSpace(space: Space, ledgerBytes: number): SpaceStatus["state"] {
  const files = space.freeFiles ?? Number.POSITIVE_INFINITY;
  const critical = Math.max(CRITICAL_BYTES, CRITICAL_LEDGERS * ledgerBytes);
  if (space.freeBytes < critical || files < CRITICAL_FILES) return "critical";
  const low = Math.max(LOW_BYTES, LOW_LEDGERS * ledgerBytes);
  return space.freeBytes < low || files < LOW_FILES ? "low" : "ok";
}

/** Watches the room on both file systems, and warns in the log when it gets little. */
export class SpaceWatch {
  readonly #store: WatchedStore;
  readonly #folders: readonly string[];
  readonly #log: Log;
  readonly #timer: ReturnType<typeof setInterval>;
  #spaces: readonly (SpaceStatus | null)[] = [];
  #looking = false;

  constructor(
    store: WatchedStore,
    { folders, log }: { readonly folders: readonly string[]; readonly log: Log },
  ) {
    this.#store = store;
    this.#folders = folders;
    this.#log = log;
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  /** What was seen last of a replica, or null. */
  of(replica: number): SpaceStatus | null {
    return this.#spaces[replica] ?? null;
  }

  /** Looks anew; it never fails, and one look at a time is enough. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const found = await this.#store.space();
      const spaces = found.map((space) => {
        if (space === null) return null;
        const { freeBytes, totalBytes, freeFiles } = space;
        const state = judgeSpace(space, this.#store.ledgerBytes);
        return { freeBytes, totalBytes, freeFiles, state };
      });
      for (const [at, space] of spaces.entries()) this.#tell(at, space);
      this.#spaces = spaces;
    } catch (error) {
      this.#log.debug({ problem: problemOf(error) }, "the free space could not be looked up");
    } finally {
      this.#looking = false;
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Says it once when it gets little, again when it gets less, and when there is enough again. */
  #tell(replica: number, space: SpaceStatus | null): void {
    const before = this.#spaces[replica]?.state ?? "ok";
    if (space === null || space.state === before) return;
    const { freeBytes, freeFiles, state } = space;
    const fields = { folder: this.#folders[replica], freeBytes, freeFiles };
    if (state === "ok") this.#log.info(fields, "the replica's file system has room again");
    else if (state === "low") this.#log.warn(fields, "the replica's file system has little room");
    else {
      this.#log.error(
        fields,
        "the replica's file system is almost full: the next save may fail, and then the daemon ends",
      );
    }
  }
}
