/**
 * The state of a node that is not persistent, as a list of calls that puts another node into the same
 * state. A log file that begins while a node runs has these calls in its header, so that the file replays
 * on its own.
 *
 * The calls are not those that the node received, but have the same effect. Shares in them are
 * placeholders, so this works for logs without secrets only.
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import type { Configuration, NodeLike, PersistentState } from "trust-quorum/protocol";
import type { ActivityRecord, Encoder } from "./encoder.ts";
import { activityOf } from "./encoder.ts";
import type {
  LogArgs,
  LogCall,
  LogCollection,
  LogCoordinating,
  LogCrypto,
  LogInitial,
  LogMemoryCall,
  LogOutcome,
  LogShare,
} from "./schema.ts";

/** Follows, from call to call, what cannot be read from a node: the order of its connections, its coordination. */
export class MemoryTracker {
  /** The peers in the order in which they connected, which is the order in which the node asks them. */
  readonly connected = new Set<BaseboardId>();
  /** The request that began the current coordination, and what its cryptography returned. */
  coordination: Coordination | null = null;

  /** Takes in a call and its outcome. */
  observe(call: LogCall, outcome: LogOutcome): void {
    if (call.args === null) return;
    const refused = typeof outcome.result === "object";
    switch (call.call) {
      case "connect":
        if (!refused && call.args !== undefined) this.connected.add(call.args.peer);
        break;
      case "disconnect":
        if (!refused && call.args !== undefined) this.connected.delete(call.args.peer);
        break;
      case "coordinateReconfiguration":
      case "coordinateUpgradeFromLrtq": {
        const created = outcome.crypto?.find(({ op }) => op === "createShares");
        if (refused || created === undefined || call.args === undefined) break;
        this.coordination = {
          call: { call: call.call, args: call.args } as Coordination["call"],
          created,
          sealed: [],
          lrtq: new Map(),
        };
        return;
      }
      case "receive": {
        const { coordination } = this;
        if (call.args?.message.kind !== "lrtqShare" || coordination === null) break;
        const { coordinating } = outcome;
        if (coordinating == null || coordinating.operation === "prepare") break;
        coordination.lrtq.set(call.args.from, call.args.message.share);
        break;
      }
      default:
    }
    const sealed = outcome.crypto?.findIndex(({ op }) => op === "seal") ?? -1;
    const crypto = outcome.crypto?.slice(Math.max(0, sealed - 1), sealed + 1) ?? [];
    if (sealed >= 0 && this.coordination !== null) this.coordination.sealed = crypto;
  }
}

interface Coordination {
  readonly call: Extract<
    LogMemoryCall,
    { readonly call: "coordinateReconfiguration" | "coordinateUpgradeFromLrtq" }
  >;
  readonly created: LogCrypto;
  /** The answers of recovering the old secret and of sealing it, once that was done. */
  sealed: LogCrypto[];
  /** The LRTQ shares that were accepted, by their senders. */
  readonly lrtq: Map<BaseboardId, LogShare>;
}

/** The record of a node for a header. Everything must be saved, and all outputs taken. */
export function initialOf(node: NodeLike, tracker: MemoryTracker, encoder: Encoder): LogInitial {
  const { self, generation, persistentState } = node;
  const activity = activityOf(node.work());
  const alarms = node.status().alarms.map((alarm) => encoder.alarm(alarm));
  const base: LogInitial = {
    id: self,
    generation,
    state: encoder.state(persistentState),
    digest: encoder.digest(persistentState),
    ...(tracker.connected.size === 0 ? {} : { connected: [...tracker.connected] }),
    ...(alarms.length === 0 ? {} : { alarms }),
    ...guardMemoryOf(node),
  };
  const { coordinating, computing, collecting, loaded } = activity;
  if (coordinating === null && computing === null && collecting === null && loaded.length === 0) {
    return base;
  }
  const described = {
    ...base,
    ...(coordinating === null ? {} : { coordinating }),
    ...(computing === null ? {} : { computing }),
    ...(collecting === null ? {} : { collecting }),
    ...(loaded.length === 0 ? {} : { loaded: [...loaded] }),
  };
  const memory = new MemoryBuilder(node, tracker, encoder).build();
  if (typeof memory === "string") return { ...described, unverifiable: memory };
  return { ...described, memory };
}

function guardMemoryOf(node: NodeLike): Pick<LogInitial, "guardMemory"> {
  const memory = node.memory();
  if (memory === null) return {};
  const { asks, removals, direct, tellers, confirmed, suspect, seen } = memory;
  return {
    guardMemory: {
      asks: [...asks],
      removals: [...removals],
      direct: direct.map(({ epoch, members }) => ({ epoch, members: [...members] })),
      tellers: [...tellers],
      confirmed: confirmed && { newest: confirmed.newest, epochs: [...confirmed.epochs] },
      suspect: [...suspect],
      seen: [...seen],
    },
  };
}

