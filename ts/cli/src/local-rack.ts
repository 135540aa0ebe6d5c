/** Makes racks that this machine runs: the authority, and for each sled its folder and configuration. */
import { randomInt, randomUUID } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { baseboardId, parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { JOURNAL_FOLDER } from "@trust-quorum/control-plane/journal-folder";
import {
  createAuthority,
  issueOperatorCertificate,
  issueSledCertificate,
} from "@trust-quorum/sled-host/pki/authority";
import { readCertificate, writeCertificate } from "@trust-quorum/sled-host/pki/files";
import { Rack, checkSocketPath, rackPaths, serialOf } from "./rack.ts";
import { rackFilePath, readRackFile, replaceText, tomlText, writeRackFile } from "./rack-file.ts";
import type { RackFile, RackSled } from "./rack-file.ts";

/** The part number of sleds that were made for a try. */
export const TRY_PART = "tq-try";
/** Ports of meshes: below those that systems hand out for outgoing connections. */
const PORTS = [17_000, 32_000] as const;
const PORT_ATTEMPTS = 200;

/** Makes the ledger of a sled in its home; doing it again where it was interrupted is fine. */
export type PrepareLedger = (id: BaseboardId, home: string) => Promise<unknown>;

const SOCKET = path.join("run", "tqd.sock");

/** The files of a rack's authority. */
function authorityFiles(ca: string): { certificate: string; key: string } {
  return { certificate: path.join(ca, "ca.pem"), key: path.join(ca, "ca.key") };
}

/**
 * Makes a rack with these sleds in a folder that has none. The rack's file comes last: without it
 * there is no rack, and the next attempt begins anew.
 *
 * @throws OperatorError `ERR_TQ_CLI_RACK_EXISTS`, `ERR_TQ_CLI_RACK_INVALID`
 */
export async function makeRack(
  folder: string,
  options: {
    readonly origin: RackFile["origin"];
    readonly rackId?: string | undefined;
    readonly ids: readonly BaseboardId[];
    readonly timeoutMs: number;
    /** Puts a ledger into the sled's folder. */
    readonly prepare: PrepareLedger;
  },
): Promise<Rack> {
  if (readRackFile(folder) !== null) {
    const text = `there is a rack in ${folder} already (${rackFilePath(folder)}); use another folder (--rack), or \`tq up\``;
    throw new OperatorError("ERR_TQ_CLI_RACK_EXISTS", text);
  }
  const paths = rackPaths(folder);
  for (const id of options.ids) checkSocketPath(path.join(folder, homeOf(id), SOCKET));
  mkdirSync(paths.ca, { recursive: true, mode: 0o700 });
  mkdirSync(paths.sleds, { recursive: true, mode: 0o700 });
  mkdirSync(path.join(folder, JOURNAL_FOLDER), { recursive: true, mode: 0o700 });
  if (!existsSync(authorityFiles(paths.ca).certificate)) await makeAuthority(paths.ca);
  const sleds: RackSled[] = [];
  for (const id of options.ids) {
    sleds.push(await makeSled(folder, id, sleds));
    await options.prepare(id, path.join(folder, homeOf(id)));
  }
  writePeers(paths.peers, sleds);
  writeRackFile(folder, {
    version: 1,
    origin: options.origin,
    rack_id: options.rackId ?? randomUUID(),
    sleds,
  });
  return Rack.open(folder, options.timeoutMs);
}

/** Adds a sled that this machine runs to a rack; it is not started yet. */
export async function addLocalSled(
  rack: Rack,
  id: BaseboardId,
  prepare: PrepareLedger,
): Promise<void> {
  const { folder } = rack.paths;
  const sled = await makeSled(folder, id, rack.file.sleds);
  await prepare(id, path.join(folder, homeOf(id)));
  rack.add([sled]);
  writePeers(rack.paths.peers, rack.file.sleds);
}

/** Writes the file of peers that every daemon of this machine watches. */
function writePeers(file: string, sleds: readonly RackSled[]): void {
  const peers = sleds.flatMap(({ id, mesh }) =>
    mesh === undefined ? [] : [`[[peers]]\nid = ${tomlText(id)}\naddress = ${tomlText(mesh)}\n`],
  );
  replaceText(file, `# Every sled's mesh; the daemons watch this file.\n\n${peers.join("\n")}`);
}

/** Serial numbers for sleds that are made for a try, none of them taken. */
export function freshIds(count: number, taken: readonly BaseboardId[]): BaseboardId[] {
  const serials = new Set(taken.map(serialOf));
  const part = partOf(taken);
  const ids: BaseboardId[] = [];
  for (let number = 1; ids.length < count; number++) {
    const serial = `TRY${String(number).padStart(5, "0")}`;
    if (!serials.has(serial)) ids.push(baseboardId(part, serial));
  }
  return ids;
}

/** The part number that most of these sleds have. */
function partOf(ids: readonly BaseboardId[]): string {
  const [first] = ids;
  return first === undefined ? TRY_PART : first.slice(0, first.indexOf(":"));
}

/** The id that a person means by a serial number or by `part:serial`, for a sled that is new. */
export function newId(name: string, taken: readonly BaseboardId[]): BaseboardId {
  return name.includes(":") ? parseBaseboardId(name) : baseboardId(partOf(taken), name);
}

async function makeAuthority(ca: string): Promise<void> {
  const authority = await createAuthority("for a try");
  try {
    const operator = await issueOperatorCertificate(authority, "operator");
    await writeCertificate(
      { certificate: path.join(ca, "operator.pem"), key: path.join(ca, "operator.key") },
      operator,
    );
    operator.key.fill(0);
    await writeCertificate(authorityFiles(ca), authority);
  } finally {
    authority.key.fill(0);
  }
}

async function makeSled(
  folder: string,
  id: BaseboardId,
  others: readonly RackSled[],
): Promise<RackSled> {
  const serial = serialOf(id);
  // It becomes the name of a folder.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(serial)) {
    const text = `${serial} cannot name a folder: use letters, digits, dots, dashes and underscores`;
    throw new OperatorError("ERR_TQ_CLI_RACK_INVALID", text);
  }
  const home = path.join(folder, homeOf(id));
  checkSocketPath(path.join(home, SOCKET));
  for (const name of ["", "ledger-a", "ledger-b", "run", "log"]) {
    mkdirSync(path.join(home, name), { recursive: true, mode: 0o700 });
  }
  const authority = await readCertificate(authorityFiles(rackPaths(folder).ca));
  try {
    const issued = await issueSledCertificate(authority, id);
    const files = { certificate: path.join(home, "cert.pem"), key: path.join(home, "key.pem") };
    await writeCertificate(files, issued);
    issued.key.fill(0);
  } finally {
    authority.key.fill(0);
  }
  const mesh = `127.0.0.1:${await freePort(others)}`;
  replaceText(path.join(home, "tqd.toml"), daemonToml(id, mesh));
  return { id, socket: path.join(homeOf(id), SOCKET), home: homeOf(id), mesh };
}

function homeOf(id: BaseboardId): string {
  return path.join("sleds", serialOf(id));
}

function daemonToml(id: BaseboardId, mesh: string): string {
  return `# The daemon of one sled of a rack on one machine; \`tqd --check-config --config tqd.toml\` checks it.

[sled]
id = ${tomlText(id)}

[ledger]
replicas = ["ledger-a", "ledger-b"]

[mesh]
listen = ${tomlText(mesh)}
certificate = "cert.pem"
key = "key.pem"
ca = "../../ca/ca.pem"
peers_file = "../../peers.toml"

[api]
socket = "run/tqd.sock"

[event_log]
enabled = true
folder = "log/events"
`;
}

/** A port that nobody listens on and no other sled of the rack was given. */
async function freePort(others: readonly RackSled[]): Promise<number> {
  const taken = new Set(others.map(({ mesh }) => mesh));
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = randomInt(...PORTS);
    if (!taken.has(`127.0.0.1:${port}`) && (await isFree(port))) return port;
  }
  throw new OperatorError("ERR_TQ_CLI_PROCESS", "no free port was found for a sled's mesh");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
