/** The peers as a file that may change while the daemon runs: TOML, or JSON where its name ends so. */
import { readFile, stat } from "node:fs/promises";
import { parse } from "smol-toml";
import { isTrustQuorumError, parseBaseboardId } from "trust-quorum";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { parseAddress } from "@trust-quorum/sled-host/os/address";
import type { MeshPeer } from "./types.ts";
import { watchFiles } from "@trust-quorum/sled-host/os/watch-files";
import type { FileWatch, WatchTimes } from "@trust-quorum/sled-host/os/watch-files";

/** The most peers that there can be, besides this sled. */
const PEERS_MAX = 256;

/** The longest file that is read, in bytes. */
const PEERS_FILE_BYTES_MAX = 256 * 1024;

/**
 * Reads and checks a list of peers:
 *
 * ```toml
 * [[peers]]
 * id = "913-0000019:BRM42220001"
 * address = "[fd00:1122:3344:101::1]:7750"
 * ```
 *
 * An empty list is written as such (`peers = []`): an empty file is refused, since it is more likely to
 * be an accident.
 *
 * @throws DaemonError `ERR_TQD_PEERS_INVALID`
 */
export async function readPeersFile(file: string): Promise<MeshPeer[]> {
  let text: string;
  try {
    const { size } = await stat(file);
    if (size > PEERS_FILE_BYTES_MAX) throw new Error(`larger than ${PEERS_FILE_BYTES_MAX} bytes`);
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw invalid(file, problemOf(cause), cause);
  }
  return parsePeers(file, text);
}

/** What a watched peers file tells. */
export interface PeersFileHandlers {
  /** The list has changed. */
  peers(peers: readonly MeshPeer[]): void;
  /** The file cannot be used, and the list stays as it was. Told once for each different problem. */
  problem(error: DaemonError<"ERR_TQD_PEERS_INVALID">): void;
}

/**
 * Reads the file now and again whenever it changes.
 *
 * @returns The peers as of now, the watch, and a way to read the file again at once.
 * @throws DaemonError `ERR_TQD_PEERS_INVALID` where it cannot be used now
 */
export async function watchPeersFile(
  file: string,
  handlers: PeersFileHandlers,
  times: WatchTimes = {},
): Promise<{ peers: readonly MeshPeer[]; watch: FileWatch; reread: () => Promise<void> }> {
  const peers = await readPeersFile(file);
  let last = JSON.stringify(peers);
  let lastProblem: string | undefined;
  let chain = Promise.resolve();
  let closed = false;
  const reread = async (): Promise<void> => {
    try {
      const now = await readPeersFile(file);
      lastProblem = undefined;
      const text = JSON.stringify(now);
      if (closed || text === last) return;
      last = text;
      handlers.peers(now);
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      if (closed || error.message === lastProblem) return;
      lastProblem = error.message;
      handlers.problem(error as DaemonError<"ERR_TQD_PEERS_INVALID">);
    }
  };
  const inTurn = (): Promise<void> => (chain = chain.then(reread));
  const watch = watchFiles([file], () => void inTurn(), times);
  // What changed before the watch was on is seen by nobody else.
  void inTurn();
  const close = (): void => {
    closed = true;
    watch.close();
  };
  return { peers, watch: { close }, reread: inTurn };
}

/**
 * The peers in a text.
 *
 * @throws DaemonError `ERR_TQD_PEERS_INVALID`
 */
export function parsePeers(file: string, text: string): MeshPeer[] {
  let tree: unknown;
  try {
    tree = file.endsWith(".json") ? JSON.parse(text) : parse(text);
  } catch (cause) {
    // The first line is the sentence; a picture of the place may follow.
    const [problem = ""] = (cause instanceof Error ? cause.message : "").split("\n");
    throw invalid(file, problem, cause);
  }
  if (!isTable(tree)) throw invalid(file, "it is not a table");
  for (const key of Object.keys(tree)) {
    if (key !== "peers") throw invalid(file, `${key} is not a key; there is only peers`);
  }
  const list = tree["peers"];
  if (!Array.isArray(list)) throw invalid(file, "peers is missing or not a list");
  if (list.length > PEERS_MAX) throw invalid(file, `there are more than ${PEERS_MAX} peers`);
  const peers = list.map((entry, index) => parsePeer(file, `peers[${index}]`, entry));
  const seen = new Set<string>();
  for (const { id } of peers) {
    if (seen.has(id)) throw invalid(file, `${id} is named twice`);
    seen.add(id);
  }
  return peers;
}

function parsePeer(file: string, at: string, entry: unknown): MeshPeer {
  if (!isTable(entry)) throw invalid(file, `${at} is not a table`);
  const { id, address, ...rest } = entry;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(file, `${at}.${unknown} is not a key`);
  if (typeof id !== "string") throw invalid(file, `${at}.id is missing or not text`);
  if (typeof address !== "string" || parseAddress(address) === undefined) {
    throw invalid(file, `${at}.address is not host:port or [ipv6]:port`);
  }
  try {
    return { id: parseBaseboardId(id), address };
  } catch (cause) {
    if (!isTrustQuorumError(cause)) throw cause;
    throw invalid(file, `${at}.id: ${cause.message}`, cause);
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(
  file: string,
  problem: string,
  cause?: unknown,
): DaemonError<"ERR_TQD_PEERS_INVALID"> {
  return new DaemonError("ERR_TQD_PEERS_INVALID", { file, problem }, { cause });
}
