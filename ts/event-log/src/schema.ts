/**
 * The format, versions 1 and 2, as schemas: what a header and an event may hold. The types of the package
 * come from here, and so do the validators of `validators.generated.ts`, with which the reader checks
 * every line; `npm run validators` writes them. Nothing beyond what stands here is accepted, so that a log
 * of another version is refused and never misread. `docs/event-log.md` is the text that goes with it.
 */
import { Type } from "typebox";
import type { Static, TProperties } from "typebox";
import type { BaseboardId, Epoch, ErrorCode } from "trust-quorum";
import { CALLS, LOG_VERSIONS } from "./calls.ts";
import type { CallName } from "./calls.ts";
import {
  Count,
  EpochNumber,
  Hex,
  Hex32,
  ID_PART,
  Id,
  Rack,
  recordOf,
  strict,
} from "./schema-values.ts";

const Code = Type.Unsafe<ErrorCode>(Type.String({ pattern: "^ERR_TQ_[A-Z0-9_]+$" }));
const Threshold = Type.Integer({ minimum: 0, maximum: 255 });
/** The name by which a line defines a configuration and later lines refer to it. */
const CONFIG_KEY = "^c[0-9]{1,15}$";
const ConfigKey = Type.String({ pattern: CONFIG_KEY });
const Rack1 = { rackId: Type.Optional(Rack) };

/** A share by its number and the SHA3-256 of its 33 bytes; `y` only in a log with secrets. */
const ShareSchema = strict({
  x: Type.Integer({ minimum: 1, maximum: 255 }),
  sha3: Hex32,
  y: Type.Optional(Hex32),
});

const ConfigSchema = strict({
  rackId: Rack,
  epoch: EpochNumber,
  coordinator: Id,
  members: Type.Array(Id, { maxItems: 32 }),
  digests: Hex,
  threshold: Threshold,
  encryptedRackSecrets: Type.Union([Type.Null(), strict({ salt: Hex32, data: Hex })]),
});
const Configs = Type.Optional(recordOf(CONFIG_KEY, ConfigSchema));
/** The shares of a state, by epoch. */
const Shares = recordOf("^[1-9][0-9]{0,15}$", ShareSchema);

const StateSchema = strict({
  lrtq: Type.Union([
    Type.Null(),
    strict({
      rackId: Rack,
      epoch: Count,
      threshold: Threshold,
      share: ShareSchema,
      digests: Hex,
    }),
  ]),
  configs: Type.Array(ConfigKey),
  shares: Shares,
  commits: Type.Array(EpochNumber),
  expunged: Type.Union([Type.Null(), strict({ epoch: EpochNumber, from: Id })]),
  abandoned: Type.Optional(EpochNumber),
});

const ChangeSchema = strict({
  generation: Count,
  /** The digest of the whole state after the call; see `Encoder.digest`. */
  digest: Hex32,
  configs: Type.Optional(Type.Array(ConfigKey)),
  shares: Type.Optional(Shares),
  commits: Type.Optional(Type.Array(EpochNumber)),
  expunged: Type.Optional(strict({ epoch: EpochNumber, from: Id })),
  abandoned: Type.Optional(EpochNumber),
  /** Configurations that are kept no more, nor their shares and commits. */
  dropped: Type.Optional(Type.Array(EpochNumber)),
  /** The bootstore's share is kept no more. */
  lrtqDropped: Type.Optional(Type.Literal(true)),
});

const Kind = <K extends string, P extends TProperties>(kind: K, properties: P) =>
  strict({ kind: Type.Literal(kind), ...properties });

/** A message; without a rack id it is one of the header's rack. */
const MessageSchema = Type.Union([
  Kind("prepare", { ...Rack1, config: ConfigKey, share: ShareSchema }),
  Kind("prepareAck", { ...Rack1, epoch: EpochNumber }),
  Kind("getShare", { ...Rack1, epoch: EpochNumber }),
  Kind("share", { ...Rack1, epoch: EpochNumber, share: ShareSchema }),
  Kind("getLrtqShare", Rack1),
  Kind("lrtqShare", { ...Rack1, share: ShareSchema }),
  Kind("expunged", { ...Rack1, epoch: EpochNumber }),
  Kind("commitAdvance", { ...Rack1, config: ConfigKey }),
]);

