/** The two identifiers that configuration files, the API and the journal share, as JSON schemas. */
import Type from "typebox";

/** A sled. */
export const BaseboardIdSchema = Type.String({
  description: "A sled as part:serial; each part 1 to 64 bytes without a colon",
  pattern: "^[^:\\u0000-\\u001f\\u007f-\\u009f]+:[^:\\u0000-\\u001f\\u007f-\\u009f]+$",
  maxLength: 129,
  examples: ["913-0000019:BRM42220001"],
});
/** A rack. */
export const RackIdSchema = Type.String({
  description: "A rack as a hyphenated uuid in lower case",
  pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
  examples: ["bee986e8-cd46-4905-b6ad-e04fd2ab8aa0"],
});
