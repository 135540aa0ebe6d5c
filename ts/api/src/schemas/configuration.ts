/** Configurations, as the API and the journal write them. */
import Type from "typebox";
import type { Static } from "typebox";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { EpochSchema, Hex, nullable, strict } from "./common.ts";

/** A configuration. All of it is public: digests of shares, and secrets only in encrypted form. */
export const ConfigurationSchema = Type.Object(
  {
    rackId: RackIdSchema,
    epoch: EpochSchema,
    coordinator: BaseboardIdSchema,
    /** In the protocol's order; the member at position i (0-based) has the share with x = i + 1. */
    members: Type.Array(Type.Object({ id: BaseboardIdSchema, shareDigest: Hex(32) }, strict), {
      minItems: 3,
      maxItems: 32,
    }),
    threshold: Type.Integer({ minimum: 2, maximum: 31 }),
    encryptedRackSecrets: nullable(Type.Object({ salt: Hex(32), data: Hex() }, strict)),
  },
  strict,
);
/** A configuration as the API and the journal write it; epoch and threshold are plain numbers. */
export type ConfigurationJson = Static<typeof ConfigurationSchema>;
/** `GET /v1/configurations`: all that the ledger holds, ascending by epoch. */
export const ConfigurationsSchema = Type.Object(
  {
    configurations: Type.Array(
      Type.Object(
        {
          config: ConfigurationSchema,
          /** Whether this sled holds its share of it, and whether it knows that it is committed. */
          prepared: Type.Boolean(),
          committed: Type.Boolean(),
          /** Its SHA3-256, by which alarms, event logs and calls name it; version 0.1.0 does not say. */
          digest: Type.Optional(Hex(32)),
        },
        strict,
      ),
    ),
  },
  strict,
);
/** The ledger's history, as this sled knows it. */
export type ConfigurationsAnswer = Static<typeof ConfigurationsSchema>;
