/** Phase 4: sleds join, one leaves. */
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { eligibleCoordinators } from "trust-quorum/control";
import { serialOf } from "./rack.ts";
import { prove, statusOf } from "./scene.ts";
import type { Scene } from "./scene.ts";
import type { Row } from "./terminal.ts";

/** Adds the newcomers and removes one sled, which then learns that it was expunged. */
export async function reconfigure(
  scene: Scene,
  { removed, preferred }: { removed: BaseboardId; preferred: BaseboardId },
): Promise<void> {
  const { rack, controlPlane, story, bootstore } = scene;
  const { newcomers } = bootstore;
  const old = controlPlane.latest;
  const members = [...old.members.keys()].filter((id) => id !== removed).concat(newcomers);
  const eligible = eligibleCoordinators(controlPlane.records, members);
  prove(eligible.includes(preferred), "a sled with a computed share can coordinate");
  const request = { kind: "reconfigure", members, coordinator: preferred } as const;
  const { epoch, threshold } = await controlPlane.propose(request);
  const joining = newcomers.length === 1 ? "One sled joins" : "Two sleds join";
  story.phase(`${joining}, one leaves`, `epoch ${epoch}`);
  story.say(
    `${serialOf(preferred)} coordinates, with its computed share: ${old.threshold} shares of epoch ` +
      `${old.epoch} open the chain of secrets, which it seals under a new one. ` +
      `Now K = ${threshold} of ${members.length} members.`,
  );
  for (const sled of newcomers) await rack.boot(sled);
  await controlPlane.reconcile();
  await rack.run();
  await controlPlane.reconcile();
  await rack.run();
  prove(controlPlane.latest.state === "committed", "every member has committed");
  const from = await learnExpunged(scene, removed, old.epoch);
  const all = [removed, ...members].sort(compareBaseboardIds);
  story.rows(all.map((sled) => memberRow(scene, sled, { removed, from })));
}

/** Nobody tells a removed sled: it learns it when it asks for shares. */
async function learnExpunged(
  scene: Scene,
  removed: BaseboardId,
  epoch: number,
): Promise<BaseboardId> {
  const { rack } = scene;
  const before = (await statusOf(scene, removed)).persistentState.expunged;
  prove(before === null, "the removed sled does not know it yet");
  prove((await rack.node(removed).loadRackSecret(epoch)) === undefined, "it has to ask the others");
  await rack.run();
  const { persistentState, rackSecrets } = await statusOf(scene, removed);
  prove(persistentState.expunged !== null, "the removed sled has learnt that it is expunged");
  prove(rackSecrets.loaded.length === 0, "the removed sled gets no secret");
  return persistentState.expunged.from;
}

function memberRow(
  scene: Scene,
  sled: BaseboardId,
  { removed, from }: { removed: BaseboardId; from: BaseboardId },
): Row {
  const who = serialOf(sled);
  if (sled === removed) {
    const text = `asks for shares as before; ${serialOf(from)} tells it that it is expunged`;
    return { who, what: "removed", text, tone: "bad" };
  }
  const { config, coordinator } = scene.controlPlane.latest;
  const share = `share ${(config?.indexOf(sled) ?? -1) + 1}`;
  if (scene.bootstore.newcomers.includes(sled)) {
    return { who, what: "joined", text: `${share}, its first`, tone: "good" };
  }
  const note = sled === coordinator ? ", coordinator" : "";
  return { who, what: "committed", text: `${share}${note}`, tone: "good" };
}
