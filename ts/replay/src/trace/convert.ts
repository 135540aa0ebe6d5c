/** Converts the records of a trace to the library's types. */
import { hexToBytes } from "@noble/hashes/utils.js";
import { baseboardId, parseRackId } from "trust-quorum";
import type { BaseboardId, Epoch, TrustQuorumCrypto, UpgradeRequest } from "trust-quorum";
import { decodeLedger } from "trust-quorum/ledger";
import type { ConfigurationParts, PersistentState } from "trust-quorum/protocol";
import type { TraceConfig, TraceId, TraceState, TraceStep } from "./schema.ts";

/** The request of a step, as a caller passes it. */
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

/** The parts of a configuration, unchecked, as a caller passes them. */
export function configurationOf(config: TraceConfig): ConfigurationParts {
  const encrypted = config.encrypted_rack_secrets;
  return {
    rackId: parseRackId(config.rack_id),
    epoch: config.epoch as Epoch,
    coordinator: idOf(config.coordinator),
    members: config.members.map(([id]) => idOf(id)),
    digests: hexToBytes(config.members.map(([, digest]) => digest).join("")),
    threshold: config.threshold,
    encryptedRackSecrets: encrypted && {
      salt: hexToBytes(encrypted.salt),
      data: hexToBytes(encrypted.data),
    },
  };
}

/**
 * A persistent state. It is written in the form of a ledger, which the strict decoder of ledgers reads.
 *
 * @throws TrustQuorumError for a state that no ledger can hold
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
