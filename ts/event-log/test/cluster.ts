/** A small rack of recorded nodes, driven by a seeded random choice of what happens next. */
import { Random } from "@trust-quorum/random";
import {
  baseboardId,
  isTrustQuorumError,
  nativeCrypto,
  parseRackId,
  wipeMessage,
} from "trust-quorum";
import type { BaseboardId, Envelope, PeerMessage, RestoredLedger } from "trust-quorum";
import { initialState } from "trust-quorum/protocol";
import type { NodeLike, LrtqShareData, PersistentState } from "trust-quorum/protocol";
import type { Recorder } from "../src/index.ts";

export const RACK = parseRackId("6f1a9f3c-52f0-4f6e-9d0a-2f3f3d0f0a11");
export const OTHER_RACK = parseRackId("00000000-52f0-4f6e-9d0a-2f3f3d0f0a11");

/** The sled with this number. */
export function sled(number: number): BaseboardId {
  return baseboardId("913-0000019", `BRM${String(number).padStart(5, "0")}`);
}

/** Draws integers from 0 to `below` − 1 that follow from a seed. */
export function random(seed: number): (below: number) => number {
  const stream = new Random(seed);
  return (below) => stream.below(below);
}

/** A rack: nodes, the messages under way, and a disk for each. */
export class Cluster {
  readonly recorder: Recorder;
  readonly nodes = new Map<BaseboardId, NodeLike>();
  readonly disks = new Map<BaseboardId, RestoredLedger>();
  readonly links = new Map<string, Envelope[]>();
  readonly connected = new Set<string>();
  now = 0;

  constructor(
    recorder: Recorder,
    ids: readonly BaseboardId[],
    lrtq?: ReadonlyMap<BaseboardId, LrtqShareData>,
  ) {
    this.recorder = recorder;
    for (const self of ids) {
      const data = lrtq?.get(self) ?? null;
      const ledger = data === null ? null : { generation: 1, state: initialState(copyLrtq(data)) };
      if (data !== null)
        this.disks.set(self, { generation: 1, state: initialState(copyLrtq(data)) });
      this.nodes.set(self, recorder.add({ self, ledger }));
    }
  }

  node(id: BaseboardId): NodeLike {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`no ${id}`);
    return node;
  }

  /** A call on a node, then everything that it has to say. Errors of the protocol are fine. */
  call<T>(
    id: BaseboardId,
    run: (node: NodeLike) => T,
    options: { save?: boolean } = {},
  ): T | undefined {
    this.now += 1;
    let value: T | undefined;
    try {
      value = run(this.node(id));
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
    }
    this.drain(id, options);
    return value;
  }

  drain(id: BaseboardId, { save = true }: { save?: boolean } = {}): void {
    const node = this.node(id);
    for (let out = node.poll(); out !== undefined; out = node.poll()) {
      if (out.kind === "persist") {
        if (!save) continue;
        this.disks.set(id, { generation: out.generation, state: copyState(out.state) });
        node.persisted(out.generation);
      } else if (out.kind === "send") {
        const { to } = out.envelope;
        if (this.connected.has(`${id}>${to}`)) {
          const key = `${id}>${to}`;
          const queue = this.links.get(key) ?? [];
          queue.push(out.envelope);
          this.links.set(key, queue);
        } else wipeMessage(out.envelope.message);
      }
    }
  }

  link(a: BaseboardId, b: BaseboardId): void {
    this.connected.add(`${a}>${b}`).add(`${b}>${a}`);
    this.call(a, (node) => node.connect(b));
    this.call(b, (node) => node.connect(a));
  }

  unlink(a: BaseboardId, b: BaseboardId): void {
    for (const key of [`${a}>${b}`, `${b}>${a}`]) {
      this.connected.delete(key);
      this.links.delete(key);
    }
    this.call(a, (node) => node.disconnect(b));
    this.call(b, (node) => node.disconnect(a));
  }

  linkAll(): void {
    const ids = [...this.nodes.keys()];
    ids.forEach((a, i) => {
      for (const b of ids.slice(i + 1)) this.link(a, b);
    });
  }

  restart(id: BaseboardId): void {
    for (const peer of this.nodes.keys()) {
      if (this.connected.has(`${id}>${peer}`)) {
        this.connected.delete(`${id}>${peer}`);
        this.connected.delete(`${peer}>${id}`);
        this.links.delete(`${id}>${peer}`);
        this.links.delete(`${peer}>${id}`);
        this.call(peer, (node) => node.disconnect(id));
      }
    }
    this.node(id).dispose();
    const disk = this.disks.get(id);
    const ledger =
      disk === undefined ? null : { generation: disk.generation, state: copyState(disk.state) };
    this.now += 1;
    this.nodes.set(id, this.recorder.restart({ self: id, ledger }));
    this.drain(id);
  }

  /** Delivers one message; false where there is none. `change` may make another one of it. */
  deliverOne(
    pick: (below: number) => number,
    change: (message: PeerMessage) => PeerMessage = (m) => m,
  ): boolean {
    const ready = [...this.links].filter(([, queue]) => queue.length > 0);
    const chosen = ready[pick(Math.max(1, ready.length))];
    if (chosen === undefined) return false;
    const envelope = chosen[1].shift();
    if (envelope === undefined) return false;
    this.call(envelope.to, (node) => node.receive(envelope.from, change(envelope.message)));
    return true;
  }

  deliverAll(): void {
    while (this.deliverOne(() => 0)) continue;
  }
}

function copyState(state: PersistentState): PersistentState {
  return {
    ...state,
    lrtq: state.lrtq && copyLrtq(state.lrtq),
    shares: new Map([...state.shares].map(([epoch, share]) => [epoch, share.clone()])),
  };
}

function copyLrtq(data: LrtqShareData): LrtqShareData {
  return { ...data, share: data.share.clone() };
}

export const crypto = nativeCrypto();
