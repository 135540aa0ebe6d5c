/** What the store tells its host. */
import type { BaseboardId, PersistOutput, RestoredLedger } from "trust-quorum";
import type { FileSystem, Space } from "./file-system.ts";

/** Which of the two replicas. */
export type ReplicaIndex = 0 | 1;

/** What opening a store takes. */
export interface LedgerStoreOptions {
  /** Whose ledger it is: a folder of another sled is refused. */
  readonly self: BaseboardId;
  /** Two folders, normally on two disks. */
  readonly folders: readonly [string, string];
  /**
   * Whether to go on with one replica where the other fails. It is noted in the folders, and a replica
   * that went on alone says so until the other has caught up.
   */
  readonly degraded: boolean;
  /**
   * Whether to begin a new, empty ledger where both folders are blank. Without it blank folders are
   * refused, since they may as well be disks that are not mounted.
   */
  readonly create: boolean;
  /** The real file system unless it is given. */
  readonly fileSystem?: FileSystem | undefined;
  /** The time now, in ms since 1970; it is only shown to people. */
  readonly now?: (() => number) | undefined;
  /** Takes what an operator should read in the log. */
  readonly onNotice?: ((notice: StoreNotice) => void) | undefined;
}

/** Something that was found or done and that an operator should know. */
export interface StoreNotice {
  readonly kind:
    /** A replica fell behind or was damaged, and was written anew from the other one. */
    | "repaired"
    /** A replica was behind what it held when the store was last opened: an old copy was put back. */
    | "rolledBack"
    /** A file or folder could be read by others, who may have read shares. It no longer can. */
    | "wasOpenToOthers"
    /** A scrub found that a replica does not hold what was saved to it, and mended it, or could not. */
    | "scrubbed"
    /** Both replicas are on one file system. */
    | "sameDevice"
    /** Only this replica is used. */
    | "alone"
    /** A replica failed and is not used any more until the next start. */
    | "failed"
    /** No valid copy of the network configuration was left; peers will hand it out again. */
    | "networkConfigLost";
  readonly folder: string;
  /** One sentence. */
  readonly text: string;
}

/** How a replica is. */
export interface ReplicaHealth {
  readonly replica: ReplicaIndex;
  readonly folder: string;
  /**
   * - `ok`: it holds everything that was saved
   * - `damaged`: it is in use, but a scrub found that it does not hold that, and could not mend it
   * - `failed`: it was in use and a save failed; it is left alone until the next start
   * - `unusable`: it could not be used when the store was opened
   */
  readonly state: "ok" | "damaged" | "failed" | "unusable";
  /** The generation that is known to be durable there, or null. */
  readonly generation: number | null;
  /** What is wrong with a damaged one, a sentence each. */
  readonly damage: readonly string[];
  /** How long its last save took, in ms, or null before the first. */
  readonly lastSaveMs: number | null;
  readonly lastError: {
    /** The operating system's code, e.g. `ENOSPC`, or why it is unusable. */
    readonly code: string;
    readonly text: string;
    /** In ms since 1970. */
    readonly at: number;
  } | null;
  /** Whether degraded mode is chosen. */
  readonly degraded: boolean;
  /** Whether this replica has gone on without the other one, since when and from which generation. */
  readonly alone: AloneRecord | null;
  /** What was found when the store was opened, the oldest first. */
  readonly notices: readonly StoreNotice[];
}

/** A replica's own word that the other one is behind. */
export interface AloneRecord {
  /** When, as ISO 8601 in UTC. It is only shown to people. */
  readonly since: string;
  /** What it held when they parted. */
  readonly generation: number;
}

/** The early network configuration, as peers gossip it. */
export interface NetworkConfig {
  /** 0 to 2^53−1; the highest wins. */
  readonly generation: number;
  /** Opaque, at most {@link NETWORK_CONFIG_BYTES_MAX}; nothing secret. */
  readonly blob: Uint8Array;
}

/** The most bytes of a network configuration that are kept: what fits in a frame with room to spare. */
export const NETWORK_CONFIG_BYTES_MAX = 256 * 1024;

/** Where the network configuration is kept. */
export interface NetworkConfigStore {
  /** What is held, or null. */
  readonly current: NetworkConfig | null;
  /**
   * Makes a configuration durable on both replicas. Answers false, and does nothing, where its
   * generation is not above that of the current one.
   *
   * @throws DaemonError `ERR_TQD_STORE_SAVE_FAILED`; `ERR_TQD_NETWORK_CONFIG_TOO_LARGE`
   */
  save(config: NetworkConfig): Promise<boolean>;
}

/** What a scrub found in one replica, and what it did about it. */
export interface ReplicaScrub {
  readonly replica: ReplicaIndex;
  readonly folder: string;
  /**
   * - `sound`: it holds what was saved
   * - `mended`: it did not, and does again
   * - `damaged`: it does not, and nothing was written that would change that
   * - `different`: its ledger is sound and is not what was saved; it was left as it is
   * - `unused`: it was out of use before
   */
  readonly outcome: "sound" | "mended" | "damaged" | "different" | "unused";
  /** What was wrong, or null. */
  readonly problem: string | null;
  /** The names under which sound files that did not belong there are kept in the folder. */
  readonly keptAside: readonly string[];
}

/** What a scrub of both replicas came to. */
export interface ScrubReport {
  /**
   * - `sound`, `mended`: every replica in use holds what was saved, some of them again
   * - `damaged`: one at least does not
   * - `diverged`: each is sound, and none holds what was saved: nothing was written, and nothing will be
   */
  readonly outcome: "sound" | "mended" | "damaged" | "diverged";
  /** What every replica should hold. */
  readonly generation: number;
  readonly bytes: number;
  readonly replicas: readonly [ReplicaScrub, ReplicaScrub];
}

/** The durable ledger of a sled, open and locked. */
export interface LedgerStore {
  /**
   * What the disks hold, for `TrustQuorumNode.restore`, which takes over the shares in it. It is handed
   * out once.
   */
  takeLedger(): RestoredLedger;
  /**
   * Makes a state durable: what the driver's `save` takes. After it has failed every later one fails
   * too; the process should end and start anew.
   *
   * @throws DaemonError `ERR_TQD_STORE_SAVE_FAILED`, `ERR_TQD_STORE_CLOSED`
   */
  save(output: PersistOutput): Promise<void>;
  /**
   * Reads both replicas again, between two saves, and compares them with what was saved. One that is not
   * what it should be is written anew, but only from the other one, if that is sound and holds exactly
   * what was saved. Where both are sound and hold something else, nothing is written any more: every
   * later save fails with `ERR_TQD_STORE_DIVERGED`.
   *
   * @throws DaemonError `ERR_TQD_STORE_CLOSED`, `ERR_TQD_STORE_DIVERGED` where that was found before
   */
  scrub(): Promise<ScrubReport>;
  /** How much room the file system of each replica has, or null where that cannot be told. */
  space(): Promise<readonly [Space | null, Space | null]>;
  /** How large the ledger is, in bytes, as it was saved last. */
  readonly ledgerBytes: number;
  /** Both replicas, in the order of the folders given. */
  health(): readonly [ReplicaHealth, ReplicaHealth];
  readonly networkConfig: NetworkConfigStore;
  /** Waits for a save that is running, and lets go of the folders. */
  close(): Promise<void>;
}
