/** A simulated rack: sleds, network, control planes and forgers, changed by one action at a time. */
import type { Epoch, TrustQuorumCrypto } from "trust-quorum";
import type { Configuration } from "trust-quorum/protocol";
import type { InvalidRequest, RackAction } from "../schedule/actions.ts";
import { HostileInfluence } from "../adversary/hostile-influence.ts";
import { Checks } from "../invariants/checks.ts";
import { assertInvariant } from "../invariants/failure.ts";
import { Forger } from "../adversary/forgery.ts";
import { Host } from "./host.ts";
import type { NodeMaker } from "./host.ts";
import { Network } from "./network.ts";
import { invalidRequest } from "../schedule/invalid-requests.ts";
import { hasForgers, isStrict } from "../schedule/options.ts";
import type { Setup } from "../schedule/options.ts";
import { Coverage } from "./coverage.ts";
import { Database } from "./database.ts";
import type { OnTransition } from "./database.ts";
import { ControlPlane } from "./control-plane.ts";
import type { OnSteps } from "./control-plane.ts";
import { Random } from "@trust-quorum/random";
import { seededCrypto } from "./seeded-crypto.ts";
import { Sled, Sleds } from "./sled.ts";
import { Oracle } from "../invariants/oracle.ts";

/** Who else takes part in a simulation, or looks on. */
export interface WorldOptions {
  /** How nodes are made; as they are, where absent. */
  readonly make?: NodeMaker | undefined;
  /** Told of every change of the control planes' records that was tried. */
  readonly onTransition?: OnTransition | undefined;
  /** Told of everything that a control plane has decided to do next. */
  readonly onSteps?: OnSteps | undefined;
}

/** A rack of one setup; whoever has made it calls {@link World.end}. */
export class World {
  readonly setup: Setup;
  readonly host: Host;
  readonly network: Network;
  readonly database: Database;
  readonly controlPlanes: readonly ControlPlane[];
  readonly checks: Checks;
  readonly influence: HostileInfluence;
  readonly sleds: Sleds;
  readonly #forger: Forger;
  /** The forgers' own random numbers: what they make is nobody's configuration. */
  readonly #forgersCrypto: TrustQuorumCrypto;

  constructor(setup: Setup, crypto: TrustQuorumCrypto, options: WorldOptions = {}) {
    const { make, onTransition, onSteps } = options;
    const oracle = new Oracle();
    this.setup = setup;
    this.network = new Network(setup.sleds.length, setup.encode);
    this.sleds = new Sleds(
      setup.sleds.map((sled, index) => {
        const random = new Random(setup.seed, `crypto of sled ${index}`);
        const note = (secret: Uint8Array, digests: Uint8Array): void =>
          oracle.note(index, secret, digests);
        return new Sled({
          index,
          setup: sled,
          crypto: seededCrypto(crypto, random, note),
          hostile: setup.hostile.includes(index),
        });
      }),
    );
    const { rackId, bootstore } = setup;
    this.database = new Database({ rackId, fromLrtq: bootstore !== null, onTransition });
    const { network, sleds, database } = this;
    const coverage = new Coverage();
    this.influence = new HostileInfluence({ database, oracle });
    const { influence } = this;
    const strict = isStrict(setup.profile);
    const forgers = hasForgers(setup.profile);
    const context = {
      sleds,
      coverage,
      database,
      oracle,
      influence,
      setup,
      crypto,
      strict,
      forgers,
    };
    this.checks = new Checks(context);
    const { slowSaves, guard } = setup;
    const observer = this.checks;
    this.host = new Host({ sleds, network, coverage, observer, slowSaves, guard, make });
    this.controlPlanes = Array.from({ length: setup.controlPlanes }, () => {
      return new ControlPlane({
        host: this.host,
        observer: this.checks,
        database,
        rackId,
        onSteps,
      });
    });
    this.#forger = new Forger({ rackId: setup.rackId, ids: sleds.all.map(({ id }) => id) });
    this.#forgersCrypto = seededCrypto(crypto, new Random(setup.seed, "forgers"));
    this.#listen();
    this.#start();
  }

