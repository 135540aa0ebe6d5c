/**
 * Reads a log, strictly: every line is validated before it is used, and an error names its line. The one
 * exception is an incomplete last line, which a crash while writing leaves: it is left out with a notice.
 */
import { hexToBytes } from "@noble/hashes/utils.js";
import { referenceCrypto } from "trust-quorum";
import { Configuration } from "trust-quorum/protocol";
import type { ConfigurationParts } from "trust-quorum/protocol";
import { CALLS, LOG_VERSION, LOG_VERSIONS } from "./calls.ts";
import type { CallName } from "./calls.ts";
import { ConfigDigests } from "./encoder.ts";
import type { Hash } from "./encoder.ts";
import { EventLogError } from "./errors.ts";
import { ReadEvents } from "./events.ts";
import type { LogEvents } from "./events.ts";
import { checkLine, failAt, jsonLines, shownName } from "./lines.ts";
import type { JsonLine } from "./lines.ts";
import { visitEvent, visitHeader } from "./references.ts";
import type { ReferenceVisitor } from "./references.ts";
import type { LogConfig, LogEvent, LogHeader } from "./schema.ts";
import type { Validator } from "./validation.ts";
import { CALL_VALIDATORS, LINE_VALIDATORS } from "./validators.generated.ts";

/** The most events of a log that is read. */
export const LOG_EVENTS_MAX = 5_000_000;

/** A log. */
export interface EventLog {
  readonly header: LogHeader;
  readonly events: LogEvents;
  /** Every configuration of the log by its name in it. */
  readonly configs: ReadonlyMap<string, Configuration>;
  /** The names of the configurations by the digests of their records. */
  readonly names: ReadonlyMap<string, string>;
  /** Remarks on how the log was read, for people. */
  readonly notices: readonly string[];
}

/** Is shown a log while it is read: whoever needs to see all events need not parse them again. */
export interface LogObserver {
  /** The header, and the configurations: those of an event are in the map before the event is shown. */
  header(header: LogHeader, configs: ReadonlyMap<string, Configuration>): void;
  /** The next event. */
  event(event: LogEvent, position: number): void;
}

/** Options of reading a log. */
export interface ReadOptions {
  /** SHA3-256; the reference implementation's where absent. */
  readonly hash?: Hash | undefined;
  readonly observers?: readonly LogObserver[] | undefined;
}

/**
 * Reads a log from its bytes, which the log keeps: they must not be changed.
 *
 * @throws EventLogError with the code and the line of the first thing that is wrong
 * @example
 * import { readFile } from "node:fs/promises";
 * import { readLog } from "@trust-quorum/event-log";
 *
 * const log = readLog(await readFile("testdata/logs/rack.jsonl"));
 * log.events.length; // => 252
 */
export function readLog(bytes: Uint8Array, options: ReadOptions = {}): EventLog {
  const reader = new LogReader(options);
  for (const line of jsonLines(bytes)) reader.take(line);
  return reader.end();
}

/** Reads a log line by line: {@link take} every line, then {@link end}. */
export class LogReader {
  readonly #digests: ConfigDigests;
  readonly #observers: readonly LogObserver[];
  readonly #events = new ReadEvents();
  readonly #configs = new Map<string, Configuration>();
  readonly #names = new Map<string, string>();
  readonly #notices: string[] = [];
  readonly #nodes = new Set<string>();
  readonly #visitor: ReferenceVisitor;
  #header: LogHeader | null = null;
  #last = -1;
  /** The number of the line that is being read. */
  #line = 0;

  constructor(options: ReadOptions = {}) {
    const { hash = (data: Uint8Array) => referenceCrypto().sha3_256(data), observers = [] } =
      options;
    this.#digests = new ConfigDigests(hash);
    this.#observers = observers;
    this.#visitor = this.#makeVisitor();
  }

  /**
   * Takes the next line.
   *
   * @throws EventLogError with the code and the line of what is wrong
   */
  take(line: JsonLine): void {
    this.#line = line.line;
    if ("value" in line) this.#takeValue(line.value, line);
    else if (!line.ended && line.line > 1) this.#cutOff(line.line);
    else throw line.error;
  }

