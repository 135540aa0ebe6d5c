/** The protocol's own state: a node's status, its alarms, what it coordinates. */
import Type from "typebox";
import type { Static } from "typebox";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { Count, EpochSchema, Epochs, Ids, nullable, oneOf, strict } from "./common.ts";
import { ConfigurationSchema } from "./configuration.ts";

/** Every kind of alarm, and what it means. A test holds docs/operators/alarms.md to this. */
export const ALARM_TEXTS = {
  mismatchedConfigurations: "two different configurations exist for one epoch",
  shareComputationFailed: "this sled could not compute its own share of a committed configuration",
  committedConfigurationLost: "a commit that was seen is no longer in the ledger",
  rackSecretDecryptionFailed: "the older secrets could not be decrypted under the rebuilt one",
  rackSecretReconstructionFailed: "the shares that were collected do not rebuild the rack secret",
  lrtqSecretReconstructionFailed: "the bootstore's shares do not rebuild its rack secret",
  unrelatedShares: "shares of a committed configuration do not belong to its rack secret",
  priorSecretsDiffer:
    "a new chain of secrets lacks older ones, or has others than were loaded before",
  ledgerAlmostFull: "the ledger is so large that it soon cannot be saved any more",
  replicaDamaged: "a replica of the ledger did not hold what was saved to it",
  ledgerDiverged: "both replicas are intact and hold something else than was saved",
} as const satisfies Record<string, string>;
/** The name of an alarm in answers, events and metrics. */
export type AlarmKind = keyof typeof ALARM_TEXTS;
const ALARM_KINDS = Object.keys(ALARM_TEXTS) as [AlarmKind, ...AlarmKind[]];
/** `details` holds what the kind has: epochs, an error's code, the two configurations and their source. */
export const AlarmSchema = Type.Object(
  {
    kind: oneOf(ALARM_KINDS),
    text: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
);
/** An alarm as an operator sees it; the node keeps it until its daemon ends. */
export type AlarmJson = Static<typeof AlarmSchema>;
const RefusalSchema = Type.Object(
  {
    sequence: Count,
    /** One of "Refused messages" in ERRORS.md, or the code of a refused request. */
    reason: Type.String(),
    /** The peer, or "Nexus" for a request. */
    from: Type.String(),
    epoch: nullable(Type.Number()),
    code: nullable(Type.String()),
  },
  strict,
);
const Expunged = Type.Object({ epoch: EpochSchema, from: BaseboardIdSchema }, strict);
export const PersistentStateSchema = Type.Object(
  {
    hasLrtqShare: Type.Boolean(),
    configs: Epochs,
    shares: Epochs,
    commits: Epochs,
    expunged: nullable(Expunged),
  },
  strict,
);
const Collection = Type.Object({ epoch: EpochSchema, threshold: Count, collected: Ids }, strict);
/** What a sled coordinates: collecting the old shares, or handing out the new ones. */
export const CoordinatingSchema = Type.Union([
  Type.Object(
    {
      operation: oneOf(["collectShares", "collectLrtqShares"]),
      epoch: EpochSchema,
      lrtqUpgrade: Type.Boolean(),
      collected: Ids,
      threshold: Count,
    },
    strict,
  ),
  Type.Object(
    {
      operation: Type.Literal("prepare"),
      epoch: EpochSchema,
      lrtqUpgrade: Type.Boolean(),
      config: ConfigurationSchema,
      /** The members that have persisted configuration and share, in member order. */
      acks: Ids,
    },
    strict,
  ),
]);
/** One of the three operations of a coordinator, told apart by `operation`. */
export type CoordinatingJson = Static<typeof CoordinatingSchema>;
/**
 * `GET /v1/coordinator`; null where this sled coordinates nothing. Poll it after a request was
 * accepted.
 */
export const CoordinatorSchema = Type.Object(
  { coordinating: nullable(CoordinatingSchema) },
  strict,
);
/** What this sled coordinates; what it tells of is durable by then. */
export type CoordinatorAnswer = Static<typeof CoordinatorSchema>;
const RemovalReportsSchema = Type.Object(
  { epoch: EpochSchema, from: Ids, threshold: Count },
  strict,
);
/** The protocol's own state, as of one moment; answered once all that it tells of is durable. */
export const NodeStatusSchema = Type.Object(
  {
    self: BaseboardIdSchema,
    rackId: nullable(RackIdSchema),
    connectedPeers: Ids,
    alarms: Type.Array(AlarmSchema),
    diagnostics: Type.Object(
      {
        /** How often each reason occurred since the daemon started. */
        counts: Type.Record(Type.String(), Count),
        /** The last ones, oldest first. */
        recent: Type.Array(RefusalSchema),
      },
      strict,
    ),
    persistentState: PersistentStateSchema,
    coordinating: nullable(CoordinatingSchema),
    computingShare: nullable(Collection),
    rackSecrets: Type.Object({ loaded: Epochs, collecting: nullable(Collection) }, strict),
    generation: Count,
    persistedGeneration: Count,
    // What sleds before 0.2.0 do not say.
    /** Whether the sled asks who may say what. */
    guard: Type.Optional(oneOf(["strict", "original"])),
    /** That fewer members than it takes (`threshold`) say that this sled was removed at an epoch. */
    removalReports: Type.Optional(nullable(RemovalReportsSchema)),
    /** Epochs whose shares or chain of secrets were found wrong when they were loaded. */
    suspectEpochs: Type.Optional(Epochs),
    /** The highest epoch that the control plane has given up. */
    abandoned: Type.Optional(nullable(EpochSchema)),
  },
  strict,
);
/** The part of a status that is the protocol's. */
export type NodeStatusJson = Static<typeof NodeStatusSchema>;
