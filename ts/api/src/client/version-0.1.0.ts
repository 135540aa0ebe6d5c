/**
 * Answers of sleds that still run version 0.1.0, in today's spelling: an operator's `tq` is newer than
 * some sleds while a rack is upgraded. Accepted for one version.
 */

/** Reasons that were spelled in snake_case: of readiness, and of a share that is missing. */
const RENAMED: Readonly<Record<string, string>> = {
  lrtq_only: "lrtqOnly",
  unlock_failed: "unlockFailed",
  secrets_cleared: "secretsCleared",
  mesh_down: "meshDown",
  not_connected: "notConnected",
  no_address: "noAddress",
  no_answer: "noAnswer",
  bad_share: "badShare",
};

/** The keys that held them. */
const KEYS: readonly string[] = ["code", "reason"];

/**
 * An answer of version 0.1.0 as today's version would have given it. What is in neither spelling stays
 * as it is, and is judged by the schema of today.
 *
 * @example
 * import { fromVersion010 } from "@trust-quorum/api/client/version-0.1.0";
 *
 * const old = { code: "ERR_TQ_EXPUNGED", message: "it was expunged", details: {} };
 * console.log(fromVersion010(old)); // => { code: "ERR_TQ_EXPUNGED", message: "it was expunged", details: {}, origin: "core" }
 */
export function fromVersion010(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromVersion010);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [
    key,
    KEYS.includes(key) && typeof inner === "string"
      ? (RENAMED[inner] ?? inner)
      : fromVersion010(inner),
  ]);
  return withOrigin(Object.fromEntries(entries));
}

/** The prefix of a code was the only sign of whose it is. */
function withOrigin(value: Record<string, unknown>): Record<string, unknown> {
  const { code, message, details, origin } = value;
  const isError = typeof code === "string" && typeof message === "string" && details !== undefined;
  if (!isError || origin !== undefined) return value;
  if (code.startsWith("ERR_TQD_")) return { ...value, origin: "daemon" };
  return code.startsWith("ERR_TQ_") ? { ...value, origin: "core" } : value;
}
