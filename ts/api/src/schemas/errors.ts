/** The body of every answer that is not a success. */
import Type from "typebox";
import type { Static } from "typebox";
import { oneOf, strict } from "./common.ts";

/**
 * Every answer that is not a success. `code` is one of those in ERRORS.md. `origin` says whose it is:
 * `core`, the protocol's answer to the request, by which nothing has changed; `daemon`, what stands
 * around it (who asks, the request's form, peers that are away).
 */
export const ErrorSchema = Type.Object(
  {
    code: Type.String({ pattern: "^ERR_TQD?_[A-Z0-9_]+$" }),
    origin: oneOf(["core", "daemon"]),
    message: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
  },
  strict,
);
/** The body of a 4xx or 5xx answer. */
export type ErrorAnswer = Static<typeof ErrorSchema>;
