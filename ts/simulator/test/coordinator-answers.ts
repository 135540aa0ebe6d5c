/** What a coordinator may answer to a poll: mostly what was proposed, and sometimes what cannot be. */
import type { Random } from "@trust-quorum/random";
import { parseRackId } from "trust-quorum";
import type { BaseboardId, CoordinatorStatus, Epoch } from "trust-quorum";
import { Configuration } from "trust-quorum/protocol";
import type { ModelRecord } from "../src/rack/record.ts";

/** The rack of the histories. */
export const RACK = parseRackId("7f0a1c52-9d3e-4b6f-8a21-5c4d3e2f1a0b");
const OTHER_RACK = parseRackId("00000000-0000-4000-8000-000000000001");

/** The sleds of the histories. */
export const SLEDS = Array.from({ length: 34 }, (_, i) => {
  return `part:S${String(i).padStart(2, "0")}` as unknown as BaseboardId;
});

/** Draws an answer for this record; `odd` is how often (0 to 1) it is one that cannot be. */
export function statusOf(
  random: Random,
  record: ModelRecord,
  epoch: Epoch,
  odd = 1,
): CoordinatorStatus | null {
  if (random.chance(0.05)) return null;
  const lrtqUpgrade = random.chance(0.02 * odd) !== record.facts.lrtqUpgrade;
  if (random.chance(0.1)) {
    const operation = lrtqUpgrade ? "collectLrtqShares" : "collectShares";
    return { epoch, lrtqUpgrade, operation, collected: [], threshold: 2 };
  }
  const known = epoch === record.epoch ? record.config : null;
  const config = known ?? configOf(random, record, epoch, odd);
  const other = random.chance(0.03 * odd) ? configOf(random, record, epoch, odd) : config;
  const acks = [...record.members].filter(() => random.chance(0.3));
  if (random.chance(0.02 * odd)) acks.push(random.pick(SLEDS));
  return { epoch, lrtqUpgrade, operation: "prepare", config: other, acks };
}

function configOf(random: Random, record: ModelRecord, epoch: Epoch, often: number): Configuration {
  const members = [...record.members];
  const odd = random.chance(0.15 * often) ? random.below(6) : -1;
  if (odd === 0 && members.length > 3) members.splice(random.below(members.length), 1);
  const hasPrior = record.facts.lrtqUpgrade || record.facts.lastCommittedEpoch !== null;
  const threshold = Math.floor(members.length / 2) + 1;
  return Configuration.create({
    rackId: odd === 1 ? OTHER_RACK : RACK,
    epoch: odd === 2 ? ((epoch + 1) as Epoch) : epoch,
    coordinator:
      odd === 3 || !members.includes(record.coordinator)
        ? random.pick(members)
        : record.coordinator,
    members,
    digests: random.bytes(32 * members.length),
    threshold: odd === 4 && threshold > 2 ? threshold - 1 : threshold,
    encryptedRackSecrets:
      hasPrior !== (odd === 5) ? { salt: random.bytes(32), data: random.bytes(64) } : null,
  });
}