const Source = Type.Unsafe<BaseboardId | "Nexus">(
  Type.String({ pattern: `^(Nexus|${ID_PART}:${ID_PART})$` }),
);
const FailedAt = { epoch: EpochNumber, code: Code };
const AlarmSchema = Type.Union([
  Kind("mismatchedConfigurations", { config1: ConfigKey, config2: ConfigKey, from: Source }),
  Kind("shareComputationFailed", FailedAt),
  Kind("committedConfigurationLost", {
    latestCommittedEpoch: EpochNumber,
    collectingEpoch: EpochNumber,
  }),
  Kind("rackSecretDecryptionFailed", FailedAt),
  Kind("rackSecretReconstructionFailed", FailedAt),
  Kind("lrtqSecretReconstructionFailed", FailedAt),
  Kind("unrelatedShares", { epoch: EpochNumber, members: Type.Array(Id) }),
  Kind("priorSecretsDiffer", { epoch: EpochNumber, epochs: Type.Array(EpochNumber) }),
  Kind("ledgerAlmostFull", { bytes: Count, limit: Count }),
]);

const NodeEventSchema = Type.Union([
  Kind("refused", {
    reason: Type.String({ pattern: "^[A-Za-z0-9_]+$" }),
    from: Source,
    epoch: Type.Union([Type.Null(), Type.Number()]),
    code: Type.Optional(Code),
  }),
  Kind("committed", { epoch: EpochNumber }),
  Kind("rackSecretsReady", { epoch: EpochNumber }),
  Kind("expunged", { epoch: EpochNumber, from: Id }),
  Kind("alarm", { alarm: AlarmSchema }),
]);

/** The outputs of a node, in their order. */
const OutSchema = Type.Union([
  strict({ to: Id, message: MessageSchema }),
  strict({ event: NodeEventSchema }),
  strict({ persist: Count }),
]);

const CollectionSchema = strict({
  epoch: EpochNumber,
  threshold: Threshold,
  collected: Type.Array(Id),
});
const CoordinatingSchema = Type.Union([
  strict({
    epoch: EpochNumber,
    lrtqUpgrade: Type.Boolean(),
    operation: Type.Union([Type.Literal("collectShares"), Type.Literal("collectLrtqShares")]),
    threshold: Threshold,
    collected: Type.Array(Id),
  }),
  strict({
    epoch: EpochNumber,
    lrtqUpgrade: Type.Boolean(),
    operation: Type.Literal("prepare"),
    acks: Type.Array(Id),
  }),
]);
const orNull = <T extends Parameters<typeof Type.Optional>[0]>(type: T) =>
  Type.Optional(Type.Union([Type.Null(), type]));
/** The activity of a node; an event has only the fields that changed. */
const ActivityFields = {
  coordinating: orNull(CoordinatingSchema),
  computing: orNull(CollectionSchema),
  collecting: orNull(CollectionSchema),
  loaded: Type.Optional(Type.Array(EpochNumber)),
};

const Op = <K extends string, P extends TProperties>(op: K, properties: P) =>
  strict({ op: Type.Literal(op), ...properties, error: Type.Optional(Code) });
/** A draw or a result of the cryptography: its public parts only, unless the log holds secrets. */
const CryptoSchema = Type.Union([
  Op("createShares", { digests: Type.Optional(Hex), shares: Type.Optional(Hex) }),
  Op("seal", { epoch: EpochNumber, salt: Type.Optional(Hex32), data: Type.Optional(Hex) }),
  Op("recover", { epoch: EpochNumber, epochs: Type.Optional(Type.Array(EpochNumber)) }),
  Op("recoverLrtq", { epochs: Type.Optional(Type.Array(EpochNumber)) }),
  Op("computeShare", {
    x: Type.Integer({ minimum: 1, maximum: 255 }),
    share: Type.Optional(ShareSchema),
  }),
  Op("crossCheck", {
    epoch: EpochNumber,
    unrelated: Type.Optional(Type.Array(Id)),
    changed: Type.Optional(Type.Array(EpochNumber)),
  }),
]);

const ResultSchema = Type.Union([
  Type.Literal("committed"),
  Type.Literal("pending"),
  Type.Literal("loaded"),
  strict({ error: Code, details: Type.Record(Type.String(), Type.Unknown()) }),
  /** The name of an error that is no `TrustQuorumError`: a programming error. */
  strict({ thrown: Type.String() }),
]);

const Request = {
  rackId: Rack,
  epoch: Type.Number(),
  members: Type.Array(Id, { maxItems: 1024 }),
  threshold: Type.Number(),
};
/** No arguments. The field that never exists lets TypeScript tell the type from others. */
const Nothing = Type.Unsafe<{ readonly none?: never }>(strict({}));
/** The arguments of the calls. An event has null for arguments that a log cannot hold. */
const ARGS = {
  connect: strict({ peer: Id }),
  disconnect: strict({ peer: Id }),
  receive: strict({ from: Id, message: MessageSchema }),
  refuseUndecodable: strict({ from: Id, code: Code }),
  tick: Nothing,
  clearSecrets: Nothing,
  /** No call: outputs that were taken later than right after a call. */
  drain: Nothing,
  persisted: strict({ generation: Count }),
  restart: strict({ generation: Count, state: StateSchema, digest: Hex32 }),
  coordinateReconfiguration: strict({
    ...Request,
    lastCommittedEpoch: Type.Union([Type.Null(), Type.Number()]),
  }),
  coordinateUpgradeFromLrtq: strict(Request),
  commit: strict({ rackId: Rack, epoch: Type.Number(), proxiedBy: Type.Optional(Id) }),
  prepareAndCommit: strict({ config: ConfigKey, proxiedBy: Type.Optional(Id) }),
  abandon: strict({
    rackId: Rack,
    epoch: Type.Number(),
    digest: Type.Union([Type.Null(), Type.String()]),
  }),
  retire: strict({ rackId: Rack, epoch: Type.Number() }),
  loadRackSecret: strict({ epoch: Type.Number() }),
} satisfies Record<CallName, unknown>;

