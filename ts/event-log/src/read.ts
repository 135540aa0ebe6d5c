/**
 * Reads a log, strictly: every line is checked against the format before anything is made of it, and
 * an error names its line. Only one thing is forgiven: a last line that was cut off, since that is
 * what a crash while writing leaves.
 */
import { Configuration, referenceCrypto } from "trust-quorum";
import type { ConfigurationParts } from "trust-quorum";
import { Compile } from "typebox/compile";
import { ConfigDigests } from "./encoder.ts";
import type { Hash } from "./encoder.ts";
import { EventLogError } from "./errors.ts";
import type { LogErrorCode, LogErrorDetails } from "./errors.ts";
import { fromHex } from "./hex.ts";
import { visitEvent, visitHeader } from "./references.ts";
import { ANNOTATION_LINE, CALLS, CALL_SCHEMAS, HEADER, LOG_VERSION } from "./schema.ts";
import type { CallName, LogConfig, LogEvent, LogHeader } from "./schema.ts";

/** The most bytes of one line: 64 MiB. */
export const LOG_LINE_BYTES_MAX = 64 * 1024 * 1024;
/** The most events of a log that is read. */
export const LOG_EVENTS_MAX = 5_000_000;

/** A log that was read. */
export interface EventLog {
  readonly header: LogHeader;
  readonly events: readonly LogEvent[];
  /** Every configuration of the log by its name in it. */
  readonly configs: ReadonlyMap<string, Configuration>;
  /** The names of the configurations by the digest of their pictures. */
  readonly names: ReadonlyMap<string, string>;
  /** What was forgiven, for people. */
  readonly notices: readonly string[];
}

/** How a log is read. */
export interface ReadOptions {
  /** SHA3-256; the reference implementation's where absent. */
  readonly hash?: Hash | undefined;
}

/**
 * Reads a log from its bytes.
 *
 * @throws EventLogError with the code and the line of the first thing that is wrong
 * @example
 * const log = readLog(await readFile("events-000001.jsonl"));
 */
export function readLog(bytes: Uint8Array, options: ReadOptions = {}): EventLog {
  const reader = new LogReader(options.hash ?? ((data) => referenceCrypto().sha3_256(data)));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  for (let line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    const length = end - start;
    if (length > LOG_LINE_BYTES_MAX) {
      fail("ERR_TQ_LOG_LINE_TOO_LONG", { bytes: length, limit: LOG_LINE_BYTES_MAX }, line);
    }
    const parsed = parseLine(decoder, bytes.subarray(start, end), line);
    if ("value" in parsed) reader.take(parsed.value, line);
    else if (newline < 0 && line > 1) reader.cutOff(line);
    else throw parsed.error;
    start = end + 1;
  }
  return reader.end();
}

function parseLine(
  decoder: InstanceType<typeof TextDecoder>,
  bytes: Uint8Array,
  line: number,
): { value: unknown } | { error: EventLogError } {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    return { error: new EventLogError("ERR_TQ_LOG_BAD_UTF8", {}, { line, cause }) };
  }
  try {
    return { value: JSON.parse(text) };
  } catch (cause) {
    // The engine's own message quotes the line, which may be a log with secrets.
    const problem = text.trim() === "" ? "it is empty" : "it cannot be parsed";
    return { error: new EventLogError("ERR_TQ_LOG_BAD_JSON", { problem }, { line, cause }) };
  }
}

class LogReader {
  readonly #digests: ConfigDigests;
  readonly #events: LogEvent[] = [];
  readonly #configs = new Map<string, Configuration>();
  readonly #names = new Map<string, string>();
  readonly #notices: string[] = [];
  readonly #nodes = new Set<string>();
  #header: LogHeader | null = null;
  #last = -1;

  constructor(hash: Hash) {
    this.#digests = new ConfigDigests(hash);
  }

