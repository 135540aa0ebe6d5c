/** From messages to bytes: exactly what the original writes. */
import { TrustQuorumError } from "../base/errors.ts";
import type { ErrorCode } from "../base/errors.ts";
import { fromHex } from "../base/bytes.ts";
import { EncodingCache } from "../base/encoding-cache.ts";
import { baseboardParts, compareBaseboardIds, isEpoch } from "../base/ids.ts";
import type { BaseboardId, Epoch, RackId } from "../base/ids.ts";
import type { LrtqShare, Share } from "../base/share.ts";
import type { Alarm } from "../protocol/alarms.ts";
import type { Configuration } from "../protocol/configuration.ts";
import type { PeerMessage } from "../protocol/messages.ts";
import type { ExpungedBy, PersistentStateSummary } from "../protocol/persistent-state.ts";
import { COMBINE_ERRORS, DECRYPTION_ERRORS, SIZE_ERROR, isWireAlarm, nameOf } from "./alarms.ts";
import { CborWriter } from "./cbor-writer.ts";
import { FRAME_BODY_BYTES_MAX, FRAME_LENGTH_BYTES } from "./frame.ts";
import { KEYS, NAMES } from "./names.ts";
import type {
  ProxiedCommitError,
  ProxiedStatus,
  ProxyError,
  ProxyOperation,
  ProxyResult,
  RequestId,
  WireMessage,
} from "./types.ts";

/**
 * A message as a frame: the length of the body as a big-endian u32, and the body in CBOR. It may
 * hold a share: zero it once it is sent.
 *
 * @throws TrustQuorumError `ERR_TQ_FRAME_TOO_LARGE`; `ERR_TQ_INVALID_ARGUMENT` where a value has no
 * form on the wire: a wiped share, an alarm the original does not know, a number out of range, peers
 * or epochs not in strict order
 * @example
 * const frame = encodeFrame({ kind: "ping" });
 * try {
 *   await send(frame);
 * } finally {
 *   frame.fill(0);
 * }
 */
export function encodeFrame(message: WireMessage): Uint8Array {
  const frame = encoded(FRAME_LENGTH_BYTES, (writer) => writeWireMessage(writer, message));
  const length = frame.length - FRAME_LENGTH_BYTES;
  for (let i = 0; i < FRAME_LENGTH_BYTES; i++) frame[i] = length >>> (24 - 8 * i);
  return frame;
}

/**
 * A message between peers alone: the CBOR of a `PeerMsg`, with neither length nor `Tq` around it.
 * It may hold a share: zero it after use.
 *
 * @throws TrustQuorumError as {@link encodeFrame}
 */
export function encodePeerMessage(message: PeerMessage): Uint8Array {
  return encoded(0, (writer) => writePeerMessage(writer, message));
}

function encoded(headroom: number, write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter({ limit: FRAME_BODY_BYTES_MAX });
  try {
    write(writer);
    return writer.finish(headroom);
  } finally {
    writer.wipe();
  }
}

function writeWireMessage(writer: CborWriter, message: WireMessage): void {
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

// A node speaks for one rack all its life: the beginning of its messages is made once.
let latestHead: { readonly rackId: RackId; readonly item: Uint8Array } | undefined;

function writeHead(writer: CborWriter, rackId: RackId): void {
  if (latestHead?.rackId !== rackId) {
    const item = encoded(0, (own) => {
      own.map(2);
      own.name(KEYS.rackId);
      writeUuid(own, rackId);
      own.name(KEYS.kind);
    });
    latestHead = { rackId, item };
  }
  writer.raw(latestHead.item);
}

function writePeerMessage(writer: CborWriter, message: PeerMessage): void {
  writeHead(writer, message.rackId);
  switch (message.kind) {
    case "prepare":
      writer.map(1);
      writer.name(NAMES.prepare);
      writer.map(2);
      writer.name(KEYS.config);
      writeConfiguration(writer, message.config);
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
      return writeConfiguration(writer, message.config);
    default:
      message satisfies never;
  }
}

/** Those of the configurations that nodes of this process have lately sent. */
const configurationItems = new EncodingCache<Configuration>({ bytesMax: 1 << 20 });

function writeConfiguration(writer: CborWriter, config: Configuration): void {
  const encode = () => encoded(0, (own) => writeNewConfiguration(own, config));
  writer.raw(configurationItems.encodingOf(config, encode));
}

function writeNewConfiguration(writer: CborWriter, config: Configuration): void {
  writer.map(6);
  writer.name(KEYS.rackId);
  writeUuid(writer, config.rackId);
  writer.name(KEYS.epoch);
  writeEpoch(writer, config.epoch);
  writer.name(KEYS.coordinator);
  writeBaseboardId(writer, config.coordinator);
  writer.name(KEYS.members);
  writer.array(config.members.length);
  config.members.forEach((member, i) => {
    writer.array(2);
    writeBaseboardId(writer, member);
    writer.byteString(config.digestAt(i));
  });
  writer.name(KEYS.threshold);
  writer.uint(config.threshold, "threshold");
  writer.name(KEYS.encryptedRackSecrets);
  if (config.encryptedRackSecrets === null) {
    writer.null();
  } else {
    writer.map(2);
    writer.name(KEYS.salt);
    writer.byteString(config.encryptedRackSecrets.salt);
    writer.name(KEYS.data);
    writer.hexText(config.encryptedRackSecrets.data);
  }
}

function writeShare(writer: CborWriter, share: Share): void {
  refuseWiped(share);
  writer.map(2);
  writer.name(KEYS.xCoordinate);
  writer.uint(share.x, "share");
  writer.name(KEYS.yCoordinates);
  writer.byteArray(share.bytes, 1);
}

function writeOperation(writer: CborWriter, op: ProxyOperation): void {
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
      return writeConfiguration(writer, op.config);
    case "status":
      return writer.name(NAMES.status);
    default:
      op satisfies never;
  }
}

