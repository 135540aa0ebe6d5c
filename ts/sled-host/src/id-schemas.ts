/** The two identifiers that configuration files, the API and the journal share, as JSON schemas. */
import Type from "typebox";
import { BASEBOARD_PART_CHARACTER, RACK_ID_PATTERN } from "trust-quorum/protocol";

/** A sled. */
export const BaseboardIdSchema = Type.String({
  description: "A sled as part:serial; each part 1 to 64 bytes without a colon",
  pattern: `^${BASEBOARD_PART_CHARACTER}+:${BASEBOARD_PART_CHARACTER}+$`,
  maxLength: 129,
  examples: ["913-0000019:BRM42220001"],
});
/** A rack. */
export const RackIdSchema = Type.String({
  description: "A rack as a hyphenated uuid in lower case",
  pattern: RACK_ID_PATTERN,
  examples: ["bee986e8-cd46-4905-b6ad-e04fd2ab8aa0"],
});
