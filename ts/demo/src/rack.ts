/** The rack: powered sleds, each a node with its driver and its ledger file, and the wires. */
import { TrustQuorumDriver, TrustQuorumNode, baseboardParts, wipeMessage } from "trust-quorum";
import type { BaseboardId, NodeEvent, RestoredLedger, TrustQuorumCrypto } from "trust-quorum";
import { initialState } from "trust-quorum/protocol";
import type { LrtqShareData } from "trust-quorum/protocol";
import type { LedgerFolder } from "./ledger-files.ts";
import { Network } from "./network.ts";
import type { Flight } from "./network.ts";

/** Something that a node told its host. */
export interface Told {
  readonly sled: BaseboardId;
  readonly event: NodeEvent;
}

/** How {@link Rack.run} may be interfered with. */
export interface RunOptions {
  /** Called with each frame before it is delivered: here a cable is pulled. */
  readonly before?: (flight: Flight) => void;
  /** Called after each delivery: whether to stop here, with frames still on their way. */
  readonly until?: (flight: Flight) => boolean;
}

export class Rack {
  readonly network = new Network();
  readonly #folder: LedgerFolder;
  readonly #crypto: TrustQuorumCrypto;
  /** What the bootstore left on a sled. */
  readonly #bootstore: ReadonlyMap<BaseboardId, LrtqShareData>;
  readonly #powered = new Map<BaseboardId, TrustQuorumDriver>();
  readonly #unplugged = new Set<BaseboardId>();
  readonly #told: Told[] = [];
  #failure: unknown;

  constructor(options: {
    folder: LedgerFolder;
    crypto: TrustQuorumCrypto;
    bootstore: ReadonlyMap<BaseboardId, LrtqShareData>;
  }) {
    this.#folder = options.folder;
    this.#crypto = options.crypto;
    this.#bootstore = options.bootstore;
  }

  /** The sleds that are up. */
  get powered(): readonly BaseboardId[] {
    return [...this.#powered.keys()];
  }

  /** Everything the nodes have told their hosts so far, oldest first. */
  get told(): readonly Told[] {
    return this.#told;
  }

  /** Whether the sled's messages get through: it is up, and its cable is in. */
  reachable(sled: BaseboardId): boolean {
    return this.#powered.has(sled) && !this.#unplugged.has(sled);
  }

  /** The node of a sled that is up, behind its driver. */
  node(sled: BaseboardId): TrustQuorumDriver {
    const driver = this.#powered.get(sled);
    if (driver === undefined) throw new Error(`${sled} is not up`);
    return driver;
  }

  /** Powers a sled up. All it knows is what its ledger says. */
  async boot(sled: BaseboardId): Promise<void> {
    const ledger = (await this.#folder.load(sled)) ?? this.#fromBootstore(sled);
    const node = TrustQuorumNode.restore({ self: sled, ledger, crypto: this.#crypto });
    const driver = new TrustQuorumDriver({
      node,
      save: (output) => this.#folder.save(sled, output),
      send: (envelope) => this.network.send(envelope),
      onEvent: (event) => this.#told.push({ sled, event }),
      onError: (error) => (this.#failure ??= error),
    });
    this.#powered.set(sled, driver);
    await this.#connect(sled);
  }

  /** Cuts a sled's power: what it held in memory and what was on its way to or from it is gone. */
  async crash(sled: BaseboardId): Promise<void> {
    this.#disconnect(sled);
    const driver = this.node(sled);
    this.#powered.delete(sled);
    this.#unplugged.delete(sled);
    // Between two deliveries nothing waits to be saved: stopping only zeroes the memory.
    await driver.stop();
    this.network.cut(sled);
  }

  /** Pulls a sled's cable: it stays up, but nobody hears it. */
  unplug(sled: BaseboardId): void {
    this.#disconnect(sled);
    this.#unplugged.add(sled);
    this.network.cut(sled);
  }

  /** Puts a sled's cable back. */
  async plug(sled: BaseboardId): Promise<void> {
    this.#unplugged.delete(sled);
    await this.#connect(sled);
  }

  /**
   * Delivers frames, one at a time, until none is on its way. Before the next one each node has saved
   * and sent all that came of the last: so the order is the same in every run.
   */
  async run({ before, until }: RunOptions = {}): Promise<void> {
    for (let flight; (flight = this.network.next()) !== undefined;) {
      before?.(flight);
      if (!this.reachable(flight.from) || !this.reachable(flight.to)) {
        this.network.lose(flight);
        continue;
      }
      for (const message of this.network.arrive(flight)) {
        this.node(flight.to).receive(flight.from, message);
        wipeMessage(message);
      }
      await this.#settle(flight.to);
      if (until?.(flight) === true) return;
    }
  }

  async #connect(sled: BaseboardId): Promise<void> {
    for (const peer of this.powered) {
      if (peer === sled || !this.reachable(peer)) continue;
      this.node(sled).connect(peer);
      this.node(peer).connect(sled);
      await this.#settle(sled);
      await this.#settle(peer);
    }
  }

  #disconnect(sled: BaseboardId): void {
    for (const peer of this.powered) {
      if (peer === sled) continue;
      this.node(sled).disconnect(peer);
      this.node(peer).disconnect(sled);
    }
  }

  /** A status is answered once all that it tells is saved, and what came of it is sent. */
  async #settle(sled: BaseboardId): Promise<void> {
    await this.node(sled).coordinatorStatus();
    if (this.#failure === undefined) return;
    throw new Error("a message could not be sent", { cause: this.#failure });
  }

  #fromBootstore(sled: BaseboardId): RestoredLedger | null {
    const lrtq = this.#bootstore.get(sled);
    if (lrtq === undefined) return null;
    // The node owns what it is given, and zeroes it in the end.
    return { generation: 0, state: initialState({ ...lrtq, share: lrtq.share.clone() }) };
  }
}

/** The serial number of a sled: its name in this demo. */
export function serialOf(sled: BaseboardId): string {
  return baseboardParts(sled).serialNumber;
}
