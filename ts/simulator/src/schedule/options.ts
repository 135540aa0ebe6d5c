/** The options of a run. The same seed and options give the same run, to the byte. */
import { baseboardId, compareBaseboardIds, parseRackId } from "trust-quorum";
import type { BaseboardId, GuardMode, RackId } from "trust-quorum";
import type { LrtqShareData } from "trust-quorum/protocol";
import { bootstoreRacks } from "../rack/bootstore.ts";
import type { BootstoreRack } from "../rack/bootstore.ts";
import { Random } from "@trust-quorum/random";

/**
 * Which faults a run has, and with them which invariants apply:
 *
 * - `calm`: nothing fails, but messages take their time.
 * - `faulty`: crashes, failed saves, one replica damaged, broken connections, partitions, a control
 *   plane that dies. Everything of the protocol's section 10 holds.
 * - `rough`: more of all that, two control planes at once, messages lost on living connections.
 * - `amnesia`: up to Z sleds lose or roll back both replicas, to which no invariant applies from then on.
 * - `hostile`: up to K − 1 members of each configuration send whatever they like in their own name.
 * - `spoofed`: the same, and the network does not prove who sent a message.
 */
export const PROFILES = ["calm", "faulty", "rough", "amnesia", "hostile", "spoofed"] as const;
/** The name of a profile; `--profile` takes it. */
export type Profile = (typeof PROFILES)[number];

/** Whether every sled follows the protocol and no disk loses a state that it has confirmed. */
export function isStrict(profile: Profile): boolean {
  return profile === "calm" || profile === "faulty" || profile === "rough";
}

/** Whether there are hostile members. */
export function hasForgers(profile: Profile): boolean {
  return profile === "hostile" || profile === "spoofed";
}

/** What may be chosen; what is left out follows from the seed. */
export interface SimulationOptions {
  /** Actions before the rack is healed. Default 2,000. */
  readonly steps?: number | undefined;
  readonly profile?: Profile | undefined;
  /** Whether messages are encoded to frames and decoded again. Default: no. */
  readonly encode?: boolean | undefined;
  /** Whether the rack comes from a bootstore. */
  readonly lrtq?: boolean | undefined;
  /** How many sleds there are, members or not: 4 to 40. */
  readonly sleds?: number | undefined;
  /** Whether a save takes its time, so that a process can die before it ends. */
  readonly slowSaves?: boolean | undefined;
  /** Whether sleds ask who may say what. Default: they do. */
  readonly guard?: GuardMode | undefined;
}

/** A sled to begin with. */
export interface SledSetup {
  readonly id: BaseboardId;
  readonly lrtq: LrtqShareData | null;
}

/** Everything about a run that is fixed before its first action. */
export interface Setup {
  readonly seed: number;
  readonly steps: number;
  readonly profile: Profile;
  readonly encode: boolean;
  readonly slowSaves: boolean;
  readonly guard: GuardMode;
  readonly rackId: RackId;
  readonly bootstore: BootstoreRack | null;
  /** In the protocol's order; an action's numbers are places in this list. */
  readonly sleds: readonly SledSetup[];
  /** Sleds that a shrunk run leaves out: they are never started. */
  readonly absent: readonly number[];
  readonly hostile: readonly number[];
  readonly controlPlanes: number;
  /** Whether the end of the run restarts every sled, or only those that are down. */
  readonly restartAll: boolean;
  /** Whether what is on its way at the end of the run is lost, while connections live on. */
  readonly loseAtEnd: boolean;
}

const RACK = parseRackId("7f0a1c52-9d3e-4b6f-8a21-5c4d3e2f1a0b");

/** The fewest sleds of a run, members of the rack or not. */
export const SLEDS_MIN = 4;
/** The most sleds of a run. A configuration has at most 32 members, so some are in none. */
export const SLEDS_MAX = 40;

/** The setup of a run. */
export function setUp(seed: number, options: SimulationOptions): Setup {
  // A stream for each decision: one that the options take over must not change the others.
  const draw = (what: string): Random => new Random(seed, `setup: ${what}`);
  const profile = options.profile ?? pickProfile(draw("profile"));
  const lrtq = options.lrtq ?? draw("lrtq").chance(0.4);
  const bootstore = lrtq ? pickBootstore(draw("bootstore"), options.sleds) : null;
  const size = options.sleds ?? pickSize(draw("sleds"), bootstore);
  const sleds = universe(size, bootstore);
  const hostility = draw("hostile");
  const hostile = hasForgers(profile) ? 1 + hostility.below(3) : 0;
  return {
    seed,
    steps: options.steps ?? 2000,
    profile,
    encode: options.encode ?? false,
    slowSaves: options.slowSaves ?? draw("slowSaves").chance(0.6),
    guard: options.guard ?? "strict",
    rackId: bootstore?.rackId ?? RACK,
    bootstore,
    sleds,
    absent: [],
    hostile: hostility
      .shuffled(sleds.map((_, i) => i))
      .slice(0, hostile)
      .sort((a, b) => a - b),
    // The name of this stream is part of what a seed means.
    controlPlanes: profile === "rough" || draw("planes").chance(0.3) ? 2 : 1,
    restartAll: draw("restartAll").chance(0.3),
    loseAtEnd: profile === "rough" && draw("loseAtEnd").chance(0.5),
  };
}

function pickProfile(random: Random): Profile {
  const draw = random.below(100);
  if (draw < 5) return "calm";
  if (draw < 45) return "faulty";
  if (draw < 70) return "rough";
  if (draw < 80) return "amnesia";
  return draw < 95 ? "hostile" : "spoofed";
}

/** Small racks mostly: what goes wrong goes wrong in them too, and sooner. */
function pickSize(random: Random, bootstore: BootstoreRack | null): number {
  const least = bootstore === null ? SLEDS_MIN : bootstore.sleds.length;
  const draw = random.below(100);
  const size =
    draw < 60 ? 4 + random.below(5) : draw < 90 ? 8 + random.below(13) : 20 + random.below(21);
  return Math.min(SLEDS_MAX, Math.max(least, size));
}

/** Of the racks that leave room for at least one sled more, mostly a small one. */
function pickBootstore(random: Random, most: number = SLEDS_MAX): BootstoreRack {
  const racks = bootstoreRacks();
  const drawn = racks[Math.min(random.below(racks.length), random.below(racks.length))];
  if (drawn !== undefined && drawn.sleds.length <= most) return drawn;
  const fitting = racks.filter(({ sleds }) => sleds.length <= most);
  return random.pick(fitting.length > 0 ? fitting : racks.slice(0, 1));
}

/**
 * The sleds: those of the bootstore, and others fresh from the factory. Some of the fresh serials have
 * characters whose order by UTF-16 code units is another than by UTF-8 bytes.
 */
function universe(size: number, bootstore: BootstoreRack | null): SledSetup[] {
  const sleds: SledSetup[] = [...(bootstore?.sleds ?? [])];
  for (let i = 0; sleds.length < size; i++) {
    const number = String(i).padStart(4, "0");
    const serial =
      i % 6 === 1 ? `\u{1F5A5}${number}` : i % 6 === 2 ? `\uFF33${number}` : `S${number}`;
    sleds.push({ id: baseboardId("913-0000019", serial), lrtq: null });
  }
  return sleds.sort((a, b) => compareBaseboardIds(a.id, b.id));
}
