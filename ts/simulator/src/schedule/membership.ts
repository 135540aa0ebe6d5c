/** Which configurations the control planes of a simulation propose: those to which the invariants apply. */
import type { BaseboardId } from "trust-quorum";
import type { Sled } from "../rack/sled.ts";
import type { World } from "../rack/world.ts";

/** The members of the latest decided configuration; none where nothing was decided. */
export function currentMembers({ database }: World): readonly BaseboardId[] {
  return [...(database.lastDecided?.members ?? [])];
}

/**
 * Whether a sled may become a member of the next configuration. One that was dropped, or left out after it
 * had prepared, joins only after a factory reset: it may be told late that it is expunged, for good.
 */
export function mayJoin({ setup, database }: World, sled: Sled): boolean {
  if (database.lastDecided?.members.has(sled.id) === true) return false;
  if (setup.absent.includes(sled.index)) return false;
  if (sled.amnesiac || sled.lost) return false;
  return !database.mayKeepOld(sled.id, sled.resetUpTo);
}

/** Whether a sled may coordinate, as far as it is itself concerned. */
export function mayCoordinate(world: World, sled: Sled): boolean {
  const first = world.database.lastDecided === undefined;
  return sled.honest && (world.setup.bootstore === null || !first || hasLrtq(sled));
}

/** Whether there are at most as many hostile members as the protocol withstands. */
export function isWithstood({ host }: World, members: readonly BaseboardId[]): boolean {
  const hostile = members.filter((id) => host.sleds.of(id).hostile).length;
  return hostile <= Math.floor(members.length / 2);
}

/** Whether a sled has a share of the bootstore's secret. */
export function hasLrtq(sled: Sled): boolean {
  return sled.seen.lrtq !== null;
}

/**
 * Whether a control plane may propose this configuration, by the rules above; the database refuses what
 * the protocol's section 8 refuses.
 */
export function mayPropose(
  world: World,
  { members, coordinator }: { readonly members: readonly number[]; readonly coordinator: number },
): boolean {
  const sleds = members.map((index) => world.sleds.at(index));
  const current = new Set(currentMembers(world));
  const fit = sleds.every((sled) => current.has(sled.id) || mayJoin(world, sled));
  const ids = sleds.map(({ id }) => id);
  if (!fit || !isWithstood(world, ids)) return false;
  const { bootstore } = world.setup;
  const upgrades = bootstore !== null && current.size === 0;
  if (upgrades && sleds.filter(hasLrtq).length < bootstore.threshold) return false;
  return mayCoordinate(world, world.sleds.at(coordinator));
}
