/** What a control plane asks of a sled: upgrade, reconfigure, commit, prepare and commit. */
import Type from "typebox";
import type { Static } from "typebox";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { RequestedNumber, nullable, oneOf, strict } from "./common.ts";
import { ConfigurationSchema } from "./configuration.ts";

/** `POST /v1/upgrade`. The core checks ranges, and the order and number of members. */
export const UpgradeRequestSchema = Type.Object(
  {
    rackId: RackIdSchema,
    epoch: RequestedNumber,
    members: Type.Array(BaseboardIdSchema, { maxItems: 256 }),
    threshold: RequestedNumber,
  },
  strict,
);
/** Who takes part in the upgrade from the bootstore, and K. */
export type UpgradeBody = Static<typeof UpgradeRequestSchema>;
/** `POST /v1/reconfigure`. The core checks ranges, and the order and number of members. */
export const ReconfigureRequestSchema = Type.Object(
  {
    rackId: RackIdSchema,
    epoch: RequestedNumber,
    /** Null for the first configuration of a rack. */
    lastCommittedEpoch: nullable(RequestedNumber),
    members: Type.Array(BaseboardIdSchema, { maxItems: 256 }),
    threshold: RequestedNumber,
  },
  strict,
);
/** The next configuration, and the one that it must follow. */
export type ReconfigureBody = Static<typeof ReconfigureRequestSchema>;
/** `POST /v1/commit`, for a sled that has prepared this epoch. */
export const CommitRequestSchema = Type.Object(
  { rackId: RackIdSchema, epoch: RequestedNumber },
  strict,
);
/** Which configuration was decided. */
export type CommitBody = Static<typeof CommitRequestSchema>;
/**
 * `POST /v1/prepare-and-commit`, for a member that has missed the Prepare: it computes its own
 * share.
 */
export const PrepareAndCommitRequestSchema = Type.Object({ config: ConfigurationSchema }, strict);
/** "committed": on disk. "pending": the share is being computed; ask again. */
export const CommitAnswerSchema = Type.Object({ status: oneOf(["committed", "pending"]) }, strict);
/** How far the commit is on this sled. */
export type CommitAnswer = Static<typeof CommitAnswerSchema>;
