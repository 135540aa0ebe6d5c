/**
 * Decodes messages, strictly: only what the encoder writes is accepted, so that
 * `encode(decode(x)) = x` for every accepted `x`. A share is copied from the frame into a buffer that is
 * zeroed afterwards, and from there into a `Share`.
 */
import { TrustQuorumError } from "../base/errors.ts";
import { rackIdFromBytes } from "../base/ids.ts";
import { LrtqShare, SHARE_BYTES, Share } from "../base/share.ts";
import { wipeMessage } from "../protocol/messages.ts";
import type { PeerMessage } from "../protocol/messages.ts";
import { CborReader } from "./cbor-reader.ts";
import type { Variants } from "./cbor-reader.ts";
import { readStatus } from "./decode-status.ts";
import { readConfiguration, readEpoch, readExpunged, readRackId } from "./decode-values.ts";
import { KEYS, NAMES } from "./names.ts";
import type {
  ProxiedCommitError,
  ProxyError,
  ProxyOperation,
  ProxyResult,
  RequestId,
  WireMessage,
} from "./types.ts";

/**
 * Decodes the body of a frame. The body stays the caller's, who zeroes it afterwards; a share in
 * the message is a copy.
 *
 * @throws TrustQuorumError `ERR_TQ_WIRE_…`, with the byte offset into the body
 * @example
 * import { isTrustQuorumError } from "trust-quorum";
 * import { decodeWireMessage, encodeWireMessage } from "trust-quorum/wire";
 *
 * decodeWireMessage(encodeWireMessage({ kind: "ping" })); // => { kind: "ping" }
 * try {
 *   decodeWireMessage(Uint8Array.of(0xff));
 * } catch (error) {
 *   // A peer sent it: count it, and close the connection.
 *   isTrustQuorumError(error); // => true
 * }
 */
export function decodeWireMessage(body: Uint8Array): WireMessage {
  const reader = new CborReader(body);
  const message = readWireMessage(reader);
  endOrWipe(reader, message.kind === "peer" ? message.message : undefined);
  return message;
}

/**
 * Decodes the CBOR of a `PeerMsg` alone, as `encodePeerMessage` writes it.
 *
 * @throws TrustQuorumError `ERR_TQ_WIRE_…`, with the byte offset
 * @example
 * import { epoch, parseRackId } from "trust-quorum";
 * import { decodePeerMessage, encodePeerMessage } from "trust-quorum/wire";
 *
 * const rackId = parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f");
 * const body = encodePeerMessage({ kind: "prepareAck", rackId, epoch: epoch(7) });
 * decodePeerMessage(body); // => { kind: "prepareAck", rackId, epoch: 7 }
 */
export function decodePeerMessage(body: Uint8Array): PeerMessage {
  const reader = new CborReader(body);
  const message = readPeerMessage(reader);
  endOrWipe(reader, message);
  return message;
}

// A share is the last item of a message, so that this is the only check that can fail after one was read.
function endOrWipe(reader: CborReader, message: PeerMessage | undefined): void {
  try {
    reader.end();
  } catch (error) {
    if (message !== undefined) wipeMessage(message);
    throw error;
  }
}

const WIRE_MESSAGE = {
  type: "WireMsg",
  unit: [NAMES.ping],
  data: [NAMES.tq, NAMES.networkConfig, NAMES.proxyRequest, NAMES.proxyResponse],
} satisfies Variants<string>;

function readWireMessage(reader: CborReader): WireMessage {
  const variant = reader.variant(WIRE_MESSAGE);
  switch (variant) {
    case "Ping":
      return { kind: "ping" };
    case "Tq":
      return { kind: "peer", message: readPeerMessage(reader) };
    case "NetworkConfig": {
      reader.map(2);
      reader.key(KEYS.generation);
      const generation = reader.uint("generation", Number.MAX_SAFE_INTEGER);
      reader.key(KEYS.blob);
      return { kind: "networkConfig", generation, blob: reader.blob() };
    }
    case "ProxyRequest": {
      const requestId = readRequestId(reader);
      reader.key(KEYS.op);
      return { kind: "proxyRequest", requestId, op: readOperation(reader) };
    }
    case "ProxyResponse": {
      const requestId = readRequestId(reader);
      reader.key(KEYS.result);
      return { kind: "proxyResponse", requestId, result: readResult(reader) };
    }
    default:
      return variant satisfies never;
  }
}

function readRequestId(reader: CborReader): RequestId {
  reader.map(2);
  reader.key(KEYS.requestId);
  return rackIdFromBytes(reader.byteString(16)) as string as RequestId;
}

const PEER_MESSAGE = {
  type: "PeerMsg kind",
  unit: [NAMES.getLrtqShare],
  data: [
    NAMES.prepare,
    NAMES.prepareAck,
    NAMES.getShare,
    NAMES.share,
    NAMES.lrtqShare,
    NAMES.expunged,
    NAMES.commitAdvance,
  ],
} satisfies Variants<string>;

