/** Chooses what hostile members send, to whom, and in whose name. */
import type { RackAction } from "../schedule/actions.ts";
import type { Forgery } from "./forgery.ts";
import type { Random } from "@trust-quorum/random";
import { FAR_EPOCH } from "../rack/world.ts";
import type { World } from "../rack/world.ts";

type Forge = Extract<RackAction, { kind: "forge" }>;

/**
 * Draws one forgery after another; what is sent is made by the `Forger` when the action applies.
 */
export class ForgeryChooser {
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** What cannot wait: while a coordinator collects LRTQ shares, which is soon over. */
  urgent(): readonly Forge[] {
    if (!this.#upgrades() || !this.#random.chance(0.3)) return [];
    return this.#againstUpgrade(this.#random.pick(this.#world.setup.hostile));
  }

  /** What hostile members do next, all of it at once. */
  next(): readonly Forge[] {
    const { setup, sleds } = this.#world;
    const random = this.#random;
    if (setup.hostile.length === 0) return [];
    const by = random.pick(setup.hostile);
    if (setup.bootstore !== null && random.chance(0.6)) {
      const upgrade = this.#againstUpgrade(by);
      if (upgrade.length > 0) return upgrade;
    }
    const to = random.below(sleds.all.length);
    if (random.chance(0.01)) return this.#conspiracy(to);
    if (random.chance(0.1)) {
      const wrong = this.#againstCollecting(by);
      if (wrong.length > 0) return wrong;
    }
    const as = setup.profile === "spoofed" && random.chance(0.5) ? this.#anySled() : by;
    return [{ kind: "forge", by, as, to, forgery: this.#forgery(to) }];
  }

  #anySled(): number {
    return this.#random.below(this.#world.sleds.all.length);
  }

  /**
   * While a bootstore rack upgrades: collects others' LRTQ shares, and hands them to whoever upgrades.
   * There one share comes under two names: its owner's, and a hostile member's or two of them; and
   * some of it comes twice from the same one.
   */
  #againstUpgrade(by: number): readonly Forge[] {
    const random = this.#random;
    const { latest, lastDecided } = this.#world.database;
    if (lastDecided !== undefined) return [];
    if (latest?.state !== "preparing_lrtq_upgrade" || random.chance(0.2)) {
      const forgery: Forgery = { kind: "getLrtqShare" };
      return [{ kind: "forge", by, as: by, to: this.#anySled(), forgery }];
    }
    const { index: to } = this.#world.host.sleds.of(latest.coordinator);
    if (random.chance(0.2)) {
      const forgery: Forgery = { kind: "lrtqShare", epoch: latest.epoch, x: 1 + random.below(32) };
      return [{ kind: "forge", by, as: by, to, forgery }];
    }
    const forgery: Forgery = { kind: "othersLrtqShare", which: random.below(64) };
    const again = random.pick(this.#world.setup.hostile);
    return [
      { kind: "forge", by, as: by, to, forgery },
      { kind: "forge", by: again, as: again, to, forgery },
    ];
  }

  /** A wrong share for somebody who waits for one: where senders can be forged, in a third one's name. */
  #againstCollecting(by: number): readonly Forge[] {
    const random = this.#random;
    const { sleds, setup } = this.#world;
    const waiting = sleds.all.flatMap(({ node, index }) => {
      const { computingShare, rackSecrets } = node?.work() ?? {};
      const epoch = (computingShare ?? rackSecrets?.collecting)?.epoch;
      return epoch === undefined ? [] : [{ to: index, epoch }];
    });
    if (waiting.length === 0) return [];
    const { to, epoch } = random.pick(waiting);
    const as = setup.profile === "spoofed" ? this.#anySled() : by;
    const forgery: Forgery = { kind: "share", epoch, x: 1 + random.below(32) };
    return [{ kind: "forge", by, as, to, forgery }];
  }

  /** Whether a coordinator collects LRTQ shares, which is soon over. */
  #upgrades(): boolean {
    const { setup, database, host } = this.#world;
    const { latest } = database;
    if (setup.bootstore === null || setup.hostile.length === 0) return false;
    if (latest?.state !== "preparing_lrtq_upgrade") return false;
    const status = host.sleds.of(latest.coordinator).node?.coordinatorStatus();
    return status?.operation === "collectLrtqShares";
  }

  #forgery(to: number): Forgery {
    const random = this.#random;
    const pick = random.below(64);
    const epoch = this.#epoch();
    const draw = random.below(100);
    if (draw < 11) return { kind: "replay", pick };
    if (draw < 12) return { kind: "earlyCommit", pick };
    if (draw < 20) return { kind: "otherEpoch", pick, epoch };
    if (draw < 26) return { kind: "otherRack", pick };
    if (draw < 38) return { kind: "bitFlip", pick, bit: random.below(16_384) };
    if (draw < 44) return { kind: "otherDigest", pick };
    if (draw < 52) return this.#configuration("prepare", to, epoch);
    if (draw < 56) return this.#configuration("commitAdvance", to, epoch);
    if (draw < 57) return { kind: "expunged", epoch };
    if (draw < 65) return { kind: "prepareAck", epoch };
    if (draw < 75) return { kind: "getShare", epoch };
    if (draw < 80) return { kind: "getLrtqShare" };
    if (draw < 90) return { kind: "share", epoch, x: 1 + random.below(32) };
    if (draw < 92) return { kind: "lrtqShare", epoch, x: 1 + random.below(32) };
    if (draw < 94) return { kind: "othersLrtqShare", which: pick };
    if (draw < 95) return this.#crowd(to);
    return { kind: "flood", epoch, count: 2 + random.below(40) };
  }

  #configuration(kind: "prepare" | "commitAdvance", to: number, epoch: number): Forgery {
    const right = this.#random.chance(0.6);
    return { kind, epoch, ...this.#forgedGroup(to), right };
  }

  /** More configurations than a sled may keep of others. */
  #crowd(to: number): Forgery {
    return { kind: "crowd", epoch: FAR_EPOCH - 4000, count: 70, ...this.#forgedGroup(to) };
  }

  /** The receiver and some others; whoever coordinates is hostile, or is said to. */
  #forgedGroup(to: number): { readonly members: readonly number[]; readonly coordinator: number } {
    const { sleds, setup } = this.#world;
    const random = this.#random;
    const others = random.shuffled(sleds.all.map((_, i) => i)).filter((i) => i !== to);
    const hostile = setup.hostile.filter((index) => index !== to).slice(0, 1);
    const rest = others.filter((index) => !hostile.includes(index)).slice(0, 2 + random.below(3));
    const members = [to, ...hostile, ...rest].sort((a, b) => a - b);
    const [first] = hostile;
    const coordinator = first !== undefined && random.chance(0.7) ? first : random.pick(members);
    return { members, coordinator };
  }

  #epoch(): number {
    const random = this.#random;
    const latest = this.#world.database.latest?.epoch ?? 1;
    if (random.chance(0.1)) return FAR_EPOCH - random.below(1000);
    return Math.max(1, latest - 2 + random.below(8));
  }

  /** Two hostile members make up a configuration, call it committed, and hand out shares of it. */
  #conspiracy(to: number): readonly Forge[] {
    const hostile = this.#world.setup.hostile.filter((index) => index !== to).slice(0, 2);
    const [one, two] = hostile;
    if (one === undefined || two === undefined) return [];
    const members = [to, one, two].sort((a, b) => a - b);
    const epoch = this.#epoch();
    const config = {
      kind: "commitAdvance",
      epoch,
      members,
      coordinator: one,
      right: true,
    } as const;
    return [
      { kind: "forge", by: one, as: one, to, forgery: config },
      { kind: "forge", by: one, as: one, to, forgery: { kind: "ownShare", pick: 0 } },
      { kind: "forge", by: two, as: two, to, forgery: { kind: "ownShare", pick: 0 } },
    ];
  }
}
