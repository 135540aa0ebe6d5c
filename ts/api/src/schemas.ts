/**
 * The HTTP API as schemas: the types of requests and answers, their validation and the OpenAPI
 * document all come from here. docs/operators/api.md says the same in words.
 *
 * JSON in camelCase. A sled is `part:serial`, a rack a hyphenated uuid, a time ISO 8601 in UTC, bytes
 * that are public lower-case hex. Nothing in here ever holds a secret or a share; a derived key is the
 * body of one answer (`POST /v1/key`), as raw bytes.
 *
 * Daemon, control plane and command line share this module; it imports none of them.
 */
import Type from "typebox";
import type { Static, TSchema } from "typebox";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";

/** The prefix of everything but `/live`, `/ready`, `/metrics` and `/openapi.json`. */
export const API_PREFIX = "/v1";

/** The most bytes of a request's body: a configuration of 32 members with a long chain of secrets. */
export const API_BODY_BYTES_MAX = 1024 * 1024;
/** The shortest and the longest derived key, in bytes, and the one handed out where none is asked for. */
export const KEY_BYTES_MIN = 16;
/** The longest derived key, in bytes. */
export const KEY_BYTES_MAX = 64;
/** The length of a derived key where none is asked for, in bytes: that of an AES-256 key. */
export const KEY_BYTES_DEFAULT = 32;
/** The longest `purpose` and `diskId` of a derived key, in characters of printable ASCII. */
const KEY_LABEL_CHARS_MAX = 128;
/** The longest time that a request to unlock waits, in milliseconds. */
const UNLOCK_TIMEOUT_MS_MAX = 600_000;
/** The most bytes of a network configuration: it has to fit into one frame, as an array of integers. */
const NETWORK_CONFIG_BYTES_MAX = 256 * 1024;

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const strict = { additionalProperties: false } as const;
const oneOf = <T extends string[]>(values: readonly [...T]) => Type.Enum<T>(values);

/** An epoch. */
export const EpochSchema = Type.Integer({
  description: "The number of a configuration",
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
});
// Requests leave the range to the core, whose errors name what is wrong.
const RequestedNumber = Type.Integer({
  minimum: -Number.MAX_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
});
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Time = Type.String({ description: "ISO 8601, UTC", examples: ["2026-01-31T12:00:00.000Z"] });
const Hex = (bytes?: number) =>
  Type.String({ pattern: bytes === undefined ? "^([0-9a-f]{2})*$" : `^[0-9a-f]{${bytes * 2}}$` });
const Ids = Type.Array(BaseboardIdSchema);
const Epochs = Type.Array(EpochSchema);

