/**
 * A rack in one process for the control plane's tests: real nodes of the protocol with native
 * cryptography, a network and disks that are maps, and the API of each sled as a function call that
 * can be lost on its way there or back.
 */
import {
  TrustQuorumNode,
  isTrustQuorumError,
  nativeCrypto,
  parseBaseboardId,
  parseRackId,
  wipeMessage,
} from "trust-quorum";
import type {
  BaseboardId,
  PeerMessage,
  RackSecret,
  RestoredLedger,
  TrustQuorumError,
} from "trust-quorum";
import { LrtqShare, initialState } from "trust-quorum/protocol";
import type { LrtqShareData, PersistentState } from "trust-quorum/protocol";
import {
  configurationOf,
  configurationsJson,
  errorJson,
  nodeStatusJson,
  reconfigureRequestOf,
  upgradeRequestOf,
} from "@trust-quorum/api/convert";
import type { CoordinatorAnswer } from "@trust-quorum/api/schemas/node";
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import type { ControlPlaneApi } from "@trust-quorum/api/client/api";
import { RefusedError, UnreachableError } from "@trust-quorum/api/client/errors";
import type { Sleds } from "../src/survey.ts";

interface FakeSled {
  node: TrustQuorumNode;
  ledger: RestoredLedger | null;
  up: boolean;
}

/** What becomes of one call: it arrives, it is lost, or its answer is. */
export type Delivery = "arrives" | "request lost" | "answer lost";

export class FakeRack {
  readonly #sleds = new Map<BaseboardId, FakeSled>();
  readonly #queue: { from: BaseboardId; to: BaseboardId; message: PeerMessage }[] = [];
  readonly #crypto = nativeCrypto();
  /** Sleds that the control plane does not reach, though their peers do. */
  readonly hidden = new Set<BaseboardId>();
  /** Decides what becomes of each call. */
  delivery: (sled: BaseboardId, call: string) => Delivery = () => "arrives";
  /** How long a call takes to arrive, so that those of several control planes interleave. */
  delay: () => Promise<void> = () => Promise.resolve();

  constructor(ids: readonly BaseboardId[], lrtq?: ReadonlyMap<BaseboardId, LrtqShareData>) {
    for (const id of ids) this.add(id, lrtq?.get(id) ?? null);
  }