  take(value: unknown, line: number): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      fail("ERR_TQ_LOG_NOT_A_LOG", { problem: "the line is not a JSON object" }, line);
    }
    if (this.#header === null) this.#takeHeader(value, line);
    else this.#takeEvent(value, this.#header, line);
  }

  cutOff(line: number): void {
    this.#notices.push(
      `line ${line} was cut off, as a crash while writing leaves it; it is left out`,
    );
  }

  end(): EventLog {
    if (this.#header === null) throw new EventLogError("ERR_TQ_LOG_EMPTY", {});
    return {
      header: this.#header,
      events: this.#events,
      configs: this.#configs,
      names: this.#names,
      notices: this.#notices,
    };
  }

  #takeHeader(value: object, line: number): void {
    if (!("trustQuorumLog" in value)) {
      const problem = "its first line is no header with a field trustQuorumLog";
      fail("ERR_TQ_LOG_NOT_A_LOG", { problem }, line);
    }
    if (value.trustQuorumLog !== LOG_VERSION) {
      const version = JSON.stringify(value.trustQuorumLog);
      const found = version.length > 20 ? "that is no number" : version;
      fail("ERR_TQ_LOG_VERSION", { found, supported: LOG_VERSION }, line);
    }
    check(validatorOf("header"), value, line);
    const header = value as unknown as LogHeader;
    for (const { id } of header.nodes) {
      if (this.#nodes.has(id)) fail("ERR_TQ_LOG_DUPLICATE", { what: `node ${id}` }, line);
      this.#nodes.add(id);
    }
    this.#define(header.configs, line);
    visitHeader(header, this.#visitor(header, line));
    this.#header = header;
    this.#last = header.first - 1;
  }

  #takeEvent(value: object, header: LogHeader, line: number): void {
    if (this.#events.length >= LOG_EVENTS_MAX) {
      fail("ERR_TQ_LOG_TOO_MANY_EVENTS", { limit: LOG_EVENTS_MAX }, line);
    }
    check(validatorOf(kindOf(value, line)), value, line);
    const event = value as LogEvent;
    const expected = this.#last + 1;
    const { index } = event;
    if (header.sparse === true ? index < expected : index !== expected) {
      fail("ERR_TQ_LOG_INDEX", { expected, found: index }, line);
    }
    this.#last = index;
    if ("call" in event && !this.#nodes.has(event.node)) {
      fail("ERR_TQ_LOG_UNKNOWN_NODE", { node: event.node }, line);
    }
    this.#define(event.configs, line);
    visitEvent(event, this.#visitor(header, line));
    this.#events.push(event);
  }

  #define(configs: Readonly<Record<string, LogConfig>> | undefined, line: number): void {
    for (const [key, picture] of Object.entries(configs ?? {})) {
      if (this.#configs.has(key))
        fail("ERR_TQ_LOG_DUPLICATE", { what: `configuration ${key}` }, line);
      const config = configurationOf(picture, key, line);
      const digest = this.#digests.of(config);
      const same = this.#names.get(digest);
      if (same !== undefined) {
        fail("ERR_TQ_LOG_DUPLICATE", { what: `configuration ${key}, which is ${same},` }, line);
      }
      this.#configs.set(key, config);
      this.#names.set(digest, key);
    }
  }

  #visitor(header: LogHeader, line: number): Parameters<typeof visitEvent>[1] {
    const undeclared = (field: string) => fail("ERR_TQ_LOG_UNDECLARED_SECRET", { field }, line);
    return {
      config: (key) => {
        if (!this.#configs.has(key)) fail("ERR_TQ_LOG_UNKNOWN_CONFIGURATION", { key }, line);
      },
      share: ({ y }) => {
        if (y !== undefined && !header.secrets) undeclared("the y of a share");
        if (y === undefined && header.secrets) {
          const problem = "is missing in a log that says it holds secrets";
          fail("ERR_TQ_LOG_INVALID_FIELD", { field: "the y of a share", problem }, line);
        }
      },
      newShares: () => {
        if (!header.secrets) undeclared("shares of createShares");
      },
    };
  }
}

/** The configuration of a picture, checked like any other one. */
function configurationOf(picture: LogConfig, key: string, line: number): Configuration {
  const encrypted = picture.encryptedRackSecrets;
  const parts: ConfigurationParts = {
    ...picture,
    digests: fromHex(picture.digests),
    encryptedRackSecrets: encrypted && {
      salt: fromHex(encrypted.salt),
      data: fromHex(encrypted.data),
    },
  };
  try {
    return Configuration.create(parts);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : "is none";
    const field = `configuration ${key}`;
    throw new EventLogError("ERR_TQ_LOG_INVALID_FIELD", { field, problem }, { line, cause });
  }
}

function kindOf(value: object, line: number): CallName | "annotation" {
  if ("annotation" in value) return "annotation";
  const call = "call" in value ? value.call : undefined;
  if (typeof call === "string" && (CALLS as readonly string[]).includes(call)) {
    return call as CallName;
  }
  return fail("ERR_TQ_LOG_UNKNOWN_CALL", { call: shown(call) }, line);
}

/** A value of unknown origin for a message: short, and without control characters. */
function shown(value: unknown): string {
  if (typeof value !== "string") return "without a name";
  return JSON.stringify(value.slice(0, 40));
}

type Schema = "header" | "annotation" | CallName;
type Validator = Pick<ReturnType<typeof Compile<typeof HEADER>>, "Errors"> & {
  Check(value: unknown): boolean;
};
const validators = new Map<Schema, Validator>();

/** Compiled when first needed: a program that only writes logs never pays for it. */
function validatorOf(name: Schema): Validator {
  let validator = validators.get(name);
  if (validator === undefined) {
    if (name === "header") validator = Compile(HEADER);
    else if (name === "annotation") validator = Compile(ANNOTATION_LINE);
    else validator = Compile(CALL_SCHEMAS[name]);
    validators.set(name, validator);
  }
  return validator;
}

function check(validator: Validator, value: unknown, line: number): void {
  if (validator.Check(value)) return;
  const errors = validator.Errors(value);
  // The deepest complaint says most: those above it only say that no variant fits.
  const error = errors.toSorted((a, b) => depth(b.instancePath) - depth(a.instancePath))[0];
  const field = error === undefined || error.instancePath === "" ? "the line" : error.instancePath;
  // How the validator says that a field is none of the format.
  const unknown = error?.message === "schema is false";
  const problem = unknown ? "is not a field of this format" : (error?.message ?? "is not valid");
  fail("ERR_TQ_LOG_INVALID_FIELD", { field, problem }, line);
}

function depth(path: string): number {
  return path.split("/").length;
}

function fail<C extends LogErrorCode>(code: C, details: LogErrorDetails[C], line: number): never {
  throw new EventLogError(code, details, { line });
}
