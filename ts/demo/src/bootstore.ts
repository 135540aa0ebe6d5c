/**
 * Reads a folder of bootstore (LRTQ) ledgers, named `SERIAL.json`, and decides what rack it is. All
 * of it is checked before anything starts: every refusal names the file.
 */
import path from "node:path";
import { baseboardId, baseboardParts, compareBaseboardIds, isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, RackId, TrustQuorumCrypto } from "trust-quorum";
import { lrtqShareData, lrtqSled } from "trust-quorum/ledger";
import type { LrtqBaseboard, LrtqLedger, LrtqState } from "trust-quorum/ledger";
import { MEMBERS_MAX, MEMBERS_MIN } from "trust-quorum/protocol";
import type { LrtqShareData } from "trust-quorum/protocol";
import {
  bootstoreFiles,
  readBootstoreLedger,
  serialOfFile,
} from "@trust-quorum/sled-host/store/bootstore-files";
import { hex } from "@trust-quorum/sled-host/store/digest";
import { FileTooLargeError } from "@trust-quorum/sled-host/store/file-system";
import { Refusal } from "./refusal.ts";

/** How many sleds the demo adds to the rack. */
const ADDED_SLEDS = 2;

/** The ledger of a sled that the bootstore's rack was made with, with its spare shares. */
export type InitialMember = Extract<LrtqState, { kind: "initialMember" }>;

/** A sled of the locked rack. */
export interface BootstoreSled {
  readonly id: BaseboardId;
  readonly serial: string;
  readonly file: string;
  readonly generation: number;
  readonly state: LrtqState;
  /** What the trust quorum keeps of it: null where the sled has no share. */
  readonly lrtq: LrtqShareData | null;
  /** The SHA3-256 of its share. */
  readonly shareDigest: Uint8Array | null;
}

/** A ledger that takes no part, and why. */
export interface LeftOut {
  readonly serial: string;
  readonly reason: string;
}

