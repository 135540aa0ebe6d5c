/** What the store tells its host. */
import type { BaseboardId, PersistOutput, RestoredLedger } from "trust-quorum";
import type { FileSystem } from "./file-system.ts";

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
   * - `failed`: it was in use and a save failed; it is left alone until the next start
   * - `unusable`: it could not be used when the store was opened
   */
  readonly state: "ok" | "failed" | "unusable";
  /** The generation that is known to be durable there, or null. */
  readonly generation: number | null;
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
  /** Both replicas, in the order of the folders given. */
  health(): readonly [ReplicaHealth, ReplicaHealth];
  readonly networkConfig: NetworkConfigStore;
  /** Waits for a save that is running, and lets go of the folders. */
  close(): Promise<void>;
}
