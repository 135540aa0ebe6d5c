/** A sled's disk: two replicas of its ledger. */
import { isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, RestoredLedger, TrustQuorumCrypto } from "trust-quorum";
import { chooseLedger, decodeLedger, encodeLedger, wipeState } from "trust-quorum/ledger";
import type { DecodedLedger } from "trust-quorum/ledger";
import type { PersistentState } from "trust-quorum/protocol";
import type { ReplicaDamage, SaveEnd } from "../schedule/actions.ts";

/** The content of one replica: `bytes` once it had to be encoded. */
interface Image {
  readonly generation: number;
  readonly state: PersistentState | null;
  bytes: Uint8Array | null;
}

type Hash = TrustQuorumCrypto["sha3_256"];

/**
 * The two replicas of one sled's ledger, which can be torn, lost and rolled back. A replica is encoded lazily:
 * as long as the process runs it is kept as the node's state, and when the process dies ({@link freeze}), or a
 * save is cut off, as bytes. A start decodes these.
 */
export class Disk {
  readonly #hash: Hash;
  readonly #self: BaseboardId;
  readonly #replicas: [Image | null, Image | null] = [null, null];
  /** The replica that the last start found, for a rollback. */
  #older: Image | null = null;
  /** The generation that the node was told is durable; 0 for none. */
  confirmed = 0;
  /** The state of that generation, while the process runs. */
  state: PersistentState | null = null;

  constructor(options: { self: BaseboardId; hash: Hash; ledger: RestoredLedger | null }) {
    this.#self = options.self;
    this.#hash = options.hash;
    if (options.ledger !== null) this.#hold(options.ledger);
  }

  /** Writes what a node wants saved. The node may be told only where the end is `done`. */
  write(ledger: RestoredLedger, end: SaveEnd): void {
    const image: Image = { ...ledger, bytes: null };
    switch (end) {
      case "done":
        this.#hold(ledger);
        return;
      case "failed":
        return;
      case "torn":
        this.#replicas[0] = this.#torn(image);
        return;
      case "half":
        this.#replicas[0] = image;
        return;
      case "tornSecond":
        this.#replicas[0] = image;
        this.#replicas[1] = this.#torn(image);
        return;
      case "unconfirmed":
        this.#replicas[0] = image;
        this.#replicas[1] = image;
        return;
      default:
        end satisfies never;
    }
  }

  /** Encodes the replicas: the process dies, and its node zeroes the states in memory. */
  freeze(): void {
    for (const image of this.#replicas) if (image !== null) this.#bytesOf(image);
    this.#replicas.forEach((image, i) => {
      if (image !== null) this.#replicas[i as 0 | 1] = { ...image, state: null };
    });
    this.state = null;
  }

  /** Whether losing this replica leaves the latest confirmed generation on the other one. */
  survivesWithout(replica: 0 | 1): boolean {
    const other = this.#replicas[1 - replica];
    return other !== null && other !== undefined && this.#generationOf(other) >= this.confirmed;
  }

  /** Damages a replica of a sled that is down. False where there is nothing to damage. */
  damage(replica: 0 | 1, how: ReplicaDamage): boolean {
    const image = this.#replicas[replica];
    if (image === null) return false;
    switch (how) {
      case "missing":
        this.#replicas[replica] = null;
        return true;
      case "torn":
        this.#replicas[replica] = this.#torn(image);
        return true;
      case "old":
        if (this.#older === null) return false;
        this.#replicas[replica] = this.#older;
        return true;
      default:
        return how satisfies never;
    }
  }

  /**
   * What a start finds: the ledger of the highest generation that can be read, which then is on both replicas,
   * and how many different images cannot be read. The ledger is null where none can, or nothing was ever saved.
   */
  read(): { readonly ledger: RestoredLedger | null; readonly unreadable: number } {
    const decoded: DecodedLedger[] = [];
    let unreadable = 0;
    const images = new Set(this.#replicas.map((image) => image?.bytes ?? null));
    for (const bytes of images) {
      const ledger = bytes === null ? null : this.#decode(bytes);
      if (ledger === "unreadable") unreadable += 1;
      else if (ledger !== null) decoded.push(ledger);
    }
    const chosen = chooseLedger(decoded);
    // A first save that was cut off never took the place of a ledger: there was none.
    if (chosen === undefined && this.confirmed === 0) {
      this.erase();
      return { ledger: null, unreadable: 0 };
    }
    for (const ledger of decoded) if (ledger !== chosen) wipeState(ledger.state);
    this.#older = this.#replicas[0] ?? this.#replicas[1];
    if (chosen === undefined) return { ledger: null, unreadable };
    // The host repairs the other replica before its node says anything.
    const ledger = { generation: chosen.generation, state: chosen.state };
    this.#hold(ledger);
    return { ledger, unreadable };
  }

  /** Empties the disk. */
  erase(): void {
    this.#replicas[0] = null;
    this.#replicas[1] = null;
    this.#older = null;
    this.confirmed = 0;
    this.state = null;
  }

  #hold(ledger: RestoredLedger): void {
    const image: Image = { ...ledger, bytes: null };
    this.#replicas[0] = image;
    this.#replicas[1] = image;
    this.confirmed = ledger.generation;
    this.state = ledger.state;
  }

  #torn(image: Image): Image {
    const bytes = this.#bytesOf(image);
    return { generation: -1, state: null, bytes: bytes.slice(0, bytes.length >> 1) };
  }

  #bytesOf(image: Image): Uint8Array {
    if (image.bytes === null) {
      const { generation, state } = image;
      if (state === null) throw new Error("a replica has neither state nor bytes");
      image.bytes = encodeLedger({ generation, state }, this.#hash);
    }
    return image.bytes;
  }

  #generationOf(image: Image): number {
    return image.generation;
  }

  #decode(bytes: Uint8Array): DecodedLedger | "unreadable" {
    try {
      return decodeLedger(bytes, this.#hash, { self: this.#self });
    } catch (error) {
      if (isTrustQuorumError(error)) return "unreadable";
      throw error;
    }
  }
}