  #takeValue(value: unknown, { line, bytes }: JsonLine): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      failAt(line, "ERR_TQ_LOG_NOT_A_LOG", { problem: "the line is not a JSON object" });
    }
    if (this.#header === null) this.#takeHeader(value, line);
    else this.#takeEvent(value, this.#header, { line, bytes });
  }

  #cutOff(line: number): void {
    this.#notices.push(
      `line ${line} was cut off, as a crash while writing leaves it; it is left out`,
    );
  }

  /**
   * The log.
   *
   * @throws EventLogError `ERR_TQ_LOG_EMPTY`
   */
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
      failAt(line, "ERR_TQ_LOG_NOT_A_LOG", { problem });
    }
    if (!LOG_VERSIONS.some((version) => version === value.trustQuorumLog)) {
      const version = JSON.stringify(value.trustQuorumLog);
      const found = version.length > 20 ? "that is no number" : version;
      failAt(line, "ERR_TQ_LOG_VERSION", { found, supported: LOG_VERSION });
    }
    checkLine(LINE_VALIDATORS.header, value, line);
    const header = value as unknown as LogHeader;
    for (const { id } of header.nodes) {
      if (this.#nodes.has(id)) failAt(line, "ERR_TQ_LOG_DUPLICATE", { what: `node ${id}` });
      this.#nodes.add(id);
    }
    this.#define(header.configs, line);
    this.#header = header;
    visitHeader(header, this.#visitor);
    this.#last = header.first - 1;
    for (const observer of this.#observers) observer.header(header, this.#configs);
  }

  #takeEvent(
    value: object,
    header: LogHeader,
    { line, bytes }: { readonly line: number; readonly bytes: Uint8Array },
  ): void {
    if (this.#events.length >= LOG_EVENTS_MAX) {
      failAt(line, "ERR_TQ_LOG_TOO_MANY_EVENTS", { limit: LOG_EVENTS_MAX });
    }
    checkLine(validatorOf(value, line), value, line);
    const event = value as LogEvent;
    const expected = this.#last + 1;
    const { index } = event;
    if (header.sparse === true ? index < expected : index !== expected) {
      failAt(line, "ERR_TQ_LOG_INDEX", { expected, found: index });
    }
    this.#last = index;
    if ("call" in event && !this.#nodes.has(event.node)) {
      failAt(line, "ERR_TQ_LOG_UNKNOWN_NODE", { node: event.node });
    }
    this.#define(event.configs, line);
    visitEvent(event, this.#visitor);
    for (const observer of this.#observers) observer.event(event, this.#events.length);
    this.#events.add(bytes);
  }

  #define(configs: Readonly<Record<string, LogConfig>> | undefined, line: number): void {
    for (const [key, record] of Object.entries(configs ?? {})) {
      if (this.#configs.has(key))
        failAt(line, "ERR_TQ_LOG_DUPLICATE", { what: `configuration ${key}` });
      const config = configurationOf(record, key, line);
      const digest = this.#digests.of(config);
      const same = this.#names.get(digest);
      if (same !== undefined) {
        failAt(line, "ERR_TQ_LOG_DUPLICATE", { what: `configuration ${key}, which is ${same},` });
      }
      this.#configs.set(key, config);
      this.#names.set(digest, key);
    }
  }

  #makeVisitor(): ReferenceVisitor {
    const undeclared = (field: string) =>
      failAt(this.#line, "ERR_TQ_LOG_UNDECLARED_SECRET", { field });
    return {
      config: (key) => {
        if (this.#configs.has(key)) return;
        failAt(this.#line, "ERR_TQ_LOG_UNKNOWN_CONFIGURATION", { key });
      },
      share: ({ y }) => {
        const secrets = this.#header?.secrets === true;
        if (y !== undefined && !secrets) undeclared("the y of a share");
        if (y === undefined && secrets) {
          const problem = "is missing in a log that says it holds secrets";
          failAt(this.#line, "ERR_TQ_LOG_INVALID_FIELD", { field: "the y of a share", problem });
        }
      },
      newShares: () => {
        if (this.#header?.secrets !== true) undeclared("shares of createShares");
      },
    };
  }
}

/** The configuration of a record, with the checks of any other configuration. */
function configurationOf(record: LogConfig, key: string, line: number): Configuration {
  const encrypted = record.encryptedRackSecrets;
  const parts: ConfigurationParts = {
    ...record,
    digests: hexToBytes(record.digests),
    encryptedRackSecrets: encrypted && {
      salt: hexToBytes(encrypted.salt),
      data: hexToBytes(encrypted.data),
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

function validatorOf(value: object, line: number): Validator {
  if ("annotation" in value) return LINE_VALIDATORS.annotation;
  const call = "call" in value ? value.call : undefined;
  if (typeof call === "string" && (CALLS as readonly string[]).includes(call)) {
    return CALL_VALIDATORS[call as CallName];
  }
  return failAt(line, "ERR_TQ_LOG_UNKNOWN_CALL", { call: shownName(call) });
}