  /** Does what an action says. False where it does not apply, and nothing has happened. */
  apply(action: RackAction): boolean {
    this.host.time += 1;
    const applied = this.#apply(action);
    if (applied) this.host.coverage.count("actions", action.kind);
    return applied;
  }

  /** Restarts a sled, or starts it where it is down. */
  restart(sled: Sled, noticed: boolean): boolean {
    if (sled.node !== null) this.crash(sled, noticed);
    return this.host.start(sled);
  }

  crash(sled: Sled, noticed: boolean): void {
    this.#phase(sled);
    this.host.stop(sled);
    for (const other of this.sleds.all) {
      if (!this.network.isConnected(sled.index, other.index)) continue;
      this.network.disconnect(sled.index, other.index);
      if (noticed) this.host.input(other, "disconnect", (node) => node.disconnect(sled.id));
    }
  }

  connect(a: Sled, b: Sled): boolean {
    if (a === b || a.node === null || b.node === null) return false;
    if (this.network.isConnected(a.index, b.index)) return false;
    this.network.connect(a.index, b.index);
    this.host.input(a, "connect", (node) => node.connect(b.id));
    this.host.input(b, "connect", (node) => node.connect(a.id));
    return true;
  }

  /** Asks for a sled's latest rack secret, or one further back. */
  load(sled: Sled, back: number): boolean {
    const { node } = sled;
    if (node === null) return false;
    const commits = [...node.persistentState.commits];
    const epoch = commits[commits.length - 1 - (back % Math.max(commits.length, 1))];
    if (epoch === undefined) return false;
    const outcome = this.host.call(sled, "loadRackSecret", () => node.loadRackSecret(epoch));
    if (!outcome.ok) {
      // Of an older epoch that is not in the chain, e.g. where the sled was added later.
      const expected = outcome.code === "ERR_TQ_NOT_AVAILABLE";
      assertInvariant(expected || !this.checks.strict, "no-unexpected-refusal", () => outcome.code);
      return true;
    }
    outcome.value?.dispose();
    return true;
  }

  /** Zeroes what the nodes hold; the world is not used afterwards. */
  end(): void {
    for (const { node } of this.sleds.all) node?.dispose();
  }