  get ids(): BaseboardId[] {
    return [...this.#sleds.keys()];
  }

  /** What the control plane gets to see. */
  get sleds(): Sleds {
    return new Map(this.ids.map((id) => [id, this.#api(id)]));
  }

  node(id: BaseboardId): TrustQuorumNode {
    return this.#sled(id).node;
  }

  saved(id: BaseboardId): PersistentState {
    return this.#sled(id).ledger?.state ?? initialState();
  }

  isUp(id: BaseboardId): boolean {
    return this.#sled(id).up;
  }

  add(id: BaseboardId, lrtq: LrtqShareData | null = null): void {
    const state = initialState(lrtq);
    const ledger = lrtq === null ? null : { generation: 1, state };
    this.#sleds.set(id, { node: this.#restore(id, ledger), ledger, up: false });
    this.start(id);
  }

  /** Power lost: everything in memory is gone. */
  crash(id: BaseboardId): void {
    const sled = this.#sled(id);
    if (!sled.up) return;
    sled.up = false;
    sled.node.dispose();
    for (const [other, { up, node }] of this.#sleds) {
      if (up && other !== id) node.disconnect(id);
    }
  }

  start(id: BaseboardId): void {
    const sled = this.#sled(id);
    if (sled.up) return;
    sled.node = this.#restore(id, sled.ledger);
    sled.up = true;
    for (const [other, { up, node }] of this.#sleds) {
      if (!up || other === id) continue;
      sled.node.connect(other);
      node.connect(id);
    }
    this.run();
  }

  startAll(): void {
    for (const id of this.ids) this.start(id);
  }

  /** Delivers until nothing is on its way. */
  run(): void {
    for (;;) {
      for (const id of this.ids) this.#drain(id);
      const next = this.#queue.shift();
      if (next === undefined) return;
      const sled = this.#sleds.get(next.to);
      if (sled?.up === true && this.isUp(next.from)) sled.node.receive(next.from, next.message);
      wipeMessage(next.message);
    }
  }

  tick(): void {
    for (const { node, up } of this.#sleds.values()) if (up) node.tick();
    this.run();
  }

  /** The secret of an epoch, loaded on a sled; the caller disposes of it. */
  unlock(id: BaseboardId, epoch: number): RackSecret {
    const { node } = this.#sled(id);
    const secret = node.loadRackSecret(epoch);
    if (secret !== undefined) return secret;
    this.run();
    const loaded = node.loadRackSecret(epoch);
    if (loaded === undefined) throw new Error(`${id} does not unlock epoch ${epoch}`);
    return loaded;
  }

  #api(id: BaseboardId): ControlPlaneApi {
    const call = <T>(name: string, run: (node: TrustQuorumNode) => T): Promise<T> => {
      const delivery = this.delivery(id, name);
      return this.delay().then(() => {
        try {
          const sled = this.#sled(id);
          if (delivery === "request lost" || !sled.up || this.hidden.has(id)) {
            throw new UnreachableError(id, "nothing listens there");
          }
          const value = run(sled.node);
          this.run();
          if (delivery === "answer lost") throw new UnreachableError(id, "the answer was lost");
          return value;
        } catch (error) {
          throw isTrustQuorumError(error) ? refusal(id, error) : error;
        }
      });
    };
    const commit = (node: TrustQuorumNode, rackId: string, epoch: number) => {
      node.commit({ rackId: parseRackId(rackId), epoch });
      return { status: "committed" as const };
    };
    return {
      status: () => call("status", statusOf),
      coordinator: () => call("coordinator", coordinatorOf),
      configurations: () => call("configurations", () => configurationsJson(this.saved(id))),
      reconfigure: (body) =>
        call("reconfigure", (node) => node.coordinateReconfiguration(reconfigureRequestOf(body))),
      upgrade: (body) =>
        call("upgrade", (node) => node.coordinateUpgradeFromLrtq(upgradeRequestOf(body))),
      commit: (body) => call("commit", (node) => commit(node, body.rackId, body.epoch)),
      prepareAndCommit: (config) =>
        call("prepareAndCommit", (node) => ({
          status: node.prepareAndCommit(configurationOf(config)),
        })),
      proxy: (to, body) =>
        call(`proxy ${body.kind}`, (node) => {
          const peer = parseBaseboardId(to);
          const target = this.#sled(peer);
          if (!target.up || !node.status().connectedPeers.includes(peer)) {
            throw new RefusedError(id, {
              status: 502,
              code: "ERR_TQD_PEER_NOT_CONNECTED",
              origin: "daemon",
              message: "not connected",
              details: {},
            });
          }
          switch (body.kind) {
            case "status": {
              const { connectedPeers, alarms, persistentState } = statusOf(target.node).node;
              const status = { connectedPeers, alarms, persistentState, proxiedRequests: 0 };
              return { kind: "status" as const, status };
            }
            case "commit":
              return { kind: "commit" as const, ...commit(target.node, body.rackId, body.epoch) };
            case "prepareAndCommit": {
              const status = target.node.prepareAndCommit(configurationOf(body.config));
              return { kind: "commit" as const, status };
            }
            default:
              return body satisfies never;
          }
        }),
    };
  }

  #drain(id: BaseboardId): void {
    const sled = this.#sled(id);
    if (!sled.up) return;
    for (let out = sled.node.poll(); out !== undefined; out = sled.node.poll()) {
      if (out.kind === "persist") {
        sled.ledger = { generation: out.generation, state: copyOf(out.state) };
        sled.node.persisted(out.generation);
      } else if (out.kind === "send") {
        this.#queue.push({ from: id, to: out.envelope.to, message: out.envelope.message });
      }
    }
  }

  #restore(self: BaseboardId, ledger: RestoredLedger | null): TrustQuorumNode {
    const copy = ledger && { ...ledger, state: copyOf(ledger.state) };
    return TrustQuorumNode.restore({ self, ledger: copy, crypto: this.#crypto });
  }

  #sled(id: BaseboardId): FakeSled {
    const sled = this.#sleds.get(id);
    if (sled === undefined) throw new Error(`no sled ${id}`);
    return sled;
  }
}

function copyOf(state: PersistentState): PersistentState {
  const { lrtq } = state;
  return {
    ...state,
    lrtq: lrtq && { ...lrtq, share: LrtqShare.copyOf(lrtq.share.bytes) },
    shares: new Map([...state.shares].map(([epoch, share]) => [epoch, share.clone()])),
  };
}

/** Only what the control plane looks at is what a daemon would say. */
function statusOf(node: TrustQuorumNode): StatusAnswer {
  return {
    self: node.self,
    rackId: node.status().rackId,
    node: nodeStatusJson(node.status()),
  } as unknown as StatusAnswer;
}

function coordinatorOf(node: TrustQuorumNode): CoordinatorAnswer {
  return { coordinating: nodeStatusJson(node.status()).coordinating };
}

function refusal(id: BaseboardId, error: TrustQuorumError): RefusedError {
  return new RefusedError(id, { status: 409, ...errorJson(error) });
}
