/**
 * A scrub: both replicas are read again while the store is in use, and compared with what was saved. A disk
 * that has lost synced data is found out while the other one still has it.
 *
 * Invariants:
 * - It runs between two changes, so that what it reads is what was saved last.
 * - A ledger is written only from a replica whose digest holds and that is exactly what was saved last; what
 *   is written is checked once more as it was read for that.
 * - A sound file that is not what was saved may be worth something to someone: it is kept under another name
 *   before it is replaced.
 * - Where no replica holds what was saved, nothing is written. Where each is sound and another one, memory
 *   may be what is wrong, or both disks were exchanged: nothing is written from then on, by saves neither.
 * - Ledgers are never decoded here, and what was read of them is zeroed.
 */
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { LEDGER_BYTES_MAX } from "trust-quorum/ledger";
import { DaemonError, problemOf } from "../errors.ts";
import { LedgerScan } from "./ledger-scan.ts";
import type { LedgerIdentity, ScannedLedger } from "./ledger-scan.ts";
import { MARKER_BYTES_MAX, decodeMarker, encodeMarker } from "./marker.ts";
import type { DurableNetworkConfig } from "./network-config.ts";
import { LEDGER_FILE, MARKER_FILE, NETWORK_CONFIG_FILE } from "./replica-folder.ts";
import type { MemberInUse, ReplicaSet } from "./replica-set.ts";
import type { ReplicaHealth, ReplicaScrub, ScrubReport } from "./types.ts";

/** What is digested at a time of a ledger that is in memory, in bytes. */
const PIECE_BYTES = 1024 * 1024;

/** What the replicas are compared with. */
export interface Saved {
  /** What was saved last; asked between two changes. */
  readonly ledger: () => LedgerIdentity;
  readonly networkConfig: DurableNetworkConfig;
  readonly now: () => number;
}

/** One of a replica's files that is not as it was saved. */
interface Fault {
  /** Whether it is intact, and another one. */
  readonly isSound: boolean;
  readonly problem: string;
}

interface Look {
  readonly member: MemberInUse;
  readonly ledger: Fault | null;
  readonly marker: Fault | null;
  /** It is public, and every sled has it. */
  readonly networkConfig: string | null;
}

/** Reads the replicas in use again, and mends what can be mended without a doubt. */
export function scrubReplicas(replicas: ReplicaSet, saved: Saved): Promise<ScrubReport> {
  return replicas.between(async (members) => {
    const ledger = saved.ledger();
    const looks: Look[] = [];
    for (const member of members) looks.push(await lookAt(member, ledger, saved.networkConfig));
    const hasDiverged = looks.length > 0 && looks.every((look) => look.ledger?.isSound === true);
    if (hasDiverged) replicas.seal(diverged(looks));
    const source = looks.find((look) => look.ledger === null)?.member;
    const results: ReplicaScrub[] = [];
    for (const look of looks) {
      const result =
        problemsOf(look).length === 0
          ? resultOf(look, "sound")
          : source === undefined
            ? leave(look)
            : await mend(look, source, ledger, saved);
      if (result.outcome !== "sound") notice(replicas, result);
      results.push(result);
    }
    return {
      outcome: hasDiverged ? "diverged" : worst(results),
      generation: ledger.generation ?? 0,
      bytes: ledger.bytes,
      replicas: both(replicas, results),
    };
  });
}

async function lookAt(
  member: MemberInUse,
  ledger: LedgerIdentity,
  networkConfig: DurableNetworkConfig,
): Promise<Look> {
  const { folder } = member;
  try {
    // What is read through another folder's name says nothing about this one.
    if (!(await folder.open.isInPlace())) throw new Error("another folder is mounted in its place");
  } catch (error) {
    const fault = { isSound: false, problem: `its folder cannot be reached: ${problemOf(error)}` };
    return { member, ledger: fault, marker: null, networkConfig: null };
  }
  return {
    member,
    ledger: await ledgerFault(member, ledger),
    marker: await markerFault(member),
    networkConfig: await networkConfig.problemOf(member),
  };
}

async function ledgerFault({ folder }: MemberInUse, saved: LedgerIdentity): Promise<Fault | null> {
  const scan = new LedgerScan();
  let found: ScannedLedger;
  try {
    const isThere = await folder.open.scan(LEDGER_FILE, { bytesMax: LEDGER_BYTES_MAX }, (piece) =>
      scan.take(piece),
    );
    if (!isThere) return { isSound: false, problem: "its ledger is missing" };
    found = scan.finish();
  } catch (error) {
    return { isSound: false, problem: `its ledger cannot be read (${problemOf(error)})` };
  } finally {
    scan.wipe();
  }
  if (!found.isSound) return { isSound: false, problem: damageText(found, saved) };
  if (isSame(found, saved)) return null;
  const generation = found.generation ?? "unknown";
  const problem = `its ledger is another one (generation ${generation}; saved was ${saved.generation ?? 0})`;
  return { isSound: true, problem };
}

function damageText({ bytes, digest }: ScannedLedger, saved: LedgerIdentity): string {
  if (bytes !== saved.bytes) return `its ledger is damaged (${bytes} of ${saved.bytes} bytes)`;
  if (digest === null) return "its ledger is damaged (its digest cannot be read)";
  return "its ledger is damaged (its digest is wrong)";
}

function isSame(a: LedgerIdentity, b: LedgerIdentity): boolean {
  return a.digest === b.digest && a.bytes === b.bytes && a.generation === b.generation;
}

