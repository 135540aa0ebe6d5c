/** Errors of arguments and identifiers. */
import type { ErrorTable } from "./table.ts";

/** The details of each code. */
export interface ArgumentErrorDetails {
  // Arguments and identifiers
  ERR_TQ_INVALID_ARGUMENT: { argument: string; problem: string };
  ERR_TQ_INVALID_BASEBOARD_ID: { problem: string };
  ERR_TQ_INVALID_RACK_UUID: object;
}

/** Names and texts of these codes. */
export const ARGUMENT_ERRORS: ErrorTable<ArgumentErrorDetails> = {
  ERR_TQ_INVALID_ARGUMENT: {
    kind: "InvalidArgument",
    text: (d) => `${d.argument} ${d.problem}`,
  },
  ERR_TQ_INVALID_BASEBOARD_ID: {
    kind: "InvalidBaseboardId",
    text: (d) => `not a baseboard id (part:serial): ${d.problem}`,
  },
  ERR_TQ_INVALID_RACK_UUID: {
    kind: "InvalidRackUuid",
    text: () => "a rack id is a hyphenated uuid in lower case",
  },
};
