// A user's program in TypeScript: three sleds make their first configuration, each message crossing
// as the bytes of a frame, each state as the bytes of a ledger.
import { TrustQuorumNode, baseboardId, nativeCrypto, parseRackId, wipeMessage } from "trust-quorum";
import type {
  BaseboardId,
  Envelope,
  Epoch,
  Output,
  PeerMessage,
  PersistOutput,
} from "trust-quorum";
import { thresholdFor } from "trust-quorum/control";
import { decodeLedger, encodeLedger, wipeState } from "trust-quorum/ledger";
import { latestCommittedEpoch } from "trust-quorum/protocol";
import { combine, split } from "trust-quorum/secret-sharing";
import { FrameReader, decodeWireMessage, encodeFramedMessage } from "trust-quorum/wire";

declare const console: { log(text: string): void };

const rackId = parseRackId("5f2c9a3e-8a5d-4d0e-9d55-1a2b3c4d5e6f");
const members = ["BRM1", "BRM2", "BRM3"].map((serial) => baseboardId("913-0000019", serial));
const crypto = nativeCrypto();
const saved = new Map<BaseboardId, Epoch | null>();
const nodes = new Map(
  members.map((self) => [self, TrustQuorumNode.restore({ self, ledger: null, crypto })]),
);

for (const [self, node] of nodes) {
  for (const peer of members) if (peer !== self) node.connect(peer);
}
const [coordinator] = nodes.values();
if (coordinator === undefined) throw new Error("no nodes");
coordinator.coordinateReconfiguration({
  rackId,
  epoch: 1,
  lastCommittedEpoch: null,
  members,
  threshold: thresholdFor(members.length),
});
while ([...nodes.values()].map(drain).includes(true));

const status = coordinator.coordinatorStatus();
if (status?.operation !== "prepare" || status.acks.length !== 3)
  throw new Error("not every member acknowledged its Prepare");
for (const node of nodes.values()) {
  node.commit({ rackId, epoch: 1 });
  drain(node);
}
coordinator.loadRackSecret(1);
while ([...nodes.values()].map(drain).includes(true));
using secret = coordinator.loadRackSecret(1);
if (secret?.expose((bytes) => bytes.length) !== 32) throw new Error("the rack did not unlock");
if ([...saved.values()].some((epoch) => epoch !== 1)) throw new Error("not every ledger says so");
const pieces = split(Uint8Array.of(1, 2, 3), { shares: 3, threshold: 2 });
if (combine(pieces.slice(1)).join() !== "1,2,3") throw new Error("two shares do not combine");
console.log("node ok");

/** Does what a node asks for; answers whether it asked for anything. */
function drain(node: TrustQuorumNode): boolean {
  let any = false;
  for (let output: Output | undefined; (output = node.poll()) !== undefined; any = true) {
    switch (output.kind) {
      case "persist":
        save(node.self, output);
        node.persisted(output.generation);
        break;
      case "send":
        deliver(output.envelope);
        break;
      case "event":
        // A share more than needed is refused, and that is all there is to see.
        if (output.event.kind === "alarm") throw new Error(output.event.alarm.kind);
        break;
      default:
        output satisfies never;
    }
  }
  return any;
}

/** Stands for the disk: what is read back is what counts. */
function save(self: BaseboardId, output: PersistOutput): void {
  const sha3 = (bytes: Uint8Array) => crypto.sha3_256(bytes);
  const { state } = decodeLedger(encodeLedger(output, sha3), sha3);
  saved.set(self, latestCommittedEpoch(state));
  wipeState(state);
}

function deliver({ from, to, message }: Envelope): void {
  const receiver: TrustQuorumNode | undefined = nodes.get(to);
  const received = overTheWire(message, from);
  receiver?.receive(from, received);
  wipeMessage(received);
}

function overTheWire(message: PeerMessage, from: BaseboardId): PeerMessage {
  const frame = encodeFramedMessage({ kind: "peer", message });
  wipeMessage(message);
  for (const body of new FrameReader().push(frame)) {
    const received = decodeWireMessage(body);
    if (received.kind === "peer") return received.message;
  }
  throw new Error(`no message from ${from}`);
}
