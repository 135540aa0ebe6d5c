/** Several nodes in one process, with a network and disks that tests control. */
import type { BaseboardId } from "../../src/base/id-types.ts";
import type { TrustQuorumCrypto } from "../../src/protocol/crypto.ts";
import { wipeMessage } from "../../src/protocol/messages.ts";
import type { PeerMessage } from "../../src/protocol/messages.ts";
import { TrustQuorumNode } from "../../src/protocol/node.ts";
import type { RestoredLedger } from "../../src/protocol/node-status.ts";
import type { NodeEvent } from "../../src/protocol/outputs.ts";
import { initialState } from "../../src/protocol/persistent-state.ts";
import type { LrtqShareData, PersistentState } from "../../src/protocol/persistent-state.ts";

interface Sled {
  node: TrustQuorumNode;
  /** What the disk holds. */
  ledger: RestoredLedger | null;
  /** A save that was asked for and not done yet; only where saving is not automatic. */
  saving: RestoredLedger | null;
  up: boolean;
  readonly events: NodeEvent[];
}

/**
 * A cluster of nodes in one process. Messages arrive in order per link, links can be cut, and a sled that crashes
 * restarts from what was saved last.
 */
export class Cluster {
  readonly #crypto: TrustQuorumCrypto;
  readonly #sleds = new Map<BaseboardId, Sled>();
  readonly #links = new Map<string, { from: BaseboardId; to: BaseboardId; queue: PeerMessage[] }>();
  readonly #cut = new Set<string>();
  /** Whether what a node wants saved is saved at once. */
  autoPersist = true;
  /** Everything that was sent, in order, without its shares' bytes being kept. */
  readonly log: { from: BaseboardId; to: BaseboardId; kind: PeerMessage["kind"] }[] = [];
  /** Sees each message as it is sent. */
  onSend: ((from: BaseboardId, to: BaseboardId, message: PeerMessage) => void) | null = null;

  constructor(options: {
    crypto: TrustQuorumCrypto;
    sleds: readonly { id: BaseboardId; lrtq?: LrtqShareData | null }[];
  }) {
    this.#crypto = options.crypto;
    for (const { id, lrtq } of options.sleds) {
      const ledger =
        lrtq === undefined || lrtq === null ? null : { generation: 1, state: initialState(lrtq) };
      const node = this.#restore(id, ledger);
      this.#sleds.set(id, { node, ledger, saving: null, up: true, events: [] });
    }
  }

