/** Phases 5 and 6: the power fails, and the rack unlocks itself. */
import { compareBaseboardIds } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { wipeState } from "trust-quorum/ledger";
import { latestCommittedEpoch, summarize } from "trust-quorum/protocol";
import { serialOf } from "./rack.ts";
import { counted, disposeChain, listed, loadedChain, prove, statusOf } from "./scene.ts";
import type { Scene, SecretChain } from "./scene.ts";
import type { Row } from "./terminal.ts";

/** What the ledgers hold together. */
export interface OnDisk {
  readonly files: number;
  readonly bytes: number;
  readonly expunged: readonly BaseboardId[];
}

/** Cuts the power of every sled, and looks at what is left. */
export async function loseAllPower(scene: Scene): Promise<OnDisk> {
  const { rack, folder, story } = scene;
  const sleds = [...rack.powered].sort(compareBaseboardIds);
  story.phase(
    "The power fails",
    folder.temporary ? "files in a temporary folder" : "files that are kept",
  );
  story.say(
    `All ${sleds.length} sleds go down at once. Whatever was in memory is gone; this is what is on disk:`,
  );
  for (const sled of sleds) await rack.crash(sled);
  const rows: Row[] = [];
  const expunged: BaseboardId[] = [];
  let bytes = 0;
  for (const sled of sleds) {
    const ledger = await folder.load(sled);
    prove(ledger !== null, `${serialOf(sled)} has a ledger`);
    const { shares, commits, expunged: gone, hasLrtqShare } = summarize(ledger.state);
    wipeState(ledger.state);
    bytes += ledger.bytes;
    if (gone !== null) expunged.push(sled);
    const size = `${String(ledger.bytes).padStart(5)} bytes`;
    rows.push({
      who: serialOf(sled),
      what: gone === null ? "member" : "expunged",
      text: `${size}  ${heldText(hasLrtqShare, shares)}; committed: ${listed(commits)}`,
      tone: gone === null ? "plain" : "bad",
    });
  }
  story.rows(rows);
  return { files: sleds.length, bytes, expunged };
}

/** `shares of epochs 3 and 4, and its LRTQ share` */
function heldText(lrtq: boolean, epochs: readonly number[]): string {
  const shares = `${epochs.length === 1 ? "share of epoch" : "shares of epochs"} ${listed(epochs)}`;
  return lrtq ? `${shares}, and LRTQ's` : shares;
}

/** What the cold boot has shown. */
export interface Unlocked {
  /** The epochs of the secrets that every sled that was up has loaded. */
  readonly epochs: readonly number[];
  readonly sleds: readonly BaseboardId[];
  /** How many sleds were up when the rack was still locked. */
  readonly lockedWith: number;
  /** One sled's secrets; whoever gets them disposes of them. */
  readonly chain: SecretChain;
}

/** Boots K − 1 sleds, which stay locked, and one more, with which all of them unlock. */
export async function unlockItself(scene: Scene, witness: SecretChain): Promise<Unlocked> {
  const { rack, controlPlane, story } = scene;
  const { threshold, members, epoch } = controlPlane.latest;
  // The last members in order: those that joined are among them.
  const sleds = [...members.keys()].slice(-threshold);
  const last = sleds.at(-1);
  prove(last !== undefined, "there are members");
  story.phase("The rack unlocks itself", "no control plane, no person");
  story.say(
    `First ${counted(threshold - 1, "sled")} come up, one fewer than K. Each asks the others:`,
  );
  for (const sled of sleds.slice(0, -1)) await bootAndLoad(scene, sled, epoch);
  const locked: Row[] = [];
  for (const sled of sleds.slice(0, -1)) locked.push(await lockedRow(scene, sled, epoch));
  story.rows(locked);
  story.say("Then one more, and it is enough:");
  await bootAndLoad(scene, last, epoch);
  prove(rack.powered.length === threshold, "exactly K sleds are up");

  const rows: Row[] = [];
  const chain = await loadedChain(scene, last);
  try {
    for (const sled of sleds) rows.push(await unlockedRow(scene, sled, chain));
    // The witness was loaded before the power failed.
    prove(isWithin(witness, chain), "the earlier secrets are the very ones from before");
  } catch (error) {
    disposeChain(chain);
    throw error;
  }
  story.rows(rows);
  story.say(
    `All ${threshold} hold the same secrets; those of epochs ${listed([...witness.keys()])} are the ones ` +
      "from before the power failed.",
    "good",
  );
  return { epochs: [...chain.keys()], sleds, lockedWith: threshold - 1, chain };
}

/** All that a sled knows of the latest epoch, it knows from its own ledger. */
async function bootAndLoad(scene: Scene, sled: BaseboardId, epoch: number): Promise<void> {
  const { rack, folder } = scene;
  const ledger = await folder.load(sled);
  prove(ledger !== null, `${serialOf(sled)} has a ledger`);
  const committed = latestCommittedEpoch(ledger.state);
  wipeState(ledger.state);
  prove(committed === epoch, `${serialOf(sled)} knows the latest epoch from its ledger`);
  await rack.boot(sled);
  const secret = await rack.node(sled).loadRackSecret(epoch);
  prove(secret === undefined, "one share alone does not unlock");
  await rack.run();
}

async function lockedRow(scene: Scene, sled: BaseboardId, epoch: number): Promise<Row> {
  const secret = await scene.rack.node(sled).loadRackSecret(epoch);
  secret?.dispose();
  await scene.rack.run();
  const { collecting, loaded } = (await statusOf(scene, sled)).rackSecrets;
  const stillLocked = secret === undefined && loaded.length === 0 && collecting !== null;
  prove(stillLocked, `${serialOf(sled)} stays locked below K`);
  const text = `has ${collecting.collected.length} of ${collecting.threshold} shares`;
  return { who: serialOf(sled), what: "locked", text, tone: "bad" };
}

async function unlockedRow(scene: Scene, sled: BaseboardId, first: SecretChain): Promise<Row> {
  const chain = await loadedChain(scene, sled);
  try {
    const same = chain.size === first.size && isWithin(chain, first);
    prove(same, `${serialOf(sled)} has loaded the same secrets as the others`);
    const text = `has loaded the secrets of epochs ${listed([...chain.keys()])}`;
    return { who: serialOf(sled), what: "unlocked", text, tone: "good" };
  } finally {
    disposeChain(chain);
  }
}

/** Whether every secret of one chain is in the other too; compared in constant time. */
function isWithin(part: SecretChain, whole: SecretChain): boolean {
  return [...part].every(([epoch, secret]) => whole.get(epoch)?.equals(secret) === true);
}
