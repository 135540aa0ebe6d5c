/**
 * What a node holds in memory, as calls that bring another node into the same memory. A log file that
 * begins in the middle of a node's life has them in its header, so that the file replays on its own.
 *
 * The calls are made up: they are not what happened, but what has the same effect. Shares in them are
 * placeholders, so this works for logs without secrets only.
 */
import type { BaseboardId, Epoch, RackId } from "trust-quorum";
import type { Configuration, DrivenNode, PersistentState } from "trust-quorum/protocol";
import type { Encoder } from "./encoder.ts";
import { workOf } from "./encoder.ts";
import { toHex } from "./hex.ts";
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

/** What cannot be told from a node itself, followed from call to call. */
export class MemoryTracker {
  /** In the order in which the node asks them. */
  readonly connected = new Set<BaseboardId>();
  /** How the coordination that runs, if any, began and went on. */
  coordination: Coordination | null = null;

  /** Follows a call and what came of it. */
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
  /** What recovered the old secret and sealed it, once that was done. */
  sealed: LogCrypto[];
  /** The LRTQ shares that counted. */
  readonly lrtq: Map<BaseboardId, LogShare>;
}

/** A node as a header holds it, at rest: everything saved, all outputs taken. */
export function initialOf(node: DrivenNode, tracker: MemoryTracker, encoder: Encoder): LogInitial {
  const { self, generation, persistentState } = node;
  const work = workOf(node.work());
  const alarms = node.status().alarms.map((alarm) => encoder.alarm(alarm));
  const base: LogInitial = {
    id: self,
    generation,
    state: encoder.state(persistentState),
    digest: encoder.digest(persistentState),
    ...(tracker.connected.size === 0 ? {} : { connected: [...tracker.connected] }),
    ...(alarms.length === 0 ? {} : { alarms }),
  };
  const { coordinating, computing, collecting, loaded } = work;
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
  const made = new MemoryMaker(node, tracker, encoder).make();
  if (typeof made === "string") return { ...described, unverifiable: made };
  return { ...described, memory: made };
}

/** Why a memory cannot be made again. */
class NotMade extends Error {}

class MemoryMaker {
  readonly #self: BaseboardId;
  readonly #state: PersistentState;
  readonly #generation: number;
  readonly #work: ReturnType<typeof workOf>;
  readonly #tracker: MemoryTracker;
  readonly #encoder: Encoder;
  readonly #calls: LogMemoryCall[] = [];
  /** How many generations the calls will open. */
  #opened = 0;

  constructor(node: DrivenNode, tracker: MemoryTracker, encoder: Encoder) {
    this.#self = node.self;
    this.#state = node.persistentState;
    this.#generation = node.generation;
    this.#work = workOf(node.work());
    this.#tracker = tracker;
    this.#encoder = encoder;
  }

  /** The memory, or in words why there is none. */
  make(): NonNullable<LogInitial["memory"]> | string {
    try {
      const state = this.#baseState();
      this.#load();
      this.#workOn();
      this.#compute();
      this.#expunge();
      for (const peer of this.#tracker.connected)
        this.#calls.push({ call: "connect", args: { peer } });
      const generation = this.#generation - this.#opened;
      if (generation < 0) return "the node's generations do not add up";
      return { generation, state: this.#encoder.state(state), calls: this.#calls };
    } catch (error) {
      if (error instanceof NotMade) return error.message;
      throw error;
    }
  }

  /** The state before everything that the calls will do again. */
  #baseState(): PersistentState {
    const { coordinating } = this.#work;
    const state = { ...this.#state, expunged: null };
    const from = this.#firstLink();
    const commits = new Set([...state.commits].filter((epoch) => epoch <= from));
    if (coordinating?.operation !== "prepare") return { ...state, commits };
    const without = <V>(map: ReadonlyMap<Epoch, V>) =>
      new Map([...map].filter(([epoch]) => epoch !== coordinating.epoch));
    return { ...state, commits, configs: without(state.configs), shares: without(state.shares) };
  }

  /** The latest epoch that was committed when the loader began with what it holds now. */
  #firstLink(): number {
    const { loaded, collecting } = this.#work;
    return loaded.at(-1) ?? collecting?.epoch ?? Number.MAX_SAFE_INTEGER;
  }

  /** Loads what is loaded, and commits what was committed since. */
  #load(): void {
    const { loaded, collecting } = this.#work;
    const link = loaded.at(-1);
    if (link !== undefined) {
      const config = this.#configOf(link);
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

  /** Coordinates, and collects for the latest commit: a share that comes in serves both. */
  #workOn(): void {
    const { coordinating, collecting } = this.#work;
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
      throw new NotMade("it collects shares for two purposes that began with different sleds");
    }
  }

  #coordinate(coordinating: LogCoordinating): void {
    const { coordination } = this.#tracker;
    if (coordination?.call.args.epoch !== coordinating.epoch) {
      throw new NotMade("it coordinates what this log has not seen begin");
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
      this.#feed(this.#configOf(epoch), coordinating.collected, []);
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
      if (lrtq === null) throw new NotMade("its LRTQ data is gone");
      const own = this.#encoder.share(lrtq.share);
      const digests = chunks(lrtq.shareDigests).map(toHex);
      const others = digests.filter((digest) => digest !== own.sha3).slice(0, lrtq.threshold - 1);
      const senders = call.args.members.filter((id) => id !== this.#self);
      this.#feedLrtq(
        others.map((sha3, i) => [senders[i] ?? this.#missing(), { x: i + 1, sha3 }]),
        sealed,
      );
    } else if (latest > 0) {
      const config = this.#configOf(latest);
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
    this.#feed(this.#configOf(collecting.epoch), collecting.collected, []);
  }

  #compute(): void {
    const { computing } = this.#work;
    if (computing === null) return;
    const { epoch } = computing;
    if (this.#state.shares.has(epoch) || [...this.#state.commits].some((one) => one >= epoch)) {
      throw new NotMade("it computes a share that it has got otherwise meanwhile");
    }
    if (this.#work.collecting?.epoch === epoch) throw new NotMade("it collects one epoch twice");
    const config = this.#configOf(epoch);
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

  /** The shares of these members, the last of which brings about what the cryptography answers. */
  #feed(config: Configuration, members: readonly BaseboardId[], answers: LogCrypto[]): void {
    const { epoch, rackId } = config;
    const senders = members.filter((id) => id !== this.#self);
    senders.forEach((from, i) => {
      const index = config.indexOf(from);
      const share = { x: index + 1, sha3: toHex(config.digestAt(index)) };
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

  #configOf(epoch: number): Configuration {
    return this.#state.configs.get(epoch as Epoch) ?? this.#missing();
  }

  #rackOf(epoch: number): RackId {
    return this.#configOf(epoch).rackId;
  }

  #missing(): never {
    throw new NotMade("its persistent state lacks what it works on");
  }
}

function chunks(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
}
