/** Identifiers of sleds and racks, and epochs: made, parsed and ordered. */
import { compareBytes, fromHex, toHex, utf8 } from "./bytes.ts";
import { TrustQuorumError } from "./errors.ts";
import type { BaseboardId, Epoch, RackId } from "./id-types.ts";

/** The most bytes a part number or a serial number may have. */
export const BASEBOARD_PART_BYTES_MAX = 64;

/** A rack's id as a regular expression, for schemas: a hyphenated uuid in lower case. */
export const RACK_ID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";

/**
 * A character of a part number or serial number as a regular expression, for schemas. Control characters
 * (Unicode's Cc) would let an identifier forge lines in a log.
 */
export const BASEBOARD_PART_CHARACTER = "[^:\\u0000-\\u001f\\u007f-\\u009f]";

/** The epoch under which the LRTQ (bootstore) rack secret enters the chain of secrets. */
export const LRTQ_EPOCH = 1 as Epoch;

/**
 * The id of the sled with this part number and serial number.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_BASEBOARD_ID`
 * @example
 * import { baseboardId } from "trust-quorum";
 *
 * baseboardId("913-0000019", "BRM42220001"); // => "913-0000019:BRM42220001"
 */
export function baseboardId(partNumber: string, serialNumber: string): BaseboardId {
  const problem = partProblem(partNumber) ?? partProblem(serialNumber);
  if (problem !== undefined) throw new TrustQuorumError("ERR_TQ_INVALID_BASEBOARD_ID", { problem });
  return `${partNumber}:${serialNumber}` as BaseboardId;
}

/**
 * Parses `part:serial`; anything but exactly one colon is an error.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_BASEBOARD_ID`
 * @example
 * import { baseboardParts, parseBaseboardId } from "trust-quorum";
 *
 * const sled = parseBaseboardId("913-0000019:BRM42220001");
 * baseboardParts(sled); // => { partNumber: "913-0000019", serialNumber: "BRM42220001" }
 */
export function parseBaseboardId(text: string): BaseboardId {
  const colon = typeof text === "string" ? text.indexOf(":") : -1;
  if (colon < 0 || text.includes(":", colon + 1)) {
    throw new TrustQuorumError("ERR_TQ_INVALID_BASEBOARD_ID", {
      problem: "it does not have exactly one colon",
    });
  }
  return baseboardId(text.slice(0, colon), text.slice(colon + 1));
}

/** The two parts of an id. */
export function baseboardParts(id: BaseboardId): { partNumber: string; serialNumber: string } {
  const colon = id.indexOf(":");
  return { partNumber: id.slice(0, colon), serialNumber: id.slice(colon + 1) };
}

/**
 * The protocol's order of sleds: by part number, then by serial number, each by its UTF-8 bytes.
 * It fixes who gets which share. Negative, zero or positive.
 *
 * @example
 * import { baseboardId, compareBaseboardIds } from "trust-quorum";
 *
 * const sleds = ["BRM2", "BRM10", "BRM1"].map((serial) => baseboardId("913-0000019", serial));
 * const [first] = sleds.sort(compareBaseboardIds);
 * first; // => "913-0000019:BRM1"
 */
export function compareBaseboardIds(a: BaseboardId, b: BaseboardId): number {
  if (a === b) return 0;
  const left = baseboardParts(a);
  const right = baseboardParts(b);
  return (
    compareUtf8(left.partNumber, right.partNumber) ||
    compareUtf8(left.serialNumber, right.serialNumber)
  );
}

/**
 * Parses a hyphenated uuid in lower case.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_RACK_UUID`
 * @example
 * import { parseRackId } from "trust-quorum";
 *
 * parseRackId("ca7cf321-e47a-4fc9-bfd0-32abc31b253f"); // => "ca7cf321-e47a-4fc9-bfd0-32abc31b253f"
 */
export function parseRackId(text: string): RackId {
  if (!isUuid(text)) throw new TrustQuorumError("ERR_TQ_INVALID_RACK_UUID", {});
  return text as RackId;
}

const UUID = new RegExp(RACK_ID_PATTERN);

/** Whether this is a hyphenated uuid in lower case. */
export function isUuid(value: unknown): boolean {
  return typeof value === "string" && UUID.test(value);
}

/** The 16 bytes of a rack's uuid. */
export function rackIdBytes(id: RackId): Uint8Array {
  return fromHex(id.replaceAll("-", "")) ?? new Uint8Array(16);
}

/** The rack id with these 16 bytes. */
export function rackIdFromBytes(bytes: Uint8Array): RackId {
  const hex = toHex(bytes);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return parseRackId([...parts, hex.slice(20)].join("-"));
}

/** Whether a number can be an epoch: a safe integer from 1. */
export function isEpoch(value: unknown): value is Epoch {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/**
 * The epoch with this number.
 *
 * @throws TrustQuorumError `ERR_TQ_INVALID_EPOCH`
 * @example
 * import { epoch, isTrustQuorumError } from "trust-quorum";
 *
 * epoch(7); // => 7
 * try {
 *   epoch(0);
 * } catch (error) {
 *   isTrustQuorumError(error, "ERR_TQ_INVALID_EPOCH"); // => true
 * }
 */
export function epoch(value: number): Epoch {
  if (isEpoch(value)) return value;
  // Callers from plain JavaScript may pass anything; the error's text must not fail over it.
  const shown = typeof value === "number" ? value : Number.NaN;
  throw new TrustQuorumError("ERR_TQ_INVALID_EPOCH", { epoch: shown });
}

const PART = new RegExp(`^${BASEBOARD_PART_CHARACTER}*$`);

function partProblem(part: string): string | undefined {
  if (typeof part !== "string") return "a part is not text";
  if (part.length === 0) return "a part is empty";
  if (!PART.test(part)) return "a part has a colon or a control character";
  if (!part.isWellFormed()) return "a part is not well-formed Unicode";
  // A code unit takes up to three bytes, so that most parts need not be encoded to be measured.
  const fits = 3 * part.length <= BASEBOARD_PART_BYTES_MAX;
  if (!fits && (part.length > BASEBOARD_PART_BYTES_MAX || isLong(part))) {
    return `a part is longer than ${BASEBOARD_PART_BYTES_MAX} bytes`;
  }
  return undefined;
}

function isLong(part: string): boolean {
  return utf8(part).length > BASEBOARD_PART_BYTES_MAX;
}

function compareUtf8(a: string, b: string): number {
  if (a === b) return 0;
  // Code units order as UTF-8 bytes do as long as no surrogate is involved.
  if (isAscii(a) && isAscii(b)) return a < b ? -1 : 1;
  return compareBytes(utf8(a), utf8(b));
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
