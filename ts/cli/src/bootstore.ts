/** The bootstore ledgers that a rack is made from: which sleds they are of, without touching them. */
import { baseboardId, baseboardParts, isTrustQuorumError } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { lrtqShareData, lrtqSled, wipeLrtqState } from "trust-quorum/ledger";
import { OperatorError, messageOf } from "@trust-quorum/api/client/errors";
import {
  bootstoreFiles,
  readBootstoreLedger,
  serialOfFile,
} from "@trust-quorum/sled-host/store/bootstore-files";
import { TRY_PART } from "./local-rack.ts";

/** A rack as its bootstore ledgers describe it. */
export interface Bootstore {
  readonly rackId: RackId;
  /** The ledger's file of each sled that holds a share: initial members first. */
  readonly sleds: ReadonlyMap<BaseboardId, string>;
}

interface Found {
  readonly serial: string;
  readonly file: string;
  readonly rackId: RackId;
  /** Known of initial members; one that learnt its share later is not told its part number. */
  readonly id: BaseboardId | null;
}

/**
 * Looks at the ledgers (`SERIAL.json`) in a folder.
 *
 * @param count how many sleds are wanted; absent: all that hold a share
 * @throws OperatorError `ERR_TQ_CLI_LEDGER`
 */
export async function readBootstore(folder: string, count: number | undefined): Promise<Bootstore> {
  const found: Found[] = [];
  for (const file of ledgerFiles(folder)) found.push(...(await look(file)));
  const initial = found.filter(({ id }) => id !== null);
  const learned = found.filter(({ id }) => id === null);
  const wanted = count ?? found.length;
  const chosen = [...initial, ...learned].slice(0, wanted);
  const [first] = chosen;
  if (first === undefined || chosen.length < wanted) {
    throw refused(`${folder} holds ${found.length} ledgers with a share, not ${wanted}`);
  }
  const stranger = chosen.find(({ rackId }) => rackId !== first.rackId);
  if (stranger !== undefined) {
    throw refused(
      `${stranger.file} is of another rack than ${first.file}; put them into two folders`,
    );
  }
  const known = initial[0]?.id;
  const part = known === undefined || known === null ? TRY_PART : baseboardParts(known).partNumber;
  const sleds = chosen.map(
    ({ id, serial, file }) => [id ?? baseboardId(part, serial), file] as const,
  );
  return { rackId: first.rackId, sleds: new Map(sleds) };
}

function ledgerFiles(folder: string): string[] {
  let files: string[];
  try {
    files = bootstoreFiles(folder);
  } catch (cause) {
    throw refused(
      `${folder} cannot be read: it is to be the folder of the bootstore's ledgers`,
      cause,
    );
  }
  if (files.length === 0) throw refused(`${folder} holds no bootstore ledgers (SERIAL.json)`);
  return files;
}

/** What a ledger says of its sled, if that holds a share. */
async function look(file: string): Promise<Found[]> {
  try {
    const { ledger } = await readBootstoreLedger(file);
    const { state } = ledger;
    wipeLrtqState(state);
    const lrtq = lrtqShareData(state);
    if (lrtq === null) return [];
    return [{ serial: serialOfFile(file), file, rackId: lrtq.rackId, id: lrtqSled(state) }];
  } catch (cause) {
    const why = isTrustQuorumError(cause) ? `${cause.message} (${cause.code})` : messageOf(cause);
    throw refused(`${file} cannot be used: ${why}`, cause);
  }
}

function refused(text: string, cause?: unknown): OperatorError {
  return new OperatorError("ERR_TQ_CLI_LEDGER", text, { cause });
}
