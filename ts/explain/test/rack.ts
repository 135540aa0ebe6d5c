/** A recorded rack to ask questions about. */
import { LogLines, Recorder, readLog } from "@trust-quorum/event-log";
import type { EventLog } from "@trust-quorum/event-log";
import { Timeline } from "@trust-quorum/replay";
import { nativeCrypto } from "trust-quorum";
import type { BaseboardId, GuardMode } from "trust-quorum";
import type { LrtqShareData } from "trust-quorum/protocol";
import { Cluster, RACK, sled } from "../../event-log/test/cluster.ts";
import { Facts, Names, explain } from "../src/index.ts";
import type { Explanation } from "../src/index.ts";

const crypto = nativeCrypto();

/** A rack of `count` sleds, connected, with everything that happens recorded. */
export class Rack {
  readonly cluster: Cluster;
  readonly ids: readonly BaseboardId[];
  readonly #sink = new LogLines();
  readonly #rackId: typeof RACK;

  constructor(
    count: number,
    lrtq?: { rackId: typeof RACK; shares: ReadonlyMap<BaseboardId, LrtqShareData> },
    // Most tests let sleds hear what no honest one says.
    guard: GuardMode = "original",
  ) {
    let cluster: Cluster | null = null;
    this.#rackId = lrtq?.rackId ?? RACK;
    const recorder = new Recorder({
      sink: this.#sink,
      producer: { name: "test", version: "1" },
      clock: { kind: "virtual", now: () => cluster?.now ?? 0 },
      crypto,
      rackId: this.#rackId,
      guard,
    });
    this.ids =
      lrtq === undefined
        ? Array.from({ length: count }, (_, i) => sled(i + 1))
        : [...lrtq.shares.keys()];
    cluster = new Cluster(recorder, this.ids, lrtq?.shares);
    this.cluster = cluster;
  }

  get recorder(): Recorder {
    return this.cluster.recorder;
  }

  get rackId(): typeof RACK {
    return this.#rackId;
  }

  id(number: number): BaseboardId {
    const id = this.ids[number];
    if (id === undefined) throw new Error(`no sled ${number}`);
    return id;
  }

  /** Links these sleds with one another. */
  link(...numbers: number[]): void {
    numbers.forEach((a, i) => {
      for (const b of numbers.slice(i + 1)) this.cluster.link(this.id(a), this.id(b));
    });
  }

  coordinate(
    number: number,
    epoch: number,
    options: { last?: number | null; members?: number[]; threshold?: number } = {},
  ): void {
    const { last = null, members, threshold = 2 } = options;
    const request = {
      rackId: this.#rackId,
      epoch,
      members: (members ?? this.ids.map((_, i) => i)).map((one) => this.id(one)),
      threshold,
      lastCommittedEpoch: last,
    };
    this.cluster.call(this.id(number), (node) => node.coordinateReconfiguration(request));
  }

  upgrade(number: number, epoch: number): void {
    const request = { rackId: this.#rackId, epoch, members: this.ids, threshold: 2 };
    this.cluster.call(this.id(number), (node) => node.coordinateUpgradeFromLrtq(request));
  }

  commit(number: number, epoch: number): void {
    this.cluster.call(this.id(number), (node) => node.commit({ rackId: this.#rackId, epoch }));
  }

  load(number: number, epoch: number): void {
    this.cluster.call(this.id(number), (node) => node.loadRackSecret(epoch)?.dispose());
  }

  /** An epoch committed by these sleds, others being as they are. */
  establish(
    epoch: number,
    committers: readonly number[],
    options: { last?: number | null; threshold?: number } = {},
  ): void {
    this.coordinate(0, epoch, options);
    this.cluster.deliverAll();
    for (const one of committers) this.commit(one, epoch);
    this.cluster.deliverAll();
  }

  log(): EventLog {
    this.recorder.flush();
    return readLog(new TextEncoder().encode(this.#sink.text()));
  }

  why(number: number, epoch: number): Explanation {
    const log = this.log();
    const facts = new Facts(new Timeline(log), log.events.length);
    return explain(facts, Names.of(log), this.id(number), epoch);
  }

  /** The codes of all reasons. */
  codes(
    number: number,
    epoch: number,
  ): { general: string[]; acked: string[]; committed: string[]; unlocked: string[] } {
    const one = this.why(number, epoch);
    return {
      general: one.general.map(({ code }) => code),
      acked: one.notAcknowledged.map(({ code }) => code),
      committed: one.notCommitted.map(({ code }) => code),
      unlocked: one.notUnlocked.map(({ code }) => code),
    };
  }
}