function readPeerMessage(reader: CborReader): PeerMessage {
  reader.map(2);
  reader.key(KEYS.rackId);
  const rackId = readRackId(reader);
  reader.key(KEYS.kind);
  const variant = reader.variant(PEER_MESSAGE);
  switch (variant) {
    case "GetLrtqShare":
      return { kind: "getLrtqShare", rackId };
    case "Prepare": {
      reader.map(2);
      reader.key(KEYS.config);
      const config = readConfiguration(reader);
      reader.key(KEYS.share);
      return { kind: "prepare", rackId, config, share: readShare(reader) };
    }
    case "PrepareAck":
      return { kind: "prepareAck", rackId, epoch: readEpoch(reader) };
    case "GetShare":
      return { kind: "getShare", rackId, epoch: readEpoch(reader) };
    case "Share": {
      reader.map(2);
      reader.key(KEYS.epoch);
      const epoch = readEpoch(reader);
      reader.key(KEYS.share);
      return { kind: "share", rackId, epoch, share: readShare(reader) };
    }
    case "LrtqShare":
      return { kind: "lrtqShare", rackId, share: readLrtqShare(reader) };
    case "Expunged":
      return { kind: "expunged", rackId, epoch: readEpoch(reader) };
    case "CommitAdvance":
      return { kind: "commitAdvance", rackId, config: readConfiguration(reader) };
    default:
      return variant satisfies never;
  }
}

// Zeroed before the function that filled it returns. It has an ArrayBuffer of its own: V8 keeps small typed
// arrays on its heap, whose garbage collector leaves copies behind when it moves them.
const scratch = new Uint8Array(new ArrayBuffer(SHARE_BYTES));

function readShare(reader: CborReader): Share {
  try {
    reader.map(2);
    reader.key(KEYS.xCoordinate);
    const at = reader.offset;
    const x = reader.uint("x_coordinate", 0xff);
    if (x === 0) throw outOfRange(at, "x_coordinate");
    scratch[0] = x;
    reader.key(KEYS.yCoordinates);
    reader.byteArray(scratch, 1);
    return Share.copyOf(scratch);
  } finally {
    scratch.fill(0);
  }
}

function readLrtqShare(reader: CborReader): LrtqShare {
  try {
    const at = reader.offset;
    reader.byteArray(scratch, 0);
    if (scratch[0] === 0) throw outOfRange(at, "LRTQ share identifier");
    return LrtqShare.copyOf(scratch);
  } finally {
    scratch.fill(0);
  }
}

const OPERATION = {
  type: "op",
  unit: [NAMES.status],
  data: [NAMES.commit, NAMES.prepareAndCommit],
} satisfies Variants<string>;

function readOperation(reader: CborReader): ProxyOperation {
  const variant = reader.variant(OPERATION);
  switch (variant) {
    case "Status":
      return { kind: "status" };
    case "Commit": {
      reader.map(2);
      reader.key(KEYS.rackId);
      const rackId = readRackId(reader);
      reader.key(KEYS.epoch);
      return { kind: "commit", rackId, epoch: readEpoch(reader) };
    }
    case "PrepareAndCommit":
      reader.map(1);
      reader.key(KEYS.config);
      return { kind: "prepareAndCommit", config: readConfiguration(reader) };
    default:
      return variant satisfies never;
  }
}

const RESULT = { type: "result", unit: [], data: [NAMES.ok, NAMES.err] } satisfies Variants<string>;

const SUCCESS = {
  type: "result",
  unit: [],
  data: [NAMES.commit, NAMES.status],
} satisfies Variants<string>;

const COMMIT_STATUS = {
  type: "commit status",
  unit: [NAMES.committed, NAMES.pending],
  data: [],
} satisfies Variants<string>;

function readResult(reader: CborReader): ProxyResult {
  if (reader.variant(RESULT) === "Err") return { kind: "error", error: readProxyError(reader) };
  if (reader.variant(SUCCESS) === "Commit") {
    return { kind: "commit", status: reader.variant(COMMIT_STATUS) };
  }
  return { kind: "status", status: readStatus(reader) };
}

const PROXY_ERROR = {
  type: "error",
  unit: [],
  data: [NAMES.commit, NAMES.prepareAndCommit, NAMES.noInnerError],
} satisfies Variants<string>;

function readProxyError(reader: CborReader): ProxyError {
  const variant = reader.variant(PROXY_ERROR);
  switch (variant) {
    case "NoInnerError":
      reader.null();
      return { kind: "noInnerError" };
    case "Commit":
      return { kind: "commit", error: readCommitError(reader) };
    case "PrepareAndCommit":
      return { kind: "prepareAndCommit", error: readCommitError(reader) };
    default:
      return variant satisfies never;
  }
}

const COMMIT_ERROR = {
  type: "commit error",
  unit: [],
  data: [NAMES.invalidRackId, NAMES.notPrepared, NAMES.expunged],
} satisfies Variants<string>;

function readCommitError(reader: CborReader): ProxiedCommitError {
  const variant = reader.variant(COMMIT_ERROR);
  switch (variant) {
    case "InvalidRackId": {
      reader.map(2);
      reader.key(KEYS.expected);
      const expected = readRackId(reader);
      reader.key(KEYS.got);
      return { kind: "invalidRackId", expected, got: readRackId(reader) };
    }
    case "NotPrepared":
      return { kind: "notPrepared", epoch: readEpoch(reader) };
    case "Expunged":
      return { kind: "expunged", ...readExpunged(reader) };
    default:
      return variant satisfies never;
  }
}

function outOfRange(offset: number, type: string): TrustQuorumError {
  return new TrustQuorumError("ERR_TQ_WIRE_OUT_OF_RANGE", { offset, type });
}
