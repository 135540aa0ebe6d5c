/** A rack of nodes in one process, on which whole reconfigurations are timed. */
import { TrustQuorumNode, baseboardId, parseRackId, wipeMessage } from "trust-quorum";
import type { BaseboardId, Envelope, PeerMessage, TrustQuorumCrypto } from "trust-quorum";
import { FRAME_LENGTH_BYTES, decodeWireMessage, encodeFrame } from "trust-quorum/wire";

/** The id of every rack here. */
export const RACK = parseRackId("5c0a2a53-4a2c-4b39-8d4b-0c3f7f1d6e10");

/** How a message is delivered: encoded to a frame and decoded again, or as the object that it is. */
export type Transport = "frames" | "direct";

/** Nodes that are all connected and members, and whose saves succeed at once. */
export class BenchRack {
  readonly #nodes = new Map<BaseboardId, TrustQuorumNode>();
  readonly #members: readonly BaseboardId[];
  readonly #threshold: number;
  readonly #transport: Transport;
  #epoch = 0;

  /** A rack with its first configuration committed, K = N / 2 + 1. */
  constructor(size: number, crypto: TrustQuorumCrypto, transport: Transport) {
    this.#members = Array.from({ length: size }, (_, i) =>
      baseboardId("913-0000019", `BRM${String(i).padStart(5, "0")}`),
    );
    this.#threshold = Math.floor(size / 2) + 1;
    this.#transport = transport;
    for (const self of this.#members) {
      this.#nodes.set(self, TrustQuorumNode.restore({ self, ledger: null, crypto }));
    }
    for (const [self, node] of this.#nodes) {
      for (const peer of this.#members) if (peer !== self) node.connect(peer);
    }
    this.reconfigure();
  }

  /** The latest epoch, which every node has committed. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * One reconfiguration: coordinate, collect shares, prepare, acknowledge, and commit on every node.
   *
   * @throws TrustQuorumError where a node has not prepared and so refuses to commit
   */
  reconfigure(): void {
    const lastCommittedEpoch = this.#epoch === 0 ? null : this.#epoch;
    this.#epoch += 1;
    const [coordinator] = this.#nodes.values();
    coordinator?.coordinateReconfiguration({
      rackId: RACK,
      epoch: this.#epoch,
      lastCommittedEpoch,
      members: this.#members,
      threshold: this.#threshold,
    });
    this.#settle();
    for (const node of this.#nodes.values()) node.commit({ rackId: RACK, epoch: this.#epoch });
    this.#settle();
  }

  /** Wipes the nodes' secrets. */
  dispose(): void {
    for (const node of this.#nodes.values()) node.dispose();
  }

  /** Delivers messages and confirms saves until no node has an output left. */
  #settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const node of this.#nodes.values()) {
        for (let out = node.poll(); out !== undefined; out = node.poll()) {
          busy = true;
          if (out.kind === "persist") node.persisted(out.generation);
          else if (out.kind === "send") this.#deliver(out.envelope);
        }
      }
    }
  }

  #deliver({ to, from, message }: Envelope): void {
    let received = message;
    if (this.#transport === "frames") {
      const frame = encodeFrame({ kind: "peer", message });
      wipeMessage(message);
      received = decoded(frame);
      frame.fill(0);
    }
    this.#nodes.get(to)?.receive(from, received);
    wipeMessage(received);
  }
}

function decoded(frame: Uint8Array): PeerMessage {
  const message = decodeWireMessage(frame.subarray(FRAME_LENGTH_BYTES));
  if (message.kind !== "peer") throw new Error("a peer message was decoded as another");
  return message.message;
}
