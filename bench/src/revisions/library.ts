/**
 * The published packages of one revision of this repository, under names that do not change, so that one
 * benchmark measures revisions whose packages export other names.
 *
 * Where an export is renamed: add a generation with the new name in front of {@link GENERATIONS}, and
 * leave the older ones as they are.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { BaseboardId, PeerMessage, TrustQuorumCrypto, TrustQuorumNode } from "trust-quorum";
import type { DecodedLedger, Ledger, LrtqLedger } from "trust-quorum/ledger";
import type { NodeLike, PersistentState } from "trust-quorum/protocol";
import type { WireMessage } from "trust-quorum/wire";

/** What the benchmark calls of a revision. Types are those of this revision. */
export interface Library {
  /** The native backend. */
  readonly crypto: TrustQuorumCrypto;
  /** A node as its ledger left it, or a new one. */
  restore(options: RestoreOptions): TrustQuorumNode;
  /** The bytes of a message as they are sent. */
  encode(message: PeerMessage): Uint8Array;
  /** The message of such bytes. */
  decode(frame: Uint8Array): PeerMessage;
  /** Zeroes the share in a message. */
  wipe(message: PeerMessage): void;
  encodeLedger(ledger: Ledger): Uint8Array;
  decodeLedger(bytes: Uint8Array): DecodedLedger;
  decodeLrtqLedger(bytes: Uint8Array): LrtqLedger;
  /** The state of a sled that has only a bootstore ledger. */
  initialState(lrtq: PersistentState["lrtq"]): PersistentState;
}

type RestoreOptions = Parameters<typeof TrustQuorumNode.restore>[0];
type Hash = (bytes: Uint8Array) => Uint8Array;

/** All exports of a package, of every subpath, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/** One spelling of what {@link Library} needs. */
interface Generation {
  readonly name: string;
  /** The exports that it is recognised by, and uses. */
  readonly exports: readonly string[];
  readonly library: (exports: never) => Library;
}

/** The exports whose names no revision has changed yet. */
interface StableExports {
  readonly nativeCrypto: () => TrustQuorumCrypto;
  readonly TrustQuorumNode: { restore(options: RestoreOptions): TrustQuorumNode };
  readonly wipeMessage: (message: PeerMessage) => void;
  readonly encodeLedger: (ledger: Ledger, sha3_256: Hash) => Uint8Array;
  readonly decodeLedger: (bytes: Uint8Array, sha3_256: Hash) => DecodedLedger;
  readonly decodeLrtqLedger: (bytes: Uint8Array, sha3_256: Hash) => LrtqLedger;
  readonly initialState: (lrtq: PersistentState["lrtq"]) => PersistentState;
}

const STABLE = [
  "nativeCrypto",
  "TrustQuorumNode",
  "wipeMessage",
  "encodeLedger",
  "decodeLedger",
  "decodeLrtqLedger",
  "initialState",
] as const satisfies readonly (keyof StableExports)[];

/** `encodeFramedMessage` makes a frame of a message; `decodeWireMessage` takes its body. */
interface FramedMessages extends StableExports {
  readonly FRAME_LENGTH_BYTES: number;
  readonly encodeFramedMessage: (message: WireMessage) => Uint8Array;
  readonly decodeWireMessage: (body: Uint8Array) => WireMessage;
}

/** `encodeFrame` takes a message; `decodeWireMessage` takes a frame without its length. */
interface FramesOfMessages extends StableExports {
  readonly FRAME_LENGTH_BYTES: number;
  readonly encodeFrame: (message: WireMessage) => Uint8Array;
  readonly decodeWireMessage: (body: Uint8Array) => WireMessage;
}

/** The newest first. The first one all of whose exports are there is taken. */
const GENERATIONS: readonly Generation[] = [
  {
    name: "framed messages",
    exports: [...STABLE, "FRAME_LENGTH_BYTES", "encodeFramedMessage", "decodeWireMessage"],
    library: (exports: FramedMessages) => ({
      ...stable(exports),
      encode: (message) => exports.encodeFramedMessage({ kind: "peer", message }),
      decode: (frame) =>
        peerMessage(exports.decodeWireMessage(frame.subarray(exports.FRAME_LENGTH_BYTES))),
    }),
  },
  {
    name: "frames of messages",
    exports: [...STABLE, "FRAME_LENGTH_BYTES", "encodeFrame", "decodeWireMessage"],
    library: (exports: FramesOfMessages) => ({
      ...stable(exports),
      encode: (message) => exports.encodeFrame({ kind: "peer", message }),
      decode: (frame) =>
        peerMessage(exports.decodeWireMessage(frame.subarray(exports.FRAME_LENGTH_BYTES))),
    }),
  },
];

