/** `POST /v1/proxy/:peer`: a request to a peer through this sled. */
import Type from "typebox";
import type { Static } from "typebox";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { Count, EpochSchema, Ids, oneOf, strict } from "./common.ts";
import { ConfigurationSchema } from "./configuration.ts";
import { AlarmSchema, PersistentStateSchema } from "./node.ts";

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
