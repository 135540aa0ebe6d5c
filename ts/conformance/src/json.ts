/** From the JSON pictures of the fixtures to the library's types. */
import { baseboardId, decodeLedger, parseRackId } from "trust-quorum";
import type {
  BaseboardId,
  ConfigurationParts,
  Epoch,
  PersistentState,
  TrustQuorumCrypto,
} from "trust-quorum";
import type { JsonBaseboardId, JsonConfiguration, JsonState } from "./trace.ts";

/** Public bytes from hex. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}

export function idOf(json: JsonBaseboardId): BaseboardId {
  return baseboardId(json.part_number, json.serial_number);
}

/** A configuration's parts, unchecked, as a caller would pass them. */
export function configurationOf(json: JsonConfiguration): ConfigurationParts {
  const encrypted = json.encrypted_rack_secrets;
  return {
    rackId: parseRackId(json.rack_id),
    epoch: json.epoch as Epoch,
    coordinator: idOf(json.coordinator),
    members: json.members.map(([id]) => idOf(id)),
    digests: hex(json.members.map(([, digest]) => digest).join("")),
    threshold: json.threshold,
    encryptedRackSecrets:
      encrypted === null ? null : { salt: hex(encrypted.salt), data: hex(encrypted.data) },
  };
}

/** A persistent state from its picture: written as a ledger holds it, then read by the ledger's decoder. */
export function stateOf(json: JsonState, crypto: TrustQuorumCrypto): PersistentState {
  const state = {
    lrtq: json.lrtq && {
      rack_uuid: json.lrtq.rack_uuid,
      epoch: json.lrtq.epoch,
      threshold: json.lrtq.threshold,
      share: json.lrtq.share,
      share_digests: json.lrtq.share_digests,
    },
    configs: json.configs.map((config) => ({
      rack_id: config.rack_id,
      epoch: config.epoch,
      coordinator: orderedId(config.coordinator),
      members: config.members.map(([id, digest]) => [orderedId(id), digest]),
      threshold: config.threshold,
      encrypted_rack_secrets: config.encrypted_rack_secrets && {
        salt: config.encrypted_rack_secrets.salt,
        data: config.encrypted_rack_secrets.data,
      },
    })),
    shares: Object.fromEntries(
      Object.entries(json.shares).map(([epoch, share]) => [
        epoch,
        { x_coordinate: share.x_coordinate, y_coordinates: share.y_coordinates },
      ]),
    ),
    commits: json.commits,
    expunged: json.expunged && {
      epoch: json.expunged.epoch,
      from: orderedId(json.expunged.from),
    },
  };
  const ledger = Buffer.from(JSON.stringify({ generation: 1, state }), "utf8");
  return decodeLedger(ledger, (bytes) => crypto.sha3_256(bytes)).state;
}

function orderedId(id: JsonBaseboardId): JsonBaseboardId {
  return { part_number: id.part_number, serial_number: id.serial_number };
}