const At = { index: Count, time: Type.Number(), configs: Configs };
const callSchema = <C extends CallName>(call: C) =>
  strict({
    ...At,
    node: Id,
    call: Type.Literal(call),
    args: Type.Optional(Type.Union([Type.Null(), ARGS[call]])),
    result: Type.Optional(ResultSchema),
    out: Type.Optional(Type.Array(OutSchema)),
    /** The next call came before all outputs were taken. */
    undrained: Type.Optional(Type.Literal(true)),
    state: Type.Optional(ChangeSchema),
    ...ActivityFields,
    crypto: Type.Optional(Type.Array(CryptoSchema)),
  });

/** The schema of the events of each call. */
const CALL_SCHEMAS = Object.fromEntries(CALLS.map((call) => [call, callSchema(call)])) as {
  readonly [C in CallName]: ReturnType<typeof callSchema<C>>;
};

const AnnotationSchema = Type.Union([
  /** The node's process ended, until a `restart`. */
  Kind("crash", { node: Id, text: Type.Optional(Type.String()) }),
  /** A link went down or came up, in both directions or from `a` to `b` only. */
  Kind("link", { a: Id, b: Id, up: Type.Boolean(), oneWay: Type.Optional(Type.Literal(true)) }),
  /** Groups of nodes that cannot reach one another; a single group ends the partition. */
  Kind("partition", { groups: Type.Array(Type.Array(Id)) }),
  /** A message that will never arrive. */
  Kind("lost", { from: Id, to: Id, message: Type.String(), epoch: Type.Optional(EpochNumber) }),
  /** Another fault, by its name. */
  Kind("fault", {
    name: Type.String(),
    node: Type.Optional(Id),
    peer: Type.Optional(Id),
    text: Type.Optional(Type.String()),
  }),
  /** A decision of a control plane. */
  Kind("decision", {
    by: Type.String(),
    text: Type.String(),
    epoch: Type.Optional(EpochNumber),
    node: Type.Optional(Id),
  }),
  Kind("text", { text: Type.String(), node: Type.Optional(Id) }),
]);

/** The schema of an annotation. */
const ANNOTATION_LINE = strict({ ...At, annotation: AnnotationSchema });

/** The calls, without their outcomes, that a node's memory consists of. */
const MEMORY_CALLS = [
  "connect",
  "receive",
  "coordinateReconfiguration",
  "coordinateUpgradeFromLrtq",
  "commit",
  "prepareAndCommit",
  "loadRackSecret",
] as const satisfies readonly CallName[];
const MemoryCall = Type.Unsafe<LogMemoryCall>(
  Type.Union(
    MEMORY_CALLS.map((call) =>
      strict({
        call: Type.Literal(call),
        args: ARGS[call],
        crypto: Type.Optional(Type.Array(CryptoSchema)),
      }),
    ),
  ),
);

/** What a node remembers for its guard and of its checks; see `NodeMemory` of the library. */
const GuardMemorySchema = strict({
  asks: Type.Array(strict({ peer: Id, epoch: Type.Union([Type.Null(), EpochNumber]) })),
  removals: Type.Array(strict({ from: Id, epoch: EpochNumber })),
  direct: Type.Array(strict({ epoch: EpochNumber, members: Type.Array(Id) })),
  tellers: Type.Array(strict({ epoch: EpochNumber, from: Source })),
  confirmed: Type.Union([
    Type.Null(),
    strict({ newest: EpochNumber, epochs: Type.Array(EpochNumber) }),
  ]),
  suspect: Type.Array(EpochNumber),
  seen: Type.Array(EpochNumber),
});

const InitialSchema = strict({
  id: Id,
  generation: Count,
  state: StateSchema,
  digest: Hex32,
  connected: Type.Optional(Type.Array(Id)),
  alarms: Type.Optional(Type.Array(AlarmSchema)),
  ...ActivityFields,
  /** If the log begins while the node runs: a persistent state and calls that lead to the node's state. */
  memory: Type.Optional(
    strict({ generation: Count, state: StateSchema, calls: Type.Array(MemoryCall) }),
  ),
  /** What the guard remembers, if it does and the log begins while the node runs. */
  guardMemory: Type.Optional(GuardMemorySchema),
  /** If the node cannot be replayed before its next restart: why. */
  unverifiable: Type.Optional(Type.String()),
});

