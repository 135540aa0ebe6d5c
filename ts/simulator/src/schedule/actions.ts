/**
 * What can happen in a simulated rack. An action keeps its meaning when others are left out: a failing schedule is
 * shrunk by removing actions, and one that no longer applies is skipped.
 *
 * Sleds are numbers: their places among all sleds of the run, members or not, in the protocol's order. A link goes
 * one way.
 */
import type { Forgery } from "../adversary/forgery.ts";

/** How a save ends; every end but `done` takes the sled's process with it. */
export type SaveEnd =
  /** Both replicas are written, and the node is told. */
  | "done"
  /** Nothing was written. */
  | "failed"
  /** The first replica was cut off in the middle, the second is the old one. */
  | "torn"
  /** The first replica is written, the second is the old one. */
  | "half"
  /** The first replica is written, the second was cut off in the middle. */
  | "tornSecond"
  /** Both are written, but the node is never told. */
  | "unconfirmed";

/** What becomes of a replica of a sled that is down. */
export type ReplicaDamage = "missing" | "torn" | "old";

/** Requests that no control plane makes: each must be refused, or change nothing. */
export const INVALID_REQUESTS = [
  "otherRack",
  "notAMember",
  "twoMembers",
  "thresholdOne",
  "thresholdTooLarge",
  "epochZero",
  "staleEpoch",
  "wrongLastCommitted",
  "upgradeOfNothing",
  "commitUnknown",
  "commitOtherRack",
  "commitOld",
  "foreignConfiguration",
  "loadFuture",
  "loadFraction",
] as const;
/**
 * The name of a request that no control plane makes, and that must be refused or change nothing.
 */
export type InvalidRequest = (typeof INVALID_REQUESTS)[number];

/** What can happen to one of a rack's parts. */
export type RackAction =
  /** The next message of a link arrives. */
  | { readonly kind: "deliver"; readonly from: number; readonly to: number }
  /** Everything that is on its way arrives, and every save ends: what the shrinker puts in place of single deliveries. */
  | { readonly kind: "settle" }
  /** The next message of a link is lost, and its connection stays. */
  | { readonly kind: "lose"; readonly from: number; readonly to: number }
  | { readonly kind: "connect"; readonly a: number; readonly b: number }
  /** The connection breaks; what was on its way is lost. Where `half`, only `a` notices. */
  | { readonly kind: "disconnect"; readonly a: number; readonly b: number; readonly half: boolean }
  /** Nothing passes from one side to the other, in one direction or both; connections stay. */
  | {
      readonly kind: "partition";
      readonly side: readonly number[];
      readonly direction: "out" | "in" | "both";
    }
  /** Every partition ends: what was held back can arrive. */
  | { readonly kind: "healPartition" }
  /** The process dies: memory and connections are lost. `noticed`: the peers see it at once. */
  | { readonly kind: "crash"; readonly sled: number; readonly noticed: boolean }
  | { readonly kind: "restart"; readonly sled: number }
  | { readonly kind: "save"; readonly sled: number; readonly end: SaveEnd }
  | {
      readonly kind: "damage";
      readonly sled: number;
      readonly replica: 0 | 1 | "both";
      readonly how: ReplicaDamage;
    }
  /** A sled that was dropped from the rack is emptied, so that it can be added again. */
  | { readonly kind: "factoryReset"; readonly sled: number }
  | { readonly kind: "tick"; readonly sled: number }
  /** Somebody on the sled wants its rack secret: of the latest committed epoch, or of an older one. */
  | { readonly kind: "load"; readonly sled: number; readonly back: number }
  | { readonly kind: "clear"; readonly sled: number }
  | { readonly kind: "invalidRequest"; readonly sled: number; readonly request: InvalidRequest }
  | {
      readonly kind: "propose";
      readonly controlPlane: number;
      readonly members: readonly number[];
      readonly coordinator: number;
    }
  /** A control plane reads the latest record from the database. */
  | { readonly kind: "read"; readonly controlPlane: number }
  /** It polls the coordinator. */
  | { readonly kind: "poll"; readonly controlPlane: number }
  /** It does one of the things that its policy names next. */
  | { readonly kind: "act"; readonly controlPlane: number; readonly choice: number }
  /** An operator gives up what is being prepared. */
  | { readonly kind: "abort"; readonly controlPlane: number }
  /** The control plane's process starts anew: only the database is left. */
  | { readonly kind: "controlPlaneCrash"; readonly controlPlane: number }
  /** The control plane cannot reach a sled, or can again. */
  | {
      readonly kind: "controlPlaneLink";
      readonly controlPlane: number;
      readonly sled: number;
      readonly up: boolean;
    }
  /** A hostile member (or, where senders can be forged, anybody) sends something. */
  | {
      readonly kind: "forge";
      readonly by: number;
      readonly as: number;
      readonly to: number;
      readonly forgery: Forgery;
    };

/** One event of a schedule. */
export type Action =
  | RackAction
  /** Every fault ends, and the rack is checked as at the end of a run: it must unlock, say. */
  | { readonly kind: "heal" };

/** The kinds of actions that are faults: the shrinker leaves out whole kinds first. */
export const FAULTS: readonly Action["kind"][] = [
  "lose",
  "disconnect",
  "partition",
  "crash",
  "damage",
  "factoryReset",
  "invalidRequest",
  "abort",
  "controlPlaneCrash",
  "controlPlaneLink",
  "forge",
];

/** A short text for people, with sleds as numbers. */
export function describe(action: Action): string {
  const { kind, ...rest } = action;
  const parts = Object.entries(rest).map(([name, value]) => {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    return `${name}=${text}`;
  });
  return [kind, ...parts].join(" ");
}

/** The sleds that an action concerns, for leaving one of them out. */
export function concerns(action: Action, sled: number): boolean {
  switch (action.kind) {
    case "deliver":
    case "lose":
      return action.from === sled || action.to === sled;
    case "connect":
    case "disconnect":
      return action.a === sled || action.b === sled;
    case "crash":
    case "restart":
    case "save":
    case "damage":
    case "factoryReset":
    case "tick":
    case "load":
    case "clear":
    case "invalidRequest":
    case "controlPlaneLink":
      return action.sled === sled;
    case "forge":
      return action.by === sled || action.to === sled;
    case "propose":
      return action.coordinator === sled;
    default:
      return false;
  }
}
