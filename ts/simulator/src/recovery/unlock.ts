/** The final checks of a healed rack: its members unlock, and dropped sleds learn that they were. */
import { latestCommittedConfig, latestCommittedEpoch } from "trust-quorum/protocol";
import type { BaseboardId } from "trust-quorum";
import type { Configuration, NodeLike } from "trust-quorum/protocol";
import { assertInvariant } from "../invariants/failure.ts";
import { tickAll } from "./settle.ts";
import type { ModelRecord } from "../rack/record.ts";
import type { Sled } from "../rack/sled.ts";
import type { World } from "../rack/world.ts";

/** These members have committed, and each loads the secrets of the whole chain. */
export function unlock(world: World, record: ModelRecord, members: readonly Sled[]): void {
  const { epoch, threshold } = record;
  for (const sled of members) {
    const committed = sled.node?.persistentState.commits.has(epoch) === true;
    assertInvariant(committed, "liveness", () => `${sled.id} has not committed epoch ${epoch}`);
    assertInvariant(
      sled.seen.expunged === null,
      "liveness",
      () => `the member ${sled.id} is expunged`,
    );
    world.apply({ kind: "clear", sled: sled.index });
    world.load(sled, 0);
  }
  world.host.settle();
  tickAll(world);
  for (const sled of members) {
    const loaded = sled.node?.work().rackSecrets.loaded.includes(epoch) === true;
    assertInvariant(loaded, "liveness", () => `${sled.id} does not unlock epoch ${epoch}`);
    world.checks.secrets.loaded(sled, epoch, true);
  }
  for (let offset = 0; offset < members.length; offset += Math.max(1, members.length >> 2)) {
    if (members.length >= threshold) world.checks.secrets.rebuilds(record, members, offset, true);
  }
}

/**
 * A sled that was dropped learns of it as soon as it wants to unlock, if anybody whom it asks then can
 * tell it.
 */
export function dropped(world: World, record: ModelRecord, sleds: readonly Sled[]): void {
  for (const sled of sleds) {
    const { node } = sled;
    if (node === null || record.members.has(sled.id)) continue;
    if (latestCommittedEpoch(node.persistentState) === null) continue;
    const { coverage } = world.host;
    if (node.persistentState.expunged === null && !canLearn(world, sled, node)) {
      coverage.count("phases", "a dropped sled that nobody can tell");
      continue;
    }
    // Only what it does not hold already makes it ask the others.
    world.apply({ kind: "clear", sled: sled.index });
    world.load(sled, 0);
    world.host.settle();
    const isExpunged = (): boolean => node.persistentState.expunged !== null;
    if (!isExpunged()) {
      // What some have said is forgotten where others first told it of a configuration that includes it:
      // the next tick asks them again.
      tickAll(world);
    }
    const knows = isExpunged();
    const suspects = !knows && isToldByTooFew(world, sled, node);
    assertInvariant(
      knows || suspects,
      "dropped-sleds-know",
      () => `${sled.id} takes itself for a member`,
    );
    coverage.count("phases", `a dropped sled that ${knows ? "knows" : "suspects"} it`);
  }
}

/** Whether all who can tell a sled that it was dropped have done so, and are fewer than it believes. */
function isToldByTooFew(world: World, sled: Sled, node: NodeLike): boolean {
  const { removalReports } = node.status();
  const config = latestCommittedConfig(node.persistentState);
  if (removalReports === null || config === null) return false;
  const tellers = tellersOf(world, sled, config);
  return (
    tellers.length < config.threshold && tellers.every((id) => removalReports.from.includes(id))
  );
}

/**
 * Whether somebody whom a sled asks for shares can tell it that it is expunged: it has committed a later
 * configuration that leaves the sled out. All of them may have been emptied since, or dropped along with
 * it; and one whose own latest commit still has the sled only hands that on.
 */
function canLearn(world: World, sled: Sled, node: NodeLike): boolean {
  const config = latestCommittedConfig(node.persistentState);
  return config !== null && tellersOf(world, sled, config).length > 0;
}

function tellersOf(world: World, sled: Sled, config: Configuration): BaseboardId[] {
  return config.members.filter((id) => {
    const other = world.host.sleds.of(id);
    const theirs = latestCommittedConfig(other.seen);
    const later = theirs !== null && theirs.epoch > config.epoch;
    return (
      other.node !== null &&
      other.seen.expunged === null &&
      later &&
      !theirs.members.includes(sled.id)
    );
  });
}
