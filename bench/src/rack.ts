/** Racks of nodes in one process, on which whole operations are timed. */
import * as core from "trust-quorum";
import { baseboardId, parseRackId } from "trust-quorum";
import type { BaseboardId, Envelope, TrustQuorumCrypto, TrustQuorumNode } from "trust-quorum";
import * as ledger from "trust-quorum/ledger";
import type { Ledger } from "trust-quorum/ledger";
import * as protocol from "trust-quorum/protocol";
import * as wire from "trust-quorum/wire";
import { libraryOf } from "./revisions/library.ts";
import type { Library } from "./revisions/library.ts";

/** The id of every rack here. */
export const RACK = parseRackId("5c0a2a53-4a2c-4b39-8d4b-0c3f7f1d6e10");

/** This revision's packages. */
export const CURRENT: Library = libraryOf(
  { ...core, ...ledger, ...protocol, ...wire },
  "this revision",
);

/** How a message is delivered: encoded to a frame and decoded again, or as the object that it is. */
export type Transport = "frames" | "direct";

/** What racks are made with. */
export interface RackOptions {
  /** Whose nodes; by default this revision's. */
  readonly library?: Library;
  /** By default the library's native backend. */
  readonly crypto?: TrustQuorumCrypto;
  readonly transport: Transport;
  /** Whether each save is encoded to the bytes of a ledger, as a host does. By default it is not. */
  readonly encodesSaves?: boolean;
}

/** So many members' ids. */
export function memberIds(size: number): readonly BaseboardId[] {
  return Array.from({ length: size }, (_, i) =>
    baseboardId("913-0000019", `BRM${String(i).padStart(5, "0")}`),
  );
}

/** The threshold of a rack of so many members: K = N / 2 + 1. */
export function thresholdOf(size: number): number {
  return Math.floor(size / 2) + 1;
}

/** Nodes that are all connected with each other, and whose saves succeed at once. */
export class Mesh {
  readonly nodes = new Map<BaseboardId, TrustQuorumNode>();
  readonly #library: Library;
  readonly #transport: Transport;
  readonly #encodesSaves: boolean;

  /** Restores and connects a node for each ledger. */
  constructor(
    ledgers: Iterable<readonly [BaseboardId, Ledger | null]>,
    { library = CURRENT, crypto = library.crypto, transport, encodesSaves = false }: RackOptions,
  ) {
    this.#library = library;
    this.#transport = transport;
    this.#encodesSaves = encodesSaves;
    for (const [self, ledger] of ledgers) {
      this.nodes.set(self, library.restore({ self, ledger, crypto }));
    }
    for (const [self, node] of this.nodes) {
      for (const peer of this.nodes.keys()) if (peer !== self) node.connect(peer);
    }
  }

  /** A node that is the first in order of its id, as the coordinator of everything here. */
  get first(): TrustQuorumNode {
    const [node] = this.nodes.values();
    if (node === undefined) throw new Error("a rack has nodes");
    return node;
  }

  /** Delivers messages and confirms saves until no node has an output left. */
  settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const node of this.nodes.values()) {
        for (let out = node.poll(); out !== undefined; out = node.poll()) {
          busy = true;
          if (out.kind === "persist") {
            if (this.#encodesSaves) this.#library.encodeLedger(out).fill(0);
            node.persisted(out.generation);
          } else if (out.kind === "send") this.#deliver(out.envelope);
        }
      }
    }
  }

  /**
   * Commits an epoch on every node.
   *
   * @throws TrustQuorumError where a node has not prepared and so refuses to commit
   */
  commit(rackId: typeof RACK, epoch: number): void {
    for (const node of this.nodes.values()) node.commit({ rackId, epoch });
    this.settle();
  }

  /** Wipes the nodes' secrets. */
  dispose(): void {
    for (const node of this.nodes.values()) node.dispose();
  }

  #deliver({ to, from, message }: Envelope): void {
    let received = message;
    if (this.#transport === "frames") {
      const frame = this.#library.encode(message);
      this.#library.wipe(message);
      received = this.#library.decode(frame);
      frame.fill(0);
    }
    this.nodes.get(to)?.receive(from, received);
    this.#library.wipe(received);
  }
}

/** A rack that is reconfigured again and again, always with the same members. */
export class BenchRack {
  readonly #mesh: Mesh;
  readonly #members: readonly BaseboardId[];
  #epoch = 0;

  /** A rack with its first configuration committed. */
  constructor(size: number, options: RackOptions) {
    this.#members = memberIds(size);
    this.#mesh = new Mesh(
      this.#members.map((self) => [self, null] as const),
      options,
    );
    this.reconfigure();
  }

  /** The latest epoch, which every node has committed. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The members' states, as their ledgers hold them. */
  get ledgers(): readonly (readonly [BaseboardId, Ledger])[] {
    return [...this.#mesh.nodes].map(
      ([self, { generation, persistentState: state }]) => [self, { generation, state }] as const,
    );
  }

  /**
   * One reconfiguration: coordinate, collect shares, prepare, acknowledge, and commit on every node.
   *
   * @throws TrustQuorumError where a node has not prepared and so refuses to commit
   */
  reconfigure(): void {
    const lastCommittedEpoch = this.#epoch === 0 ? null : this.#epoch;
    this.#epoch += 1;
    this.#mesh.first.coordinateReconfiguration({
      rackId: RACK,
      epoch: this.#epoch,
      lastCommittedEpoch,
      members: this.#members,
      threshold: thresholdOf(this.#members.length),
    });
    this.#mesh.settle();
    this.#mesh.commit(RACK, this.#epoch);
  }

  /** Wipes the nodes' secrets. */
  dispose(): void {
    this.#mesh.dispose();
  }
}
