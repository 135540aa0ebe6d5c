/**
 * What the schemas of all resources share. The types of requests and answers, their validation and the
 * OpenAPI document all come from the files of this folder; docs/operators/api.md says the same in words.
 *
 * JSON in camelCase. A sled is `part:serial`, a rack a hyphenated uuid, a time ISO 8601 in UTC, bytes
 * that are public lower-case hex. Nothing in here ever holds a secret or a share; a derived key is the
 * body of one answer (`POST /v1/key`), as raw bytes.
 */
import Type from "typebox";
import type { TEnum, TNull, TSchema, TString, TUnion } from "typebox";
import { BaseboardIdSchema } from "@trust-quorum/sled-host/id-schemas";

/** The prefix of everything but `/live`, `/ready`, `/metrics` and `/openapi.json`. */
export const API_PREFIX = "/v1";
/** The most bytes of a request's body: a configuration of 32 members with a long chain of secrets. */
export const API_BODY_BYTES_MAX = 1024 * 1024;
/** What the schema says, or null. */
export const nullable = <T extends TSchema>(schema: T): TUnion<[T, TNull]> =>
  Type.Union([schema, Type.Null()]);
/** Of an object: keys that are not named are refused. */
export const strict = { additionalProperties: false } as const;
/** One of these strings. */
export const oneOf = <T extends string[]>(values: readonly [...T]): TEnum<T> =>
  Type.Enum<T>(values);
/** An epoch. */
export const EpochSchema = Type.Integer({
  description: "The number of a configuration",
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
});
/** A number of a request: its range is left to the core, whose errors name what is wrong. */
export const RequestedNumber = Type.Integer({
  minimum: -Number.MAX_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
});
/** How many there are of something. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** A moment. */
export const Time = Type.String({
  description: "ISO 8601, UTC",
  examples: ["2026-01-31T12:00:00.000Z"],
});
/** Lower-case hex, of so many bytes where that is given. */
export const Hex = (bytes?: number): TString =>
  Type.String({ pattern: bytes === undefined ? "^([0-9a-f]{2})*$" : `^[0-9a-f]{${bytes * 2}}$` });
/** Sleds. */
export const Ids = Type.Array(BaseboardIdSchema);
/** Epochs. */
export const Epochs = Type.Array(EpochSchema);
