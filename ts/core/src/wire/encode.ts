/**
 * Encodes messages to exactly the bytes that the original writes.
 *
 * Encodings that many messages have in common are cached, and the output buffer is reused; the one
 * {@link MessageEncoder} of this module holds both. They affect the speed of encoding and never its result,
 * and hold no share once a call has returned.
 */
import type { PeerMessage } from "../protocol/messages.ts";
import { writeStatus } from "./encode-status.ts";
import { refuseWiped, writeEpoch, writeExpunged, writeShare, writeUuid } from "./encode-values.ts";
import { FRAME_LENGTH_BYTES, writeFrameLength } from "./frame.ts";
import { CommonItems, MessageWriter } from "./message-writer.ts";
import { KEYS, NAMES } from "./names.ts";
import type {
  ProxiedCommitError,
  ProxyError,
  ProxyOperation,
  ProxyResult,
  WireMessage,
} from "./types.ts";

/**
 * A message as the body of a frame, in CBOR; `decodeWireMessage` is its inverse, and `encodeFrame` puts the
 * length before it. It may hold a share: zero it once it is sent.
 *
 * @returns a new array of at most `FRAME_BODY_BYTES_MAX` bytes
 * @throws TrustQuorumError `ERR_TQ_FRAME_TOO_LARGE`; `ERR_TQ_INVALID_ARGUMENT` where a value has no
 * form on the wire: a wiped share, an alarm the original does not know, a number out of range, peers
 * or epochs not in strict order
 * @example
 * import { decodeWireMessage, encodeWireMessage } from "trust-quorum/wire";
 *
 * const body = encodeWireMessage({ kind: "ping" });
 * decodeWireMessage(body).kind; // => "ping"
 * body.fill(0);
 */
export function encodeWireMessage(message: WireMessage): Uint8Array {
  return encoder.encode(0, (writer) => writeWireMessage(writer, message));
}

/**
 * A message as a frame: what `encodeFrame(encodeWireMessage(message))` gives, without a second copy of the
 * body, which may hold a share. Zero it once it is sent.
 *
 * @returns a new array: 4 bytes of length, and the body
 * @throws TrustQuorumError as {@link encodeWireMessage}
 * @example
 * import { FrameReader, decodeWireMessage, encodeFramedMessage } from "trust-quorum/wire";
 *
 * const frame = encodeFramedMessage({ kind: "ping" });
 * for (const body of new FrameReader().push(frame)) {
 *   decodeWireMessage(body).kind; // => "ping"
 *   body.fill(0);
 * }
 * frame.fill(0);
 */
export function encodeFramedMessage(message: WireMessage): Uint8Array {
  const frame = encoder.encode(FRAME_LENGTH_BYTES, (writer) => writeWireMessage(writer, message));
  writeFrameLength(frame);
  return frame;
}

/**
 * A message between peers alone: the CBOR of a `PeerMsg`, with neither length nor `Tq` around it;
 * `decodePeerMessage` is its inverse. It may hold a share: zero it after use.
 *
 * @throws TrustQuorumError as {@link encodeWireMessage}
 */
export function encodePeerMessage(message: PeerMessage): Uint8Array {
  return encoder.encode(0, (writer) => writePeerMessage(writer, message));
}

/** Encodes messages with a cache and a buffer that it reuses. */
class MessageEncoder {
  readonly #common = new CommonItems();
  /** The writer of the last message, zeroed; none while a message is being encoded. */
  #idle: MessageWriter | undefined;

  /** What `write` wrote, after `headroom` zero bytes. */
  encode(headroom: number, write: (writer: MessageWriter) => void): Uint8Array {
    const writer = this.#idle ?? new MessageWriter(this.#common);
    this.#idle = undefined;
    try {
      write(writer);
      return writer.finish(headroom);
    } finally {
      writer.wipe();
      this.#idle = writer;
    }
  }
}

const encoder = new MessageEncoder();

