/** Records of the control plane as the journal has them, checked on the way in. */
import Type from "typebox";
import type { Static, TSchema } from "typebox";
import { Check } from "typebox/value";
import { epoch, parseBaseboardId, parseRackId } from "trust-quorum";
import type { ConfigurationRecord } from "trust-quorum/control";
import { EpochSchema } from "@trust-quorum/api/schemas/common";
import { ConfigurationSchema } from "@trust-quorum/api/schemas/configuration";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { configurationOf, configurationJson } from "@trust-quorum/api/convert";

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const strict = { additionalProperties: false } as const;
const Time = nullable(Type.Number());

const RecordSchema = Type.Object(
  {
    rackId: RackIdSchema,
    epoch: EpochSchema,
    lastCommittedEpoch: nullable(EpochSchema),
    state: Type.Enum([
      "preparing",
      "preparing_lrtq_upgrade",
      "committing",
      "committed",
      "committed_partially",
      "aborted",
    ]),
    threshold: Type.Integer({ minimum: 2, maximum: 31 }),
    commitCrashTolerance: Type.Integer({ minimum: 0, maximum: 31 }),
    coordinator: BaseboardIdSchema,
    members: Type.Array(
      Type.Object(
        {
          id: BaseboardIdSchema,
          state: Type.Enum(["unacked", "prepared", "committed"]),
          timePrepared: Time,
          timeCommitted: Time,
        },
        strict,
      ),
      { minItems: 3, maxItems: 32 },
    ),
    config: nullable(ConfigurationSchema),
    abortReason: nullable(Type.String()),
    timeCreated: Type.Number(),
    timeCommitting: Time,
    timeCommitted: Time,
    timeAborted: Time,
  },
  strict,
);

/** A record as JSON. Times are milliseconds since 1970. */
export type RecordJson = Static<typeof RecordSchema>;

/** A record as JSON. */
export function recordToJson(record: ConfigurationRecord): RecordJson {
  return {
    ...record,
    members: [...record.members].map(([id, member]) => ({ id, ...member })),
    config: record.config && configurationJson(record.config),
  };
}

/**
 * A record from anything.
 *
 * @throws Error where it is not one; TrustQuorumError where its configuration is not well-formed
 */
export function recordFromJson(value: unknown): ConfigurationRecord {
  if (!Check(RecordSchema, value)) throw new Error("it is not a record of a configuration");
  const { lastCommittedEpoch, config } = value;
  return {
    ...value,
    rackId: parseRackId(value.rackId),
    epoch: epoch(value.epoch),
    lastCommittedEpoch: lastCommittedEpoch === null ? null : epoch(lastCommittedEpoch),
    coordinator: parseBaseboardId(value.coordinator),
    members: new Map(value.members.map(({ id, ...member }) => [parseBaseboardId(id), member])),
    config: config && configurationOf(config),
  };
}