/**
 * The library of exports, by the newest generation that they have all names of.
 *
 * @param whose what is said in an error, e.g. "revision 30514ee"
 * @throws Error where no generation fits, with the names that the nearest one misses
 */
export function libraryOf(exports: Exports, whose: string): Library {
  const misses = GENERATIONS.map(({ exports: names }) =>
    names.filter((name) => exports[name] === undefined),
  );
  const found = GENERATIONS[misses.findIndex((names) => names.length === 0)];
  if (found !== undefined) return found.library(exports as never);
  const [nearest = []] = misses.toSorted((a, b) => a.length - b.length);
  throw new Error(
    `the benchmark has no adapter for the API of ${whose}: it does not export ${nearest.join(", ")} ` +
      `(bench/src/revisions/library.ts has the adapters)`,
  );
}

/**
 * Loads what a revision has built.
 *
 * @param root the folder of the revision's workspace
 * @throws Error as {@link libraryOf}, or where the package is not built
 */
export async function loadLibrary(root: string, whose: string): Promise<Library> {
  return libraryOf(await packageExports(path.join(root, "ts/core")), whose);
}

/** All exports of a package in a folder, of every subpath that is a module, by name. */
async function packageExports(folder: string): Promise<Exports> {
  const file = path.join(folder, "package.json");
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  const { exports = {} } = JSON.parse(readFileSync(file, "utf8")) as {
    exports?: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
  };
  const all: Record<string, unknown> = {};
  for (const entry of Object.values(exports)) {
    const target = typeof entry === "string" ? entry : (entry["node"] ?? entry["default"]);
    if (typeof target !== "string" || !/\.m?js$/.test(target)) continue;
    // Another revision's package is nowhere that a name could find it.
    // eslint-disable-next-line layers/imports
    const module = (await import(pathToFileURL(path.join(folder, target)).href)) as object;
    Object.assign(all, { ...module });
  }
  return all;
}

function stable(exports: StableExports): Omit<Library, "encode" | "decode"> {
  const crypto = exports.nativeCrypto();
  const hash: Hash = (bytes) => crypto.sha3_256(bytes);
  return {
    crypto,
    restore: (options) => exports.TrustQuorumNode.restore(options),
    wipe: (message) => exports.wipeMessage(message),
    encodeLedger: (ledger) => exports.encodeLedger(ledger, hash),
    decodeLedger: (bytes) => exports.decodeLedger(bytes, hash),
    decodeLrtqLedger: (bytes) => exports.decodeLrtqLedger(bytes, hash),
    initialState: (lrtq) => exports.initialState(lrtq),
  };
}

function peerMessage(message: WireMessage): PeerMessage {
  if (message.kind !== "peer") throw new Error("a peer message was decoded as another");
  return message.message;
}

/** What the recorder of event logs is called with; `@trust-quorum/event-log` exports these names. */
export interface EventLogExports {
  readonly LogLines: new () => { text(): string };
  readonly Recorder: new (options: {
    sink: unknown;
    producer: { name: string; version: string };
    clock: { kind: "virtual"; now: () => number };
    crypto: TrustQuorumCrypto;
    rackId: string;
  }) => {
    readonly events: number;
    add(options: { self: BaseboardId; ledger: null }): NodeLike;
    flush(): void;
  };
}

/**
 * The event log package of a revision.
 *
 * @throws Error where it exports other names
 */
export async function loadEventLog(root: string, whose: string): Promise<EventLogExports> {
  const exports = await packageExports(path.join(root, "ts/event-log"));
  const missing = ["LogLines", "Recorder"].filter((name) => exports[name] === undefined);
  if (missing.length === 0) return exports as unknown as EventLogExports;
  throw new Error(
    `the benchmark has no adapter for the event logs of ${whose}: no ${missing.join(", ")}`,
  );
}
