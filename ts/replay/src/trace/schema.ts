/**
 * Schemas of the lines of a trace of the original implementation, version 1: the initial state of each node,
 * then one line for each call on a node with its outcome, then the final states. Field names are the
 * original's. Unknown fields are not accepted.
 */
import { Count, Hex, Hex32, Id, Rack, strict } from "@trust-quorum/event-log/schema-values";
import type { BaseboardId } from "trust-quorum";
import { Type } from "typebox";
import type { Static } from "typebox";

/** A share's number and its 32 bytes. */
const Hex33 = Type.String({ pattern: "^[0-9a-f]{66}$" });
const Byte = Type.Integer({ minimum: 0, maximum: 255 });
const Bytes = Type.Array(Byte);

const TraceIdSchema = strict({ part_number: Type.String(), serial_number: Type.String() });

const ConfigSchema = strict({
  rack_id: Type.String(),
  epoch: Count,
  coordinator: TraceIdSchema,
  members: Type.Array(Type.Tuple([TraceIdSchema, Hex32])),
  threshold: Count,
  encrypted_rack_secrets: Type.Union([Type.Null(), strict({ salt: Hex32, data: Hex })]),
});

const StateSchema = strict({
  lrtq: Type.Union([
    Type.Null(),
    strict({
      rack_uuid: Type.String(),
      epoch: Count,
      threshold: Count,
      share: Bytes,
      share_digests: Type.Array(Bytes),
    }),
  ]),
  configs: Type.Array(ConfigSchema),
  shares: Type.Record(Type.String(), strict({ x_coordinate: Byte, y_coordinates: Bytes })),
  commits: Type.Array(Count),
  expunged: Type.Union([Type.Null(), strict({ epoch: Count, from: TraceIdSchema })]),
});

/** The first line. */
const TRACE_HEADER = strict({
  trace: Type.Literal(1),
  seed: Count,
  rack_id: Rack,
  from_lrtq: Type.Boolean(),
  lrtq_secret: Type.Union([Type.Null(), Hex32]),
  /** Whether messages were forged, replayed, sent under another's name. */
  hostile: Type.Optional(Type.Boolean()),
  nodes: Type.Array(Id),
  initial: Type.Record(Type.String(), StateSchema),
});

const Request = {
  rack_id: Type.String(),
  epoch: Count,
  members: Type.Array(TraceIdSchema),
  threshold: Count,
};
const Nothing = Type.Optional(strict({}));
/** The calls with their arguments. */
const ARGS = {
  onConnect: strict({ peer: Id }),
  onDisconnect: strict({ peer: Id }),
  restart: Nothing,
  clearSecrets: Nothing,
  handle: strict({ from: Id, msg: Hex }),
  coordinateReconfiguration: strict({
    ...Request,
    last_committed_epoch: Type.Union([Type.Null(), Count]),
  }),
  coordinateUpgradeFromLrtq: strict(Request),
  commit: strict({ rack_id: Type.String(), epoch: Count }),
  prepareAndCommit: strict({ config: ConfigSchema }),
  loadRackSecret: strict({ epoch: Count }),
};

/** The outcome of a call. */
const OUTCOME = {
  /** Absent where the call returns nothing. */
  result: Type.Optional(
    Type.Union([
      Type.Literal("ok"),
      Type.Literal("pending"),
      strict({ secret: Hex32 }),
      strict({ error: Type.String(), detail: Type.String() }),
    ]),
  ),
  /** Messages as CBOR. The order between different recipients has no meaning. */
  sent: Type.Optional(Type.Array(strict({ to: Id, msg: Hex }))),
  /** The digest of the persistent state in a ledger's form, if the state changed. */
  state_sha3: Type.Optional(Hex32),
  coordinating: Type.Optional(strict({ epoch: Count, op: Type.String(), acked: Type.Array(Id) })),
  computing_share: Type.Optional(Type.Boolean()),
  /** The random bytes that the node drew. */
  random: Type.Optional(
    strict({
      rack_secret: Type.Optional(Hex32),
      /** In the order of the members. */
      shares: Type.Optional(Type.Array(Hex33)),
      salt: Type.Optional(Hex32),
    }),
  ),
};

type CallName = keyof typeof ARGS;
const stepSchema = <C extends CallName>(call: C) =>
  strict({ node: Id, call: Type.Literal(call), args: ARGS[call], ...OUTCOME });

type Outcome = Static<ReturnType<typeof strict<typeof OUTCOME>>>;

/** The schema of the steps of each call. */
const TRACE_STEPS = Object.fromEntries(
  (Object.keys(ARGS) as CallName[]).map((call) => [call, stepSchema(call)]),
) as { readonly [C in CallName]: ReturnType<typeof stepSchema<C>> };

/** The last line. */
const TRACE_END = strict({
  final: Type.Record(
    Type.String(),
    strict({
      state_sha3: Hex32,
      commits: Type.Array(Count),
      expunged: Type.Boolean(),
      alarms: Count,
    }),
  ),
});

/** The tables of validators that `npm run validators` makes. */
export const VALIDATOR_TABLES = {
  LINE_VALIDATORS: { header: TRACE_HEADER, end: TRACE_END },
  STEP_VALIDATORS: TRACE_STEPS,
};

/** The first line: the rack and its nodes' states at the start. */
export type TraceHeader = Static<typeof TRACE_HEADER>;
/** A sled's id. */
export type TraceId = Static<typeof TraceIdSchema>;
/** A configuration. */
export type TraceConfig = Static<typeof ConfigSchema>;
/** A node's persistent state, its keys in any order. */
export type TraceState = Static<typeof StateSchema>;
/** A call on a node, with its outcome. */
export type TraceStep = {
  [C in CallName]: { node: BaseboardId; call: C; args: Static<(typeof ARGS)[C]> } & Outcome;
}[CallName];
/** The final states of the nodes, by their names. */
export type TraceEnd = Static<typeof TRACE_END>["final"];