/** Why no calls lead to a node's state. */
class NotReproducible extends Error {}

class MemoryBuilder {
  readonly #self: BaseboardId;
  readonly #state: PersistentState;
  readonly #generation: number;
  readonly #activity: ActivityRecord;
  readonly #tracker: MemoryTracker;
  readonly #encoder: Encoder;
  readonly #calls: LogMemoryCall[] = [];
  /** The number of generations that the calls open. */
  #opened = 0;

  constructor(node: NodeLike, tracker: MemoryTracker, encoder: Encoder) {
    this.#self = node.self;
    this.#state = node.persistentState;
    this.#generation = node.generation;
    this.#activity = activityOf(node.work());
    this.#tracker = tracker;
    this.#encoder = encoder;
  }

  /** The state and the calls, or in words why there are none. */
  build(): NonNullable<LogInitial["memory"]> | string {
    try {
      const state = this.#baseState();
      this.#load();
      this.#coordinateAndCollect();
      this.#compute();
      this.#expunge();
      for (const peer of this.#tracker.connected)
        this.#calls.push({ call: "connect", args: { peer } });
      const generation = this.#generation - this.#opened;
      if (generation < 0) return "the node's generations do not add up";
      return { generation, state: this.#encoder.state(state), calls: this.#calls };
    } catch (error) {
      if (error instanceof NotReproducible) return error.message;
      throw error;
    }
  }

  /** The persistent state before the calls: without what they will add to it. */
  #baseState(): PersistentState {
    const { coordinating } = this.#activity;
    const state = { ...this.#state, expunged: null };
    const from = this.#firstLink();
    const commits = new Set([...state.commits].filter((epoch) => epoch <= from));
    if (coordinating?.operation !== "prepare") return { ...state, commits };
    const without = <V>(map: ReadonlyMap<Epoch, V>) =>
      new Map([...map].filter(([epoch]) => epoch !== coordinating.epoch));
    return { ...state, commits, configs: without(state.configs), shares: without(state.shares) };
  }

  /** The latest epoch that was committed when the loader began to collect what it holds now. */
  #firstLink(): number {
    const { loaded, collecting } = this.#activity;
    return loaded.at(-1) ?? collecting?.epoch ?? Number.MAX_SAFE_INTEGER;
  }

  /** Calls that load what is loaded, and commit what was committed since. */
  #load(): void {
    const { loaded, collecting } = this.#activity;
    const link = loaded.at(-1);
    if (link !== undefined) {
      const config = this.#configRecord(link);
      this.#calls.push({ call: "loadRackSecret", args: { epoch: link } });
      const answer: LogCrypto = { op: "recover", epoch: link, epochs: [...loaded] };
      this.#feed(config, this.#others(config), [answer]);
    }
    const commits = [...this.#state.commits].sort((a, b) => a - b);
    const latest = commits.at(-1);
    if (collecting !== null && collecting.epoch !== latest && link === undefined) {
      this.#collect(collecting);
    }
    for (const epoch of commits.filter((one) => one > this.#firstLink())) {
      this.#calls.push({ call: "commit", args: { rackId: this.#rackOf(epoch), epoch } });
      this.#opened += 1;
      if (collecting?.epoch === epoch && epoch !== latest) this.#collect(collecting);
    }
  }

  /** Calls that coordinate, and that collect for the latest commit. A share that arrives counts for both. */
  #coordinateAndCollect(): void {
    const { coordinating, collecting } = this.#activity;
    const latest = Math.max(0, ...this.#state.commits);
    const loader = collecting?.epoch === latest ? collecting : null;
    if (coordinating?.operation !== "collectShares" || loader === null) {
      if (coordinating !== null) this.#coordinate(coordinating);
      if (loader !== null) this.#collect(loader);
      return;
    }
    const both = (id: BaseboardId) => loader.collected.includes(id);
    if (loader.collected.every((id) => coordinating.collected.includes(id))) {
      this.#coordinate(coordinating);
      this.#collect(loader);
    } else if (coordinating.collected.every(both)) {
      this.#collect({
        ...loader,
        collected: loader.collected.filter((id) => !coordinating.collected.includes(id)),
      });
      this.#coordinate(coordinating);
    } else {
      throw new NotReproducible(
        "it collects shares for two purposes that began with different sleds",
      );
    }
  }

