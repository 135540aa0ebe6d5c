/** Phases 2 and 3: the upgrade to the trust quorum, begun by one sled and finished by another. */
import type { BaseboardId, Epoch } from "trust-quorum";
import {
  acknowledgementsNeeded,
  eligibleCoordinators,
  preparedMembers,
} from "trust-quorum/control";
import type { ConfigurationRecord } from "trust-quorum/control";
import { wipeState } from "trust-quorum/ledger";
import { LRTQ_EPOCH, hasPrepared } from "trust-quorum/protocol";
import type { Flight } from "./network.ts";
import { serialOf } from "./rack.ts";
import { listed, loadedChain, prove, statusOf } from "./scene.ts";
import type { Scene, SecretChain } from "./scene.ts";
import type { Row } from "./terminal.ts";

/**
 * Starts the upgrade on one sled, and cuts that sled's power when half of the others have their
 * shares.
 *
 * @returns the sled that crashed
 */
export async function startUpgrade(scene: Scene): Promise<BaseboardId> {
  const { rack, controlPlane, story } = scene;
  const record = await propose(scene, members(scene)[0]);
  const coordinator = record.coordinator;
  story.phase("The upgrade begins, and its coordinator loses power", `epoch ${record.epoch}`);
  story.say(
    `The rack unlocks with any K = ${record.threshold} of ${record.members.size} members; a commit takes ` +
      `K + Z = ${acknowledgementsNeeded(record)} with their shares on disk.`,
  );
  story.say(
    `${serialOf(coordinator)} coordinates: from ${scene.bootstore.threshold} LRTQ shares it rebuilds ` +
      "the old secret, seals it under a new one, and hands each member its share of that. Half-way " +
      "through, its power fails.",
  );
  for (const member of members(scene)) await rack.boot(member);
  await controlPlane.reconcile();
  let handedOut = Math.floor((record.members.size - 1) / 2);
  await rack.run({ until: ({ kind }) => kind === "prepare" && --handedOut === 0 });
  await controlPlane.reconcile();
  await rack.crash(coordinator);
  await rack.run();

  const after = await controlPlane.reconcile();
  prove(
    after.coordinator === undefined && after.seen.failures.has(coordinator),
    "the control plane misses the coordinator",
  );
  const heard = preparedMembers(controlPlane.latest).length;
  await controlPlane.abort(`its coordinator ${coordinator} cannot be reached`);
  const rows: Row[] = [];
  for (const member of members(scene)) rows.push(await crashRow(scene, record, member));
  story.rows([
    ...rows,
    {
      who: "control plane",
      what: "aborted",
      text: `it has heard of ${heard} of the ${acknowledgementsNeeded(record)} it needs, and cannot reach the coordinator`,
      tone: "bad",
    },
  ]);
  return coordinator;
}

/** What came of the upgrade. */
export interface Upgraded {
  /** The sled that missed its share and computed it. */
  readonly computed: BaseboardId;
  /** The secrets that it loaded with that share, as a witness; whoever gets them disposes of them. */
  readonly witness: SecretChain;
}

/** Finishes the upgrade on another sled, while one member's cable is pulled. */
export async function finishUpgrade(scene: Scene, crashed: BaseboardId): Promise<Upgraded> {
  const { rack, controlPlane, story } = scene;
  const eligible = eligibleCoordinators(controlPlane.records, members(scene));
  const record = await propose(
    scene,
    eligible.find((member) => rack.reachable(member)),
  );
  const { epoch, coordinator } = record;
  const missing = members(scene).findLast((id) => id !== coordinator && id !== crashed);
  prove(missing !== undefined, "a third member can miss its share");
  const [who, back] = [serialOf(missing), serialOf(crashed)];
  story.phase("Another sled takes over", `epoch ${epoch}`);
  story.say(
    `${serialOf(coordinator)} starts afresh, with another new secret. What epoch 2 left in the ` +
      `ledgers is worth nothing: it was never committed. Meanwhile ${back} gets its power back, and ` +
      `${who} has its cable pulled after it gave its LRTQ share, and before it gets its new one.`,
  );
  await controlPlane.reconcile();
  const before = ({ kind, to }: Flight): void => {
    if (kind === "prepare" && to === missing) rack.unplug(missing);
  };
  await rack.run({ before });
  await rack.boot(crashed);
  prove(
    (await statusOf(scene, crashed)).coordinating === null,
    "a restart forgets what it coordinated",
  );
  await rack.run({ before });
  await controlPlane.reconcile();
  prove(controlPlane.latest.state === "committing", "enough members have prepared");
  const prepared = preparedMembers(controlPlane.latest).length;

  await computeMissing(scene, missing, epoch);
  const witness = await unlockWithComputed(scene, missing, epoch);
  story.rows([
    ...members(scene).map((member) => commitRow(scene, member, { missing, crashed })),
    {
      who: "control plane",
      what: "committed",
      text: `decided when ${prepared} had prepared (${acknowledgementsNeeded(record)} were needed); by now all have committed`,
      tone: "good",
    },
  ]);
  const epochs = [...witness.keys()].map((key) => (key === LRTQ_EPOCH ? "1 (LRTQ)" : key));
  story.say(
    `${who} unlocks with the share that it computed: secrets of epochs ${listed(epochs)}.`,
    "good",
  );
  return { computed: missing, witness };
}