async function markerFault({ folder, marker }: MemberInUse): Promise<Fault | null> {
  try {
    const content = await folder.read(MARKER_FILE, MARKER_BYTES_MAX);
    if (content === null) return { isSound: false, problem: "its marker is missing" };
    const read = decodeMarker(content.bytes);
    if (read.kind === "damaged") {
      return { isSound: false, problem: `its marker is damaged (${read.problem})` };
    }
    if (JSON.stringify(read.value) === JSON.stringify(marker)) return null;
    return { isSound: true, problem: "its marker is another one" };
  } catch (error) {
    return { isSound: false, problem: `its marker cannot be read (${problemOf(error)})` };
  }
}

/** Notes what is wrong with a replica, which nothing here can put right. */
function leave(look: Look): ReplicaScrub {
  noteDamage(look);
  return resultOf(look, look.ledger?.isSound === true ? "different" : "damaged");
}

function noteDamage({ member: { damage }, ledger, marker, networkConfig }: Look): void {
  if (ledger !== null) damage.set(LEDGER_FILE, ledger.problem);
  if (marker !== null) damage.set(MARKER_FILE, marker.problem);
  if (networkConfig !== null) damage.set(NETWORK_CONFIG_FILE, networkConfig);
}

async function mend(
  look: Look,
  source: MemberInUse,
  saved: LedgerIdentity,
  { networkConfig, now }: Saved,
): Promise<ReplicaScrub> {
  const { folder, marker, damage } = look.member;
  const at = now();
  const keptAside: string[] = [];
  noteDamage(look);
  try {
    if (look.ledger !== null) {
      const bytes = await readSaved(source, saved);
      try {
        if (look.ledger.isSound) {
          keptAside.push(await folder.keepAside(LEDGER_FILE, at, LEDGER_BYTES_MAX));
        }
        await folder.replace(LEDGER_FILE, bytes);
      } finally {
        bytes.fill(0);
      }
      damage.delete(LEDGER_FILE);
    }
    if (look.marker !== null) {
      if (look.marker.isSound) {
        keptAside.push(await folder.keepAside(MARKER_FILE, at, MARKER_BYTES_MAX));
      }
      await folder.replace(MARKER_FILE, encodeMarker(marker));
      damage.delete(MARKER_FILE);
    }
    if (look.networkConfig !== null) await networkConfig.rewrite(look.member);
    const again = await lookAt(look.member, saved, networkConfig);
    const problems = problemsOf(again);
    if (problems.length === 0) return resultOf(look, "mended", { keptAside });
    noteDamage(again);
    return resultOf(look, "damaged", { keptAside, failure: `and again: ${problems.join("; ")}` });
  } catch (error) {
    // It is as it was, or mended after all: the next scrub tells.
    const failure = `it could not be mended: ${problemOf(error)}`;
    return resultOf(look, "damaged", { keptAside, failure });
  }
}

/** The bytes of a replica that has just been found to be what was saved; the caller zeroes them. */
async function readSaved({ folder }: MemberInUse, saved: LedgerIdentity): Promise<Uint8Array> {
  const content = await folder.read(LEDGER_FILE, LEDGER_BYTES_MAX);
  const bytes = content?.bytes ?? new Uint8Array();
  const scan = new LedgerScan();
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      scan.take(bytes.subarray(at, at + PIECE_BYTES));
      await yieldToOthers();
    }
    const found = scan.finish();
    if (!found.isSound || !isSame(found, saved)) {
      throw new Error("the other replica is no longer what was saved");
    }
    return bytes;
  } catch (error) {
    bytes.fill(0);
    throw error;
  } finally {
    scan.wipe();
  }
}

function problemsOf({ ledger, marker, networkConfig }: Look): string[] {
  return [ledger?.problem, marker?.problem, networkConfig].filter(
    (problem): problem is string => typeof problem === "string",
  );
}

function resultOf(
  look: Look,
  outcome: ReplicaScrub["outcome"],
  { keptAside = [], failure }: { keptAside?: readonly string[]; failure?: string } = {},
): ReplicaScrub {
  const { replica, path: folder } = look.member;
  const problems = [...problemsOf(look), ...(failure === undefined ? [] : [failure])];
  const problem = problems.length === 0 ? null : problems.join("; ");
  return { replica, folder, outcome, problem, keptAside };
}

function diverged(looks: readonly Look[]): DaemonError {
  return new DaemonError("ERR_TQD_STORE_DIVERGED", {
    replicas: looks.map((look) => ({
      folder: look.member.path,
      problem: problemsOf(look).join("; "),
    })),
  });
}

function notice(replicas: ReplicaSet, { folder, outcome, problem, keptAside }: ReplicaScrub): void {
  const kept = keptAside.map((name) => `; what was there is kept as ${name}`).join("");
  const done = outcome === "mended" ? `mended from the other replica${kept}` : "not mended";
  replicas.notice({ kind: "scrubbed", folder, text: `${problem ?? ""}: ${done}` });
}

function worst(results: readonly ReplicaScrub[]): ScrubReport["outcome"] {
  const isBad = ({ outcome }: ReplicaScrub): boolean =>
    outcome === "damaged" || outcome === "different";
  if (results.some(isBad)) return "damaged";
  return results.some(({ outcome }) => outcome === "mended") ? "mended" : "sound";
}

/** The results in the order of the folders, also for a replica that is out of use. */
function both(replicas: ReplicaSet, results: readonly ReplicaScrub[]): ScrubReport["replicas"] {
  const of = ({ replica, folder }: ReplicaHealth): ReplicaScrub =>
    results.find((result) => result.replica === replica) ?? {
      replica,
      folder,
      outcome: "unused",
      problem: null,
      keptAside: [],
    };
  const [first, second] = replicas.health();
  return [of(first), of(second)];
}
