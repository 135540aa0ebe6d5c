/** One sled of a simulated rack: its process, its disk, and what the simulator remembers of it. */
import type {
  BaseboardId,
  Epoch,
  PersistOutput,
  RestoredLedger,
  TrustQuorumCrypto,
} from "trust-quorum";
import { initialState } from "trust-quorum/protocol";
import type { NodeLike, PersistentState } from "trust-quorum/protocol";
import { copyOfLrtq } from "./bootstore.ts";
import { Disk } from "./disk.ts";
import type { SledSetup } from "../schedule/options.ts";

/** An answer that must not be given before a generation is durable. */
export interface Answer {
  readonly generation: number;
  readonly give: () => void;
}

/** A sled is there for the whole run; its `node` is null while its process does not run. */
export class Sled {
  readonly index: number;
  readonly id: BaseboardId;
  readonly crypto: TrustQuorumCrypto;
  readonly disk: Disk;
  readonly hostile: boolean;
  /** What the disk holds at the beginning. */
  readonly first: RestoredLedger | null;
  /** The process; null while it is down. */
  node: NodeLike | null = null;
  /** The state that the checks have seen last. */
  seen: PersistentState = initialState();
  /** A save that the node waits for. */
  saving: PersistOutput | null = null;
  answers: Answer[] = [];
  /** The shares, by epoch, and commits that were ever on the disk, and must stay there. */
  readonly keptShares = new Map<Epoch, Uint8Array>();
  readonly keptCommits = new Set<Epoch>();
  /** Epochs that its node has dropped since the last save, as it may. */
  readonly dropped = new Set<Epoch>();
  /** Its disk has lost a state that it had confirmed: no invariant applies to the sled from then on. */
  amnesiac = false;
  /** Neither replica can be read: the sled stays down until somebody replaces it. */
  lost = false;
  /** The latest epoch before its last factory reset: what it kept of epochs up to it was erased. */
  resetUpTo = 0;
  alarms = 0;

  constructor(options: {
    index: number;
    setup: SledSetup;
    crypto: TrustQuorumCrypto;
    hostile: boolean;
  }) {
    const { id, lrtq } = options.setup;
    this.index = options.index;
    this.id = id;
    this.crypto = options.crypto;
    this.hostile = options.hostile;
    const state = lrtq === null ? null : initialState(copyOfLrtq(lrtq));
    const ledger = state === null ? null : { generation: 1, state };
    this.first = ledger;
    this.disk = new Disk({ self: id, hash: (bytes) => options.crypto.sha3_256(bytes), ledger });
  }

  /** Whether the invariants apply to this sled. */
  get honest(): boolean {
    return !this.hostile && !this.amnesiac && !this.lost;
  }

  /** The state that the disk has confirmed. */
  get durable(): PersistentState {
    return this.disk.state ?? EMPTY;
  }
}

const EMPTY = initialState();

/** All sleds of a rack, by number and by id. */
export class Sleds {
  readonly all: readonly Sled[];
  readonly #byId = new Map<BaseboardId, Sled>();

  constructor(sleds: readonly Sled[]) {
    this.all = sleds;
    for (const sled of sleds) this.#byId.set(sled.id, sled);
  }

  /** The sled with this number; RangeError where there is none. */
  at(index: number): Sled {
    const sled = this.all[index];
    if (sled === undefined) throw new RangeError(`there is no sled ${index}`);
    return sled;
  }

  /** The sled with this id; RangeError where there is none. */
  of(id: BaseboardId): Sled {
    const sled = this.#byId.get(id);
    if (sled === undefined) throw new RangeError(`there is no sled ${id}`);
    return sled;
  }
}
