/** `POST /v1/verify`: both replicas of the ledger are read again. */
import Type from "typebox";
import type { Static } from "typebox";
import { Count, Time, nullable, oneOf, strict } from "./common.ts";

/** The longest time that the answer takes, in milliseconds: two disks that hardly read any more. */
export const VERIFY_TIMEOUT_MS = 600_000;

/** What a scrub of the replicas came to. */
export const SCRUB_OUTCOMES = ["sound", "mended", "damaged", "diverged"] as const;

const ReplicaScrubSchema = Type.Object(
  {
    folder: Type.String(),
    /**
     * `sound`: it holds what was saved; `mended`: it does again; `damaged`: it does not; `different`: it is
     * intact and holds something else; `unused`: it was out of use before.
     */
    outcome: oneOf(["sound", "mended", "damaged", "different", "unused"]),
    /** What was wrong, or null. */
    problem: nullable(Type.String()),
    /** Names in the folder under which intact files that did not belong there are kept. */
    keptAside: Type.Array(Type.String()),
  },
  strict,
);
/** `POST /v1/verify`. */
export const VerifySchema = Type.Object(
  {
    /**
     * `sound`, `mended`: every replica in use holds what was saved, some of them again; `damaged`: one at
     * least does not; `diverged`: each is intact and holds something else, and the daemon stops.
     */
    outcome: oneOf([...SCRUB_OUTCOMES]),
    at: Time,
    seconds: Type.Number({ minimum: 0 }),
    /** What every replica should hold. */
    generation: Count,
    bytes: Count,
    replicas: Type.Array(ReplicaScrubSchema),
  },
  strict,
);
/** What reading the replicas again came to. */
export type VerifyAnswer = Static<typeof VerifySchema>;
/** In a status: the last scrub, whoever asked for it, and how many there were since the start. */
export const ScrubStatusSchema = Type.Object(
  {
    /** How often it is done, in minutes; 0 where only on demand. */
    everyMinutes: Count,
    last: nullable(
      Type.Object(
        { at: Time, seconds: Type.Number({ minimum: 0 }), outcome: oneOf([...SCRUB_OUTCOMES]) },
        strict,
      ),
    ),
    /** By outcome; `failed` are those that could not be done. */
    counts: Type.Object(
      { sound: Count, mended: Count, damaged: Count, diverged: Count, failed: Count },
      strict,
    ),
  },
  strict,
);
/** What a sled knows of its scrubs. */
export type ScrubStatus = Static<typeof ScrubStatusSchema>;
