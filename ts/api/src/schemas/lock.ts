/** `GET /v1/lock`, `POST /v1/unlock`, `POST /v1/clear-secrets`. */
import Type from "typebox";
import type { Static } from "typebox";
import { BaseboardIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { Count, EpochSchema, Epochs, Ids, Time, nullable, oneOf, strict } from "./common.ts";
import { ErrorSchema } from "./errors.ts";

/** The longest time that a request to unlock waits, in milliseconds. */
const UNLOCK_TIMEOUT_MS_MAX = 600_000;
/** Why a member's share is still missing. */
export const WAIT_REASONS = {
  notConnected: "there is no connection to it",
  noAddress: "it is a member, but no address of it is configured",
  noAnswer: "it is connected, but has not answered with its share",
  badShare: "it is connected and answers, but not with the share that the configuration names",
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
/** `POST /v1/unlock`, at most ten minutes at a time. */
export const UnlockRequestSchema = Type.Object(
  {
    /** How long to wait for it. 0 or absent: start, and answer at once (202 while still locked). */
    timeoutMs: Type.Optional(Type.Integer({ minimum: 0, maximum: UNLOCK_TIMEOUT_MS_MAX })),
  },
  strict,
);
