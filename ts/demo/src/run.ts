/** The whole story, from the bootstore's ledgers to the rack that unlocked itself. */
import { nativeCrypto, referenceCrypto } from "trust-quorum";
import type { TrustQuorumCrypto } from "trust-quorum";
import type { Options } from "./args.ts";
import { readBootstore } from "./bootstore.ts";
import type { BootstoreRack } from "./bootstore.ts";
import { loseAllPower, unlockItself } from "./cold-boot.ts";
import { ControlPlane } from "./control-plane.ts";
import { sledApis } from "./sled-api.ts";
import { LedgerFolder } from "./ledger-files.ts";
import { showLockedRack } from "./locked.ts";
import { proveNothingLost } from "./proof.ts";
import { Rack } from "./rack.ts";
import { reconfigure } from "./reconfigure.ts";
import { disposeChain, prove } from "./scene.ts";
import type { Scene, SecretChain } from "./scene.ts";
import { summarizeOutcome } from "./summary.ts";
import type { Summary } from "./summary.ts";
import type { Story } from "./terminal.ts";
import { finishUpgrade, startUpgrade } from "./upgrade.ts";

/**
 * Runs the demo.
 *
 * @throws Refusal for ledgers that it cannot run on, TrustQuorumError `ERR_TQ_NATIVE_UNAVAILABLE`
 */
export async function runDemo(options: Options, story: Story): Promise<Summary> {
  const clock = new Clock();
  const crypto = options.crypto === "native" ? nativeCrypto() : referenceCrypto();
  const bootstore = await readBootstore(options.folder, crypto);
  const folder = await LedgerFolder.create(options.keep, crypto);
  const forget = onSignal(() => folder.clean());
  try {
    clock.lap("read");
    showLockedRack(bootstore, story);
    const scene = setScene({ bootstore, folder, crypto, story });
    return await play(scene, clock);
  } finally {
    forget();
    folder.clean();
    for (const { lrtq } of bootstore.sleds) lrtq?.share.wipe();
  }
}

async function play(scene: Scene, clock: Clock): Promise<Summary> {
  const { bootstore, rack, controlPlane, folder, crypto } = scene;
  const owned: SecretChain[] = [];
  try {
    const crashed = await startUpgrade(scene);
    clock.lap("crash");
    const { computed, witness } = await finishUpgrade(scene, crashed);
    owned.push(witness);
    clock.lap("upgrade");
    await reconfigure(scene, { removed: crashed, preferred: computed });
    clock.lap("reconfigure");
    const onDisk = await loseAllPower(scene);
    prove(
      onDisk.expunged.includes(crashed),
      "the removed sled knows from its ledger that it is expunged",
    );
    clock.lap("powerLoss");
    const unlocked = await unlockItself(scene, witness);
    owned.push(unlocked.chain);
    clock.lap("unlock");
    const spareSharesChecked = proveNothingLost(scene, unlocked.chain);
    clock.lap("proof");
    return summarizeOutcome({
      crypto: crypto.name,
      bootstore,
      records: controlPlane.records,
      computed,
      removed: crashed,
      network: rack.network,
      folder,
      onDisk,
      unlocked,
      spareSharesChecked,
      timings: clock.timings(),
    });
  } finally {
    owned.forEach(disposeChain);
    for (const sled of rack.powered) await rack.crash(sled);
  }
}

function setScene(parts: {
  bootstore: BootstoreRack;
  folder: LedgerFolder;
  crypto: TrustQuorumCrypto;
  story: Story;
}): Scene {
  const { bootstore, folder, crypto } = parts;
  const shares = new Map(
    bootstore.members.flatMap(({ id, lrtq }) => (lrtq === null ? [] : [[id, lrtq] as const])),
  );
  const rack = new Rack({ folder, crypto, bootstore: shares });
  const sleds = [...bootstore.members.map(({ id }) => id), ...bootstore.newcomers];
  const controlPlane = new ControlPlane(bootstore.rackId, sledApis(rack, folder, sleds));
  return { ...parts, rack, controlPlane };
}

/** How long each phase took. */
class Clock {
  readonly #laps: Record<string, number> = {};
  readonly #start = performance.now();
  #last = this.#start;

  lap(name: string): void {
    const now = performance.now();
    this.#laps[name] = round(now - this.#last);
    this.#last = now;
  }

  timings(): Record<string, number> {
    return { ...this.#laps, total: round(this.#last - this.#start) };
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

/** Cleans up before a signal ends the process: temporary ledgers hold shares, too. */
function onSignal(clean: () => void): () => void {
  const end = (signal: NodeJS.Signals): void => {
    clean();
    forget();
    process.kill(process.pid, signal);
  };
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return forget;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