  #start(): void {
    const present = this.sleds.all.filter(({ index }) => !this.setup.absent.includes(index));
    for (const sled of present) this.host.boot(sled, sled.first);
    present.forEach((a, i) => {
      for (const b of present.slice(i + 1)) this.connect(a, b);
    });
  }

  #listen(): void {
    if (!hasForgers(this.setup.profile)) return;
    const spoofed = this.setup.profile === "spoofed";
    this.host.eavesdrop = (from, to, message) => {
      if (from.hostile || to.hostile || spoofed) this.#forger.see(message);
    };
  }

  #apply(action: RackAction): boolean {
    const { host, network } = this;
    switch (action.kind) {
      case "deliver":
        return host.deliver(action.from, action.to);
      case "settle": {
        const before = host.time;
        host.settle();
        return host.time > before;
      }
      case "lose":
        if (network.take(action.from, action.to) === undefined) return false;
        host.coverage.count("faults", "message lost");
        return true;
      case "connect":
        return this.connect(host.sleds.at(action.a), host.sleds.at(action.b));
      case "disconnect":
        return this.#disconnect(host.sleds.at(action.a), host.sleds.at(action.b), action.half);
      case "partition":
        return this.#partition(action.side, action.direction);
      case "healPartition":
        network.unblockAll();
        return true;
      case "crash":
        return this.#crash(host.sleds.at(action.sled), action.noticed);
      case "restart": {
        const sled = host.sleds.at(action.sled);
        return sled.node === null && !sled.lost && this.#present(sled) && host.start(sled);
      }
      case "save":
        return this.#save(host.sleds.at(action.sled), action.end);
      case "damage":
        return this.#damage(host.sleds.at(action.sled), action);
      case "factoryReset":
        return this.#reset(host.sleds.at(action.sled));
      case "tick":
        return this.#input(action.sled, "tick");
      case "clear":
        return this.#input(action.sled, "clearSecrets");
      case "load":
        return this.load(host.sleds.at(action.sled), action.back);
      case "invalidRequest":
        return this.#invalidRequest(host.sleds.at(action.sled), action.request);
      case "forge":
        return this.#forge(action);
      default:
        return this.#applyToControlPlane(action);
    }
  }

  #applyToControlPlane(
    action: Extract<
      RackAction,
      {
        kind:
          "propose" | "read" | "poll" | "act" | "abort" | "controlPlaneCrash" | "controlPlaneLink";
      }
    >,
  ): boolean {
    const controlPlane = this.controlPlanes[action.controlPlane];
    if (controlPlane === undefined) return false;
    switch (action.kind) {
      case "propose": {
        const members = action.members.map((index) => this.host.sleds.at(index).id);
        return controlPlane.propose(members, this.host.sleds.at(action.coordinator).id);
      }
      case "read":
        return controlPlane.read();
      case "poll":
        return controlPlane.poll();
      case "act":
        return controlPlane.act(action.choice);
      case "abort":
        return controlPlane.abort();
      case "controlPlaneCrash":
        controlPlane.crash();
        this.host.coverage.count("faults", "control plane crashed");
        return true;
      case "controlPlaneLink":
        if (action.up) return controlPlane.unreachable.delete(action.sled);
        controlPlane.unreachable.add(action.sled);
        this.host.coverage.count("faults", "sled out of the control plane's reach");
        return true;
      default:
        return action satisfies never;
    }
  }

  #input(index: number, call: "tick" | "clearSecrets"): boolean {
    const sled = this.host.sleds.at(index);
    if (sled.node === null) return false;
    this.host.input(sled, call, (node) => node[call]());
    return true;
  }

  #present(sled: Sled): boolean {
    return !this.setup.absent.includes(sled.index);
  }

  #disconnect(a: Sled, b: Sled, half: boolean): boolean {
    if (!this.network.isConnected(a.index, b.index)) return false;
    this.network.disconnect(a.index, b.index);
    this.host.input(a, "disconnect", (node) => node.disconnect(b.id));
    if (!half) this.host.input(b, "disconnect", (node) => node.disconnect(a.id));
    this.host.coverage.count(
      "faults",
      half ? "connection broken, one notices" : "connection broken",
    );
    return true;
  }

  #partition(side: readonly number[], direction: "out" | "in" | "both"): boolean {
    const inside = new Set(side);
    for (const a of side) {
      for (const b of this.sleds.all) {
        if (inside.has(b.index)) continue;
        if (direction !== "in") this.network.block(a, b.index, true);
        if (direction !== "out") this.network.block(b.index, a, true);
      }
    }
    this.host.coverage.count("faults", direction === "both" ? "partition" : "partition one way");
    return true;
  }

  #crash(sled: Sled, noticed: boolean): boolean {
    if (sled.node === null) return false;
    const unsaved = sled.node.generation > sled.node.persistedGeneration;
    this.host.coverage.count("faults", unsaved ? "crash between a change and its save" : "crash");
    this.crash(sled, noticed);
    return true;
  }

  #save(sled: Sled, end: Extract<RackAction, { kind: "save" }>["end"]): boolean {
    if (sled.node === null || sled.saving === null) return false;
    this.host.save(sled, end);
    if (end === "done") return true;
    this.host.coverage.count("faults", `save ${end}`);
    this.crash(sled, true);
    return true;
  }

  /** Damage to one replica while the other one is good; in `amnesia` also to both. */
  #damage(sled: Sled, action: Extract<RackAction, { kind: "damage" }>): boolean {
    if (sled.node !== null || sled.lost || !this.#present(sled)) return false;
    const { replica, how } = action;
    const { coverage } = this.host;
    if (replica !== "both") {
      if (!sled.disk.survivesWithout(replica) || !sled.disk.damage(replica, how)) return false;
      coverage.count("faults", `one replica ${how}`);
      return true;
    }
    if (this.setup.profile !== "amnesia" || !this.#mayForget(sled)) return false;
    const [one, other] = [sled.disk.damage(0, how), sled.disk.damage(1, how)];
    if (!one && !other) return false;
    sled.amnesiac = true;
    if (how === "missing") sled.disk.confirmed = 0;
    coverage.count("faults", `both replicas ${how}`);
    return true;
  }

  /**
   * At most as many sleds as the Z of the smallest configuration, and at most 4, may lose both replicas. One that
   * has done so before counts again: it may have acknowledged another configuration since.
   */
  #mayForget(sled: Sled): boolean {
    const others = this.sleds.all.filter((other) => other.amnesiac && other !== sled).length;
    const tolerances = this.database.records.map((record) => record.tolerance);
    return others < Math.min(...tolerances, 4);
  }

  /** A sled that no configuration in use has as a member is emptied. */
  #reset(sled: Sled): boolean {
    if (!this.#present(sled) || !this.isFree(sled)) return false;
    if (sled.node !== null) this.crash(sled, true);
    sled.disk.erase();
    sled.keptShares.clear();
    sled.keptCommits.clear();
    sled.lost = false;
    sled.resetUpTo = this.database.latest?.epoch ?? 0;
    this.host.coverage.count("faults", "factory reset");
    return true;
  }

  /**
   * Whether a sled is in no configuration that is, or may come to be, committed last, and no control
   * plane is still at work on an older one that has it: told of that, an emptied sled would take part in
   * it again, and be expunged.
   */
  isFree(sled: Sled): boolean {
    const { latest, lastDecided } = this.database;
    if (this.controlPlanes.some(({ record }) => record?.members.has(sled.id) === true))
      return false;
    if (lastDecided === undefined || lastDecided.members.has(sled.id)) return false;
    return latest?.isPreparing !== true || !latest.members.has(sled.id);
  }

  #invalidRequest(sled: Sled, request: InvalidRequest): boolean {
    const { node } = sled;
    if (node === null || !this.checks.strict) return false;
    const invalid = invalidRequest(request, node, this.setup, this.#someConfiguration());
    if (invalid === null) return false;
    const { persistentState: before } = node;
    const outcome = this.host.call(sled, "invalid request", () => invalid.run(node));
    const code = outcome.ok ? null : outcome.code;
    const right = invalid.expected.includes(code) && node.persistentState === before;
    assertInvariant(
      right,
      "invalid-request-refused",
      () => `${sled.id}: ${request} gave ${code ?? "success"}`,
    );
    this.host.coverage.count("faults", `invalid request: ${request}`);
    return true;
  }

  #someConfiguration(): Configuration | null {
    return this.database.records.findLast(({ config }) => config !== null)?.config ?? null;
  }

  #forge(action: Extract<RackAction, { kind: "forge" }>): boolean {
    const by = this.host.sleds.at(action.by);
    const to = this.host.sleds.at(action.to);
    const as = this.host.sleds.at(action.as);
    const spoofed = this.setup.profile === "spoofed";
    if (!by.hostile || to.node === null || (as !== by && !spoofed) || as === to) return false;
    const made = this.#forger.make(action.forgery, { from: as.id, to: to.id }, this.#forgersCrypto);
    for (const arrival of made) this.host.arrive(as, to, arrival);
    if (made.length === 0) return false;
    this.host.coverage.count(
      "faults",
      `forged: ${action.forgery.kind}${as === by ? "" : " in another's name"}`,
    );
    this.checks.bounded(to, to.node);
    return true;
  }

  /** Counts what a node was doing when its process dies. */
  #phase(sled: Sled): void {
    const { node } = sled;
    if (node === null) return;
    const { coordinating, computingShare, rackSecrets } = node.work();
    const { coverage } = this.host;
    if (coordinating !== null) coverage.count("phases", `crash: ${coordinating.operation}`);
    if (computingShare !== null) coverage.count("phases", "crash: computing its share");
    if (rackSecrets.collecting !== null) coverage.count("phases", "crash: loading a rack secret");
    if (sled.saving !== null) coverage.count("phases", "crash: saving");
    const latest = this.database.latest;
    if (latest?.coordinator === sled.id)
      coverage.count("phases", `coordinator lost: ${latest.state}`);
  }
}

/** An epoch beyond all that were used. */
export const FAR_EPOCH = (Number.MAX_SAFE_INTEGER - 16) as Epoch;
