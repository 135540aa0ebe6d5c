/**
 * Liveness in spite of hostile members. With the hostile sleds switched off, and those that would send false
 * information on, the honest rest unlocks the latest committed configuration as long as K of its members hold
 * their share; and it can change the membership to itself. `docs/simulator.md` defines the terms, and says why.
 */
import type { BaseboardId, Epoch } from "trust-quorum";
import { latestConfig } from "trust-quorum/protocol";
import type { PersistentState } from "trust-quorum/protocol";
import type { ModelRecord } from "../rack/record.ts";
import type { ControlPlane } from "../rack/control-plane.ts";
import { assertInvariant } from "../invariants/failure.ts";
import { connectAll, assertSettled, present, reconcile } from "./settle.ts";
import type { Sled } from "../rack/sled.ts";
import { dropped, unlock } from "./unlock.ts";
import type { World } from "../rack/world.ts";

/** Switches the hostile members off, and checks that the others make progress. */
export function healWithoutHostile(world: World, controlPlane: ControlPlane): void {
  // A change under way may have been acknowledged falsely: it is aborted.
  controlPlane.read();
  controlPlane.abort();
  takeAway(world);
  const record = world.database.lastDecided;
  if (record === undefined) {
    begin(world, controlPlane);
    return;
  }
  const members = [...record.members].map((id) => world.host.sleds.of(id));
  const rest = members.filter((sled) => canCommit(world, sled, record));
  if (rest.filter((sled) => holdsShare(world, sled, record)).length < record.threshold) {
    count(world, "too few members that nobody misled");
    return;
  }
  const told = commitAll(world, controlPlane, record, rest);
  unlock(world, record, told);
  count(world, "unlocked without its hostile members");
  change(world, controlPlane, record, told);
}

/** Stops the hostile sleds, and the honest ones that would send false information to others. */
function takeAway(world: World): void {
  const { influence, host } = world;
  for (const sled of present(world)) {
    const { node } = sled;
    if (node === null) continue;
    const misleads = influence.misleads(node.persistentState);
    if (sled.hostile || misleads) {
      if (!sled.hostile) host.coverage.count("phases", "an honest sled that misleads others");
      world.crash(sled, true);
      continue;
    }
    // It may be after shares of what was never committed; a new process is not.
    const computing = node.work().computingShare;
    if (computing !== null && !isRight(world, sled, computing.epoch)) world.restart(sled, true);
  }
  connectAll(world);
  world.host.settle();
}

function isRight(world: World, { seen }: Sled, epoch: number): boolean {
  return (
    world.influence.isDecided(epoch) && !world.influence.foreign(seen).some((one) => one === epoch)
  );
}

/** Whether a member is there and not expunged, and keeps the configuration or has room for it. */
function canCommit(world: World, { node }: Sled, { epoch }: ModelRecord): boolean {
  if (node === null) return false;
  const { persistentState: state } = node;
  return state.expunged === null && world.influence.canKeep(state, epoch);
}

function holdsShare(world: World, { seen }: Sled, { epoch }: ModelRecord): boolean {
  return seen.shares.has(epoch) && !world.influence.foreign(seen).includes(epoch);
}

/**
 * Has the members commit: all of them, or those that have done so where another configuration came
 * in between, as the control plane goes on with the latest one only.
 */
function commitAll(
  world: World,
  controlPlane: ControlPlane,
  { epoch }: ModelRecord,
  members: readonly Sled[],
): readonly Sled[] {
  const committed = ({ seen }: Sled): boolean => seen.commits.has(epoch);
  if (world.database.latest?.epoch !== epoch) return members.filter(committed);
  reconcile(world, controlPlane, () => members.every(committed));
  return members;
}

/** The members that can prepare the next epoch change the membership to themselves. */
function change(
  world: World,
  controlPlane: ControlPlane,
  record: ModelRecord,
  told: readonly Sled[],
): void {
  const next = nextEpoch(world, record.epoch + 1);
  const members = told.filter(({ seen }) => canPrepare(world, seen, next));
  const ids = members.map(({ id }) => id);
  const eligible = ids.length < 3 ? [] : world.database.eligibleCoordinators(ids);
  const coordinator = eligible.find((id) => canCoordinate(world.host.sleds.of(id).seen, next));
  // Read anew: the members have acknowledged meanwhile.
  const last = world.database.lastDecided ?? record;
  if (coordinator === undefined || (last.state === "committing" && !last.mayBeSuperseded)) {
    count(world, "too few members to go on without the others");
    return;
  }
  goOn(world, controlPlane, { members, coordinator });
}

/** No configuration was committed yet: the sleds that can prepare the first one make it. */
function begin(world: World, controlPlane: ControlPlane): void {
  const { bootstore } = world.setup;
  const next = nextEpoch(world, bootstore === null ? 1 : 2);
  const members = present(world)
    .filter(({ node, seen }) => node !== null && canPrepare(world, seen, next))
    .filter(({ seen }) => bootstore === null || seen.lrtq !== null)
    .slice(0, 32);
  const coordinator = members.find(({ seen }) => canCoordinate(seen, next))?.id;
  if (coordinator === undefined || members.length < Math.max(3, bootstore?.threshold ?? 0)) {
    count(world, "too few sleds for a first configuration");
    return;
  }
  goOn(world, controlPlane, { members, coordinator });
}

function nextEpoch({ database }: World, first: number): Epoch {
  return ((database.latest?.epoch ?? first - 1) + 1) as Epoch;
}

function canPrepare({ influence }: World, state: PersistentState, next: Epoch): boolean {
  return state.expunged === null && !state.configs.has(next) && influence.canKeep(state, next);
}

function canCoordinate(state: PersistentState, next: Epoch): boolean {
  return (latestConfig(state)?.epoch ?? 0) < next;
}

/** A configuration of these members is proposed, committed by all of them, and unlocked. */
function goOn(
  world: World,
  controlPlane: ControlPlane,
  {
    members,
    coordinator,
  }: { readonly members: readonly Sled[]; readonly coordinator: BaseboardId },
): void {
  const proposed = controlPlane.propose(
    members.map(({ id }) => id),
    coordinator,
  );
  const { latest } = world.database;
  assertInvariant(
    proposed,
    "liveness",
    () => `no configuration can follow epoch ${latest?.epoch ?? 0}`,
  );
  reconcile(world, controlPlane);
  assertSettled(world);
  const record = world.database.latest as ModelRecord;
  assertInvariant(
    record.state === "committed",
    "liveness",
    () => `epoch ${record.epoch} is aborted`,
  );
  unlock(world, record, members);
  // Whoever takes a later configuration for real, takes this one for the past.
  const others = present(world).filter(({ hostile, seen }) => {
    return !hostile && canCoordinate(seen, record.epoch);
  });
  dropped(world, record, others);
  count(world, "changed without its hostile members");
}

function count(world: World, phase: string): void {
  world.host.coverage.count("phases", `hostile: ${phase}`);
}
