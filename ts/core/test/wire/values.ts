/**
 * Messages as the values that CBOR carries, keys in the order of declaration: written from the
 * format's description alone, independently of the codec, to be compared with it. Byte strings are `Uint8Array`, shares and blobs arrays.
 */
import type { BaseboardId, RackId } from "../../src/base/id-types.ts";
import type { Share } from "../../src/base/share.ts";
import type { Alarm } from "../../src/protocol/alarms.ts";
import type { Configuration } from "../../src/protocol/configuration.ts";
import type { PeerMessage } from "../../src/protocol/messages.ts";
import type { ExpungedBy } from "../../src/protocol/persistent-state.ts";
import type {
  ProxiedCommitError,
  ProxiedStatus,
  ProxyOperation,
  ProxyResult,
  RequestId,
  WireMessage,
} from "../../src/wire/types.ts";

export function wireValue(message: WireMessage): unknown {
  switch (message.kind) {
    case "ping":
      return "Ping";
    case "peer":
      return { Tq: peerValue(message.message) };
    case "networkConfig":
      return { NetworkConfig: { generation: message.generation, blob: [...message.blob] } };
    case "proxyRequest":
      return {
        ProxyRequest: { request_id: uuid(message.requestId), op: operation(message.op) },
      };
    case "proxyResponse":
      return {
        ProxyResponse: { request_id: uuid(message.requestId), result: result(message.result) },
      };
  }
}

export function peerValue(message: PeerMessage): unknown {
  return { rack_id: uuid(message.rackId), kind: peerKind(message) };
}

function peerKind(message: PeerMessage): unknown {
  switch (message.kind) {
    case "prepare":
      return { Prepare: { config: configuration(message.config), share: share(message.share) } };
    case "prepareAck":
      return { PrepareAck: message.epoch };
    case "getShare":
      return { GetShare: message.epoch };
    case "share":
      return { Share: { epoch: message.epoch, share: share(message.share) } };
    case "getLrtqShare":
      return "GetLrtqShare";
    case "lrtqShare":
      return { LrtqShare: [...message.share.bytes] };
    case "expunged":
      return { Expunged: message.epoch };
    case "commitAdvance":
      return { CommitAdvance: configuration(message.config) };
  }
}

function configuration(config: Configuration): unknown {
  const encrypted = config.encryptedRackSecrets;
  return {
    rack_id: uuid(config.rackId),
    epoch: config.epoch,
    coordinator: baseboard(config.coordinator),
    members: config.members.map((id, i) => [baseboard(id), config.digestAt(i).slice()]),
    threshold: config.threshold,
    encrypted_rack_secrets:
      encrypted === null
        ? null
        : { salt: encrypted.salt, data: Buffer.from(encrypted.data).toString("hex") },
  };
}

function share(value: Share): unknown {
  return { x_coordinate: value.x, y_coordinates: [...value.bytes.subarray(1)] };
}

function operation(op: ProxyOperation): unknown {
  switch (op.kind) {
    case "commit":
      return { Commit: { rack_id: uuid(op.rackId), epoch: op.epoch } };
    case "prepareAndCommit":
      return { PrepareAndCommit: { config: configuration(op.config) } };
    case "status":
      return "Status";
  }
}

function result(value: ProxyResult): unknown {
  switch (value.kind) {
    case "commit":
      return { Ok: { Commit: value.status } };
    case "status":
      return { Ok: { Status: status(value.status) } };
    case "error":
      switch (value.error.kind) {
        case "noInnerError":
          return { Err: { NoInnerError: null } };
        case "commit":
          return { Err: { Commit: commitError(value.error.error) } };
        case "prepareAndCommit":
          return { Err: { PrepareAndCommit: commitError(value.error.error) } };
      }
  }
}

function commitError(error: ProxiedCommitError): unknown {
  switch (error.kind) {
    case "invalidRackId":
      return { InvalidRackId: { expected: uuid(error.expected), got: uuid(error.got) } };
    case "notPrepared":
      return { NotPrepared: error.epoch };
    case "expunged":
      return { Expunged: expunged(error) };
  }
}

function status(value: ProxiedStatus): unknown {
  const { hasLrtqShare, configs, shares, commits } = value.persistentState;
  return {
    connected_peers: value.connectedPeers.map(baseboard),
    alarms: value.alarms.map(alarm),
    persistent_state: {
      has_lrtq_share: hasLrtqShare,
      configs,
      shares,
      commits,
      expunged:
        value.persistentState.expunged === null ? null : expunged(value.persistentState.expunged),
    },
    proxied_requests: value.proxiedRequests,
  };
}

const COMBINE: Record<string, string> = {
  ERR_TQ_TOO_FEW_SHARES: "too_few_shares",
  ERR_TQ_DUPLICATE_X_COORDINATES: "duplicate_x_coordinates",
  ERR_TQ_INVALID_SHARE_LENGTHS: "invalid_share_lengths",
  ERR_TQ_INVALID_SHARE_ID: "invalid_share_id",
};
const DECRYPT: Record<string, string> = {
  ERR_TQ_AUTHENTICATION_FAILED: "aead",
  ERR_TQ_INVALID_PLAINTEXT_LENGTH: "invalid_length",
};

function alarm(value: Alarm): unknown {
  switch (value.kind) {
    case "mismatchedConfigurations":
      return {
        mismatched_configurations: {
          config1: configuration(value.config1),
          config2: configuration(value.config2),
          from: value.from,
        },
      };
    case "shareComputationFailed":
      return { share_computation_failed: { epoch: value.epoch, err: COMBINE[value.code] } };
    case "committedConfigurationLost":
      return {
        committed_configuration_lost: {
          latest_committed_epoch: value.latestCommittedEpoch,
          collecting_epoch: value.collectingEpoch,
        },
      };
    case "rackSecretDecryptionFailed":
      return { rack_secret_decryption_failed: { epoch: value.epoch, err: DECRYPT[value.code] } };
    case "rackSecretReconstructionFailed":
      return {
        rack_secret_reconstruction_failed: {
          epoch: value.epoch,
          err:
            value.code === "ERR_TQ_INVALID_RACK_SECRET"
              ? { size: null }
              : { combine: COMBINE[value.code] },
        },
      };
    case "lrtqSecretReconstructionFailed":
    case "unrelatedShares":
    case "priorSecretsDiffer":
    case "ledgerAlmostFull":
      throw new Error("the wire does not know this alarm");
  }
}

function expunged({ epoch, from }: ExpungedBy): unknown {
  return { epoch, from: baseboard(from) };
}

function baseboard(id: BaseboardId): unknown {
  const [part, serial] = id.split(":");
  return { part_number: part, serial_number: serial };
}

function uuid(id: RackId | RequestId): Uint8Array {
  return Uint8Array.from(Buffer.from(id.replaceAll("-", ""), "hex"));
}

/** A value as the fixtures' JSON pictures show it: uuids hyphenated, other byte strings in hex. */
export function picture(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    const text = Buffer.from(value).toString("hex");
    if (value.length !== 16) return text;
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
  if (Array.isArray(value)) return value.map(picture);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, picture(item)]));
}
