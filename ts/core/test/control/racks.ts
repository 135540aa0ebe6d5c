/** Records, configurations and coordinator answers for the control policy's tests. */

import type { BaseboardId, Epoch } from "../../src/base/id-types.ts";
import { proposeConfiguration } from "../../src/control/propose.ts";
import type { Proposal } from "../../src/control/propose.ts";
import { acknowledgeCommit, decideCommit, learnFromCoordinator } from "../../src/control/record.ts";
import type { ConfigurationRecord } from "../../src/control/record.ts";
import { Configuration } from "../../src/protocol/configuration.ts";
import type { CoordinatorStatus } from "../../src/protocol/coordinator.ts";
import { RACK, sled, sleds } from "../protocol/fixtures.ts";

export { OTHER_RACK, RACK, sled, sleds } from "../protocol/fixtures.ts";
export const STRANGER = sled(99);

export type Edges = Readonly<Record<ConfigurationRecord["state"], readonly string[]>>;

/** A proposal of the first `n` sleds, coordinated by the first. */
export function proposal(n: number, parts: Partial<Proposal> = {}): Proposal {
  return { rackId: RACK, kind: "initial", members: sleds(n), coordinator: sled(0), ...parts };
}

/** A new record as proposed over these. */
export function proposed(
  n = 5,
  parts: Partial<Proposal> = {},
  previous: readonly ConfigurationRecord[] = [],
): ConfigurationRecord {
  return proposeConfiguration(previous, proposal(n, parts), 10).record;
}

/** The configuration that the coordinator makes of a record. */
export function configOf(
  record: ConfigurationRecord,
  parts: Partial<Omit<Configuration, "has" | "equals">> = {},
): Configuration {
  const { rackId, epoch, coordinator, threshold } = record;
  const members = parts.members ?? [...record.members.keys()];
  const follows = record.lastCommittedEpoch !== null || record.state === "preparing_lrtq_upgrade";
  return Configuration.create({
    rackId,
    epoch,
    coordinator,
    threshold,
    members,
    digests: new Uint8Array(members.length * 32).fill(7),
    encryptedRackSecrets: follows ? { salt: new Uint8Array(32), data: new Uint8Array(60) } : null,
    ...parts,
  });
}

/** What a coordinator says that hands out this configuration. */
export function preparing(
  record: ConfigurationRecord,
  acks: readonly BaseboardId[],
  parts: { config?: Configuration; lrtqUpgrade?: boolean; epoch?: Epoch } = {},
): CoordinatorStatus {
  return {
    epoch: record.epoch,
    lrtqUpgrade: record.state === "preparing_lrtq_upgrade",
    operation: "prepare",
    config: configOf(record),
    acks,
    ...parts,
  };
}

/** The record after the first `n` members have prepared. */
export function prepared(record: ConfigurationRecord, n: number): ConfigurationRecord {
  const acks = [...record.members.keys()].slice(0, n);
  return learnFromCoordinator(record, preparing(record, acks), 20);
}

/** The record after all have prepared and the first `n` members acknowledged the commit. */
export function committing(record: ConfigurationRecord, n: number): ConfigurationRecord {
  const decided = decideCommit(prepared(record, record.members.size), 30);
  return acknowledgeCommit(decided, [...record.members.keys()].slice(0, n), 40);
}
