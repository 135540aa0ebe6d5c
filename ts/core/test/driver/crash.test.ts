/**
 * A crash at every point between input and send: nothing that left a sled, and nothing that a caller
 * was told, goes beyond what its disk had confirmed, and the work is finished after the restart. The
 * checks themselves are in `rack.ts` and `control-plane.ts`.
 */
import { describe, expect, test } from "vitest";
import type { BaseboardId, RackId } from "../../src/base/id-types.ts";
import type { RackSecret } from "../../src/protocol/crypto.ts";
import { initialState } from "../../src/protocol/persistent-state.ts";
import type { PersistentState } from "../../src/protocol/persistent-state.ts";
import { RACK, lrtqRack, sled, sleds } from "../protocol/fixtures.ts";
import { ControlPlane } from "./control-plane.ts";
import { Rack } from "./rack.ts";
import type { Crash } from "./rack.ts";
import { sampled } from "../../../../scripts/vitest/effort.ts";

const SEEDS = [1, 2];

interface Flow {
  readonly name: string;
  readonly ledgers: () => Map<BaseboardId, PersistentState | null>;
  readonly victims: Readonly<Record<string, BaseboardId>>;
  readonly run: (rack: Rack) => Promise<void>;
}

const flows: readonly Flow[] = [
  {
    name: "a new rack, then one sled replaced",
    ledgers: () => new Map(sleds(5).map((id) => [id, null])),
    victims: { "the coordinator": sled(0), "a member": sled(1), "the new sled": sled(4) },
    run: newRackThenReplacement,
  },
  {
    name: "an upgrade from LRTQ that one sled misses",
    ledgers: () => new Map(sleds(5).map((id, i) => [id, initialState(lrtqRack(5).data(i))])),
    victims: { "the coordinator": sled(0), "a member": sled(1), "the one cut off": sled(4) },
    run: upgradeThatOneMisses,
  },
];

describe.each(flows)("$name", (flow) => {
  describe.each(SEEDS)("seed %i", (seed) => {
    test.each(Object.entries(flow.victims))("%s crashes at every point", async (_, victim) => {
      const undisturbed = await play(flow, seed, { victim, at: 0 });
      const { points } = undisturbed;
      expect(points).toEqual(expect.arrayContaining(["a save is written", "before an answer"]));
      for (const at of sampled(points.keys(), 20).map((index) => index + 1)) {
        try {
          const rack = await play(flow, seed, { victim, at });
          expect(rack.points.slice(0, at)).toEqual(points.slice(0, at));
        } catch (cause) {
          throw new Error(`crashed at point ${at} (${points[at - 1]}), seed ${seed}`, { cause });
        }
      }
    });
  });
});

async function play(flow: Flow, seed: number, crash: Crash): Promise<Rack> {
  const rack = new Rack({ ledgers: flow.ledgers(), crash, seed });
  await rack.run(() => flow.run(rack));
  return rack;
}

async function newRackThenReplacement(rack: Rack): Promise<void> {
  const plane = new ControlPlane(rack);
  const rackId = RACK;
  const coordinator = sled(0);
  const before = [sled(0), sled(1), sled(2), sled(3)];
  const after = [sled(0), sled(1), sled(2), sled(4)];
  const first = await plane.establish({ rackId, kind: "initial", members: before, coordinator });
  const second = await plane.establish({
    rackId,
    kind: "reconfigure",
    members: after,
    coordinator,
  });
  await sameSecret(plane, before.slice(0, 3), first.epoch);
  await sameSecret(plane, after, second.epoch);
}

async function upgradeThatOneMisses(rack: Rack): Promise<void> {
  const plane = new ControlPlane(rack);
  const lrtq = lrtqRack(5);
  const missing = sled(4);
  rack.isolate(missing, true);
  const upgraded = await plane.establish(
    {
      rackId: lrtq.rackId satisfies RackId,
      kind: "upgradeFromLrtq",
      members: sleds(5),
      coordinator: sled(0),
    },
    (state) => {
      if (state === "committing") rack.isolate(missing, false);
    },
  );
  await sameSecret(plane, sleds(5), upgraded.epoch);
  for (const secret of await sameSecret(plane, sleds(5), 1)) {
    secret.expose((bytes) => expect(bytes).toEqual(lrtq.secret));
  }
}

/** Unlocks on each of the sleds; all must find the same. */
async function sameSecret(
  plane: ControlPlane,
  members: readonly BaseboardId[],
  epoch: number,
): Promise<RackSecret[]> {
  const secrets: RackSecret[] = [];
  for (const member of members) secrets.push(await plane.unlock(member, epoch));
  const [first] = secrets;
  for (const secret of secrets) expect(first?.equals(secret)).toBe(true);
  return secrets;
}
