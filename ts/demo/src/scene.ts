/** What every phase of the demo works with. */
import type { BaseboardId, NodeStatus, RackSecret, TrustQuorumCrypto } from "trust-quorum";
import type { BootstoreRack } from "./bootstore.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { LedgerFolder } from "./ledger-files.ts";
import { Refusal } from "./refusal.ts";
import type { Rack } from "./rack.ts";
import type { Story } from "./terminal.ts";

/** The rack, those who act on it, and who is told. */
export interface Scene {
  readonly bootstore: BootstoreRack;
  readonly rack: Rack;
  readonly controlPlane: ControlPlane;
  readonly folder: LedgerFolder;
  readonly crypto: TrustQuorumCrypto;
  readonly story: Story;
}

/**
 * Stops the demo where it would claim what is not so.
 *
 * @throws Refusal `ERR_DEMO_PROOF_FAILED`
 */
export function prove(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new Refusal("ERR_DEMO_PROOF_FAILED", `It does not hold that ${claim}.`);
}

/** The status of a sled that is up. */
export function statusOf({ rack }: Scene, sled: BaseboardId): Promise<NodeStatus> {
  return rack.node(sled).status();
}

/** Rack secrets by epoch, as handles that whoever holds the map disposes of. */
export type SecretChain = ReadonlyMap<number, RackSecret>;

/** Every rack secret that a sled has loaded. */
export async function loadedChain(scene: Scene, sled: BaseboardId): Promise<SecretChain> {
  const chain = new Map<number, RackSecret>();
  for (const epoch of (await statusOf(scene, sled)).rackSecrets.loaded) {
    const secret = await scene.rack.node(sled).loadRackSecret(epoch);
    if (secret !== undefined) chain.set(epoch, secret);
  }
  return chain;
}

/** Zeroes the secrets of a chain. */
export function disposeChain(chain: SecretChain): void {
  for (const secret of chain.values()) secret.dispose();
}

/** `1, 3 and 4` */
export function listed(items: readonly (number | string)[]): string {
  const last = items.at(-1) ?? "none";
  return items.length < 2 ? String(last) : `${items.slice(0, -1).join(", ")} and ${last}`;
}

/** `1 sled`, `2 sleds` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
