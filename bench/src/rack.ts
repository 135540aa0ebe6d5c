/** A rack of nodes in one process, its messages crossing as frames, for timing whole reconfigurations. */
import {
  FRAME_LENGTH_BYTES,
  TrustQuorumNode,
  baseboardId,
  decodeWireMessage,
  encodeFrame,
  parseRackId,
  wipeMessage,
} from "trust-quorum";
import type { BaseboardId, TrustQuorumCrypto } from "trust-quorum";

const RACK = parseRackId("5c0a2a53-4a2c-4b39-8d4b-0c3f7f1d6e10");

export class BenchRack {
  readonly #nodes = new Map<BaseboardId, TrustQuorumNode>();
  readonly #members: readonly BaseboardId[];
  readonly #threshold: number;
  #epoch = 0;

  constructor(size: number, crypto: TrustQuorumCrypto) {
    this.#members = Array.from({ length: size }, (_, i) =>
      baseboardId("913-0000019", `BRM${String(i).padStart(5, "0")}`),
    );
    this.#threshold = Math.floor(size / 2) + 1;
    for (const self of this.#members) {
      this.#nodes.set(self, TrustQuorumNode.restore({ self, ledger: null, crypto }));
    }
    for (const [self, node] of this.#nodes) {
      for (const peer of this.#members) if (peer !== self) node.connect(peer);
    }
    this.reconfigure();
  }

  /** Coordinate, collect, prepare, acknowledge, and commit on every node. */
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

  dispose(): void {
    for (const node of this.#nodes.values()) node.dispose();
  }

  /** Delivers frames until nobody has anything left to say; saves succeed at once. */
  #settle(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const node of this.#nodes.values()) {
        for (let out = node.poll(); out !== undefined; out = node.poll()) {
          busy = true;
          if (out.kind === "persist") node.persisted(out.generation);
          if (out.kind !== "send") continue;
          const { to, from, message } = out.envelope;
          const frame = encodeFrame({ kind: "peer", message });
          wipeMessage(message);
          const decoded = decodeWireMessage(frame.subarray(FRAME_LENGTH_BYTES));
          if (decoded.kind !== "peer") throw new Error("a peer message was decoded as another");
          this.#nodes.get(to)?.receive(from, decoded.message);
          wipeMessage(decoded.message);
        }
      }
    }
  }
}
