/** Errors of frames and messages that cannot be decoded or encoded. */
import type { ErrorTable } from "./table.ts";

/** The details of each code. */
export interface WireErrorDetails {
  // Wire frames: `offset` is the byte at which decoding failed
  ERR_TQ_FRAME_TOO_LARGE: { length: number; limit: number };
  ERR_TQ_WIRE_TRUNCATED: { offset: number };
  ERR_TQ_WIRE_TRAILING_BYTES: { offset: number };
  ERR_TQ_WIRE_INDEFINITE_LENGTH: { offset: number };
  ERR_TQ_WIRE_NON_CANONICAL_LENGTH: { offset: number };
  ERR_TQ_WIRE_UNSUPPORTED_TYPE: { offset: number };
  ERR_TQ_WIRE_UNEXPECTED_TYPE: { offset: number; expected: string };
  ERR_TQ_WIRE_UNEXPECTED_KEY: { offset: number; expected: string };
  ERR_TQ_WIRE_WRONG_LENGTH: { offset: number; expected: string };
  ERR_TQ_WIRE_UNKNOWN_VARIANT: { offset: number; type: string };
  ERR_TQ_WIRE_INVALID_UTF8: { offset: number };
  ERR_TQ_WIRE_OUT_OF_RANGE: { offset: number; type: string };
  ERR_TQ_WIRE_INVALID_VALUE: { offset: number; type: string; problem: string };
}

/** Names and texts of these codes. */
export const WIRE_ERRORS: ErrorTable<WireErrorDetails> = {
  ERR_TQ_FRAME_TOO_LARGE: {
    kind: "FrameTooLarge",
    text: (d) => `a frame's body of ${d.length} bytes is above the limit of ${d.limit}`,
  },
  ERR_TQ_WIRE_TRUNCATED: {
    kind: "WireTruncated",
    text: (d) => `the message ends at byte ${d.offset}, before it is complete`,
  },
  ERR_TQ_WIRE_TRAILING_BYTES: {
    kind: "WireTrailingBytes",
    text: (d) => `bytes follow the message at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_INDEFINITE_LENGTH: {
    kind: "WireIndefiniteLength",
    text: (d) => `an item of indefinite length at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_NON_CANONICAL_LENGTH: {
    kind: "WireNonCanonicalLength",
    text: (d) => `an integer or length at byte ${d.offset} is longer than needed`,
  },
  ERR_TQ_WIRE_UNSUPPORTED_TYPE: {
    kind: "WireUnsupportedType",
    text: (d) => `a tag, float, negative or reserved item at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_UNEXPECTED_TYPE: {
    kind: "WireUnexpectedType",
    text: (d) => `expected ${d.expected} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_UNEXPECTED_KEY: {
    kind: "WireUnexpectedKey",
    text: (d) => `expected the key ${d.expected} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_WRONG_LENGTH: {
    kind: "WireWrongLength",
    text: (d) => `expected ${d.expected} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_UNKNOWN_VARIANT: {
    kind: "WireUnknownVariant",
    text: (d) => `an unknown ${d.type} at byte ${d.offset}`,
  },
  ERR_TQ_WIRE_INVALID_UTF8: {
    kind: "WireInvalidUtf8",
    text: (d) => `text at byte ${d.offset} is not valid UTF-8`,
  },
  ERR_TQ_WIRE_OUT_OF_RANGE: {
    kind: "WireOutOfRange",
    text: (d) => `the ${d.type} at byte ${d.offset} is out of range`,
  },
  ERR_TQ_WIRE_INVALID_VALUE: {
    kind: "WireInvalidValue",
    text: (d) => `the ${d.type} at byte ${d.offset} is not valid: ${d.problem}`,
  },
};
