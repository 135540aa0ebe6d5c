/** A random run of a rack in which everything happens that may be in a log. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isTrustQuorumError, wipeMessage } from "trust-quorum";
import type { BaseboardId, Epoch, PeerMessage, RackId } from "trust-quorum";
import { decodeLrtqLedger } from "trust-quorum/ledger";
import { Configuration, LrtqShare, Share } from "trust-quorum/protocol";
import type { NodeLike, LrtqShareData, PeerMessageBody } from "trust-quorum/protocol";
import { LogLines, Recorder } from "../src/index.ts";
import type { LogSink } from "../src/index.ts";
import { Cluster, OTHER_RACK, RACK, crypto, random, sled } from "./cluster.ts";

export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  readonly members?: number;
  readonly secrets?: boolean;
  readonly lrtq?: boolean;
  readonly sink?: LogSink;
}

/** The bootstore's shares of a rack of four. */
export function lrtqRack(): { rackId: RackId; shares: ReadonlyMap<BaseboardId, LrtqShareData> } {
  const folder = fileURLToPath(new URL("../../../testdata/lrtq-ledgers/4-sleds", import.meta.url));
  const shares = new Map<BaseboardId, LrtqShareData>();
  let rackId = RACK;
  for (const name of readdirSync(folder)) {
    const ledger = decodeLrtqLedger(readFileSync(join(folder, name)), (b) => crypto.sha3_256(b));
    if (ledger.state.kind !== "initialMember") continue;
    const { common, initialMembership, position } = ledger.state;
    const member = initialMembership[position];
    if (member === undefined) continue;
    shares.set(member.id, common);
    rackId = common.rackId;
  }
  return { rackId, shares };
}

/** Runs a rack and hands back its log. */
export function randomRun(options: RunOptions): {
  text: string;
  recorder: Recorder;
  cluster: Cluster;
} {
  const below = random(options.seed);
  const lrtq = options.lrtq === true ? lrtqRack() : null;
  const rackId = lrtq?.rackId ?? RACK;
  const count = options.members ?? 5;
  const ids =
    lrtq === null ? Array.from({ length: count }, (_, i) => sled(i)) : [...lrtq.shares.keys()];
  const lines = new LogLines();
  let cluster: Cluster | null = null;
  const recorder = new Recorder({
    sink: options.sink ?? lines,
    producer: { name: "test", version: "1" },
    clock: { kind: "virtual", now: () => cluster?.now ?? 0 },
    crypto,
    rackId: below(2) === 0 ? rackId : null,
    secrets: options.secrets ?? false,
    simulation: { seed: options.seed, options: { steps: options.steps } },
  });
  cluster = new Cluster(recorder, ids, lrtq?.shares);
  const run = new Run(cluster, ids, rackId, below);
  cluster.linkAll();
  for (let i = 0; i < options.steps; i++) run.step();
  recorder.flush();
  return { text: lines.text(), recorder, cluster };
}

class Run {
  readonly #cluster: Cluster;
  readonly #ids: readonly BaseboardId[];
  readonly #rackId: RackId;
  readonly #below: (below: number) => number;
  #epoch = 1;
  readonly #configs: Configuration[] = [];
  readonly #old: PeerMessage[] = [];
  /** Saves that have not ended: the generation by node. */
  readonly #saving = new Map<BaseboardId, number>();

  constructor(
    cluster: Cluster,
    ids: readonly BaseboardId[],
    rackId: RackId,
    below: (n: number) => number,
  ) {
    this.#cluster = cluster;
    this.#ids = ids;
    this.#rackId = rackId;
    this.#below = below;
  }