  #coordinate(coordinating: LogCoordinating): void {
    const { coordination } = this.#tracker;
    if (coordination?.call.args.epoch !== coordinating.epoch) {
      throw new NotReproducible("it coordinates what this log has not seen begin");
    }
    this.#calls.push({ ...coordination.call, crypto: [coordination.created] });
    if (coordinating.operation === "prepare") this.#prepare(coordinating, coordination);
    else if (coordinating.operation === "collectLrtqShares") {
      this.#feedLrtq(
        [...coordination.lrtq].map(([from, share]) => [from, share]),
        [],
      );
    } else {
      const epoch = Math.max(0, ...this.#state.commits);
      this.#feed(this.#configRecord(epoch), coordinating.collected, []);
    }
  }

  #prepare(
    coordinating: { epoch: Epoch; acks: BaseboardId[] },
    { sealed, call }: Coordination,
  ): void {
    this.#opened += 1;
    const { lrtq } = this.#state;
    const latest = Math.max(0, ...this.#state.commits);
    if (call.call === "coordinateUpgradeFromLrtq") {
      if (lrtq === null) throw new NotReproducible("its LRTQ data is gone");
      const own = this.#encoder.share(lrtq.share);
      const digests = chunks(lrtq.shareDigests).map(bytesToHex);
      const others = digests.filter((digest) => digest !== own.sha3).slice(0, lrtq.threshold - 1);
      const senders = call.args.members.filter((id) => id !== this.#self);
      this.#feedLrtq(
        others.map((sha3, i) => [senders[i] ?? this.#missing(), { x: i + 1, sha3 }]),
        sealed,
      );
    } else if (latest > 0) {
      const config = this.#configRecord(latest);
      this.#feed(config, this.#others(config), sealed);
    }
    const rackId = this.#rackOf(coordinating.epoch);
    for (const from of coordinating.acks.filter((id) => id !== this.#self)) {
      const message = { kind: "prepareAck" as const, rackId, epoch: coordinating.epoch };
      this.#calls.push({ call: "receive", args: { from, message } });
    }
  }

  #collect(collecting: LogCollection): void {
    this.#calls.push({ call: "loadRackSecret", args: { epoch: collecting.epoch } });
    this.#feed(this.#configRecord(collecting.epoch), collecting.collected, []);
  }

  #compute(): void {
    const { computing } = this.#activity;
    if (computing === null) return;
    const { epoch } = computing;
    if (this.#state.shares.has(epoch) || [...this.#state.commits].some((one) => one >= epoch)) {
      throw new NotReproducible("it computes a share that it has got otherwise meanwhile");
    }
    if (this.#activity.collecting?.epoch === epoch)
      throw new NotReproducible("it collects one epoch twice");
    const config = this.#configRecord(epoch);
    this.#calls.push({
      call: "prepareAndCommit",
      args: { config: this.#encoder.nameOf(config) },
    });
    this.#feed(config, computing.collected, []);
  }

  #expunge(): void {
    const { expunged } = this.#state;
    if (expunged === null) return;
    const latest = Math.max(0, ...this.#state.configs.keys());
    const rackId = this.#rackOf(latest);
    const { from, epoch } = expunged;
    this.#calls.push({
      call: "receive",
      args: { from, message: { kind: "expunged", rackId, epoch } },
    });
    this.#opened += 1;
  }

  /** The shares of these members. The last one makes the node call the cryptography, which answers this. */
  #feed(config: Configuration, members: readonly BaseboardId[], answers: LogCrypto[]): void {
    const { epoch, rackId } = config;
    const senders = members.filter((id) => id !== this.#self);
    senders.forEach((from, i) => {
      const index = config.indexOf(from);
      const share = { x: index + 1, sha3: bytesToHex(config.digestAt(index)) };
      const message = { kind: "share" as const, rackId, epoch, share };
      this.#receive({ from, message }, i === senders.length - 1 ? answers : []);
    });
  }

  #feedLrtq(shares: readonly (readonly [BaseboardId, LogShare])[], answers: LogCrypto[]): void {
    const rackId = this.#state.lrtq?.rackId ?? this.#missing();
    shares.forEach(([from, { x, sha3 }], i) => {
      const message = { kind: "lrtqShare" as const, rackId, share: { x, sha3 } };
      this.#receive({ from, message }, i === shares.length - 1 ? answers : []);
    });
  }

  #receive(args: LogArgs["receive"], crypto: LogCrypto[]): void {
    this.#calls.push({ call: "receive", args, ...(crypto.length === 0 ? {} : { crypto }) });
  }

  /** As many other members as reach the threshold together with this sled. */
  #others(config: Configuration): BaseboardId[] {
    return config.members.filter((id) => id !== this.#self).slice(0, config.threshold - 1);
  }

  #configRecord(epoch: number): Configuration {
    return this.#state.configs.get(epoch as Epoch) ?? this.#missing();
  }

  #rackOf(epoch: number): RackId {
    return this.#configRecord(epoch).rackId;
  }

  #missing(): never {
    throw new NotReproducible("its persistent state lacks what it works on");
  }
}

function chunks(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
}
