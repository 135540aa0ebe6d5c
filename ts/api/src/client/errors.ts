/**
 * The errors of the operator's side: the command line, its control plane and the client it
 * asks sleds with. Callers match on `code`; the text is one sentence for people and says what to do.
 *
 * No error may ever hold a secret, a share or a derived key.
 */

/** What a command ends with. Scripts may rely on these numbers. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** What was asked for is not reached yet, and can be: run the command again. */
  unfinished: 3,
  /** Another `tq` is working on this rack. */
  busy: 4,
} as const;

/** The table: for each code what the command ends with, and what it means. */
export const OPERATOR_ERRORS = {
  ERR_TQ_CLI_USAGE: { exit: EXIT.usage, meaning: "invalid usage of the command line" },
  ERR_TQ_CLI_NO_RACK: { exit: EXIT.failed, meaning: "there is no rack in this folder" },
  ERR_TQ_CLI_RACK_EXISTS: { exit: EXIT.failed, meaning: "there is a rack in this folder already" },
  ERR_TQ_CLI_RACK_INVALID: { exit: EXIT.failed, meaning: "the rack's file cannot be used" },
  ERR_TQ_CLI_UNKNOWN_SLED: { exit: EXIT.usage, meaning: "no such sled belongs to this rack" },
  ERR_TQ_CLI_UNREACHABLE: { exit: EXIT.failed, meaning: "a sled does not answer" },
  ERR_TQ_CLI_BAD_ANSWER: { exit: EXIT.failed, meaning: "a sled answers with something else" },
  ERR_TQ_CLI_REFUSED: { exit: EXIT.failed, meaning: "a sled refuses the request" },
  ERR_TQ_CLI_NOT_DONE: { exit: EXIT.failed, meaning: "the command did not reach its end" },
  ERR_TQ_CLI_UNFINISHED: { exit: EXIT.unfinished, meaning: "what was asked for goes on" },
  ERR_TQ_CLI_IN_PROGRESS: {
    exit: EXIT.failed,
    meaning: "another configuration is under way",
  },
  ERR_TQ_CLI_BUSY: { exit: EXIT.busy, meaning: "another tq works on this rack" },
  ERR_TQ_CLI_JOURNAL_UNREADABLE: {
    exit: EXIT.failed,
    meaning: "the control plane's journal cannot be read",
  },
  ERR_TQ_CLI_JOURNAL_WRITE: {
    exit: EXIT.failed,
    meaning: "the control plane's journal cannot be written",
  },
  ERR_TQ_CLI_TWO_JOURNALS: {
    exit: EXIT.failed,
    meaning: "the rack has two folders that may hold the control plane's journal",
  },
  ERR_TQ_CLI_JOURNAL_BEHIND: {
    exit: EXIT.failed,
    meaning: "the sleds know more than the control plane's journal",
  },
  ERR_TQ_CLI_CONTRADICTION: {
    exit: EXIT.failed,
    meaning: "the sleds contradict the control plane's journal",
  },
  ERR_TQ_CLI_PROCESS: { exit: EXIT.failed, meaning: "a daemon cannot be started or stopped" },
  ERR_TQ_CLI_LEDGER: { exit: EXIT.failed, meaning: "a ledger cannot be used" },
  ERR_TQ_CLI_OUTPUT: { exit: EXIT.failed, meaning: "the output cannot be written" },
} as const satisfies Record<string, { readonly exit: number; readonly meaning: string }>;

/** Every stable error code of the operator's side. */
export type OperatorErrorCode = keyof typeof OPERATOR_ERRORS;

/** An error for an operator, in one sentence that says what to do. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly code: OperatorErrorCode;

  constructor(code: OperatorErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): number {
    return OPERATOR_ERRORS[this.code].exit;
  }
}

/** A sled does not answer at all: nothing is known about whether it did what was asked. */
export class UnreachableError extends OperatorError {
  constructor(sled: string, problem: string, options?: { cause?: unknown }) {
    super("ERR_TQ_CLI_UNREACHABLE", `${sled} does not answer: ${problem}`, options);
  }
}

/** A sled refuses a request, and nothing changed there. */
export class RefusedError extends OperatorError {
  readonly sled: string;
  /** The HTTP status, 400–599. */
  readonly status: number;
  /** The sled's own code, one of ERRORS.md. */
  readonly refusal: string;
  /** Whether the protocol refuses, or the daemon around it. */
  readonly origin: "core" | "daemon";
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    sled: string,
    answer: {
      status: number;
      code: string;
      origin: "core" | "daemon";
      message: string;
      details: Readonly<Record<string, unknown>>;
    },
  ) {
    super("ERR_TQ_CLI_REFUSED", `${sled} refuses: ${answer.message} (${answer.code})`);
    this.sled = sled;
    this.status = answer.status;
    this.refusal = answer.code;
    this.origin = answer.origin;
    this.details = answer.details;
  }
}

/** Whether a caught value is an {@link OperatorError}, of this code where one is given. */
export function isOperatorError(value: unknown, code?: OperatorErrorCode): value is OperatorError {
  return value instanceof OperatorError && (code === undefined || value.code === code);
}

/** What anything thrown says, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim();
}