function writeWireMessage(writer: MessageWriter, message: WireMessage): void {
  switch (message.kind) {
    case "ping":
      return writer.name(NAMES.ping);
    case "peer":
      writer.map(1);
      writer.name(NAMES.tq);
      return writePeerMessage(writer, message.message);
    case "networkConfig":
      writer.map(1);
      writer.name(NAMES.networkConfig);
      writer.map(2);
      writer.name(KEYS.generation);
      writer.uint(message.generation, "generation");
      writer.name(KEYS.blob);
      return writer.byteArray(message.blob);
    case "proxyRequest":
      writer.map(1);
      writer.name(NAMES.proxyRequest);
      writer.map(2);
      writer.name(KEYS.requestId);
      writeUuid(writer, message.requestId);
      writer.name(KEYS.op);
      return writeOperation(writer, message.op);
    case "proxyResponse":
      writer.map(1);
      writer.name(NAMES.proxyResponse);
      writer.map(2);
      writer.name(KEYS.requestId);
      writeUuid(writer, message.requestId);
      writer.name(KEYS.result);
      return writeResult(writer, message.result);
    default:
      message satisfies never;
  }
}

function writePeerMessage(writer: MessageWriter, message: PeerMessage): void {
  writer.head(message.rackId);
  switch (message.kind) {
    case "prepare":
      writer.map(1);
      writer.name(NAMES.prepare);
      writer.map(2);
      writer.name(KEYS.config);
      writer.configuration(message.config);
      writer.name(KEYS.share);
      return writeShare(writer, message.share);
    case "prepareAck":
      writer.map(1);
      writer.name(NAMES.prepareAck);
      return writeEpoch(writer, message.epoch);
    case "getShare":
      writer.map(1);
      writer.name(NAMES.getShare);
      return writeEpoch(writer, message.epoch);
    case "share":
      writer.map(1);
      writer.name(NAMES.share);
      writer.map(2);
      writer.name(KEYS.epoch);
      writeEpoch(writer, message.epoch);
      writer.name(KEYS.share);
      return writeShare(writer, message.share);
    case "getLrtqShare":
      return writer.name(NAMES.getLrtqShare);
    case "lrtqShare":
      refuseWiped(message.share);
      writer.map(1);
      writer.name(NAMES.lrtqShare);
      return writer.byteArray(message.share.bytes);
    case "expunged":
      writer.map(1);
      writer.name(NAMES.expunged);
      return writeEpoch(writer, message.epoch);
    case "commitAdvance":
      writer.map(1);
      writer.name(NAMES.commitAdvance);
      return writer.configuration(message.config);
    default:
      message satisfies never;
  }
}

function writeOperation(writer: MessageWriter, op: ProxyOperation): void {
  switch (op.kind) {
    case "commit":
      writer.map(1);
      writer.name(NAMES.commit);
      writer.map(2);
      writer.name(KEYS.rackId);
      writeUuid(writer, op.rackId);
      writer.name(KEYS.epoch);
      return writeEpoch(writer, op.epoch);
    case "prepareAndCommit":
      writer.map(1);
      writer.name(NAMES.prepareAndCommit);
      writer.map(1);
      writer.name(KEYS.config);
      return writer.configuration(op.config);
    case "status":
      return writer.name(NAMES.status);
    default:
      op satisfies never;
  }
}

function writeResult(writer: MessageWriter, result: ProxyResult): void {
  writer.map(1);
  writer.name(result.kind === "error" ? NAMES.err : NAMES.ok);
  writer.map(1);
  switch (result.kind) {
    case "commit":
      writer.name(NAMES.commit);
      return writer.name(NAMES[result.status]);
    case "status":
      writer.name(NAMES.status);
      return writeStatus(writer, result.status);
    case "error":
      return writeProxyError(writer, result.error);
    default:
      result satisfies never;
  }
}

function writeProxyError(writer: MessageWriter, error: ProxyError): void {
  writer.name(NAMES[error.kind]);
  if (error.kind === "noInnerError") return writer.null();
  writeCommitError(writer, error.error);
}

function writeCommitError(writer: MessageWriter, error: ProxiedCommitError): void {
  writer.map(1);
  writer.name(NAMES[error.kind]);
  switch (error.kind) {
    case "invalidRackId":
      writer.map(2);
      writer.name(KEYS.expected);
      writeUuid(writer, error.expected);
      writer.name(KEYS.got);
      return writeUuid(writer, error.got);
    case "notPrepared":
      return writeEpoch(writer, error.epoch);
    case "expunged":
      return writeExpunged(writer, error);
    default:
      error satisfies never;
  }
}