/** Every answer that is not a success. `code` is one of those in ERRORS.md. */
export const ErrorSchema = Type.Object(
  {
    code: Type.String({ pattern: "^ERR_TQD?_[A-Z0-9_]+$" }),
    message: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
);
/** The body of a 4xx or 5xx answer. */
export type ErrorAnswer = Static<typeof ErrorSchema>;

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

// ---------------------------------------------------------------------------------------- readiness

/** Why a daemon is not ready, and what that means. A test holds docs/operators/alarms.md to this. */
export const READINESS_REASONS = {
  starting: "the daemon is still starting",
  stopping: "the daemon is stopping",
  uninitialized: "this sled belongs to no rack yet: it waits for its first configuration",
  lrtq_only: "this sled still runs on its bootstore (LRTQ) ledger: upgrade the rack",
  locked: "the rack secret is not loaded yet: shares are being collected",
  unlock_failed: "the collected shares did not rebuild the rack secret: see the alarms",
  secrets_cleared: "an operator cleared the secrets: POST /v1/unlock loads them again",
  expunged: "this sled was removed from the rack and must be reset before it is used again",
  saving: "a change has been waiting for the disks for more than two seconds",
  mesh_down: "the daemon does not listen for its peers",
} as const satisfies Record<string, string>;
/** A stable code that programs may match on; the text is for people. */
export type ReadinessReason = keyof typeof READINESS_REASONS;
const READINESS_CODES = Object.keys(READINESS_REASONS) as [ReadinessReason, ...ReadinessReason[]];

/** `GET /live`: answered for as long as the process serves requests, also while it is not ready. */
export const LiveSchema = Type.Object({ live: Type.Literal(true) }, strict);
/** `GET /ready`: 200 where ready, 503 with the reasons where not. */
export const ReadySchema = Type.Object(
  {
    ready: Type.Boolean(),
    reasons: Type.Array(Type.Object({ code: oneOf(READINESS_CODES), text: Type.String() }, strict)),
  },
  strict,
);
/** Ready exactly where there are no reasons. */
export type ReadyAnswer = Static<typeof ReadySchema>;

// --------------------------------------------------------------------------------------------- lock

/** Why a member's share is still missing. */
export const WAIT_REASONS = {
  not_connected: "there is no connection to it",
  no_address: "it is a member, but no address of it is configured",
  no_answer: "it is connected, but has not answered with its share",
  bad_share: "it is connected and answers, but not with the share that the configuration names",
} as const satisfies Record<string, string>;
/** A stable code that programs may match on; the text is for people. */
export type WaitReason = keyof typeof WAIT_REASONS;
const WAIT_CODES = Object.keys(WAIT_REASONS) as [WaitReason, ...WaitReason[]];

/** What a sled's lock is. */
export const LOCK_STATES = ["uninitialized", "lrtqOnly", "locked", "unlocked", "expunged"] as const;
/**
 * `lrtqOnly` before the upgrade of a rack; `locked` while the latest committed secret is not
 * loaded.
 */
export type LockState = (typeof LOCK_STATES)[number];

/** `GET /v1/lock`, and the answer of `POST /v1/unlock` and `POST /v1/clear-secrets`. */
export const LockSchema = Type.Object(
  {
    /** An expunged sled may still hold the secrets that were loaded before: see `loadedEpochs`. */
    state: oneOf(LOCK_STATES),
    /** The latest committed epoch: the one to be unlocked. */
    epoch: nullable(EpochSchema),
    /** K and N of that configuration. */
    threshold: nullable(Count),
    members: nullable(Count),
    /** The epochs whose rack secrets are loaded, 1 being LRTQ's; empty while locked. */
    loadedEpochs: Epochs,
    /** The epoch that shares are being collected for, or null. */
    collectingEpoch: nullable(EpochSchema),
    /** The members whose shares are in hand, this sled among them; empty unless collecting. */
    collected: Ids,
    /** The members whose shares are missing while locked; K minus collected of them are needed. */
    waitingFor: Type.Array(
      Type.Object(
        { peer: BaseboardIdSchema, reason: oneOf(WAIT_CODES), text: Type.String() },
        strict,
      ),
    ),
    /** Whether the daemon goes on by itself until it is unlocked. */
    automatic: Type.Boolean(),
    /** What the last attempt failed with, until one succeeds. */
    failure: nullable(ErrorSchema),
    unlockedAt: nullable(Time),
    /** From the begin of the attempt to the secret. */
    unlockSeconds: nullable(Type.Number({ minimum: 0 })),
  },
  strict,
);
/** The lock at the moment of the answer. */
export type LockAnswer = Static<typeof LockSchema>;

// ----------------------------------------------------------------------------------- the node's state

/** Every kind of alarm, and what it means. A test holds docs/operators/alarms.md to this. */
export const ALARM_TEXTS = {
  mismatchedConfigurations: "two different configurations exist for one epoch",
  shareComputationFailed: "this sled could not compute its own share of a committed configuration",
  committedConfigurationLost: "a commit that was seen is no longer in the ledger",
  rackSecretDecryptionFailed: "the older secrets could not be decrypted under the rebuilt one",
  rackSecretReconstructionFailed: "the shares that were collected do not rebuild the rack secret",
  lrtqSecretReconstructionFailed: "the bootstore's shares do not rebuild its rack secret",
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
const PersistentStateSchema = Type.Object(
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
  },
  strict,
);
/** The part of a status that is the protocol's. */
export type NodeStatusJson = Static<typeof NodeStatusSchema>;

// ------------------------------------------------------------------------------------ the whole sled

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

const ReplicaStatusSchema = Type.Object(
  {
    folder: Type.String(),
    healthy: Type.Boolean(),
    /** The generation that this replica holds, or null where it is not known. */
    generation: nullable(Count),
    problem: nullable(Type.String()),
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
        },
        strict,
      ),
    ),
  },
  strict,
);
/** The ledger's history, as this sled knows it. */
export type ConfigurationsAnswer = Static<typeof ConfigurationsSchema>;

// ------------------------------------------------------------------------------------------ requests

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

/** `POST /v1/unlock`, at most ten minutes at a time. */
export const UnlockRequestSchema = Type.Object(
  {
    /** How long to wait for it. 0 or absent: start, and answer at once (202 while still locked). */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 0, maximum: UNLOCK_TIMEOUT_MS_MAX })),
  },
  strict,
);

const KeyLabel = Type.String({
  pattern: "^[\\u0021-\\u007e]+$",
  minLength: 1,
  maxLength: KEY_LABEL_CHARS_MAX,
});
/**
 * A key derived from the rack secret of an epoch with HKDF-SHA3-256 (RFC 5869). The answer is
 * `application/octet-stream`, with the epoch in the header `tq-epoch`.
 */
