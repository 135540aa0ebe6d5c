/** The steps of healing a rack: connecting, delivering, ticking, and the control plane's rounds. */
import { assertInvariant } from "../invariants/failure.ts";
import type { ControlPlane } from "../rack/control-plane.ts";
import type { Sled } from "../rack/sled.ts";
import type { World } from "../rack/world.ts";

/** How many rounds of the control plane are enough for anything. */
const ROUNDS_MAX = 60;

/** The sleds that are present: not left out of a shrunk run, and with a readable replica. */
export function present(world: World): Sled[] {
  return world.sleds.all.filter(({ index, lost }) => !lost && !world.setup.absent.includes(index));
}

/** What is on its way is lost, and no connection breaks: only asking again helps. */
export function loseAll(world: World): void {
  const { network } = world;
  while (network.busy > 0) {
    const { from, to } = network.busyLink(0);
    world.apply({ kind: "lose", from, to });
  }
}

/** Connects every pair of sleds that are there. */
export function connectAll(world: World): void {
  const sleds = present(world);
  sleds.forEach((a, i) => {
    for (const b of sleds.slice(i + 1)) world.connect(a, b);
  });
}

/** A tick of every sled that is there: each asks for what it lacks, and is answered. */
export function tickAll(world: World): void {
  for (const sled of present(world)) world.apply({ kind: "tick", sled: sled.index });
  world.host.settle();
}

/**
 * Runs the control plane until it has nothing left to do, or until `enough`.
 *
 * @returns false where it cannot go on
 */
export function reconcile(
  world: World,
  controlPlane: ControlPlane,
  enough = (): boolean => false,
): boolean {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    controlPlane.read();
    controlPlane.poll();
    world.host.settle();
    if (enough()) return true;
    const steps = controlPlane.steps();
    if (steps.every(({ kind }) => kind === "done")) return true;
    for (let choice = 0; choice < steps.length; choice++) controlPlane.act(choice);
    world.host.settle();
    tickAll(world);
    controlPlane.read();
  }
  return false;
}

/** Demands that the latest record is final, `committed` or `aborted`; otherwise liveness fails. */
export function assertSettled(world: World): void {
  const { latest } = world.database;
  const done = latest === undefined || latest.state === "committed" || latest.state === "aborted";
  assertInvariant(
    done,
    "liveness",
    () => `epoch ${latest?.epoch ?? 0} stays ${latest?.state ?? ""}`,
  );
}
