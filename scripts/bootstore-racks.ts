/**
 * `npm run bootstore-racks`: writes the bootstore racks that the simulator starts from, taken from the
 * recorded ledgers of `testdata/`, as a module. So they are the same in a browser, which reads no files. A
 * test fails where that module is not what the ledgers say.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { baseboardId, baseboardParts, compareBaseboardIds, nativeCrypto } from "trust-quorum";
import { decodeLrtqLedger } from "trust-quorum/ledger";
import type { RecordedRack } from "../ts/simulator/src/rack/recorded-rack.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const TESTDATA = path.join(ROOT, "testdata");

/** The module, relative to the workspace. */
export const BOOTSTORE_RACKS = "ts/simulator/src/rack/bootstore-racks.generated.ts";

/** The recorded racks, in the order of `lrtq.json`, which is by their size. */
function recordedRacks(): readonly RecordedRack[] {
  const text = readFileSync(path.join(TESTDATA, "lrtq.json"), "utf8");
  const { racks } = JSON.parse(text) as { racks: { sleds: number; secret: string }[] };
  return racks.map(({ sleds, secret }) => readRack(sleds, secret));
}

function readRack(size: number, secret: string): RecordedRack {
  const crypto = nativeCrypto();
  const folder = path.join(TESTDATA, "lrtq-ledgers", `${size}-sleds`);
  const states = readdirSync(folder).map((file) => {
    const bytes = new Uint8Array(readFileSync(path.join(folder, file)));
    const { state } = decodeLrtqLedger(bytes, (data) => crypto.sha3_256(data));
    return { serial: path.basename(file, ".json"), state };
  });
  const member = states.find(({ state }) => state.kind === "initialMember")?.state;
  if (member?.kind !== "initialMember") throw new Error(`no initial member in ${folder}`);
  const { initialMembership, common } = member;
  const [first] = initialMembership;
  if (first === undefined) throw new Error(`no members in ${folder}`);
  // A ledger names the others only, and its own sled by its file's name.
  const { partNumber } = baseboardParts(first.id);
  const ids = new Map(initialMembership.map(({ id }) => [baseboardParts(id).serialNumber, id]));
  return {
    rackId: common.rackId,
    threshold: common.threshold,
    secret,
    shareDigests: hex(common.shareDigests),
    sleds: states
      .map(({ serial, state }) => ({
        id: ids.get(serial) ?? baseboardId(partNumber, serial),
        share: "common" in state ? hex(state.common.share.bytes) : null,
      }))
      .sort((a, b) => compareBaseboardIds(a.id, b.id)),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The source that the module should have. */
export function bootstoreRacksSource(): string {
  return [
    "/**",
    " * The recorded bootstore racks of `testdata/`, by their size.",
    " *",
    " * Written by `npm run bootstore-racks` (`scripts/bootstore-racks.ts`); not to be edited.",
    " */",
    'import type { RecordedRack } from "./recorded-rack.ts";',
    "",
    `export const RECORDED_RACKS: readonly RecordedRack[] = ${JSON.stringify(recordedRacks(), null, 2)};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(path.join(ROOT, BOOTSTORE_RACKS), bootstoreRacksSource());
}
