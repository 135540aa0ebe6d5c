/** From what a trace says to the library's types. */
import { fromHex } from "@trust-quorum/event-log/format";
import { baseboardId, parseRackId } from "trust-quorum";
import type { BaseboardId, Epoch, TrustQuorumCrypto, UpgradeRequest } from "trust-quorum";
import { decodeLedger } from "trust-quorum/ledger";
import type { ConfigurationParts, PersistentState } from "trust-quorum/protocol";
import type { TraceConfig, TraceId, TraceState, TraceStep } from "./schema.ts";

/** A request as a caller would pass it. */
export function requestOf(
  args: Extract<TraceStep, { call: "coordinateUpgradeFromLrtq" }>["args"],
): UpgradeRequest {
  return {
    rackId: parseRackId(args.rack_id),
    epoch: args.epoch,
    members: args.members.map(idOf),
    threshold: args.threshold,
  };
}

/** A configuration's parts, unchecked, as a caller would pass them. */
export function configurationOf(config: TraceConfig): ConfigurationParts {
  const encrypted = config.encrypted_rack_secrets;
  return {
    rackId: parseRackId(config.rack_id),
    epoch: config.epoch as Epoch,
    coordinator: idOf(config.coordinator),
    members: config.members.map(([id]) => idOf(id)),
    digests: fromHex(config.members.map(([, digest]) => digest).join("")),
    threshold: config.threshold,
    encryptedRackSecrets: encrypted && {
      salt: fromHex(encrypted.salt),
      data: fromHex(encrypted.data),
    },
  };
}

/**
 * A persistent state: written in the order of a ledger's fields, then read by the ledger's strict decoder.
 *
 * @throws TrustQuorumError where it is none
 */
export function stateOf(state: TraceState, crypto: TrustQuorumCrypto): PersistentState {
  const { lrtq, expunged } = state;
  const ordered = {
    lrtq: lrtq && {
      rack_uuid: lrtq.rack_uuid,
      epoch: lrtq.epoch,
      threshold: lrtq.threshold,
      share: lrtq.share,
      share_digests: lrtq.share_digests,
    },
    configs: state.configs.map((config) => ({
      rack_id: config.rack_id,
      epoch: config.epoch,
      coordinator: orderedId(config.coordinator),
      members: config.members.map(([member, digest]) => [orderedId(member), digest]),
      threshold: config.threshold,
      encrypted_rack_secrets: config.encrypted_rack_secrets && {
        salt: config.encrypted_rack_secrets.salt,
        data: config.encrypted_rack_secrets.data,
      },
    })),
    shares: Object.fromEntries(
      Object.entries(state.shares).map(([epoch, share]) => [
        epoch,
        { x_coordinate: share.x_coordinate, y_coordinates: share.y_coordinates },
      ]),
    ),
    commits: state.commits,
    expunged: expunged && { epoch: expunged.epoch, from: orderedId(expunged.from) },
  };
  const ledger = new TextEncoder().encode(JSON.stringify({ generation: 1, state: ordered }));
  return decodeLedger(ledger, (bytes) => crypto.sha3_256(bytes)).state;
}

function orderedId({ part_number, serial_number }: TraceId): TraceId {
  return { part_number, serial_number };
}

function idOf(id: TraceId): BaseboardId {
  return baseboardId(id.part_number, id.serial_number);
}
