/** Invalid requests as typed errors: those that a schema refuses and those that Fastify refuses. */
import type { FastifyError } from "fastify";
import { IsUnion } from "typebox";
import type { TSchema } from "typebox";
import type { TLocalizedValidationError } from "typebox/error";
import { Check, Errors } from "typebox/value";
import { DaemonError, problemOf } from "@trust-quorum/sled-host/errors";
import { API_BODY_BYTES_MAX } from "@trust-quorum/api/schemas/common";

/** Checks a value against a schema; says what is wrong, and never what was sent. */
export function validator(schema: TSchema): (value: unknown) => true | { error: Error } {
  return (value) => {
    if (Check(schema, value)) return true;
    const problems = errorsOf(schema, value)
      .slice(0, 3)
      .map(
        ({ instancePath, message }) => `${instancePath === "" ? "it" : instancePath} ${message}`,
      );
    const problem = problems.join("; ");
    return { error: new DaemonError("ERR_TQD_BAD_REQUEST", { problem }) };
  };
}

/**
 * What is wrong with a value. Of a union it is what is wrong with one alternative: the one that the value
 * names (no literal of it differs) and with which the least is wrong.
 */
function errorsOf(schema: TSchema, value: unknown): TLocalizedValidationError[] {
  if (!IsUnion(schema)) return Errors(schema, value);
  const alternatives = schema.anyOf.map((each) => {
    const errors = Errors(each, value);
    return { errors, differs: errors.some(({ keyword }) => keyword === "const") };
  });
  alternatives.sort(
    (a, b) => Number(a.differs) - Number(b.differs) || a.errors.length - b.errors.length,
  );
  return alternatives[0]?.errors ?? [];
}

/** Fastify's own refusals in our terms. */
export function translated(error: FastifyError): unknown {
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new DaemonError("ERR_TQD_BODY_TOO_LARGE", { limit: API_BODY_BYTES_MAX });
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return new DaemonError("ERR_TQD_UNSUPPORTED_MEDIA_TYPE", {});
    default: {
      const { statusCode } = error;
      if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return error;
      // Texts of JSON.parse show a piece of the body.
      const problem = error instanceof SyntaxError ? "its body is not JSON" : problemOf(error);
      return new DaemonError("ERR_TQD_BAD_REQUEST", { problem });
    }
  }
}
