/** Bootstore racks to start from: what the recorded LRTQ ledgers of `testdata/` say. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { parseBaseboardId, parseRackId } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { LrtqShare } from "trust-quorum/protocol";
import type { LrtqShareData } from "trust-quorum/protocol";
import { RECORDED_RACKS } from "./bootstore-racks.generated.ts";
import type { RecordedRack } from "./recorded-rack.ts";

/** A rack that the bootstore unlocks, and what it must not lose on the way into the trust quorum. */
export interface BootstoreRack {
  readonly rackId: RackId;
  /** How many LRTQ shares rebuild the secret. */
  readonly threshold: number;
  /** The rack's LRTQ secret, 32 bytes, as it was recorded. */
  readonly secret: Uint8Array;
  /** Every sled of it; `lrtq` is null where a sled never got its share. */
  readonly sleds: readonly { readonly id: BaseboardId; readonly lrtq: LrtqShareData | null }[];
}

let racks: readonly BootstoreRack[] | undefined;

/** The recorded racks, by their size. */
export function bootstoreRacks(): readonly BootstoreRack[] {
  racks ??= RECORDED_RACKS.map(bootstoreRack);
  return racks;
}

/** What a sled of a bootstore rack starts with: its own copy, since a node owns its share. */
export function copyOfLrtq(lrtq: LrtqShareData): LrtqShareData {
  return { ...lrtq, share: LrtqShare.copyOf(lrtq.share.bytes) };
}

function bootstoreRack({ sleds, ...recorded }: RecordedRack): BootstoreRack {
  const rackId = parseRackId(recorded.rackId);
  const { threshold } = recorded;
  const shareDigests = hexToBytes(recorded.shareDigests);
  return {
    rackId,
    threshold,
    secret: hexToBytes(recorded.secret),
    sleds: sleds.map(({ id, share }) => ({
      id: parseBaseboardId(id),
      lrtq:
        share === null
          ? null
          : {
              rackId,
              // Unused, and 0 in every ledger.
              epoch: 0,
              threshold,
              share: LrtqShare.copyOf(hexToBytes(share)),
              shareDigests,
            },
    })),
  };
}
