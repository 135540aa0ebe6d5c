/**
 * The simulator's control plane is a model of its own of the protocol's section 8. The real policy,
 * `trust-quorum/control`, does the same after every step, and a mistake in either is found.
 */
import { Random } from "@trust-quorum/random";
import { nativeCrypto } from "trust-quorum";
import type { BaseboardId, Epoch } from "trust-quorum";
import * as control from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { afterAll, describe, expect, it } from "vitest";
import { Database } from "../src/rack/database.ts";
import type { Transition } from "../src/rack/database.ts";
import type { ModelRecord } from "../src/rack/record.ts";
import { nextSteps } from "../src/rack/steps.ts";
import type { View } from "../src/rack/steps.ts";
import { World } from "../src/rack/world.ts";
import { heal } from "../src/recovery/heal.ts";
import { Chooser } from "../src/schedule/chooser.ts";
import { setUp } from "../src/schedule/options.ts";
import type { SimulationOptions } from "../src/schedule/options.ts";
import { RACK, SLEDS, statusOf } from "./coordinator-answers.ts";
import { CoreMirror, Disagreement } from "./core-mirror.ts";
import type { Policy } from "./core-mirror.ts";
import { QUICK, either } from "../../../scripts/vitest/effort.ts";

// Refusals are errors, and there are many; nobody looks at where they were made.
const { stackTraceLimit } = Error;
Error.stackTraceLimit = 0;
// Other files may be run in the same process.
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

/** How much was compared, and of what. */
interface Compared {
  transitions: number;
  decisions: number;
  readonly kinds: Set<string>;
}

function nothing(): Compared {
  return { transitions: 0, decisions: 0, kinds: new Set() };
}

/** Simulates a rack with the real policy beside the model. */
function simulateWithMirror(
  seed: number,
  options: SimulationOptions,
  compared: Compared,
  policy?: Partial<Policy>,
): void {
  const crypto = nativeCrypto();
  const setup = setUp(seed, options);
  const { rackId, bootstore } = setup;
  const mirror = new CoreMirror({
    rackId,
    fromLrtq: bootstore !== null,
    ...(policy && { policy }),
  });
  const world = new World(setup, crypto, {
    onTransition: (transition, refused) => {
      mirror.onTransition(transition, refused);
      compared.kinds.add(`${transition.kind}${refused === null ? "" : ` ${refused}`}`);
    },
    onSteps: (record, view, steps) => {
      mirror.onSteps(record, view, steps);
      for (const { kind } of steps) compared.kinds.add(`step ${kind}`);
    },
  });
  mirror.follow(world.database);
  try {
    const chooser = new Chooser(world, new Random(seed, "schedule"));
    for (let step = 0; step < setup.steps; step++) world.apply(chooser.next());
    heal(world);
  } finally {
    compared.transitions += mirror.transitions;
    compared.decisions += mirror.decisions;
    world.end();
  }
}

/** Tries transitions on a database that no control plane would, beside those that it would. */
class History {
  readonly #random: Random;
  readonly #database: Database;
  readonly #mirror: CoreMirror;
  readonly #compared: Compared;
  readonly #pool: readonly BaseboardId[];
  /** Old records: a control plane may have read them long ago. */
  readonly #read: ModelRecord[] = [];
  #now = 0;

