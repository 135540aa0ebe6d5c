/**
 * The end of a run: every fault is healed, everything is delivered, and the rack must come to rest
 * unlocked. Where all promises hold, it must also be able to change its membership once more.
 */
import {
  eligibleCoordinators,
  isPreparing,
  latestCommittedConfig,
  latestCommittedEpoch,
} from "trust-quorum";
import type { BaseboardId, ConfigurationRecord, DrivenNode } from "trust-quorum";
import { must } from "./failure.ts";
import type { Plane } from "./plane.ts";
import type { Sled } from "./sled.ts";
import type { World } from "./world.ts";

/** How many rounds of the control plane are enough for anything. */
const ROUNDS_MAX = 60;
/** How many messages may go back and forth until it counts as endless. */
const DELIVERIES_MAX = 2_000_000;

/** Heals a rack and checks that it works. */
export function heal(world: World): void {
  const { host } = world;
  world.network.unblockAll();
  const [plane] = world.planes;
  if (plane === undefined) return;
  for (const one of world.planes) {
    one.crash();
    one.unreachable.clear();
  }
  if (world.setup.loseAtEnd) loseAll(world);
  for (const sled of present(world)) {
    if (sled.node === null || world.setup.restartAll) world.restart(sled, true);
  }
  connectAll(world);
  settle(world);
  // With hostile members, and after disks have forgotten, the rest is not promised.
  if (world.setup.profile === "hostile" || world.setup.profile === "spoofed") {
    for (const sled of present(world))
      if (sled.node !== null) world.checks.bounded(sled, sled.node);
    return;
  }
  reconcile(world, plane);
  if (world.checks.strict) {
    finished(world);
    changeOnce(world, plane);
    reconcile(world, plane);
    finished(world);
  }
  const record = world.database.lastDecided;
  if (record === undefined) return;
  unlock(world, record);
  dropped(world, record);
  host.coverage.count("phases", "healed and unlocked");
}

function present(world: World): Sled[] {
  return world.sleds.filter(({ index, lost }) => !lost && !world.setup.absent.includes(index));
}

/** What is on its way is lost, and no connection breaks: only asking again helps. */
function loseAll(world: World): void {
  const { network } = world;
  while (network.busy > 0) {
    const { from, to } = network.busyLink(0);
    world.apply({ kind: "lose", from, to });
  }
}

function connectAll(world: World): void {
  const sleds = present(world);
  sleds.forEach((a, i) => {
    for (const b of sleds.slice(i + 1)) world.connect(a, b);
  });
}

/** Saves and delivers until nothing is left to do. */
function settle(world: World): void {
  const { network, host, sleds } = world;
  for (let deliveries = 0; ; deliveries++) {
    must(deliveries < DELIVERIES_MAX, "liveness", () => "messages go around without an end");
    if (network.busy > 0) {
      const { from, to } = network.busyLink(0);
      host.time += 1;
      world.deliver(from, to);
      continue;
    }
    const saving = sleds.find((sled) => sled.saving !== null);
    if (saving === undefined) return;
    host.save(saving, "done");
  }
}

function tickAll(world: World): void {
  for (const sled of present(world)) world.apply({ kind: "tick", sled: sled.index });
  settle(world);
}

/** Runs the control plane until it has nothing left to do, or cannot go on. */
function reconcile(world: World, plane: Plane): void {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    plane.read();
    plane.poll();
    settle(world);
    const actions = plane.actions();
    if (actions.every(({ kind }) => kind === "done")) return;
    for (let choice = 0; choice < actions.length; choice++) plane.act(choice);
    settle(world);
    tickAll(world);
    plane.read();
  }
  // An upgrade or reconfiguration whose shares a forgetful sled held cannot be finished.
  const { latest } = world.database;
  if (latest !== undefined && isPreparing(latest) && !world.checks.strict) plane.abort();
}

/** Whether the control plane has brought its latest record to an end. */
function finished(world: World): void {
  const { latest } = world.database;
  const done = latest === undefined || latest.state === "committed" || latest.state === "aborted";
  must(done, "liveness", () => `epoch ${latest?.epoch ?? 0} stays ${latest?.state ?? ""}`);
}

/** The same members once more, or the first configuration where there was none. */
function changeOnce(world: World, plane: Plane): void {
  const { records, latest, lastDecided } = world.database;
  if (latest !== undefined && isPreparing(latest)) return;
  const members = lastDecided === undefined ? first(world) : [...lastDecided.members.keys()];
  const coordinators = eligibleCoordinators(records, members).filter(
    (id) =>
      world.setup.bootstore === null ||
      world.host.byId(id).seen.lrtq !== null ||
      lastDecided !== undefined,
  );
  const [coordinator] = coordinators;
  if (coordinator === undefined) return;
  plane.propose(members, coordinator);
}

function first(world: World): readonly BaseboardId[] {
  const { bootstore } = world.setup;
  const sleds = present(world).filter(({ seen }) => bootstore === null || seen.lrtq !== null);
  return sleds.slice(0, 32).map(({ id }) => id);
}

/** Every member has committed, and loads the secrets of the whole chain. */
function unlock(world: World, record: ConfigurationRecord): void {
  const members = [...record.members.keys()].map((id) => world.host.byId(id));
  // A record that was superseded by one that was then aborted is nobody's to finish: its last members
  // may not learn of the commit before the next configuration.
  const complete = record.state === "committed";
  must(complete || !world.checks.strict, "liveness", () => `epoch ${record.epoch} is given up`);
  const trusted = members.filter(
    ({ honest, seen }) => honest && (complete || seen.commits.has(record.epoch)),
  );
  for (const sled of trusted) {
    const committed = sled.node?.persistentState.commits.has(record.epoch) === true;
    must(committed, "liveness", () => `${sled.id} has not committed epoch ${record.epoch}`);
    must(sled.seen.expunged === null, "liveness", () => `the member ${sled.id} is expunged`);
    world.apply({ kind: "clear", sled: sled.index });
    world.load(sled, 0);
  }
  settle(world);
  tickAll(world);
  for (const sled of trusted) {
    const { node } = sled;
    const loaded = node?.work().rackSecrets.loaded.includes(record.epoch) === true;
    must(loaded, "liveness", () => `${sled.id} does not unlock epoch ${record.epoch}`);
    world.checks.loaded(sled, record.epoch, true);
  }
  for (let offset = 0; offset < trusted.length; offset += Math.max(1, trusted.length >> 2)) {
    if (trusted.length >= record.threshold) world.checks.rebuilds(record, trusted, offset, true);
  }
}

/**
 * Whether somebody whom a sled asks for shares knows of a later commit. All of them may have been
 * emptied since, or dropped along with it.
 */
function canLearn(world: World, node: DrivenNode): boolean {
  const config = latestCommittedConfig(node.persistentState);
  return (
    config !== null &&
    config.members.some((id) => {
      const other = world.host.byId(id);
      return (latestCommittedEpoch(other.seen) ?? 0) > config.epoch && other.seen.expunged === null;
    })
  );
}

/** A sled that was dropped learns of it as soon as it wants to unlock. */
function dropped(world: World, record: ConfigurationRecord): void {
  if (!world.checks.strict) return;
  for (const sled of present(world)) {
    const { node } = sled;
    if (node === null || record.members.has(sled.id) || !canLearn(world, node)) continue;
    // Only what it does not hold already makes it ask the others.
    world.apply({ kind: "clear", sled: sled.index });
    world.load(sled, 0);
    settle(world);
    const knows = node.persistentState.expunged !== null;
    must(knows, "dropped-sleds-know", () => `${sled.id} takes itself for a member`);
  }
}