/** The rack as the bootstore left it, and who takes part in the demo. */
export interface BootstoreRack {
  readonly rackId: RackId;
  /** How many LRTQ shares rebuild the LRTQ secret. */
  readonly threshold: number;
  /** All shares' digests, 32 bytes each. */
  readonly shareDigests: Uint8Array;
  /** How many sleds the rack was made with. */
  readonly initialSleds: number;
  /** Every ledger of the folder, initial members first, each group in the protocol's order. */
  readonly sleds: readonly BootstoreSled[];
  /** The sleds that have a share and are upgraded, in the protocol's order. */
  readonly members: readonly BootstoreSled[];
  /** The sleds that are added later: without a share, from the folder or fresh from the factory. */
  readonly newcomers: readonly BaseboardId[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Reads the ledgers of a folder.
 *
 * @throws Refusal
 */
export async function readBootstore(
  folder: string,
  crypto: TrustQuorumCrypto,
): Promise<BootstoreRack> {
  const ledgers: NamedLedger[] = [];
  for (const file of ledgerFiles(folder)) ledgers.push(await readLedger(file, crypto));
  return assemble(ledgers, crypto);
}

interface NamedLedger {
  readonly file: string;
  readonly serial: string;
  readonly ledger: LrtqLedger;
}

function ledgerFiles(folder: string): string[] {
  let files: string[];
  try {
    files = bootstoreFiles(folder);
  } catch (cause) {
    throw new Refusal("ERR_DEMO_NO_SUCH_FOLDER", `${folder} is not a folder that can be read.`, {
      cause,
    });
  }
  if (files.length === 0) {
    const problem = `${folder} holds no bootstore ledger: they are named SERIAL.json.`;
    throw new Refusal("ERR_DEMO_NO_LEDGERS", problem);
  }
  return files;
}

async function readLedger(from: string, crypto: TrustQuorumCrypto): Promise<NamedLedger> {
  const file = path.basename(from);
  try {
    const { ledger } = await readBootstoreLedger(from, (data) => crypto.sha3_256(data));
    return { file, serial: serialOfFile(file), ledger };
  } catch (cause) {
    if (isTrustQuorumError(cause)) {
      const problem = `${file} cannot be used: ${cause.message} (${cause.code}).`;
      throw new Refusal("ERR_DEMO_CORRUPT_LEDGER", problem, { cause });
    }
    if (cause instanceof FileTooLargeError) {
      throw new Refusal("ERR_DEMO_UNREADABLE", `${file} is too large for a ledger.`, { cause });
    }
    // Of the operating system
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    throw new Refusal("ERR_DEMO_UNREADABLE", `${file} cannot be read.`, { cause });
  }
}

function assemble(ledgers: readonly NamedLedger[], crypto: TrustQuorumCrypto): BootstoreRack {
  const common = checkOneRack(ledgers);
  const membership = checkOneMembership(ledgers);
  const parts = new Map(
    membership.map(({ id }) => [baseboardParts(id).serialNumber, baseboardParts(id).partNumber]),
  );
  // Sleds of one rack are of one kind; only a ledger of an initial member says which.
  const commonPart = mostFrequent([...parts.values()]);
  const sleds = ledgers
    .map((named) => toSled(named, parts.get(named.serial) ?? commonPart, crypto))
    .sort((a, b) => rank(a) - rank(b) || compareBaseboardIds(a.id, b.id));
  checkShares(sleds);

  const holders = sleds.filter(({ lrtq }) => lrtq !== null);
  checkEnough(holders.length, common.threshold);
  const members = holders.slice(0, MEMBERS_MAX).sort((a, b) => compareBaseboardIds(a.id, b.id));
  const newcomers = chooseNewcomers(sleds, members.length, commonPart);
  return {
    rackId: common.rackId,
    threshold: common.threshold,
    shareDigests: common.shareDigests,
    initialSleds: membership.length,
    sleds,
    members,
    newcomers,
    leftOut: listLeftOut(sleds, members, newcomers),
  };
}

/** All ledgers with a share must speak of one rack; a stray one among many is the stranger. */
function checkOneRack(ledgers: readonly NamedLedger[]): LrtqShareData {
  const withShare = ledgers.flatMap(({ file, ledger }) => {
    const lrtq = lrtqShareData(ledger.state);
    return lrtq === null ? [] : [{ file, lrtq }];
  });
  const rackId = mostFrequent(withShare.map(({ lrtq }) => lrtq.rackId));
  const stranger = withShare.find(({ lrtq }) => lrtq.rackId !== rackId);
  if (stranger !== undefined) {
    const problem = `${stranger.file} is of rack ${stranger.lrtq.rackId}, the others of rack ${rackId}.`;
    throw new Refusal("ERR_DEMO_OTHER_RACK", problem);
  }
  const first = withShare[0];
  if (first === undefined) {
    const problem = "No ledger in this folder has a share: there is nothing to upgrade.";
    throw new Refusal("ERR_DEMO_TOO_FEW_LEDGERS", problem);
  }
  for (const { file, lrtq } of withShare) {
    const same =
      lrtq.threshold === first.lrtq.threshold &&
      sameBytes(lrtq.shareDigests, first.lrtq.shareDigests);
    if (!same) contradiction(file, first.file, "threshold and share digests");
  }
  return first.lrtq;
}

function checkOneMembership(ledgers: readonly NamedLedger[]): readonly LrtqBaseboard[] {
  let first: { file: string; membership: readonly LrtqBaseboard[] } | undefined;
  for (const { file, serial, ledger } of ledgers) {
    if (ledger.state.kind !== "initialMember") continue;
    const { initialMembership: membership } = ledger.state;
    first ??= { file, membership };
    if (JSON.stringify(membership) !== JSON.stringify(first.membership)) {
      contradiction(file, first.file, "initial members");
    }
    const owner = lrtqSled(ledger.state);
    const ownSerial = owner === null ? "nobody" : baseboardParts(owner).serialNumber;
    if (ownSerial !== serial) {
      throw new Refusal("ERR_DEMO_FILE_NAME", `${file} holds the ledger of ${ownSerial}.`);
    }
  }
  if (first === undefined) {
    const problem = "None of these ledgers is an initial member's: nothing names the rack's sleds.";
    throw new Refusal("ERR_DEMO_NO_INITIAL_MEMBER", problem);
  }
  return first.membership;
}

function contradiction(file: string, other: string, what: string): never {
  const problem = `${file} and ${other} do not agree on the rack's ${what}.`;
  throw new Refusal("ERR_DEMO_CONTRADICTING_LEDGERS", problem);
}

function toSled(named: NamedLedger, part: string, crypto: TrustQuorumCrypto): BootstoreSled {
  const { file, serial, ledger } = named;
  const lrtq = lrtqShareData(ledger.state);
  const shareDigest = lrtq === null ? null : crypto.sha3_256(lrtq.share.bytes);
  const { generation, state } = ledger;
  return { id: idFor(file, part, serial), serial, file, generation, state, lrtq, shareDigest };
}

function idFor(file: string, part: string, serial: string): BaseboardId {
  try {
    return baseboardId(part, serial);
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    const problem = `${file} does not have the name of a sled: ${error.message}.`;
    throw new Refusal("ERR_DEMO_FILE_NAME", problem, { cause: error });
  }
}

/** That a share is one of its rack's, the decoder has checked; here that no two sleds hold the same. */
function checkShares(sleds: readonly BootstoreSled[]): void {
  const holders = new Map<string, string>();
  for (const { file, shareDigest } of sleds) {
    if (shareDigest === null) continue;
    const digest = hex(shareDigest);
    const other = holders.get(digest);
    if (other !== undefined) {
      throw new Refusal("ERR_DEMO_SAME_SHARE", `${other} and ${file} hold the same share.`);
    }
    holders.set(digest, file);
  }
}

function checkEnough(holders: number, threshold: number): void {
  const have = `${holders} ${holders === 1 ? "ledger has" : "ledgers have"} a share`;
  if (holders < threshold) {
    const problem = `${have}, and it takes ${threshold} to rebuild the rack secret.`;
    throw new Refusal("ERR_DEMO_TOO_FEW_LEDGERS", problem);
  }
  if (holders < MEMBERS_MIN) {
    const problem = `${have}, and a trust quorum has at least ${MEMBERS_MIN} members.`;
    throw new Refusal("ERR_DEMO_TOO_FEW_MEMBERS", problem);
  }
}

/** Sleds without a share first, then sleds fresh from the factory, as far as the members allow. */
function chooseNewcomers(
  sleds: readonly BootstoreSled[],
  members: number,
  part: string,
): BaseboardId[] {
  // One member is removed when they are added.
  const room = Math.min(ADDED_SLEDS, MEMBERS_MAX - (members - 1));
  const newcomers = sleds.filter(({ lrtq }) => lrtq === null).map(({ id }) => id);
  const taken = new Set(sleds.map(({ id }) => id));
  for (let number = 1; newcomers.length < room; number++) {
    const fresh = baseboardId(part, `BRM4223${String(number).padStart(4, "0")}`);
    if (!taken.has(fresh)) newcomers.push(fresh);
  }
  return newcomers.slice(0, room);
}

function listLeftOut(
  sleds: readonly BootstoreSled[],
  members: readonly BootstoreSled[],
  newcomers: readonly BaseboardId[],
): LeftOut[] {
  return sleds
    .filter((sled) => !members.includes(sled) && !newcomers.includes(sled.id))
    .map(({ serial, lrtq }) => ({
      serial,
      reason:
        lrtq === null
          ? `it has no share, and ${newcomers.length === 1 ? "one sled is" : "two sleds are"} added already`
          : `a trust quorum has at most ${MEMBERS_MAX} members`,
    }));
}

function rank({ state }: BootstoreSled): number {
  return ["initialMember", "learned", "learning", "uninitialized"].indexOf(state.kind);
}

function mostFrequent<T>(values: readonly T[]): T {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  // Sorting is stable: of equally frequent values the first wins.
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] as T;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
