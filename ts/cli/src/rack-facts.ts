/** What a look at the rack says about each sled and about the rack as a whole. */
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";
import type { Survey } from "@trust-quorum/control-plane/survey";
import { shapeOf } from "./configuration-change.ts";
import { serialOf } from "./rack.ts";

/** One sled. What is not known because it does not answer is null. */
export interface SledFacts {
  readonly id: BaseboardId;
  readonly answers: boolean;
  readonly lock: string | null;
  /** The latest epoch that it has committed, and the latest one that it holds a share of. */
  readonly committed: number | null;
  readonly share: number | null;
  readonly member: boolean;
  readonly peers: number | null;
  readonly alarms: readonly string[];
  readonly ready: boolean;
  /** Sentences for people. */
  readonly notes: readonly string[];
}

/** The rack. */
export interface RackFacts {
  /** The latest epoch that any sled has committed. */
  readonly epoch: number | null;
  /** K of that epoch. */
  readonly threshold: number | null;
  readonly commitCrashTolerance: number | null;
  readonly members: readonly BaseboardId[];
  /** Whether every member answers and is unlocked. */
  readonly unlocked: boolean;
  readonly unlockedMembers: number;
  /** Members that do not answer. */
  readonly missing: readonly BaseboardId[];
  /** How many more members may be lost; negative: too few are here to unlock. */
  readonly tolerance: number | null;
  readonly sleds: readonly SledFacts[];
}

/** Puts together what a survey of these sleds showed. */
export function rackFacts(ids: readonly BaseboardId[], seen: Survey<StatusAnswer>): RackFacts {
  const answers = [...seen.answers.values()];
  const epoch = Math.max(0, ...answers.map(({ node }) => node.persistentState.commits.at(-1) ?? 0));
  const members = epoch === 0 ? [] : membersOf(answers, epoch);
  const sleds = ids.map((id) => sledFacts(id, seen, members, epoch));
  const unlockedMembers = sleds.filter(({ member, lock }) => member && lock === "unlocked").length;
  const missing = members.filter((id) => !seen.answers.has(id));
  const shape = members.length < 3 ? null : shapeOf(members.length);
  const threshold = answers.find(({ lock }) => lock.epoch === epoch)?.lock.threshold ?? null;
  return {
    epoch: epoch === 0 ? null : epoch,
    threshold,
    commitCrashTolerance: shape?.commitCrashTolerance ?? null,
    members,
    unlocked: members.length > 0 && unlockedMembers === members.length,
    unlockedMembers,
    missing,
    tolerance: threshold === null ? null : members.length - missing.length - threshold,
    sleds,
  };
}

/** The members of an epoch, by a sled that has committed it: itself, and its peers that are members. */
function membersOf(answers: readonly StatusAnswer[], epoch: number): BaseboardId[] {
  const one = answers.find(
    ({ node: { persistentState: state } }) =>
      state.commits.at(-1) === epoch && state.expunged === null,
  );
  if (one === undefined) return [];
  const peers = one.peers.filter(({ member }) => member).map(({ id }) => id);
  return [one.self, ...peers].map(parseBaseboardId).sort();
}

function sledFacts(
  id: BaseboardId,
  seen: Survey<StatusAnswer>,
  members: readonly BaseboardId[],
  epoch: number,
): SledFacts {
  const answer = seen.answers.get(id);
  const member = members.includes(id);
  if (answer === undefined) {
    const problem = seen.failures.get(id)?.message ?? "no answer";
    return {
      id,
      answers: false,
      lock: null,
      committed: null,
      share: null,
      member,
      peers: null,
      alarms: [],
      ready: false,
      notes: [problem.replace(`${serialOf(id)} does not answer: `, "")],
    };
  }
  const { lock, node, ready } = answer;
  return {
    id,
    answers: true,
    lock: lock.state,
    committed: node.persistentState.commits.at(-1) ?? null,
    share: node.persistentState.shares.at(-1) ?? null,
    member,
    peers: node.connectedPeers.length,
    alarms: node.alarms.map(({ kind }) => kind),
    ready: ready.ready,
    notes: [...workNotes(answer), ...membershipNotes(answer, member, epoch), ...diskNotes(answer)],
  };
}

function workNotes({ lock, node, clockWarnings }: StatusAnswer): string[] {
  const notes: string[] = [];
  if (lock.state === "locked" && lock.threshold !== null) {
    const waiting = lock.waitingFor.map(({ peer }) => serialOf(parseBaseboardId(peer)));
    const whom = waiting.length === 0 ? "" : `, waits for ${waiting.join(", ")}`;
    notes.push(`has ${lock.collected.length} of ${lock.threshold} shares${whom}`);
  }
  if (lock.failure !== null) notes.push(lock.failure.message);
  if (node.coordinating !== null) notes.push(`coordinates epoch ${node.coordinating.epoch}`);
  if (node.computingShare !== null) {
    notes.push(`computes its share of epoch ${node.computingShare.epoch}`);
  }
  return [...notes, ...clockWarnings];
}

function membershipNotes({ lock, node }: StatusAnswer, member: boolean, epoch: number): string[] {
  if (epoch === 0 || lock.state === "expunged") return [];
  if (!member) return ["no member"];
  const told = node.persistentState.commits.at(-1) === epoch;
  return told ? [] : [`not told of epoch ${epoch} yet`];
}

function diskNotes({ replicas, degradedMode }: StatusAnswer): string[] {
  const broken = replicas.filter(({ healthy }) => !healthy);
  if (broken.length === 0) return degradedMode ? ["degraded mode is on"] : [];
  return broken.map(({ folder, problem }) => `replica ${folder}: ${problem ?? "unhealthy"}`);
}
