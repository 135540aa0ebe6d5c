/** A rack as an operator has it: a folder with its file, and a way to ask each sled. */
import path from "node:path";
import { baseboardParts, compareBaseboardIds, parseBaseboardId, parseRackId } from "trust-quorum";
import type { BaseboardId, RackId } from "trust-quorum";
import { HttpSled } from "@trust-quorum/api/client/http";
import type { Endpoint } from "@trust-quorum/api/client/http";
import type { SledApi } from "@trust-quorum/api/client/api";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { readRackFile, writeRackFile } from "./rack-file.ts";
import type { RackFile, RackSled } from "./rack-file.ts";

/** The longest path of a unix socket, in bytes: what sockaddr_un holds. */
const SOCKET_PATH_BYTES_MAX = 107;

/** Where a rack's things are, all in its folder. */
export interface RackPaths {
  readonly folder: string;
  readonly ca: string;
  readonly peers: string;
  readonly sleds: string;
}

/** The places in a rack's folder. */
export function rackPaths(folder: string): RackPaths {
  return {
    folder,
    ca: path.join(folder, "ca"),
    peers: path.join(folder, "peers.toml"),
    sleds: path.join(folder, "sleds"),
  };
}

/** A rack on the operator's side: its folder, its file `rack.toml`, and a client of each sled. */
export class Rack {
  readonly paths: RackPaths;
  readonly rackId: RackId;
  readonly #timeoutMs: number;
  readonly #apis = new Map<BaseboardId, HttpSled>();
  #file: RackFile;

  private constructor(folder: string, file: RackFile, timeoutMs: number) {
    this.paths = rackPaths(folder);
    this.rackId = parseRackId(file.rack_id);
    this.#file = file;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Opens the rack in a folder.
   *
   * @param timeoutMs how long one call of a sled may take
   * @throws OperatorError `ERR_TQ_CLI_NO_RACK`, `ERR_TQ_CLI_RACK_INVALID`
   */
  static open(folder: string, timeoutMs: number): Rack {
    const file = readRackFile(folder);
    if (file !== null) return new Rack(folder, file, timeoutMs);
    const text = `there is no rack in ${folder} (no rack.toml); \`tq up --sleds 5\` makes one, --rack DIR or TQ_RACK names another folder`;
    throw new OperatorError("ERR_TQ_CLI_NO_RACK", text);
  }

  get origin(): RackFile["origin"] {
    return this.#file.origin;
  }

  /** Every sled of the file, in the protocol's order. */
  get ids(): BaseboardId[] {
    return this.#file.sleds.map(({ id }) => parseBaseboardId(id)).sort(compareBaseboardIds);
  }

  /** The sleds that this machine runs, in the protocol's order. */
  get local(): BaseboardId[] {
    return this.ids.filter((id) => this.sled(id).home !== undefined);
  }

  get file(): RackFile {
    return this.#file;
  }

  sled(id: BaseboardId): RackSled {
    const sled = this.#file.sleds.find((candidate) => candidate.id === id);
    if (sled === undefined) throw unknownSled(id, this);
    return sled;
  }

  /** The folder of a sled that this machine runs. */
  home(id: BaseboardId): string {
    const { home } = this.sled(id);
    if (home !== undefined) return path.resolve(this.paths.folder, home);
    const text = `${id} does not run on this machine (no home in rack.toml)`;
    throw new OperatorError("ERR_TQ_CLI_UNKNOWN_SLED", text);
  }

  /** Its socket's absolute path, or null where it is asked over TLS. */
  socket(id: BaseboardId): string | null {
    const { socket } = this.sled(id);
    return socket === undefined ? null : path.resolve(this.paths.folder, socket);
  }

  /**
   * The sled with this serial number or `part:serial`.
   *
   * @throws OperatorError `ERR_TQ_CLI_UNKNOWN_SLED`
   */
  find(name: string): BaseboardId {
    const found = this.ids.filter((id) => id === name || baseboardParts(id).serialNumber === name);
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    if (first === undefined) throw unknownSled(name, this);
    const text = `${name} names ${found.length} sleds: say part:serial (${found.join(", ")})`;
    throw new OperatorError("ERR_TQ_CLI_UNKNOWN_SLED", text);
  }

  /** Puts sleds into the file. */
  add(sleds: readonly RackSled[]): void {
    this.#file = { ...this.#file, sleds: [...this.#file.sleds, ...sleds] };
    writeRackFile(this.paths.folder, this.#file);
  }

  /** The way to ask a sled. */
  api(id: BaseboardId): SledApi {
    const known = this.#apis.get(id);
    if (known !== undefined) return known;
    const api = new HttpSled(serialOf(id), this.#endpoint(id), this.#timeoutMs);
    this.#apis.set(id, api);
    return api;
  }

  /** The ways to ask all sleds. */
  get sleds(): ReadonlyMap<BaseboardId, SledApi> {
    return new Map(this.ids.map((id) => [id, this.api(id)]));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#apis.values()].map((api) => api.close()));
    this.#apis.clear();
  }

  #endpoint(id: BaseboardId): Endpoint {
    const { url } = this.sled(id);
    const socket = this.socket(id);
    const { operator } = this.#file;
    if (socket !== null) return { kind: "socket", path: checkSocketPath(socket) };
    if (url === undefined || operator === undefined) throw unknownSled(id, this);
    const at = (file: string) => path.resolve(this.paths.folder, file);
    return {
      kind: "tls",
      url,
      sled: id,
      certificate: at(operator.certificate),
      key: at(operator.key),
      ca: at(operator.ca),
    };
  }
}

/** How people call a sled. */
export function serialOf(id: BaseboardId): string {
  return baseboardParts(id).serialNumber;
}

/** A path as it is shown to people: relative to the working directory where that is shorter. */
export function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative !== "" && relative.length < file.length ? relative : file;
}

/**
 * The path of a unix socket, if it is short enough for one.
 *
 * @throws OperatorError `ERR_TQ_CLI_RACK_INVALID`
 */
export function checkSocketPath(file: string): string {
  const bytes = Buffer.byteLength(file);
  if (bytes <= SOCKET_PATH_BYTES_MAX) return file;
  const text = `${file} is too long for a unix socket (${bytes} bytes, at most ${SOCKET_PATH_BYTES_MAX}); use a folder with a shorter path (--rack)`;
  throw new OperatorError("ERR_TQ_CLI_RACK_INVALID", text);
}

function unknownSled(name: string, rack: Rack): OperatorError {
  const known = rack.ids.map(serialOf).join(", ");
  const text = `${name} is none of this rack's sleds (${known}); rack.toml names them`;
  return new OperatorError("ERR_TQ_CLI_UNKNOWN_SLED", text);
}
