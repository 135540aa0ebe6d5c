/** Bootstore racks to start from: the recorded LRTQ ledgers of `testdata/`, read once. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { baseboardId, baseboardParts, compareBaseboardIds } from "trust-quorum";
import type { BaseboardId, RackId, TrustQuorumCrypto } from "trust-quorum";
import { decodeLrtqLedger } from "trust-quorum/ledger";
import { LrtqShare } from "trust-quorum/protocol";
import type { LrtqShareData } from "trust-quorum/protocol";

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

const TESTDATA = new URL("../../../../testdata/", import.meta.url);

let racks: readonly BootstoreRack[] | undefined;

/** The recorded racks, by their size. */
export function bootstoreRacks(crypto: TrustQuorumCrypto): readonly BootstoreRack[] {
  racks ??= recordedSecrets().map(({ sleds, secret }) => readRack(sleds, secret, crypto));
  return racks;
}

/** What a sled of a bootstore rack starts with: its own copy, since a node owns its share. */
export function copyOfLrtq(lrtq: LrtqShareData): LrtqShareData {
  return { ...lrtq, share: LrtqShare.copyOf(lrtq.share.bytes) };
}

function recordedSecrets(): { sleds: number; secret: Uint8Array }[] {
  const text = readFileSync(fileURLToPath(new URL("lrtq.json", TESTDATA)), "utf8");
  const { racks: recorded } = JSON.parse(text) as { racks: { sleds: number; secret: string }[] };
  return recorded.map(({ sleds, secret }) => ({
    sleds,
    secret: new Uint8Array(Buffer.from(secret, "hex")),
  }));
}

function readRack(sleds: number, secret: Uint8Array, crypto: TrustQuorumCrypto): BootstoreRack {
  const folder = fileURLToPath(new URL(`lrtq-ledgers/${sleds}-sleds/`, TESTDATA));
  const states = readdirSync(folder)
    .sort()
    .map((file) => {
      const bytes = new Uint8Array(readFileSync(folder + file));
      const { state } = decodeLrtqLedger(bytes, (data) => crypto.sha3_256(data));
      return { serial: file.replace(/\.json$/u, ""), state };
    });
  const member = states.find(({ state }) => state.kind === "initialMember")?.state;
  if (member?.kind !== "initialMember") throw new Error(`no initial member in ${folder}`);
  const parts = new Map(
    member.initialMembership.map(({ id }) => [baseboardParts(id).serialNumber, id]),
  );
  const [common] = member.initialMembership;
  const part = common === undefined ? "" : baseboardParts(common.id).partNumber;
  return {
    rackId: member.common.rackId,
    threshold: member.common.threshold,
    secret,
    sleds: states
      .map(({ serial, state }) => ({
        id: parts.get(serial) ?? baseboardId(part, serial),
        lrtq: state.kind === "initialMember" || state.kind === "learned" ? state.common : null,
      }))
      .sort((a, b) => compareBaseboardIds(a.id, b.id)),
  };
}
