/** A large event log: of a rack that reconfigures itself, unlocks and loses links, again and again. */
import type { BaseboardId } from "trust-quorum";
import type { NodeLike } from "trust-quorum/protocol";
import { RACK, memberIds, thresholdOf } from "../rack.ts";
import { loadEventLog } from "./library.ts";
import type { Revision } from "./revision.ts";

/** The log that `tq-debug` is measured on. It ends with an epoch, which makes it 102,174 events. */
export const LARGE_LOG = { events: 100_000, sleds: 32 };

/**
 * Records a log with a revision's own recorder, so that its debugger can read it.
 *
 * @param size how many events there are at least, and how many sleds
 */
export async function recordLargeLog(
  { root, library, name }: Revision,
  size: { readonly events: number; readonly sleds: number },
): Promise<string> {
  const { LogLines, Recorder } = await loadEventLog(root, name);
  const sink = new LogLines();
  let now = 0;
  const recorder = new Recorder({
    sink,
    producer: { name: "bench", version: "1" },
    clock: { kind: "virtual", now: () => now },
    crypto: library.crypto,
    rackId: RACK,
  });
  const ids = memberIds(size.sleds);
  const nodes = new Map(ids.map((self) => [self, recorder.add({ self, ledger: null })]));
  const deliveries: (() => void)[] = [];
  const call = (id: BaseboardId, run: (node: NodeLike) => void): void => {
    const node = nodes.get(id);
    if (node === undefined) return;
    now += 1;
    run(node);
    for (let out = node.poll(); out !== undefined; out = node.poll()) {
      if (out.kind === "persist") node.persisted(out.generation);
      if (out.kind !== "send") continue;
      const { to, message } = out.envelope;
      deliveries.push(() => {
        call(to, (peer) => peer.receive(id, message));
        library.wipe(message);
      });
    }
  };
  const onEach = (run: (node: NodeLike, id: BaseboardId) => void): void => {
    for (const id of ids) call(id, (node) => run(node, id));
  };
  const settle = () => {
    for (let i = 0; i < deliveries.length; i++) deliveries[i]?.();
    deliveries.length = 0;
  };
  for (const a of ids) for (const b of ids) if (a !== b) call(a, (node) => node.connect(b));
  for (let epoch = 1; recorder.events < size.events; epoch++) {
    const [coordinator, other] = pair(ids, epoch);
    call(coordinator, (node) =>
      node.coordinateReconfiguration({
        rackId: RACK,
        epoch,
        members: ids,
        threshold: thresholdOf(ids.length),
        lastCommittedEpoch: epoch === 1 ? null : epoch - 1,
      }),
    );
    settle();
    onEach((node) => node.commit({ rackId: RACK, epoch }));
    onEach((node) => node.loadRackSecret(epoch)?.dispose());
    settle();
    const peerOf = (id: BaseboardId) => (id === coordinator ? other : coordinator);
    onEach((node, id) => node.disconnect(peerOf(id)));
    onEach((node, id) => node.connect(peerOf(id)));
    settle();
  }
  recorder.flush();
  for (const node of nodes.values()) node.dispose();
  return sink.text();
}

/** The coordinator of an epoch, and the first of the other sleds. */
function pair(ids: readonly BaseboardId[], epoch: number): [BaseboardId, BaseboardId] {
  const coordinator = ids[epoch % ids.length];
  const other = ids.find((id) => id !== coordinator);
  if (coordinator === undefined || other === undefined) throw new Error("a rack has sleds");
  return [coordinator, other];
}
