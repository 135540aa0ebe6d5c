/**
 * Encoding and decoding messages between sleds: frames in a stream, and strict CBOR. Import it as
 * `trust-quorum/wire`.
 */
export { wireAlarms } from "./wire/alarms.ts";
export { decodePeerMessage, decodeWireMessage } from "./wire/decode.ts";
export { encodeFramedMessage, encodePeerMessage, encodeWireMessage } from "./wire/encode.ts";
export {
  FRAME_BODY_BYTES_MAX,
  FRAME_LENGTH_BYTES,
  FrameReader,
  encodeFrame,
} from "./wire/frame.ts";
export { parseRequestId } from "./wire/types.ts";
export type {
  CommitStatus,
  ProxiedCommitError,
  ProxiedStatus,
  ProxyError,
  ProxyOperation,
  ProxyResult,
  RequestId,
  WireMessage,
} from "./wire/types.ts";
