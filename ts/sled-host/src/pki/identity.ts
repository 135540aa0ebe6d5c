/**
 * Who a certificate speaks for. A certificate of this project has exactly one subject alternative name
 * (RFC 5280, 4.2.1.6), a URI that is a URN (RFC 8141) of one of two forms:
 *
 * ```
 * urn:trust-quorum:sled:PART:SERIAL       a sled, by its BaseboardId
 * urn:trust-quorum:operator:NAME          an operator of the API
 * ```
 *
 * PART, SERIAL and NAME are percent-encoded: the unreserved characters of RFC 3986 (letters, digits and
 * `-._~`) stand for themselves, every other byte of the UTF-8 text is `%` and two upper-case hex
 * digits. There is one way to write each name, and no other is accepted: two certificates name the
 * same sled exactly if their URIs are the same bytes. The subject's name is for people and never read.
 */
import type { X509Certificate } from "node:crypto";
import { baseboardId, baseboardParts, isTrustQuorumError } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { DaemonError } from "../errors.ts";

/** The most bytes of UTF-8 an operator's name may have. */
const OPERATOR_NAME_BYTES_MAX = 64;

const PREFIX = "urn:trust-quorum:";

/** Who a certificate speaks for. */
export type Identity =
  | { readonly kind: "sled"; readonly id: BaseboardId }
  | { readonly kind: "operator"; readonly name: string };

/**
 * The URI of a sled's certificate.
 *
 * @example
 * import { baseboardId } from "trust-quorum";
 * import { sledUri } from "@trust-quorum/sled-host/pki/identity";
 *
 * sledUri(baseboardId("913-0000019", "BRM 1")); // => "urn:trust-quorum:sled:913-0000019:BRM%201"
 */
export function sledUri(id: BaseboardId): string {
  const { partNumber, serialNumber } = baseboardParts(id);
  return `${PREFIX}sled:${encodeName(partNumber)}:${encodeName(serialNumber)}`;
}

/**
 * The URI of an operator's certificate. A name has 1 to 64 bytes of UTF-8 and no control characters.
 *
 * @throws DaemonError `ERR_TQD_INVALID_OPERATOR_NAME`
 */
export function operatorUri(name: string): string {
  const problem = operatorNameProblem(name);
  if (problem !== undefined) throw new DaemonError("ERR_TQD_INVALID_OPERATOR_NAME", { problem });
  return `${PREFIX}operator:${encodeName(name)}`;
}

/**
 * Who the certificate speaks for. Only its name is looked at here: whether to trust it is for
 * `verifyChain` to say.
 *
 * @throws DaemonError `ERR_TQD_CERTIFICATE_IDENTITY` unless its alternative names are exactly one URI of
 * exactly one of the two forms
 */
export function identityOf(certificate: X509Certificate): Identity {
  // As text, names are separated by ", " and odd ones are quoted: a text that is a prefix and the few
  // characters that a URI of ours can have is one name and cannot be anything else.
  const names = certificate.subjectAltName;
  if (names === undefined) throw refused("it has no subject alternative name");
  const uri = /^URI:([A-Za-z0-9._~%:-]+)$/.exec(names)?.[1];
  if (uri === undefined) {
    throw refused("its subject alternative names are not exactly one URI of this project's form");
  }
  return parseUri(uri);
}

/** As a person reads it: `sled part:serial` or `operator name`. */
export function identityText(identity: Identity): string {
  return identity.kind === "sled" ? `sled ${identity.id}` : `operator ${identity.name}`;
}

function parseUri(uri: string): Identity {
  if (!uri.startsWith(PREFIX)) throw refused(`its URI does not begin with ${PREFIX}`);
  const [kind, ...encoded] = uri.slice(PREFIX.length).split(":");
  const parts = encoded.map(decodeName);
  const [first, second] = parts;
  if (kind === "sled" && parts.length === 2 && first !== undefined && second !== undefined) {
    return { kind, id: parseSled(first, second) };
  }
  if (kind === "operator" && parts.length === 1 && first !== undefined) {
    const problem = operatorNameProblem(first);
    if (problem !== undefined) throw refused(`its operator name ${problem}`);
    return { kind, name: first };
  }
  throw refused("its URI names neither a sled by part and serial number nor an operator");
}

function parseSled(partNumber: string, serialNumber: string): BaseboardId {
  try {
    return baseboardId(partNumber, serialNumber);
  } catch (error) {
    if (!isTrustQuorumError(error, "ERR_TQ_INVALID_BASEBOARD_ID")) throw error;
    throw refused(`its URI names no sled: ${error.details.problem}`);
  }
}

function encodeName(name: string): string {
  // What encodeURIComponent leaves alone besides the unreserved characters.
  return encodeURIComponent(name).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decodeName(encoded: string): string | undefined {
  try {
    const name = decodeURIComponent(encoded);
    return encodeName(name) === encoded ? name : undefined;
  } catch {
    return undefined;
  }
}

function operatorNameProblem(name: string): string | undefined {
  if (typeof name !== "string" || name.length === 0) return "is empty";
  if (/\p{Cc}/u.test(name)) return "has a control character";
  if (!name.isWellFormed()) return "is not well-formed Unicode";
  if (new TextEncoder().encode(name).length > OPERATOR_NAME_BYTES_MAX) {
    return `is longer than ${OPERATOR_NAME_BYTES_MAX} bytes`;
  }
  return undefined;
}

function refused(problem: string): DaemonError<"ERR_TQD_CERTIFICATE_IDENTITY"> {
  return new DaemonError("ERR_TQD_CERTIFICATE_IDENTITY", { problem });
}
