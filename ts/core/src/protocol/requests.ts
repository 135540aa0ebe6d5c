/**
 * Requests from the control plane, checked once before anything changes (protocol sections 5.1 and
 * 5.2). The checks that depend on the node's state stand here too, in the protocol's order, so that
 * each list can be read against the text.
 */
import { TrustQuorumError } from "../base/errors.ts";
import { compareBaseboardIds, isEpoch, parseBaseboardId, parseRackId } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/id-types.ts";
import {
  MEMBERS_MAX,
  MEMBERS_MIN,
  THRESHOLD_MAX,
  THRESHOLD_MIN,
  sameMembers,
} from "./configuration.ts";
import type { Coordinator } from "./coordinator.ts";
import type { NodeCore } from "./core.ts";
import { isLrtqOnly, latestConfig, rackIdOf } from "./persistent-state.ts";
import type { LrtqShareData, PersistentState } from "./persistent-state.ts";
import type { ValidatedReconfiguration } from "./validated-reconfiguration.ts";

/** Asks a sled to coordinate the upgrade of an LRTQ rack. */
export interface UpgradeRequest {
  readonly rackId: RackId;
  /** 2 or above: LRTQ counts as epoch 1. */
  readonly epoch: number;
  /** 3–32 distinct sleds in any order, the coordinator among them. */
  readonly members: Iterable<BaseboardId>;
  /** K: 2–31, below the number of members. */
  readonly threshold: number;
}

/** Asks a sled to coordinate a new configuration. */
export interface ReconfigureRequest extends UpgradeRequest {
  /** The latest epoch that was committed, or null for the first configuration. */
  readonly lastCommittedEpoch: number | null;
}

/**
 * Checks a reconfiguration in the order of section 5.1.
 *
 * @returns the validated request, or "ongoing" where exactly this one is being coordinated already
 */
export function checkReconfigure(
  core: NodeCore,
  coordinator: Coordinator | null,
  request: ReconfigureRequest,
  cleared: readonly Epoch[],
): ValidatedReconfiguration | "ongoing" {
  const { lastCommittedEpoch } = request;
  const parsed = parseRequest(request);
  const { epoch } = parsed;
  if (lastCommittedEpoch !== null) checkNumber("lastCommittedEpoch", lastCommittedEpoch);

  if (coordinator?.lrtqUpgrade === true) {
    refuse("ERR_TQ_UPGRADE_FROM_LRTQ_IN_PROGRESS", { epoch: coordinator.epoch });
  }
  if (isLrtqOnly(core.state)) refuse("ERR_TQ_UPGRADE_FROM_LRTQ_REQUIRED", {});
  checkMembership(core.self, parsed);
  checkRack(core, parsed.rackId, cleared);
  const { expunged } = core.state;
  if (expunged !== null) {
    refuse("ERR_TQ_EXPUNGED", { ...expunged, lastCommitted: core.latestCommittedEpoch });
  }
  if (lastCommittedEpoch !== core.latestCommittedEpoch) {
    refuse("ERR_TQ_LAST_COMMITTED_EPOCH_MISMATCH", {
      expected: core.latestCommittedEpoch,
      got: lastCommittedEpoch,
    });
  }
  checkAboveLatest(core, epoch, cleared);
  if (coordinator !== null) {
    const current = coordinator.epoch;
    if (epoch < current) {
      refuse("ERR_TQ_RECONFIGURATION_IN_PROGRESS", { currentEpoch: current, msgEpoch: epoch });
    }
    if (epoch === current) {
      if (sameRequest(coordinator.request, parsed)) return "ongoing";
      refuse("ERR_TQ_MISMATCHED_RECONFIGURATION_FOR_SAME_EPOCH", { epoch: current });
    }
  }
  return validated(parsed);
}

/** Checks an upgrade from LRTQ in the order of section 5.2. */
export function checkUpgrade(
  core: NodeCore,
  coordinator: Coordinator | null,
  request: UpgradeRequest,
  cleared: readonly Epoch[],
): { readonly request: ValidatedReconfiguration; readonly lrtq: LrtqShareData } {
  const parsed = parseRequest(request);
  const { epoch } = parsed;
  const { expunged, lrtq } = core.state;
  if (expunged !== null) refuse("ERR_TQ_EXPUNGED", expunged);
  checkRack(core, parsed.rackId, cleared);
  if (lrtq === null) refuse("ERR_TQ_NO_LRTQ_SHARE", {});
  const committed = core.latestCommittedEpoch;
  if (committed !== null) refuse("ERR_TQ_ALREADY_UPGRADED", { epoch: committed });
  checkMembership(core.self, parsed);
  if (epoch < 2) refuse("ERR_TQ_EPOCH_MUST_BE_AT_LEAST_2", { epoch });
  checkAboveLatest(core, epoch, cleared);
  if (coordinator !== null && epoch <= coordinator.epoch) {
    refuse("ERR_TQ_PREPARED_EPOCH_MISMATCH", { existing: coordinator.epoch, new: epoch });
  }
  return { request: validated(parsed), lrtq };
}