function writeResult(writer: CborWriter, result: ProxyResult): void {
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

function writeProxyError(writer: CborWriter, error: ProxyError): void {
  writer.name(NAMES[error.kind]);
  if (error.kind === "noInnerError") return writer.null();
  writeCommitError(writer, error.error);
}

function writeCommitError(writer: CborWriter, error: ProxiedCommitError): void {
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

function writeStatus(writer: CborWriter, status: ProxiedStatus): void {
  const { connectedPeers, alarms } = status;
  requireAscending(connectedPeers, compareBaseboardIds, "connectedPeers");
  writer.map(4);
  writer.name(KEYS.connectedPeers);
  writer.array(connectedPeers.length);
  for (const peer of connectedPeers) writeBaseboardId(writer, peer);
  writer.name(KEYS.alarms);
  writer.array(alarms.length);
  for (const alarm of alarms) writeAlarm(writer, alarm);
  writer.name(KEYS.persistentState);
  writeSummary(writer, status.persistentState);
  writer.name(KEYS.proxiedRequests);
  writer.uint(status.proxiedRequests, "proxiedRequests");
}

function writeSummary(writer: CborWriter, summary: PersistentStateSummary): void {
  writer.map(5);
  writer.name(KEYS.hasLrtqShare);
  writer.boolean(summary.hasLrtqShare);
  for (const list of ["configs", "shares", "commits"] as const) {
    const epochs = summary[list];
    requireAscending(epochs, (a, b) => a - b, list);
    writer.name(KEYS[list]);
    writer.array(epochs.length);
    for (const epoch of epochs) writeEpoch(writer, epoch);
  }
  writer.name(KEYS.expunged);
  if (summary.expunged === null) writer.null();
  else writeExpunged(writer, summary.expunged);
}

function writeExpunged(writer: CborWriter, expunged: ExpungedBy): void {
  writer.map(2);
  writer.name(KEYS.epoch);
  writeEpoch(writer, expunged.epoch);
  writer.name(KEYS.from);
  writeBaseboardId(writer, expunged.from);
}

function writeAlarm(writer: CborWriter, alarm: Alarm): void {
  if (!isWireAlarm(alarm) || alarm.kind === "lrtqSecretReconstructionFailed") {
    throw invalidArgument("alarms", "has an alarm that the original does not know");
  }
  writer.map(1);
  writer.name(NAMES[alarm.kind]);
  switch (alarm.kind) {
    case "mismatchedConfigurations":
      writer.map(3);
      writer.name(KEYS.config1);
      writeConfiguration(writer, alarm.config1);
      writer.name(KEYS.config2);
      writeConfiguration(writer, alarm.config2);
      writer.name(KEYS.from);
      return writer.text(alarm.from);
    case "shareComputationFailed":
      writeFailedEpoch(writer, alarm.epoch);
      return writeFailure(writer, COMBINE_ERRORS, alarm.code);
    case "committedConfigurationLost":
      writer.map(2);
      writer.name(KEYS.latestCommittedEpoch);
      writeEpoch(writer, alarm.latestCommittedEpoch);
      writer.name(KEYS.collectingEpoch);
      return writeEpoch(writer, alarm.collectingEpoch);
    case "rackSecretDecryptionFailed":
      writeFailedEpoch(writer, alarm.epoch);
      return writeFailure(writer, DECRYPTION_ERRORS, alarm.code);
    case "rackSecretReconstructionFailed":
      writeFailedEpoch(writer, alarm.epoch);
      writer.map(1);
      if (alarm.code === SIZE_ERROR) {
        writer.name(NAMES.size);
        return writer.null();
      }
      writer.name(NAMES.combine);
      return writeFailure(writer, COMBINE_ERRORS, alarm.code);
    default:
      alarm satisfies never;
  }
}

function writeFailedEpoch(writer: CborWriter, epoch: Epoch): void {
  writer.map(2);
  writer.name(KEYS.epoch);
  writeEpoch(writer, epoch);
  writer.name(KEYS.err);
}

function writeFailure(
  writer: CborWriter,
  table: Readonly<Record<string, ErrorCode>>,
  code: ErrorCode,
): void {
  writer.text(nameOf(table, code) ?? "");
}

function writeEpoch(writer: CborWriter, epoch: Epoch): void {
  if (!isEpoch(epoch)) throw invalidArgument("epoch", "is not an integer from 1 to 2^53-1");
  writer.uint(epoch, "epoch");
}

function writeUuid(writer: CborWriter, id: RackId | RequestId): void {
  const bytes = fromHex(id.replaceAll("-", ""));
  if (bytes?.length !== 16) throw invalidArgument("uuid", "is not a hyphenated uuid in lower case");
  writer.byteString(bytes);
}

function writeBaseboardId(writer: CborWriter, id: BaseboardId): void {
  const { partNumber, serialNumber } = baseboardParts(id);
  writer.map(2);
  writer.name(KEYS.partNumber);
  writer.text(partNumber);
  writer.name(KEYS.serialNumber);
  writer.text(serialNumber);
}

function refuseWiped(share: Share | LrtqShare): void {
  if (share.wiped) throw invalidArgument("share", "was wiped");
}

function requireAscending<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
  argument: string,
): void {
  let previous: T | undefined;
  for (const item of items) {
    if (previous !== undefined && compare(previous, item) >= 0) {
      throw invalidArgument(argument, "is not in strict order");
    }
    previous = item;
  }
}

function invalidArgument(argument: string, problem: string): TrustQuorumError {
  return new TrustQuorumError("ERR_TQ_INVALID_ARGUMENT", { argument, problem });
}
