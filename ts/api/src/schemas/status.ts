/** `GET /v1/status`: the whole sled. */
import Type from "typebox";
import type { Static } from "typebox";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { Count, Hex, Time, nullable, oneOf, strict } from "./common.ts";
import { LockSchema } from "./lock.ts";
import { NodeStatusSchema } from "./node.ts";
import { ReadySchema } from "./readiness.ts";
import { ScrubStatusSchema } from "./verify.ts";

/** One peer that is configured or connected, a member of the configuration or not. */
export const PeerStatusSchema = Type.Object(
  {
    id: BaseboardIdSchema,
    /** Where it is reached, host:port; null where only it connects to us, or nobody knows. */
    address: nullable(Type.String()),
    /** Whether it is a member of the latest committed configuration. */
    member: Type.Boolean(),
    connected: Type.Boolean(),
    connectedSince: nullable(Time),
    /** Why the last attempt or connection ended, with its reason code; null where none did. */
    lastFailure: nullable(
      Type.Object({ reason: Type.String(), text: Type.String(), at: nullable(Time) }, strict),
    ),
  },
  strict,
);
/** A peer's connection as this sled sees it; the peer may see it otherwise. */
export type PeerStatusJson = Static<typeof PeerStatusSchema>;
const SpaceSchema = Type.Object(
  {
    freeBytes: Count,
    totalBytes: Count,
    /** How many more files it can hold, or null where there is no such limit. */
    freeFiles: nullable(Count),
    /** `low`: make room soon; `critical`: the next save may fail. */
    state: oneOf(["ok", "low", "critical"]),
  },
  strict,
);
const ReplicaStatusSchema = Type.Object(
  {
    folder: Type.String(),
    healthy: Type.Boolean(),
    /** The generation that this replica holds, or null where it is not known. */
    generation: nullable(Count),
    problem: nullable(Type.String()),
    /** The room on its file system, or null where it is not known; version 0.1.0 does not say. */
    space: Type.Optional(nullable(SpaceSchema)),
  },
  strict,
);
const CertificateStatusSchema = Type.Object(
  {
    subject: BaseboardIdSchema,
    fingerprint: Type.String({ description: "SHA-256 of the certificate, hex" }),
    notBefore: Time,
    notAfter: Time,
    /** Seconds until it expires, negative where it has; by this machine's clock. */
    expiresInSeconds: Type.Number(),
  },
  strict,
);
/** What keeps secrets of this process from others, and whether the system allowed it. */
const HardeningSchema = Type.Record(
  Type.String(),
  Type.Object({ active: Type.Boolean(), text: Type.String() }, strict),
);
/** `GET /v1/status`. */
export const StatusSchema = Type.Object(
  {
    self: BaseboardIdSchema,
    rackId: nullable(RackIdSchema),
    version: Type.String(),
    pid: Count,
    startedAt: Time,
    /** How often configuration, certificates and peers were loaded: 1 after the start. */
    configGeneration: Count,
    ready: ReadySchema,
    lock: LockSchema,
    /** Members that are reachable (this sled among them) beyond K; negative: cannot unlock. */
    failureTolerance: nullable(Type.Integer()),
    peers: Type.Array(PeerStatusSchema),
    replicas: Type.Array(ReplicaStatusSchema),
    /** Whether the daemon was told to go on with fewer replicas than configured. */
    degradedMode: Type.Boolean(),
    /** How the replicas were found when they were read again; version 0.1.0 does not do that. */
    scrub: Type.Optional(ScrubStatusSchema),
    certificate: nullable(CertificateStatusSchema),
    /** What was found about clock and validity dates while they are advisory; empty where all is well. */
    clockWarnings: Type.Array(Type.String()),
    networkConfig: nullable(
      Type.Object({ generation: Count, bytes: Count, sha3_256: Hex(32) }, strict),
    ),
    hardening: HardeningSchema,
    eventLog: nullable(Type.Object({ folder: Type.String() }, strict)),
    node: NodeStatusSchema,
  },
  strict,
);
/** Everything about one sled: what `tq status` and `tq doctor` are made of. */
export type StatusAnswer = Static<typeof StatusSchema>;
