/** Phase 1: the rack as the bootstore left it. */
import { SHARE_BYTES } from "trust-quorum/protocol";
import { hex } from "@trust-quorum/sled-host/store/digest";
import type { BootstoreRack, BootstoreSled } from "./bootstore.ts";
import { counted, listed } from "./scene.ts";
import { serialOf } from "./rack.ts";
import type { Row, Story } from "./terminal.ts";

/** Bytes of the tag that authenticates the encrypted spare shares. */
const TAG_BYTES = 16;

/** Says what this is about, and shows the locked rack. */
export function showLockedRack(bootstore: BootstoreRack, story: Story): void {
  const { sleds, threshold, rackId, leftOut, newcomers } = bootstore;
  story.say("A rack moves from the bootstore to the trust quorum", "strong");
  story.say(
    "A rack's disks are encrypted under a secret that no sled stores. Each sled has a share of it, and " +
      "only several shares rebuild it. In the older scheme, the bootstore (LRTQ), the members can " +
      "never change. Now the trust quorum takes over, and things go wrong on the way.",
  );
  story.phase("The locked rack", rackId);
  story.say(
    `${counted(sleds.length, "bootstore ledger")}. Any ${threshold} shares rebuild the rack secret, ` +
      "which encrypts the spare shares.",
  );
  story.rows(sleds.map(ledgerRow));
  for (const { serial, reason } of leftOut) story.say(`${serial} is left out: ${reason}.`, "bad");
  const fresh = newcomers.filter((id) => !sleds.some((sled) => sled.id === id)).map(serialOf);
  if (fresh.length > 0) {
    story.say(`Fresh from the factory, without any ledger: ${listed(fresh)}.`);
  }
  story.say(
    "Locked: no sled has the rack secret, and none has more than one share in clear.",
    "bad",
  );
}

/** How many spare shares a ledger holds. */
export function spareShares({ state }: BootstoreSled): number {
  if (state.kind !== "initialMember") return 0;
  return Math.max(0, state.encryptedShares.length - TAG_BYTES) / SHARE_BYTES;
}

/** The bootstore's own name for what a ledger is. */
export function ledgerKind({ state }: BootstoreSled): string {
  return `${state.kind.charAt(0).toUpperCase()}${state.kind.slice(1)}`;
}

function ledgerRow(sled: BootstoreSled): Row {
  const what = ledgerKind(sled);
  const { lrtq, shareDigest, serial: who } = sled;
  if (lrtq === null || shareDigest === null) {
    return { who, what, text: "no share: it is still waiting for one", tone: "quiet" };
  }
  const share = `share ${String(lrtq.share.x).padStart(3)}  sha3 ${hex(shareDigest).slice(0, 8)}…`;
  const spare = spareShares(sled);
  const rest = spare > 0 ? `${counted(spare, "spare share")}, encrypted` : "was a spare share once";
  return { who, what, text: `${share}  ${rest}` };
}