export const KeyRequestSchema = Type.Object(
  {
    /** The latest committed one where absent; an older one opens what was encrypted under it. */
    epoch: Type.Optional(EpochSchema),
    /** What the key is for, e.g. "zfs". */
    purpose: KeyLabel,
    /** Which disk it is for, e.g. its serial number. */
    diskId: KeyLabel,
    /** Its length in bytes. */
    length: Type.Optional(Type.Integer({ minimum: KEY_BYTES_MIN, maximum: KEY_BYTES_MAX })),
  },
  strict,
);
/** Which key is wanted; the same body gives the same key on every sled of the rack. */
export type KeyBody = Static<typeof KeyRequestSchema>;
/**
 * The header that names the epoch of a derived key, as a decimal number: to be kept with the disk.
 */
export const KEY_EPOCH_HEADER = "tq-epoch";

/** The path of `POST /v1/proxy/:peer`. */
export const ProxyParamsSchema = Type.Object({ peer: BaseboardIdSchema }, strict);
/** What is asked of a peer through this sled. */
export const ProxyRequestSchema = Type.Union([
  Type.Object({ kind: Type.Literal("status") }, strict),
  Type.Object({ kind: Type.Literal("commit"), rackId: RackIdSchema, epoch: EpochSchema }, strict),
  Type.Object({ kind: Type.Literal("prepareAndCommit"), config: ConfigurationSchema }, strict),
]);
/** One of the requests that a sled passes on, told apart by `kind`. */
export type ProxyBody = Static<typeof ProxyRequestSchema>;
/** The peer's answer; a refusal of the peer's is an error here, with the peer's code. */
export const ProxyAnswerSchema = Type.Union([
  Type.Object(
    {
      kind: Type.Literal("status"),
      status: Type.Object(
        {
          connectedPeers: Ids,
          alarms: Type.Array(AlarmSchema),
          persistentState: PersistentStateSchema,
          proxiedRequests: Count,
        },
        strict,
      ),
    },
    strict,
  ),
  Type.Object({ kind: Type.Literal("commit"), status: oneOf(["committed", "pending"]) }, strict),
]);
/** What the peer has answered, told apart by `kind`. */
export type ProxyAnswer = Static<typeof ProxyAnswerSchema>;

/** The early network configuration: opaque bytes in base64; the highest generation wins. */
export const NetworkConfigSchema = Type.Object(
  {
    generation: Count,
    blob: Type.String({
      description: "base64 (RFC 4648, section 4)",
      pattern: "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
      maxLength: Math.ceil(NETWORK_CONFIG_BYTES_MAX / 3) * 4,
    }),
  },
  strict,
);

/** `GET /v1/log`: the files of the event log, oldest first; `GET /v1/log/:name` answers with one. */
export const LogSchema = Type.Object(
  {
    folder: Type.String(),
    files: Type.Array(Type.Object({ name: Type.String(), bytes: Count, modifiedAt: Time }, strict)),
  },
  strict,
);
/** The files that can be fetched; `bytes` is as of the answer, and the last file still grows. */
export type LogAnswer = Static<typeof LogSchema>;
/** The path of `GET /v1/log/:name`: a plain file name, never a path. */
export const LogParamsSchema = Type.Object(
  { name: Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$" }) },
  strict,
);

// -------------------------------------------------------------------------------------------- events

/** The kinds of events of `GET /v1/events`: each is the SSE event's name, and `kind` in its data. */
export const STREAM_EVENT_KINDS = [
  /** A configuration was committed: `epoch`. */
  "committed",
  /** `lock`: as in `GET /v1/lock`, whenever its state changed. */
  "lock",
  /** This sled was removed from the rack: `epoch`, `from`. */
  "expunged",
  /** `alarm`, as in the node's status. */
  "alarm",
  /** `refusal`, as in the diagnostics. */
  "refused",
  /** `peer`. */
  "peerConnected",
  /** `peer`, and `reason` where there is one. */
  "peerDisconnected",
  /** `replica`: a folder could not be written and the daemon goes on without it. */
  "replicaDegraded",
  /** `generation`: a newer network configuration is held. */
  "networkConfig",
  /** Configuration, certificates and peers were loaded again: `configGeneration`. */
  "reloaded",
  /** The client was too slow, or asked to resume beyond what is kept: `missed` events, -1 if unknown. */
  "gap",
] as const;
/** The name of an event, in the SSE's `event` field and in the data. */
export type StreamEventKind = (typeof STREAM_EVENT_KINDS)[number];

/** One event's data. Its SSE id is `<start of the daemon>-<sequence>`; send it back as Last-Event-ID. */
export const StreamEventSchema = Type.Object({
  sequence: Count,
  at: Time,
  kind: oneOf(STREAM_EVENT_KINDS),
});
/** An event with what its kind adds; see {@link STREAM_EVENT_KINDS}. */
export type StreamEvent = Static<typeof StreamEventSchema> & Readonly<Record<string, unknown>>;
