/**
 * Chooses what happens next: draws the kind, with weights that depend on the profile, and then the sleds and
 * other parameters. Where the action turns out not to apply, only a millisecond of virtual time passes.
 */
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { INVALID_REQUESTS } from "./actions.ts";
import type { RackAction, ReplicaDamage, SaveEnd } from "./actions.ts";
import { ForgeryChooser } from "../adversary/forgery-chooser.ts";
import type { Random } from "@trust-quorum/random";
import { currentMembers, hasLrtq, isWithstood, mayCoordinate, mayJoin } from "./membership.ts";
import type { Sled } from "../rack/sled.ts";
import { WEIGHTS } from "./weights.ts";
import type { Choice } from "./weights.ts";
import type { World } from "../rack/world.ts";

/**
 * The schedule of one seed, drawn as it goes along: each draw depends on where the rack stands, but the same
 * seed and the same actions before it give the same one.
 */
export class Chooser {
  readonly #world: World;
  readonly #random: Random;
  readonly #choices: Choice[] = [];
  readonly #bounds: number[] = [];
  readonly #total: number;
  readonly #forgeries: ForgeryChooser;
  /** Actions that come next without a draw: a load after a clear, and the rest of a group of forgeries. */
  readonly #queued: RackAction[] = [];

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#forgeries = new ForgeryChooser(world, random);
    let total = 0;
    for (const [choice, weight] of Object.entries(WEIGHTS[world.setup.profile])) {
      total += weight;
      this.#choices.push(choice as Choice);
      this.#bounds.push(total);
    }
    this.#total = total;
  }

  /** The next action; it may turn out not to apply. */
  next(): RackAction {
    const queued = this.#queued.shift();
    if (queued !== undefined) return queued;
    const [urgent, ...next] = this.#forgeries.urgent();
    if (urgent !== undefined) {
      this.#queued.push(...next);
      return urgent;
    }
    const draw = this.#random.below(this.#total);
    const at = this.#bounds.findIndex((bound) => draw < bound);
    return this.#choose(this.#choices[at] ?? "deliver") ?? this.#deliver() ?? this.#idle();
  }

  #choose(choice: Choice): RackAction | null {
    const random = this.#random;
    switch (choice) {
      case "deliver":
        return this.#deliver();
      case "save":
        return this.#save("done");
      case "badSave":
        return this.#save(random.pick(BAD_ENDS));
      case "controlPlane":
        return this.#controlPlane();
      case "propose":
        return this.#propose();
      case "load":
        return {
          kind: "load",
          sled: this.#anySled(),
          back: random.chance(0.7) ? 0 : random.below(8),
        };
      case "tick":
        return { kind: "tick", sled: this.#anySled() };
      case "clear":
        return { kind: "clear", sled: this.#anySled() };
      case "invalidRequest":
        return {
          kind: "invalidRequest",
          sled: this.#anySled(),
          request: random.pick(INVALID_REQUESTS),
        };
      case "restart":
        return this.#down((sled) => ({ kind: "restart", sled }));
      case "reset":
        return this.#reset();
      case "forge": {
        const [first, ...next] = this.#forgeries.next();
        this.#queued.push(...next);
        return first ?? null;
      }
      default:
        return this.#fault(choice);
    }
  }

  #fault(
    choice: Exclude<
      Choice,
      | "deliver"
      | "save"
      | "badSave"
      | "controlPlane"
      | "propose"
      | "load"
      | "tick"
      | "clear"
      | "invalidRequest"
      | "restart"
      | "reset"
      | "forge"
    >,
  ): RackAction | null {
    const random = this.#random;
    const controlPlane = random.below(this.#world.controlPlanes.length);
    switch (choice) {
      case "reconnect":
        return this.#unconnected();
      case "heal":
        return this.#world.network.blockedLinks > 0
          ? { kind: "healPartition" }
          : this.#unconnected();
      case "lose":
        return this.#onLink("lose");
      case "disconnect":
        return this.#disconnect();
      case "partition":
        return this.#partition();
      case "crash":
        return { kind: "crash", sled: this.#anySled(), noticed: random.chance(0.7) };
      case "crashCoordinator":
        return this.#crashCoordinator();
      case "damage":
        return this.#down((sled) => this.#damage(sled, random.below(2) as 0 | 1));
      case "forget":
        return this.#down((sled) => this.#damage(sled, "both"));
      case "abort":
        return { kind: "abort", controlPlane };
      case "controlPlaneCrash":
        return { kind: "controlPlaneCrash", controlPlane };
      case "controlPlaneLink":
        return {
          kind: "controlPlaneLink",
          controlPlane,
          sled: this.#anySled(),
          up: random.chance(0.5),
        };
      default:
        return choice satisfies never;
    }
  }

  #anySled(): number {
    return this.#random.below(this.#world.sleds.all.length);
  }

  #deliver(): RackAction | null {
    return this.#onLink("deliver");
  }

  #onLink(kind: "deliver" | "lose"): RackAction | null {
    const { network } = this.#world;
    if (network.busy === 0) return null;
    const { from, to } = network.busyLink(this.#random.below(network.busy));
    return { kind, from, to };
  }

  /** No message is on its way: something new begins, mostly the unlocking of a sled. */
  #idle(): RackAction {
    const random = this.#random;
    const saving = this.#save("done");
    if (saving !== null) return saving;
    const draw = random.below(100);
    const action =
      draw < 8
        ? this.#propose()
        : draw < 12
          ? this.#down((sled) => ({ kind: "restart", sled }))
          : draw < 18
            ? this.#unconnected()
            : draw < 60
              ? this.#controlPlane()
              : null;
    if (action !== null) return action;
    const sled = this.#anySled();
    if (random.chance(0.2)) return { kind: "tick", sled };
    this.#queued.push({ kind: "load", sled, back: 0 });
    return { kind: "clear", sled };
  }

  #save(end: SaveEnd): RackAction | null {
    const saving = this.#world.sleds.all.filter((sled) => sled.saving !== null);
    return saving.length === 0
      ? null
      : { kind: "save", sled: this.#random.pick(saving).index, end };
  }

  /** One step of a control plane: a read, a poll or one of its next steps, not always in that order. */
  #controlPlane(): RackAction | null {
    const random = this.#random;
    const index = random.below(this.#world.controlPlanes.length);
    const controlPlane = this.#world.controlPlanes[index];
    if (this.#world.database.latest === undefined) return this.#propose();
    const record = controlPlane?.record ?? null;
    if (record === null || random.chance(0.15)) return { kind: "read", controlPlane: index };
    if (record.isPreparing && random.chance(0.5)) return { kind: "poll", controlPlane: index };
    if (record.isPreparing) {
      return { kind: "act", controlPlane: index, choice: 0 };
    }
    if (record.state === "committing") {
      return { kind: "act", controlPlane: index, choice: random.below(record.members.size) };
    }
    if (record !== this.#world.database.latest) return { kind: "read", controlPlane: index };
    return random.chance(0.3) ? this.#propose() : null;
  }

  /** The next membership: some members leave, others join. */
  #propose(): RackAction | null {
    const world = this.#world;
    if (world.database.latest?.isPreparing === true) return null;
    const random = this.#random;
    const current = currentMembers(world);
    const candidates = world.sleds.all.filter((sled) => mayJoin(world, sled));
    const members = this.#membership(current, candidates);
    if (members === null) return null;
    const eligible = world.database
      .eligibleCoordinators(members)
      .filter((id) => mayCoordinate(world, world.host.sleds.of(id)));
    if (eligible.length === 0) return null;
    return {
      kind: "propose",
      controlPlane: random.below(world.controlPlanes.length),
      members: members.map((id) => world.host.sleds.of(id).index),
      coordinator: world.host.sleds.of(random.pick(eligible)).index,
    };
  }

  #membership(
    current: readonly BaseboardId[],
    candidates: readonly Sled[],
  ): readonly BaseboardId[] | null {
    const random = this.#random;
    const { bootstore } = this.#world.setup;
    let members: BaseboardId[];
    if (current.length === 0) {
      const holders = candidates.filter(hasLrtq).map(({ id }) => id);
      const rest = candidates.filter((sled) => !hasLrtq(sled)).map(({ id }) => id);
      const wanted = 3 + random.below(Math.min(candidates.length, 32) - 2);
      const needed = bootstore === null ? 0 : Math.min(holders.length, bootstore.threshold);
      const first = random.shuffled(holders);
      const others = random.shuffled([...first.slice(needed), ...rest]);
      members = [...first.slice(0, needed), ...others].slice(0, Math.max(wanted, needed));
    } else {
      const leaving = random.below(Math.min(3, current.length));
      const joining = random.below(Math.min(3, candidates.length) + 1);
      members = [
        ...random.shuffled(current).slice(leaving),
        ...random.shuffled(candidates.map(({ id }) => id)).slice(0, joining),
      ].slice(0, 32);
    }
    if (members.length < 3) return null;
    if (!isWithstood(this.#world, members)) return null;
    return members.sort(compareBaseboardIds);
  }

  #reset(): RackAction | null {
    const free = this.#world.sleds.all.filter(
      (sled) => this.#world.isFree(sled) && sled.seen.configs.size > 0,
    );
    return free.length === 0 ? null : { kind: "factoryReset", sled: this.#random.pick(free).index };
  }

  #down(action: (sled: number) => RackAction): RackAction | null {
    const down = this.#world.sleds.all.filter(
      ({ node, lost, index }) =>
        node === null && !lost && !this.#world.setup.absent.includes(index),
    );
    return down.length === 0 ? null : action(this.#random.pick(down).index);
  }

  #damage(sled: number, replica: 0 | 1 | "both"): RackAction {
    return { kind: "damage", sled, replica, how: this.#random.pick(DAMAGES) };
  }

  /** A pair without a connection, if one turns up. */
  #unconnected(): RackAction | null {
    const { sleds, network } = this.#world;
    for (let tries = 0; tries < 12; tries++) {
      const [a, b] = [this.#anySled(), this.#anySled()];
      if (a === b || network.isConnected(a, b)) continue;
      if (sleds.at(a).node !== null && sleds.at(b).node !== null) return { kind: "connect", a, b };
    }
    return null;
  }

  #disconnect(): RackAction | null {
    const [a, b] = [this.#anySled(), this.#anySled()];
    return a === b ? null : { kind: "disconnect", a, b, half: this.#random.chance(0.3) };
  }

  #partition(): RackAction {
    const { sleds } = this.#world;
    const random = this.#random;
    const count = 1 + random.below(Math.max(1, sleds.all.length - 1));
    const side = random
      .shuffled(sleds.all.map((_, i) => i))
      .slice(0, count)
      .sort((a, b) => a - b);
    return { kind: "partition", side, direction: random.pick(["out", "in", "both"] as const) };
  }

  #crashCoordinator(): RackAction | null {
    const { latest } = this.#world.database;
    if (latest === undefined) return null;
    const sled = this.#world.host.sleds.of(latest.coordinator).index;
    return { kind: "crash", sled, noticed: this.#random.chance(0.7) };
  }
}

const BAD_ENDS: readonly SaveEnd[] = ["failed", "torn", "half", "tornSecond", "unconfirmed"];
const DAMAGES: readonly ReplicaDamage[] = ["missing", "torn", "old"];
