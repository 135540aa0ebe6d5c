/** What is timed of whole racks in one process: cold boots, reconfigurations and upgrades from LRTQ. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { baseboardId } from "trust-quorum";
import type { BaseboardId, RackId, TrustQuorumCrypto } from "trust-quorum";
import type { Ledger } from "trust-quorum/ledger";
import { ROOT } from "../machine.ts";
import { selfTimed } from "../measure.ts";
import type { Sampler } from "../measure.ts";
import { BenchRack, Mesh, thresholdOf } from "../rack.ts";
import type { RackOptions, Transport } from "../rack.ts";
import type { Library } from "./library.ts";

/** A rack is replaced after so many epochs: what one reconfiguration costs grows with those before it. */
const YOUNG_EPOCHS = 10;

/**
 * Racks that are reconfigured, and boots or upgrades of a rack, before the first sample. The warm-up is
 * counted in calls and not in time, because the engine compiles by calls, and a busy machine makes few of
 * them in a given time.
 */
const WARM_UP = { racks: 15, calls: 5 };

/** The largest rack. */
export const FULL_RACK = 32;

/** The epoch at which racks are booted: eight secrets are encrypted under the ninth. */
const BOOT_EPOCH = 9;

/** Reconfigures racks of `size` nodes. Making a rack is not timed. */
export function reconfigurer(size: number, options: RackOptions): Sampler {
  for (let i = 0; i < WARM_UP.racks; i++) {
    const young = new BenchRack(size, options);
    while (young.epoch < YOUNG_EPOCHS) young.reconfigure();
    young.dispose();
  }
  let rack = new BenchRack(size, options);
  return selfTimed(() => {
    if (rack.epoch === YOUNG_EPOCHS) {
      rack.dispose();
      rack = new BenchRack(size, options);
    }
    const start = performance.now();
    rack.reconfigure();
    return performance.now() - start;
  });
}

/** The bytes of each member's ledger in a rack of 32 at some epoch. */
export function ledgerFiles(
  library: Library,
  epoch: number,
): readonly (readonly [BaseboardId, Uint8Array])[] {
  const rack = new BenchRack(FULL_RACK, { library, transport: "direct" });
  while (rack.epoch < epoch) rack.reconfigure();
  const files = rack.ledgers.map(([self, ledger]) => [self, library.encodeLedger(ledger)] as const);
  rack.dispose();
  return files;
}

/**
 * Cold boots of a rack of 32 at epoch 9, until every node has all nine secrets. Timed are restoring the
 * nodes, connecting them and loading the secrets, and reading the ledgers where that is where it begins.
 */
export function booter(
  library: Library,
  options: { readonly from: "ledgers" | "states"; readonly transport: Transport },
): Sampler {
  const files = ledgerFiles(library, BOOT_EPOCH);
  const boot = () => {
    let start = performance.now();
    const ledgers = files.map(([self, bytes]) => [self, library.decodeLedger(bytes)] as const);
    if (options.from === "states") start = performance.now();
    const mesh = new Mesh(ledgers, { library, transport: options.transport });
    for (const node of mesh.nodes.values()) node.loadRackSecret(BOOT_EPOCH)?.dispose();
    mesh.settle();
    const elapsed = performance.now() - start;
    for (const node of mesh.nodes.values()) {
      for (let epoch = 1; epoch <= BOOT_EPOCH; epoch++) {
        const secret = node.loadRackSecret(epoch);
        if (secret === undefined) throw new Error(`a node has not loaded the secret of ${epoch}`);
        secret.dispose();
      }
    }
    mesh.dispose();
    return elapsed;
  };
  return warmed(boot);
}

/** Upgrades of a rack of 32 from LRTQ: coordinate, prepare, acknowledge, and commit on every node. */
export function upgrader(library: Library, transport: Transport): Sampler {
  const { rackId, ledgers } = bootstoreLedgers(library);
  const members = [...ledgers.keys()];
  const upgrade = () => {
    // A node owns the share that it is given, and wipes it in the end.
    const owned = [...ledgers].map(([self, make]) => [self, make()] as const);
    const mesh = new Mesh(owned, { library, transport });
    const start = performance.now();
    const threshold = thresholdOf(members.length);
    mesh.first.coordinateUpgradeFromLrtq({ rackId, epoch: 2, members, threshold });
    mesh.settle();
    mesh.commit(rackId, 2);
    const elapsed = performance.now() - start;
    mesh.dispose();
    return elapsed;
  };
  return warmed(upgrade);
}

/** The first members' ledgers of the bootstore's rack of 32, each made anew for each node. */
function bootstoreLedgers(library: Library): {
  readonly rackId: RackId;
  readonly ledgers: ReadonlyMap<BaseboardId, () => Ledger>;
} {
  const folder = path.join(ROOT, "testdata/lrtq-ledgers/32-sleds");
  const ledgers = new Map<BaseboardId, () => Ledger>();
  let rackId: RackId | undefined;
  for (const file of readdirSync(folder)) {
    const { state } = library.decodeLrtqLedger(readFileSync(path.join(folder, file)));
    if (state.kind !== "initialMember") continue;
    const { common } = state;
    rackId = common.rackId;
    ledgers.set(baseboardId("913-0000019", path.parse(file).name), () => ({
      generation: 0,
      state: library.initialState({ ...common, share: common.share.clone() }),
    }));
  }
  if (rackId === undefined) throw new Error(`${folder} holds no ledger of an initial member`);
  return { rackId, ledgers };
}

function warmed(call: () => number): Sampler {
  for (let i = 0; i < WARM_UP.calls; i++) call();
  return selfTimed(call);
}

/** Racks of one backend of this revision. */
export function ownReconfigurer(
  crypto: TrustQuorumCrypto,
  size: number,
  transport: Transport,
): Sampler {
  return reconfigurer(size, { crypto, transport });
}