  step(): void {
    const cluster = this.#cluster;
    const node = this.#pick(this.#ids);
    const other = this.#pick(this.#ids.filter((id) => id !== node));
    const choice = this.#below(100);
    if (choice < 45) cluster.deliverOne(this.#below, (message) => this.#disturb(message));
    else if (choice < 49) this.#coordinate(node);
    else if (choice < 56)
      this.#call(node, (n) => n.commit({ rackId: this.#rackId, epoch: this.#someEpoch() }));
    else if (choice < 62) this.#call(node, (n) => n.loadRackSecret(this.#latest(node)));
    else if (choice < 66) this.#prepareAndCommit(node);
    else if (choice < 70) this.#call(node, (n) => n.tick());
    else if (choice < 73) cluster.link(node, other);
    else if (choice < 75) cluster.unlink(node, other);
    else if (choice < 77) cluster.restart(node);
    else if (choice < 78) this.#call(node, (n) => n.clearSecrets());
    else if (choice < 82) this.#hostile(node, other);
    else if (choice < 83)
      this.#call(node, (n) => n.refuseUndecodable(other, "ERR_TQ_WIRE_TRUNCATED"));
    else if (choice < 85) this.#nonsense(node);
    else if (choice < 88) this.#slowSave(node);
    else if (choice < 89) cluster.recorder.annotate({ kind: "text", text: `step of ${node}` });
    else cluster.deliverOne(this.#below);
    this.#learn(node);
  }

  /** A call whose save ends later. */
  #slowSave(id: BaseboardId): void {
    const saving = this.#saving.get(id);
    const node = this.#cluster.node(id);
    if (saving !== undefined) {
      this.#saving.delete(id);
      try {
        node.persisted(saving);
      } catch (error) {
        if (!isTrustQuorumError(error)) throw error;
      }
      this.#cluster.drain(id);
      return;
    }
    try {
      node.commit({ rackId: this.#rackId, epoch: this.#someEpoch() });
    } catch (error) {
      if (!isTrustQuorumError(error)) throw error;
    }
    for (let out = node.poll(); out !== undefined; out = node.poll()) {
      if (out.kind === "send") wipeMessage(out.envelope.message);
      if (out.kind === "persist") {
        this.#saving.set(id, out.generation);
        if (this.#below(2) === 0) return;
      }
    }
  }

  #call(id: BaseboardId, run: (node: NodeLike) => unknown): void {
    this.#cluster.call(id, run);
  }

  #coordinate(id: BaseboardId): void {
    const members = this.#ids.filter((one) => one === id || this.#below(6) > 0);
    const epoch = this.#below(8) === 0 ? this.#someEpoch() : ++this.#epoch;
    const threshold = Math.max(2, (members.length >> 1) + this.#below(2));
    const { commits } = this.#cluster.node(id).persistentState;
    const last = commits.size === 0 ? null : Math.max(...commits);
    const request = { rackId: this.#rackId, epoch, members, threshold };
    const { lrtq } = this.#cluster.node(id).persistentState;
    if (lrtq !== null && this.#below(3) > 0)
      this.#call(id, (n) => n.coordinateUpgradeFromLrtq(request));
    else
      this.#call(id, (n) => n.coordinateReconfiguration({ ...request, lastCommittedEpoch: last }));
  }

  #prepareAndCommit(id: BaseboardId): void {
    const config = this.#configs.at(-1 - this.#below(3));
    if (config !== undefined) this.#call(id, (n) => n.prepareAndCommit(config));
  }

  #disturb(message: PeerMessage): PeerMessage {
    if (this.#below(20) === 0 && "config" in message) this.#old.push(message);
    return message;
  }

  #hostile(id: BaseboardId, from: BaseboardId): void {
    const junk = Share.copyOf(
      crypto.sha3_256(new Uint8Array([this.#below(250)])).length === 32
        ? new Uint8Array(33).fill(1 + this.#below(250))
        : new Uint8Array(33),
    );
    const epoch = this.#someEpoch() as Epoch;
    const config = this.#configs.at(-1);
    const bodies: PeerMessageBody[] = [
      { kind: "share", epoch, share: junk },
      { kind: "lrtqShare", share: LrtqShare.copyOf(junk.bytes) },
      { kind: "prepareAck", epoch },
      { kind: "expunged", epoch: (epoch > 2 && this.#below(10) > 0 ? 1 : epoch) as Epoch },
      { kind: "getLrtqShare" },
      { kind: "getShare", epoch: Number.MAX_SAFE_INTEGER as Epoch },
    ];
    if (config !== undefined) {
      bodies.push({ kind: "prepare", config, share: junk });
      const digests = new Uint8Array(config.digests).fill(this.#below(250));
      bodies.push({ kind: "commitAdvance", config: Configuration.create({ ...config, digests }) });
      const seal = { salt: new Uint8Array(32), data: new Uint8Array(64) };
      const sealed = { ...config, epoch: ++this.#epoch as Epoch, encryptedRackSecrets: seal };
      if (this.#below(3) === 0)
        bodies.push({ kind: "commitAdvance", config: Configuration.create(sealed) });
    }
    const rackId = this.#below(10) === 0 ? OTHER_RACK : this.#rackId;
    this.#call(id, (n) => n.receive(from, { ...this.#pick(bodies), rackId }));
  }

  /** What callers from plain JavaScript may pass. */
  #nonsense(id: BaseboardId): void {
    const calls: ((node: NodeLike) => unknown)[] = [
      (n) => n.commit({ rackId: this.#rackId, epoch: Number.NaN }),
      (n) => n.commit(null as never),
      (n) => n.commit({ rackId: OTHER_RACK, epoch: 1.5 }),
      (n) => n.loadRackSecret(Number.POSITIVE_INFINITY),
      (n) => n.loadRackSecret("4" as never),
      (n) =>
        n.coordinateReconfiguration({
          rackId: "x" as RackId,
          epoch: 1,
          members: 7 as never,
          threshold: 2,
          lastCommittedEpoch: null,
        }),
      (n) => n.prepareAndCommit({} as never),
      (n) => n.connect(id),
      (n) => n.connect("no colon" as BaseboardId),
      (n) => n.persisted(12345),
    ];
    this.#call(id, this.#pick(calls));
  }

  #learn(id: BaseboardId): void {
    const status = this.#cluster.node(id).coordinatorStatus();
    if (status?.operation !== "prepare") return;
    if (!this.#configs.includes(status.config)) this.#configs.push(status.config);
  }

  #latest(id: BaseboardId): number {
    const { commits } = this.#cluster.node(id).persistentState;
    return commits.size === 0 ? 1 : Math.max(...commits);
  }

  #someEpoch(): number {
    return Math.max(1, this.#epoch - this.#below(3));
  }

  #pick<T>(list: readonly T[]): T {
    const one = list[this.#below(list.length)];
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  }
}