  constructor(seed: number, compared: Compared, policy?: Partial<Policy>) {
    this.#random = new Random(seed, "history");
    const fromLrtq = this.#random.chance(0.4);
    this.#mirror = new CoreMirror({ rackId: RACK, fromLrtq, ...(policy && { policy }) });
    this.#compared = compared;
    this.#database = new Database({
      rackId: RACK,
      fromLrtq,
      onTransition: (transition, refused) => {
        this.#mirror.onTransition(transition, refused);
        compared.kinds.add(`${transition.kind}${refused === null ? "" : ` ${refused}`}`);
      },
    });
    this.#mirror.follow(this.#database);
    // Mostly a few sleds, so that the same ones come up again.
    this.#pool = SLEDS.slice(0, this.#random.pick([4, 6, 9, 16, 24, 34]));
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++) this.#step();
    this.#compared.transitions += this.#mirror.transitions;
    this.#compared.decisions += this.#mirror.decisions;
  }

  #step(): void {
    this.#now += this.#random.below(3);
    const random = this.#random;
    const { latest, records } = this.#database;
    const members = this.#members();
    const eligible = this.#database.eligibleCoordinators(members);
    // Core refuses a list that names a sled twice, which is no membership.
    if (new Set(members).size === members.length) {
      const core = this.#mirror.eligible(members);
      if (String(eligible) !== String(core)) throw new Disagreement("eligible", eligible, core);
    }
    if (latest === undefined || random.chance(0.08)) {
      this.#propose(members, eligible);
      return;
    }
    const record = random.chance(0.8) ? latest : random.pick(records);
    if (random.chance(0.3)) this.#read.push(record);
    this.#look(this.#read.length > 0 && random.chance(0.3) ? random.pick(this.#read) : record);
    this.#database.transact({ ...this.#change(record), now: this.#now });
  }

  /** What the next steps are, for a view that may be. */
  #look(record: ModelRecord): void {
    const random = this.#random;
    const reachable = random.chance(0.5)
      ? null
      : new Set(this.#pool.filter(() => random.chance(0.4)));
    const answered = random.pick(["unasked", "nothing", 0, 1, -1] as const);
    const polled =
      answered === "unasked"
        ? undefined
        : answered === "nothing"
          ? null
          : statusOf(random, record, Math.max(1, record.epoch + answered) as Epoch);
    const refused = random.chance(0.2) ? ("ERR_TQ_EXPUNGED" as const) : undefined;
    const view: View = { polled, refused, reachable };
    const steps = nextSteps(record, view);
    this.#mirror.onSteps(record, view, steps);
    for (const { kind } of steps) this.#compared.kinds.add(`step ${kind}`);
  }

  #members(): BaseboardId[] {
    const random = this.#random;
    const some = random.shuffled(this.#pool);
    // Seldom too few, too many, or one twice.
    const size = random.chance(0.05) ? random.below(3) : 3 + random.below(some.length - 2);
    const members = some.slice(0, size);
    return random.chance(0.03) ? [...members, ...members.slice(0, 1)] : members;
  }

  #propose(members: BaseboardId[], eligible: readonly BaseboardId[]): void {
    const random = this.#random;
    const fit = eligible.length > 0 && random.chance(0.7);
    const coordinator = fit ? random.pick(eligible) : random.pick(this.#pool);
    this.#database.transact({ kind: "propose", members, coordinator, now: this.#now });
  }

  #change(record: ModelRecord): Transition {
    const random = this.#random;
    const now = this.#now;
    const { epoch } = record;
    const draw = random.below(100);
    if (draw < 40) return { kind: "learn", epoch, status: statusOf(random, record, epoch), now };
    if (draw < 55) return { kind: "decide", epoch, now };
    if (draw < 95) return { kind: "acknowledge", epoch, sled: this.#sled(record), now };
    return { kind: "abort", epoch, reason: random.chance(0.8) ? "why not" : "  ", now };
  }

  #sled(record: ModelRecord): BaseboardId {
    const stranger = this.#random.chance(0.02);
    return this.#random.pick(stranger ? SLEDS : [...record.members]);
  }
}

const PROFILES = ["faulty", "rough", "amnesia", "hostile", "spoofed"] as const;

describe("the model's control plane and the real policy say the same", () => {
  it("after every step of simulated racks", () => {
    const compared = nothing();
    for (let seed = 1; seed <= either(20, 4); seed++) {
      const profile = PROFILES[seed % PROFILES.length];
      simulateWithMirror(seed, { steps: 1200, profile }, compared);
    }
    // A sample does not get everywhere.
    if (QUICK) return;
    expect(compared.transitions).toBeGreaterThan(2000);
    expect(compared.decisions).toBeGreaterThan(1000);
    expect([...compared.kinds]).toEqual(expect.arrayContaining(REACHED));
  });

  it("of anything that is tried on the records, in or out of turn", () => {
    const compared = nothing();
    for (let seed = 1; seed <= either(160, 10); seed++) new History(seed, compared).run(150);
    if (QUICK) return;
    expect(compared.transitions).toBeGreaterThan(20_000);
    expect([...compared.kinds]).toEqual(expect.arrayContaining([...REACHED, ...REFUSED]));
  });
});

