/**
 * How large a ledger is that holds a state, without writing it: never less than what is written, and
 * a few per cent more at most. A message must not make a ledger so large that no save succeeds any more.
 */
import { utf8 } from "../../base/bytes.ts";
import type { BaseboardId } from "../../base/id-types.ts";
import type { Configuration } from "../configuration.ts";
import type { PersistentState } from "../persistent-state.ts";

/** All of a ledger but its configurations, shares and commits; LRTQ's digests are the most of it. */
const REST_BYTES = 64 * 1024;
/** A share and a commit, each with its epoch. */
const SHARE_AND_COMMIT_BYTES = 210;
const CONFIGURATION_BYTES = 290;
const MEMBER_BYTES = 108;

const known = new WeakMap<Configuration, number>();

/** The bytes of a ledger for one configuration, with this sled's share of it and its commit. */
export function ledgerBytesOf(config: Configuration): number {
  let bytes = known.get(config);
  if (bytes !== undefined) return bytes;
  bytes = ledgerBytesFor(config.members, config.encryptedRackSecrets?.data.length ?? 0);
  known.set(config, bytes);
  return bytes;
}

/** The same for one of these members that is yet to be made. */
export function ledgerBytesFor(members: readonly BaseboardId[], sealedBytes: number): number {
  const ids = members.map(idBytes);
  // The coordinator is one of them.
  let bytes = CONFIGURATION_BYTES + SHARE_AND_COMMIT_BYTES + Math.max(...ids) + 2 * sealedBytes;
  for (const id of ids) bytes += MEMBER_BYTES + id;
  return bytes;
}

/** The bytes of a ledger that holds this state. */
export function ledgerBytes(state: PersistentState): number {
  let bytes = REST_BYTES;
  for (const config of state.configs.values()) bytes += ledgerBytesOf(config);
  return bytes;
}

/** An id as JSON text; a quote or a backslash in it takes two bytes. */
function idBytes(id: BaseboardId): number {
  return utf8(id).length + (id.match(/["\\]/gu)?.length ?? 0);
}