  get ids(): BaseboardId[] {
    return [...this.#sleds.keys()];
  }

  node(id: BaseboardId): TrustQuorumNode {
    return this.#sled(id).node;
  }

  /** What the sled has told its host, including before its last restart. */
  events(id: BaseboardId): readonly NodeEvent[] {
    return this.#sled(id).events;
  }

  /** What the sled's disk holds. */
  saved(id: BaseboardId): PersistentState {
    return this.#sled(id).ledger?.state ?? initialState();
  }

  isUp(id: BaseboardId): boolean {
    return this.#sled(id).up;
  }

  /** Connects two sleds; links that were cut on purpose are whole again. */
  connect(a: BaseboardId, b: BaseboardId): void {
    this.#cut.delete(linkName(a, b));
    this.#cut.delete(linkName(b, a));
    if (!this.isUp(a) || !this.isUp(b)) return;
    this.node(a).connect(b);
    this.node(b).connect(a);
    this.drain(a);
    this.drain(b);
  }

  /** Cuts the link between two sleds: what was on its way is lost. */
  disconnect(a: BaseboardId, b: BaseboardId): void {
    for (const name of [linkName(a, b), linkName(b, a)]) {
      this.#cut.add(name);
      for (const message of this.#links.get(name)?.queue.splice(0) ?? []) wipeMessage(message);
    }
    if (this.isUp(a)) this.node(a).disconnect(b);
    if (this.isUp(b)) this.node(b).disconnect(a);
  }

  /** Connects all pairs among these sleds, or all of them. */
  connectAll(ids: readonly BaseboardId[] = this.ids): void {
    ids.forEach((a, i) => {
      for (const b of ids.slice(i + 1)) this.connect(a, b);
    });
  }

  /** The sled loses its memory and its links; what was not saved is lost as well. */
  crash(id: BaseboardId): void {
    const sled = this.#sled(id);
    for (const other of this.ids) if (other !== id) this.disconnect(id, other);
    sled.up = false;
    sled.saving = null;
    sled.node.dispose();
  }

  /** Starts a crashed sled from its disk; it has no links yet. */
  restart(id: BaseboardId): void {
    const sled = this.#sled(id);
    if (sled.up) this.crash(id);
    sled.node = this.#restore(id, sled.ledger);
    sled.up = true;
  }

  /** Power comes back: all sleds restart from their disks, those named are connected. */
  powerCycle(ids: readonly BaseboardId[] = this.ids): void {
    for (const id of this.ids) this.crash(id);
    for (const id of ids) this.restart(id);
    this.connectAll(ids);
  }

  /** Runs a call on a node and drains it. */
  call<T>(id: BaseboardId, run: (node: TrustQuorumNode) => T): T {
    try {
      return run(this.node(id));
    } finally {
      this.drain(id);
    }
  }

  /** Takes a node's outputs until there are none or they wait for a save. */
  drain(id: BaseboardId): void {
    const sled = this.#sled(id);
    for (let out = sled.node.poll(); out !== undefined; out = sled.node.poll()) {
      switch (out.kind) {
        case "persist":
          sled.saving = { generation: out.generation, state: snapshot(out.state) };
          if (this.autoPersist) this.#save(id);
          break;
        case "send":
          this.#send(id, out.envelope.to, out.envelope.message);
          break;
        case "event":
          sled.events.push(out.event);
          break;
        default:
          out satisfies never;
      }
    }
  }

  /** Whether a save is outstanding on a sled. */
  isSaving(id: BaseboardId): boolean {
    return this.#sled(id).saving !== null;
  }

  /** Does the save that a node asked for, if any, and drains it. */
  save(id: BaseboardId): void {
    if (this.#sled(id).saving === null) return;
    this.#save(id);
    this.drain(id);
  }

  /** The links with a message on its way, in a stable order. */
  get busyLinks(): string[] {
    return [...this.#links].filter(([, { queue }]) => queue.length > 0).map(([name]) => name);
  }

  /** Delivers the next message of a link. */
  deliver(link: string): void {
    const found = this.#links.get(link);
    const message = found?.queue.shift();
    if (found === undefined || message === undefined) return;
    this.inject(found.from, found.to, message);
  }

  /** Loses the next message of a link, and nobody notices. */
  drop(link: string): void {
    const message = this.#links.get(link)?.queue.shift();
    if (message !== undefined) wipeMessage(message);
  }

  /** Hands a node a message, whoever made it, wipes it, and drains the node. */
  inject(from: BaseboardId, to: BaseboardId, message: PeerMessage): void {
    if (this.#sleds.get(to)?.up === true) this.node(to).receive(from, message);
    wipeMessage(message);
    if (this.#sleds.get(to)?.up === true) this.drain(to);
  }

  /** Delivers until nothing is on its way. */
  settle(): void {
    for (let rounds = 0; this.busyLinks.length > 0; rounds++) {
      if (rounds > 10_000) throw new Error("messages go around without an end");
      for (const link of this.busyLinks) this.deliver(link);
    }
  }

  #send(from: BaseboardId, to: BaseboardId, message: PeerMessage): void {
    this.log.push({ from, to, kind: message.kind });
    this.onSend?.(from, to, message);
    const name = linkName(from, to);
    if (this.#cut.has(name) || !this.#sleds.has(to) || !this.isUp(to)) {
      wipeMessage(message);
      return;
    }
    const link = this.#links.get(name) ?? { from, to, queue: [] };
    this.#links.set(name, link);
    link.queue.push(message);
  }

  #save(id: BaseboardId): void {
    const sled = this.#sled(id);
    if (sled.saving === null) return;
    sled.ledger = sled.saving;
    sled.saving = null;
    sled.node.persisted(sled.ledger.generation);
  }

  #restore(self: BaseboardId, ledger: RestoredLedger | null): TrustQuorumNode {
    const copy = ledger && { generation: ledger.generation, state: snapshot(ledger.state) };
    return TrustQuorumNode.restore({ self, ledger: copy, crypto: this.#crypto });
  }

  #sled(id: BaseboardId): Sled {
    const sled = this.#sleds.get(id);
    if (sled === undefined) throw new Error(`there is no sled ${id}`);
    return sled;
  }
}

/** A copy with shares of its own, as a disk would hold it. */
function snapshot(state: PersistentState): PersistentState {
  return {
    ...state,
    lrtq: state.lrtq && { ...state.lrtq, share: state.lrtq.share.clone() },
    shares: new Map([...state.shares].map(([epoch, share]) => [epoch, share.clone()])),
  };
}

function linkName(from: BaseboardId, to: BaseboardId): string {
  return `${from} > ${to}`;
}