/** What must come up, or it was not compared. */
const REACHED = [
  "propose",
  "propose ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS",
  "learn",
  "decide",
  "acknowledge",
  "abort",
  "step poll",
  "step coordinate",
  "step upgrade",
  "step decide",
  "step commit",
  "step prepareAndCommit",
  "step abort",
  "step done",
];

const REFUSED = [
  "propose ERR_TQ_INVALID_MEMBERSHIP_SIZE",
  "propose ERR_TQ_INVALID_ARGUMENT",
  "propose ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP",
  "propose ERR_TQ_INVALID_TRANSITION",
  "propose ERR_TQ_COORDINATOR_NOT_COMMITTED",
  "learn ERR_TQ_CONTRADICTS_RECORD",
  "learn ERR_TQ_NOT_A_MEMBER",
  "decide ERR_TQ_INVALID_TRANSITION",
  "decide ERR_TQ_TOO_FEW_ACKNOWLEDGEMENTS",
  "acknowledge ERR_TQ_INVALID_TRANSITION",
  "acknowledge ERR_TQ_NOT_A_MEMBER",
  "abort ERR_TQ_INVALID_TRANSITION",
  "abort ERR_TQ_INVALID_ARGUMENT",
  "step unreachable",
];

/** The record with some fields changed in the whole family of functions that make one. */
function proposing(
  change: (record: ConfigurationRecord) => Partial<ConfigurationRecord>,
): Partial<Policy> {
  return {
    proposeConfiguration: (...args) => {
      const { record, superseded } = control.proposeConfiguration(...args);
      return { record: { ...record, ...change(record) }, superseded };
    },
  };
}

