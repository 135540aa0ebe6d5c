/**
 * The end of a run: every fault ends, every message is delivered, and the members of the latest committed
 * configuration must unlock. Where all invariants apply, the rack must also commit a configuration more. For a
 * rack with hostile members see `heal-hostile.ts`.
 */
import type { BaseboardId } from "trust-quorum";
import { assertInvariant } from "../invariants/failure.ts";
import { healWithoutHostile } from "./heal-hostile.ts";
import { hasForgers } from "../schedule/options.ts";
import type { ModelRecord } from "../rack/record.ts";
import type { ControlPlane } from "../rack/control-plane.ts";
import { connectAll, assertSettled, loseAll, present, reconcile } from "./settle.ts";
import { dropped, unlock } from "./unlock.ts";
import type { World } from "../rack/world.ts";

/** Heals a rack and checks that it works. */
export function heal(world: World): void {
  world.network.unblockAll();
  const [controlPlane] = world.controlPlanes;
  if (controlPlane === undefined) return;
  for (const one of world.controlPlanes) {
    one.crash();
    one.unreachable.clear();
  }
  if (world.setup.loseAtEnd) loseAll(world);
  for (const sled of present(world)) {
    if (sled.node === null || world.setup.restartAll) world.restart(sled, true);
  }
  connectAll(world);
  world.host.settle();
  if (hasForgers(world.setup.profile)) {
    for (const sled of present(world)) {
      if (sled.node !== null) world.checks.bounded(sled, sled.node);
    }
    healWithoutHostile(world, controlPlane);
    return;
  }
  finish(world, controlPlane);
  if (world.checks.strict) {
    assertSettled(world);
    changeOnce(world, controlPlane);
    finish(world, controlPlane);
    assertSettled(world);
  }
  const record = world.database.lastDecided;
  if (record === undefined) return;
  unlockMembers(world, record);
  if (world.checks.strict) dropped(world, record, present(world));
  world.host.coverage.count("phases", "healed and unlocked");
}

/** Finishes what is under way, or aborts it where sleds have lost shares that it needs. */
function finish(world: World, controlPlane: ControlPlane): void {
  if (reconcile(world, controlPlane)) return;
  const { latest } = world.database;
  if (latest?.isPreparing === true && !world.checks.strict) controlPlane.abort();
}

/** The same members once more, or the first configuration where there was none. */
function changeOnce(world: World, controlPlane: ControlPlane): void {
  const { latest, lastDecided } = world.database;
  if (latest?.isPreparing === true) return;
  const members = lastDecided === undefined ? first(world) : [...lastDecided.members];
  const coordinators = world.database
    .eligibleCoordinators(members)
    .filter(
      (id) =>
        world.setup.bootstore === null ||
        world.host.sleds.of(id).seen.lrtq !== null ||
        lastDecided !== undefined,
    );
  const [coordinator] = coordinators;
  if (coordinator === undefined) return;
  controlPlane.propose(members, coordinator);
}

function first(world: World): readonly BaseboardId[] {
  const { bootstore } = world.setup;
  const sleds = present(world).filter(({ seen }) => bootstore === null || seen.lrtq !== null);
  return sleds.slice(0, 32).map(({ id }) => id);
}

/** Every member has committed, and loads the secrets of the whole chain. */
function unlockMembers(world: World, record: ModelRecord): void {
  const members = [...record.members].map((id) => world.host.sleds.of(id));
  // A record that was superseded by one that was then aborted is nobody's to finish: its last members
  // may not learn of the commit before the next configuration.
  const complete = record.state === "committed";
  assertInvariant(
    complete || !world.checks.strict,
    "liveness",
    () => `epoch ${record.epoch} is given up`,
  );
  const trusted = members.filter(
    ({ honest, seen }) => honest && (complete || seen.commits.has(record.epoch)),
  );
  unlock(world, record, trusted);
}