/** The schema of the first line. */
const HEADER = strict({
  trustQuorumLog: Type.Union([Type.Literal(LOG_VERSIONS[0]), Type.Literal(LOG_VERSIONS[1])]),
  producer: strict({ name: Type.String(), version: Type.String() }),
  rackId: Type.Union([Type.Null(), Rack]),
  secrets: Type.Boolean(),
  /** `virtual`: milliseconds since the start of the simulation; `wall`: since 1970. */
  clock: Type.Union([Type.Literal("virtual"), Type.Literal("wall")]),
  /** The index of the first event. */
  first: Count,
  /** The log is a selection of another one: indices ascend and have gaps. */
  sparse: Type.Optional(Type.Literal(true)),
  configs: Configs,
  nodes: Type.Array(InitialSchema),
  /** From version 2 on: whether the nodes ask who may say what, and the limits that they keep then. */
  guard: Type.Optional(Type.Union([Type.Literal("strict"), Type.Literal("original")])),
  limits: Type.Optional(recordOf("^[a-zA-Z]+$", Count)),
  simulation: Type.Optional(
    strict({ seed: Type.Union([Type.String(), Type.Number()]), options: Type.Unknown() }),
  ),
});

/** The tables of validators that `npm run validators` makes. */
export const VALIDATOR_TABLES = {
  LINE_VALIDATORS: { header: HEADER, annotation: ANNOTATION_LINE },
  CALL_VALIDATORS: CALL_SCHEMAS,
};

/** The first line of a log. */
export type LogHeader = Static<typeof HEADER>;
/** The state of a node before the first event. */
export type LogInitial = Static<typeof InitialSchema>;
/** A share. */
export type LogShare = Static<typeof ShareSchema>;
/** A configuration, written out. */
export type LogConfig = Static<typeof ConfigSchema>;
/** A persistent state, whole. */
export type LogState = Static<typeof StateSchema>;
/** What was added to a persistent state, and what was dropped from it. */
export type LogChange = Static<typeof ChangeSchema>;
/** A message between sleds. */
export type LogMessage = Static<typeof MessageSchema>;
/** An alarm. */
export type LogAlarm = Static<typeof AlarmSchema>;
/** An event that a node handed out. */
export type LogNodeEvent = Static<typeof NodeEventSchema>;
/** An output of a node: a message, an event or a save. */
export type LogOut = Static<typeof OutSchema>;
/** The coordination that a node runs. */
export type LogCoordinating = Static<typeof CoordinatingSchema>;
/** The shares that a node collects in order to unlock or to compute its own. */
export type LogCollection = Static<typeof CollectionSchema>;
/** A draw or a result of the cryptography. */
export type LogCrypto = Static<typeof CryptoSchema>;
/** The result of a call. */
export type LogResult = Static<typeof ResultSchema>;
/** An event that is no call on a node. */
export type Annotation = Static<typeof AnnotationSchema>;

/** The arguments of each call. */
export type LogArgs = { readonly [C in CallName]: Static<(typeof ARGS)[C]> };

/** The activity of a node; the fields that an event changed. */
export interface LogActivity {
  coordinating?: LogCoordinating | null;
  computing?: LogCollection | null;
  collecting?: LogCollection | null;
  loaded?: Epoch[];
}

/** The outcome of a call. */
export interface LogOutcome extends LogActivity {
  result?: LogResult;
  out?: LogOut[];
  undrained?: true;
  state?: LogChange;
  crypto?: LogCrypto[];
}

/** A call with its arguments: a union over all calls. */
export type LogCall = {
  readonly [C in CallName]: { readonly call: C; readonly args?: LogArgs[C] | null };
}[CallName];

/** A call of the list that leads to a node's state at the beginning of a log. */
export type LogMemoryCall = {
  [C in (typeof MEMORY_CALLS)[number]]: { call: C; args: LogArgs[C] };
}[(typeof MEMORY_CALLS)[number]] & { crypto?: LogCrypto[] };

interface LineBase {
  readonly index: number;
  /** Milliseconds. */
  readonly time: number;
  /** The configurations that this line is the first to refer to. */
  readonly configs?: Readonly<Record<string, LogConfig>>;
}

/** The event of a call on a node. */
export type LogCallEvent = LineBase & LogCall & LogOutcome & { readonly node: BaseboardId };
/** The event of an annotation. */
export type LogAnnotation = LineBase & { readonly annotation: Annotation };
/** An event: every line but the first. */
export type LogEvent = LogCallEvent | LogAnnotation;
