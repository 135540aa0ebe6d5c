/**
 * The errors of event logs: one table, as in the core. Callers match on `code`; `line` is the line of
 * the log, from 1, where there is one. No error ever holds a secret or a share.
 */

/** The details of each code. */
export interface LogErrorDetails {
  // Reading
  ERR_TQ_LOG_EMPTY: object;
  ERR_TQ_LOG_NOT_A_LOG: { problem: string };
  ERR_TQ_LOG_VERSION: { found: string; supported: number };
  ERR_TQ_LOG_BAD_JSON: { problem: string };
  ERR_TQ_LOG_BAD_UTF8: object;
  ERR_TQ_LOG_LINE_TOO_LONG: { bytes: number; limit: number };
  ERR_TQ_LOG_TOO_MANY_EVENTS: { limit: number };
  ERR_TQ_LOG_UNKNOWN_CALL: { call: string };
  ERR_TQ_LOG_INVALID_FIELD: { field: string; problem: string };
  ERR_TQ_LOG_UNKNOWN_NODE: { node: string };
  ERR_TQ_LOG_UNKNOWN_CONFIGURATION: { key: string };
  ERR_TQ_LOG_DUPLICATE: { what: string };
  ERR_TQ_LOG_INDEX: { expected: number; found: number };
  ERR_TQ_LOG_UNDECLARED_SECRET: { field: string };
  ERR_TQ_LOG_BAD_GZIP: { problem: string };

  // Recording
  ERR_TQ_LOG_RECORDER: { problem: string };

  // Taking a part of a log
  ERR_TQ_LOG_EXPORT: { problem: string };
}

/** Every stable code of this package. */
export type LogErrorCode = keyof LogErrorDetails;

/** The table: for each code when it is thrown, as docs/event-log.md says it, and its text. */
export const LOG_ERRORS: {
  readonly [C in LogErrorCode]: {
    readonly when: string;
    readonly text: (details: LogErrorDetails[C]) => string;
  };
} = {
  ERR_TQ_LOG_EMPTY: {
    when: "the file has nothing in it",
    text: () => "the log is empty",
  },
  ERR_TQ_LOG_NOT_A_LOG: {
    when: "the first line is no header, a line is no JSON object, a trace has no last line",
    text: (d) => `this is not an event log: ${d.problem}`,
  },
  ERR_TQ_LOG_VERSION: {
    when: "the log has another version of the format",
    text: (d) =>
      `the log has format version ${d.found}, and this program reads versions up to ${d.supported}`,
  },
  ERR_TQ_LOG_BAD_JSON: {
    when: "a line is not JSON",
    text: (d) => `the line is not JSON: ${d.problem}`,
  },
  ERR_TQ_LOG_BAD_UTF8: {
    when: "a line is not UTF-8",
    text: () => "the line is not valid UTF-8",
  },
  ERR_TQ_LOG_LINE_TOO_LONG: {
    when: "a line has more than 64 MiB",
    text: (d) => `the line has ${d.bytes} bytes, and ${d.limit} are allowed`,
  },
  ERR_TQ_LOG_TOO_MANY_EVENTS: {
    when: "the log has more than 5,000,000 events",
    text: (d) => `the log has more than ${d.limit} events`,
  },
  ERR_TQ_LOG_UNKNOWN_CALL: {
    when: "a line is neither a known call nor an annotation",
    text: (d) => `there is no call ${d.call}`,
  },
  ERR_TQ_LOG_INVALID_FIELD: {
    when: "a field is missing, unknown, of another type or out of range; `details` name it",
    text: (d) => `${d.field} ${d.problem}`,
  },
  ERR_TQ_LOG_UNKNOWN_NODE: {
    when: "an event is of a sled that the header does not have",
    text: (d) => `the header names no node ${d.node}`,
  },
  ERR_TQ_LOG_UNKNOWN_CONFIGURATION: {
    when: "a configuration is referred to before it is defined",
    text: (d) => `no configuration ${d.key} was defined before this line`,
  },
  ERR_TQ_LOG_DUPLICATE: {
    when: "a sled or a configuration is there twice",
    text: (d) => `${d.what} is there twice`,
  },
  ERR_TQ_LOG_INDEX: {
    when: "an event is missing, or out of order",
    text: (d) => `event ${d.expected} should stand here, and ${d.found} does`,
  },
  ERR_TQ_LOG_UNDECLARED_SECRET: {
    when: "a share's bytes stand in a log that says it holds no secrets",
    text: (d) => `${d.field} is secret, but the header says that the log holds no secrets`,
  },
  ERR_TQ_LOG_BAD_GZIP: {
    when: "the file cannot be decompressed",
    text: (d) => `the file cannot be decompressed: ${d.problem}`,
  },
  ERR_TQ_LOG_RECORDER: {
    when: "the recorder was used wrongly: a sled added twice, or after the first event",
    text: (d) => `the recorder cannot do this: ${d.problem}`,
  },
  ERR_TQ_LOG_EXPORT: {
    when: "the part to be exported is none",
    text: (d) => `this part of the log cannot be exported: ${d.problem}`,
  },
};

/** What reading, recording or exporting a log throws. */
export class EventLogError<C extends LogErrorCode = LogErrorCode> extends Error {
  override readonly name = "EventLogError";
  readonly code: C;
  readonly details: LogErrorDetails[C];
  /** The line of the log, from 1, or null where the error is not about a line. */
  readonly line: number | null;

  constructor(
    code: C,
    details: LogErrorDetails[C],
    options: { readonly line?: number | null; readonly cause?: unknown } = {},
  ) {
    const { line = null, cause } = options;
    const text = LOG_ERRORS[code].text(details);
    super(line === null ? text : `line ${line}: ${text}`, cause === undefined ? {} : { cause });
    this.code = code;
    this.details = details;
    this.line = line;
  }
}

/** Whether an error is one of this package's. */
export function isEventLogError(error: unknown): error is EventLogError {
  return error instanceof EventLogError;
}