/** Mistakes that the real policy could have, each in one function. */
const MISTAKES: Record<string, Partial<Policy>> = {
  "K one too large for an even number of members": proposing(({ members }) => ({
    threshold: Math.ceil((members.size + 1) / 2) + (members.size % 2 === 0 ? 1 : 0),
  })),
  "Z is 1 only from 6 members on": proposing(({ members, commitCrashTolerance }) => ({
    commitCrashTolerance: members.size === 5 ? 0 : commitCrashTolerance,
  })),
  "Z is 3 for 24 members": proposing(({ members, commitCrashTolerance }) => ({
    commitCrashTolerance: members.size === 24 ? 3 : commitCrashTolerance,
  })),
  "a proposal follows what was given up": proposing(({ epoch, lastCommittedEpoch }) => ({
    lastCommittedEpoch: lastCommittedEpoch === null ? null : ((epoch - 1) as Epoch),
  })),
  "a proposal over one that is prepared": {
    proposeConfiguration: (records, proposal, now) => {
      const free = records.map((record) =>
        control.isPreparing(record) ? control.abortConfiguration(record, "over", now) : record,
      );
      return control.proposeConfiguration(free, proposal, now);
    },
  },
  "superseded with K acknowledgements": {
    proposeConfiguration: (records, proposal, now) => {
      const lenient = records.map((record) => ({ ...record, commitCrashTolerance: 0 }));
      return control.proposeConfiguration(lenient, proposal, now);
    },
  },
  "what is superseded stays committing": {
    proposeConfiguration: (...args) => ({
      ...control.proposeConfiguration(...args),
      superseded: null,
    }),
  },
  "a coordinator that has not acknowledged": {
    proposeConfiguration: (records, proposal, now) => {
      const all = records.map((record) => ({
        ...record,
        members: new Map(
          [...record.members].map(([id, member]) => [
            id,
            { ...member, state: "committed" as const },
          ]),
        ),
      }));
      return control.proposeConfiguration(all, proposal, now);
    },
  },
  "decided with K prepared members": {
    decideCommit: (record, now) => {
      const { commitCrashTolerance } = record;
      const lenient = { ...record, commitCrashTolerance: 0 };
      return { ...control.decideCommit(lenient, now), commitCrashTolerance };
    },
    nextActions: (record, view) =>
      control.nextActions({ ...record, commitCrashTolerance: 0 }, view),
  },
  "decided again, at another time": {
    decideCommit: (record, now) => ({ ...control.decideCommit(record, now), timeCommitting: now }),
  },
  "aborted after the decision": {
    abortConfiguration: (record, reason, now) =>
      record.state === "committing"
        ? { ...record, state: "aborted", abortReason: reason, timeAborted: now }
        : control.abortConfiguration(record, reason, now),
  },
  "acknowledgements of the last poll only": {
    learnFromCoordinator: (record, status, now) => {
      const learnt = control.learnFromCoordinator(record, status, now);
      if (status?.operation !== "prepare" || learnt === record) return learnt;
      const members = [...learnt.members].map(([id, member]) => {
        const forgotten = member.state === "prepared" && !status.acks.includes(id);
        return [id, forgotten ? { ...member, state: "unacked" as const } : member] as const;
      });
      return { ...learnt, members: new Map(members) };
    },
  },
  "a configuration of another coordinator is learnt": {
    learnFromCoordinator: (record, status, now) =>
      status?.operation === "prepare" && record.config === null
        ? {
            ...control.learnFromCoordinator(
              { ...record, coordinator: status.config.coordinator },
              status,
              now,
            ),
            coordinator: record.coordinator,
          }
        : control.learnFromCoordinator(record, status, now),
  },
  "committed before all have acknowledged": {
    acknowledgeCommit: (record, sleds, now) => {
      const acknowledged = control.acknowledgeCommit(record, sleds, now);
      const enough =
        control.committedMembers(acknowledged).length >=
        control.acknowledgementsNeeded(acknowledged);
      if (acknowledged.state !== "committing" || !enough) return acknowledged;
      return { ...acknowledged, state: "committed", timeCommitted: now };
    },
  },
  "a superseded one becomes committed": {
    acknowledgeCommit: (record, sleds, now) => {
      const acknowledged = control.acknowledgeCommit(record, sleds, now);
      const all = control.committedMembers(acknowledged).length === acknowledged.members.size;
      return all ? { ...acknowledged, state: "committed" } : acknowledged;
    },
  },
  "commit for a member that has not prepared": {
    nextActions: (record, view) =>
      control.nextActions(record, view).map((action) => {
        if (action.kind !== "prepareAndCommit") return action;
        const { rackId, epoch } = record;
        const { sled, via } = action;
        return { kind: "commit", request: { rackId, epoch }, sled, via };
      }),
  },
  "only those in reach are told": {
    nextActions: (record, view) =>
      control
        .nextActions(record, view)
        .filter((action) => !("via" in action && action.via.length > 0)),
  },
  "polled for ever where the coordinator is lost": {
    nextActions: (record, view) => {
      const [action] = control.nextActions(record, view);
      if (action?.kind !== "abort") return control.nextActions(record, view);
      return control.nextActions(record, { ...view, coordinator: undefined });
    },
  },
  "asked to coordinate anew what it has forgotten": {
    nextActions: (record, view) => control.nextActions({ ...record, config: null }, view),
  },
  "whoever was a member may coordinate": {
    eligibleCoordinators: (records, members) => {
      const last = records.findLast(control.isCommitDecided);
      const sorted = control.eligibleCoordinators([], members);
      return sorted.filter((id) => last === undefined || last.members.has(id));
    },
  },
};

describe("a mistake in the real policy is found", () => {
  it.each(Object.entries(MISTAKES))("%s", (_, policy) => {
    expect(() => {
      for (let seed = 1; seed <= 150; seed++) new History(seed, nothing(), policy).run(150);
    }).toThrow(Disagreement);
  });

  it.each([
    "decided with K prepared members",
    "what is superseded stays committing",
    "committed before all have acknowledged",
    "commit for a member that has not prepared",
    "polled for ever where the coordinator is lost",
  ])("also in simulated racks: %s", (name) => {
    expect(() => {
      for (let seed = 1; seed <= 40; seed++) {
        simulateWithMirror(seed, { steps: 1200, profile: "rough" }, nothing(), MISTAKES[name]);
      }
    }).toThrow(Disagreement);
  });
});