/** Checks that a value that a caller passes as a number is one. */
export function checkNumber(argument: string, value: unknown): void {
  if (typeof value === "number") return;
  refuse("ERR_TQ_INVALID_ARGUMENT", { argument, problem: "is not a number" });
}

/**
 * The epoch of a request.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_ARGUMENT`, `ERR_TQ_INVALID_EPOCH`
 */
export function checkEpoch(epoch: number): Epoch {
  checkNumber("epoch", epoch);
  if (!isEpoch(epoch)) refuse("ERR_TQ_INVALID_EPOCH", { epoch });
  return epoch;
}

/**
 * Refuses another rack's id, once this sled belongs to one.
 *
 * @param cleared epochs that the call will drop, which therefore do not speak against it
 */
export function checkRack(core: NodeCore, got: RackId, cleared: readonly Epoch[] = []): void {
  const expected = cleared.length === 0 ? core.rackId : rackIdOf(without(core.state, cleared));
  if (expected !== null && expected !== got) refuse("ERR_TQ_INVALID_RACK_ID", { expected, got });
}

interface ParsedRequest {
  readonly rackId: RackId;
  readonly epoch: number;
  readonly members: readonly BaseboardId[];
  readonly threshold: number;
}

/** The shape of a request, without regard to the node: callers may come from plain JavaScript. */
function parseRequest(request: UpgradeRequest): ParsedRequest {
  const rackId = parseRackId(request.rackId);
  checkNumber("epoch", request.epoch);
  checkNumber("threshold", request.threshold);
  const given: unknown = request.members;
  if (typeof given !== "object" || given === null || !(Symbol.iterator in given)) {
    refuse("ERR_TQ_INVALID_ARGUMENT", { argument: "members", problem: "is not iterable" });
  }
  const members = Array.from(request.members, (id) => parseBaseboardId(id));
  if (new Set(members).size !== members.length) {
    refuse("ERR_TQ_INVALID_ARGUMENT", { argument: "members", problem: "names a sled twice" });
  }
  members.sort(compareBaseboardIds);
  return { rackId, epoch: request.epoch, members, threshold: request.threshold };
}

function checkMembership(self: BaseboardId, request: ParsedRequest): void {
  const { threshold } = request;
  const members = request.members.length;
  if (!request.members.includes(self)) {
    refuse("ERR_TQ_COORDINATOR_MUST_BE_A_MEMBER_OF_NEW_GROUP", { self });
  }
  if (members <= threshold) refuse("ERR_TQ_THRESHOLD_MISMATCH", { members, threshold });
  if (members < MEMBERS_MIN || members > MEMBERS_MAX) {
    refuse("ERR_TQ_INVALID_MEMBERSHIP_SIZE", { members });
  }
  const integer = Number.isInteger(threshold);
  if (!integer || threshold < THRESHOLD_MIN || threshold > THRESHOLD_MAX) {
    refuse("ERR_TQ_INVALID_THRESHOLD", { threshold });
  }
}

/** Above every configuration that is kept, and above what was abandoned. */
function checkAboveLatest(core: NodeCore, epoch: number, cleared: readonly Epoch[]): void {
  const kept =
    cleared.length === 0 ? core.latestConfig : latestConfig(without(core.state, cleared));
  const existing = Math.max(kept?.epoch ?? 0, core.state.abandoned ?? 0) as Epoch;
  if (epoch <= existing && existing > 0) {
    refuse("ERR_TQ_PREPARED_EPOCH_MISMATCH", { existing, new: epoch });
  }
}

function without(state: PersistentState, cleared: readonly Epoch[]): PersistentState {
  const configs = [...state.configs].filter(([epoch]) => !cleared.includes(epoch));
  return { ...state, configs: new Map(configs) };
}

/** Whether an epoch is one at all is the very last check, so that the others keep their errors. */
function validated(request: ParsedRequest): ValidatedReconfiguration {
  const { epoch } = request;
  if (!isEpoch(epoch)) refuse("ERR_TQ_INVALID_EPOCH", { epoch });
  return { ...request, epoch };
}

function sameRequest(a: ValidatedReconfiguration, b: ParsedRequest): boolean {
  return a.rackId === b.rackId && a.threshold === b.threshold && sameMembers(a.members, b.members);
}

const refuse: <C extends ConstructorParameters<typeof TrustQuorumError>[0]>(
  ...error: ConstructorParameters<typeof TrustQuorumError<C>>
) => never = (...error) => {
  throw new TrustQuorumError(...error);
};