function members({ bootstore }: Scene): readonly BaseboardId[] {
  return bootstore.members.map(({ id }) => id);
}

function propose(scene: Scene, coordinator: BaseboardId | undefined): Promise<ConfigurationRecord> {
  prove(coordinator !== undefined, "a sled can coordinate");
  const request = {
    kind: "upgradeFromLrtq",
    members: members(scene),
    coordinator,
  } as const;
  return scene.controlPlane.propose(request);
}

/** Plugs the sled in again: it is told of the commit, and computes its share from those of others. */
async function computeMissing(scene: Scene, missing: BaseboardId, epoch: Epoch): Promise<void> {
  const { rack, controlPlane } = scene;
  const lacks = !(await statusOf(scene, missing)).persistentState.shares.includes(epoch);
  prove(lacks, "the sled has missed its share");
  await rack.plug(missing);
  await rack.run();
  await controlPlane.reconcile();
  const { computingShare } = await statusOf(scene, missing);
  prove(computingShare?.epoch === epoch, "the sled computes its share");
  await rack.run();
  await controlPlane.reconcile();
  prove(controlPlane.latest.state === "committed", "every member has committed");
}

async function unlockWithComputed(
  scene: Scene,
  sled: BaseboardId,
  epoch: Epoch,
): Promise<SecretChain> {
  const node = scene.rack.node(sled);
  prove((await node.loadRackSecret(epoch)) === undefined, "one share alone does not unlock");
  await scene.rack.run();
  const chain = await loadedChain(scene, sled);
  prove(
    chain.has(1) && chain.has(epoch),
    "the computed share unlocks, and the LRTQ secret is there",
  );
  return chain;
}

async function crashRow(
  scene: Scene,
  { epoch, coordinator }: ConfigurationRecord,
  sled: BaseboardId,
): Promise<Row> {
  const who = serialOf(sled);
  // Read from the file: what counts after a crash is what is on disk.
  const ledger = await scene.folder.load(sled);
  const share = ledger?.state.shares.get(epoch)?.x ?? 0;
  const prepared = ledger !== null && hasPrepared(ledger.state, epoch);
  if (ledger !== null) wipeState(ledger.state);
  if (sled === coordinator) {
    prove(prepared, "the coordinator's own share is on disk");
    const text = `its share ${share} is in its ledger; the other shares were in its memory only`;
    return { who, what: "crashed", text, tone: "bad" };
  }
  return prepared
    ? { who, what: "prepared", text: `share ${share} is in its ledger`, tone: "good" }
    : { who, what: "nothing", text: "its share was lost on the way", tone: "quiet" };
}

function commitRow(
  scene: Scene,
  sled: BaseboardId,
  { missing, crashed }: { missing: BaseboardId; crashed: BaseboardId },
): Row {
  const { config, threshold, coordinator } = scene.controlPlane.latest;
  const [who, share] = [serialOf(sled), (config?.indexOf(sled) ?? -1) + 1];
  if (sled === missing) {
    const text = `share ${share}, missed at first: computed from ${threshold} of the others' shares`;
    return { who, what: "computed", text, tone: "good" };
  }
  const note =
    sled === coordinator ? ", coordinator" : sled === crashed ? ", back from its ledger" : "";
  return { who, what: "committed", text: `share ${share}${note}`, tone: "good" };
}
