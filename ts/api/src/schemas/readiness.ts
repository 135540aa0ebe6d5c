/** `GET /live` and `GET /ready`. */
import Type from "typebox";
import type { Static } from "typebox";
import { oneOf, strict } from "./common.ts";

/** Why a daemon is not ready, and what that means. A test holds docs/operators/alarms.md to this. */
export const READINESS_REASONS = {
  starting: "the daemon is still starting",
  stopping: "the daemon is stopping",
  uninitialized: "this sled belongs to no rack yet: it waits for its first configuration",
  lrtqOnly: "this sled still runs on its bootstore (LRTQ) ledger: upgrade the rack",
  locked: "the rack secret is not loaded yet: shares are being collected",
  unlockFailed: "the collected shares did not rebuild the rack secret: see the alarms",
  secretsCleared: "an operator cleared the secrets: POST /v1/unlock loads them again",
  expunged: "this sled was removed from the rack and must be reset before it is used again",
  saving: "a change has been waiting for the disks for more than two seconds",
  meshDown: "the daemon does not listen for its peers",
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
