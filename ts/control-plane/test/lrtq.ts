/** The bootstore ledgers that come with the project, as the protocol takes them. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { baseboardId, nativeCrypto } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { decodeLrtqLedger } from "trust-quorum/ledger";
import type { LrtqShareData } from "trust-quorum/protocol";

const FOLDER = fileURLToPath(new URL("../../../testdata/lrtq-ledgers/5-sleds/", import.meta.url));

/** The initial members of the rack of 5, each with its share, and the rack's id. */
export function bootstore(): {
  readonly rackId: RackId;
  readonly sleds: ReadonlyMap<BaseboardId, LrtqShareData>;
} {
  const crypto = nativeCrypto();
  const sleds = new Map<BaseboardId, LrtqShareData>();
  for (const name of readdirSync(FOLDER).sort()) {
    const bytes = readFileSync(path.join(FOLDER, name));
    const { state } = decodeLrtqLedger(bytes, (data) => crypto.sha3_256(data));
    if (state.kind !== "initialMember") continue;
    sleds.set(baseboardId("913-0000019", path.basename(name, ".json")), state.common);
  }
  const [first] = sleds.values();
  if (first === undefined) throw new Error("the rack of 5 has no sleds");
  return { rackId: first.rackId, sleds };
}
