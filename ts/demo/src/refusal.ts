/** What the demo refuses to do, each with a stable code and one sentence for people. */

/** Every refusal of the demo; they end it with exit code 1, invalid usage with 2. */
export type RefusalCode =
  /** Invalid usage of the command line. */
  | "ERR_DEMO_USAGE"
  | "ERR_DEMO_NO_SUCH_FOLDER"
  | "ERR_DEMO_NO_LEDGERS"
  | "ERR_DEMO_UNREADABLE"
  | "ERR_DEMO_CORRUPT_LEDGER"
  | "ERR_DEMO_FILE_NAME"
  | "ERR_DEMO_OTHER_RACK"
  | "ERR_DEMO_CONTRADICTING_LEDGERS"
  | "ERR_DEMO_SAME_SHARE"
  | "ERR_DEMO_NO_INITIAL_MEMBER"
  | "ERR_DEMO_TOO_FEW_LEDGERS"
  | "ERR_DEMO_TOO_FEW_MEMBERS"
  | "ERR_DEMO_KEEP_NOT_EMPTY"
  | "ERR_DEMO_KEEP_UNUSABLE"
  | "ERR_DEMO_SPARE_SHARES"
  | "ERR_DEMO_PROOF_FAILED";

/** The input, or the command line, is not what the demo can run on. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
