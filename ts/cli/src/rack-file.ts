/**
 * `rack.toml`: which sleds a rack has and where each is asked. On one machine `tq init` and `tq up`
 * write it; for a rack on many machines somebody writes it by hand.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { TomlError, parse } from "smol-toml";
import Type from "typebox";
import type { Static } from "typebox";
import { Check, Errors } from "typebox/value";
import { isTrustQuorumError, parseBaseboardId } from "trust-quorum";
import { hasCode } from "@trust-quorum/sled-host/errors";
import { replaceFile } from "@trust-quorum/sled-host/os/replace-file";
import { BaseboardIdSchema, RackIdSchema } from "@trust-quorum/sled-host/id-schemas";
import { OperatorError, messageOf } from "@trust-quorum/api/client/errors";

const strict = { additionalProperties: false } as const;
const PathText = Type.String({ minLength: 1, maxLength: 4096 });

const SledSchema = Type.Object(
  {
    id: BaseboardIdSchema,
    /** The unix socket of its API; or */
    socket: Type.Optional(PathText),
    /** its API over TLS: `https://host:port`. */
    url: Type.Optional(Type.String({ pattern: "^https://[^/\\s]+$" })),
    /** Where this machine runs it, and keeps its files; absent where another machine does. */
    home: Type.Optional(PathText),
    /** Where its mesh listens; only of sleds that run here. */
    mesh: Type.Optional(Type.String({ pattern: "^[^\\s]+:[0-9]{1,5}$" })),
  },
  strict,
);

const RackFileSchema = Type.Object(
  {
    version: Type.Literal(1),
    /** "lrtq" where the rack ran the bootstore before, else "new". */
    origin: Type.Enum(["lrtq", "new"]),
    rack_id: RackIdSchema,
    /** The operator's certificate for sleds with a url. */
    operator: Type.Optional(
      Type.Object({ certificate: PathText, key: PathText, ca: PathText }, strict),
    ),
    sleds: Type.Array(SledSchema, { minItems: 1, maxItems: 256 }),
  },
  strict,
);

/** The file's contents; paths as they are written there. */
export type RackFile = Static<typeof RackFileSchema>;
/** One sled in it. */
export type RackSled = RackFile["sleds"][number];

const NAME = "rack.toml";
const HEAD = `# The sleds of this rack and where each is asked; tq reads it, and writes it where it runs the sleds.
# Relative paths are relative to this file. A sled of another machine has a url instead of a socket,
# and the table [operator] names the certificate, key and ca (PEM) that tq shows there.

`;

/** The file of the rack in a folder. */
export function rackFilePath(folder: string): string {
  return path.join(folder, NAME);
}

/**
 * Reads and checks a rack's file.
 *
 * @returns null where there is none
 * @throws OperatorError `ERR_TQ_CLI_RACK_INVALID`
 */
export function readRackFile(folder: string): RackFile | null {
  const file = rackFilePath(folder);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return null;
    throw invalid(file, messageOf(cause), cause);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw invalid(`${file}:${cause.line}:${cause.column}`, firstLine(cause.message), cause);
  }
  if (!Check(RackFileSchema, value)) {
    const [error] = Errors(RackFileSchema, value);
    const key = error?.instancePath.slice(1).replaceAll("/", ".") ?? "";
    throw invalid(file, `${key === "" ? "" : `${key}: `}${error?.message ?? "it is not valid"}`);
  }
  checkSleds(file, value);
  return value;
}

/** Replaces a rack's file: the old one or the new one is there, whatever happens meanwhile. */
export function writeRackFile(folder: string, rack: RackFile): void {
  replaceText(rackFilePath(folder), HEAD + rackToml(rack));
}

/** Writes a text file as a whole, on disk when it returns. */
export function replaceText(file: string, text: string, mode = 0o644): void {
  replaceFile(file, [Buffer.from(text)], mode);
}

/** A text as TOML has it. */
export function tomlText(value: string): string {
  // JSON's escapes are TOML's, but for the delete character, which no id or path of ours has.
  return JSON.stringify(value);
}

function rackToml(rack: RackFile): string {
  const lines = [
    `version = ${rack.version}`,
    `origin = ${tomlText(rack.origin)}`,
    `rack_id = ${tomlText(rack.rack_id)}`,
  ];
  const table = (name: string, values: Readonly<Record<string, string | undefined>>): void => {
    lines.push("", name);
    for (const [key, value] of Object.entries(values)) {
      if (value !== undefined) lines.push(`${key} = ${tomlText(value)}`);
    }
  };
  if (rack.operator !== undefined) table("[operator]", rack.operator);
  for (const { id, socket, url, home, mesh } of rack.sleds) {
    table("[[sleds]]", { id, socket, url, home, mesh });
  }
  return `${lines.join("\n")}\n`;
}

function checkSleds(file: string, rack: RackFile): void {
  const seen = new Set<string>();
  for (const { id, socket, url, home } of rack.sleds) {
    try {
      parseBaseboardId(id);
    } catch (cause) {
      if (!isTrustQuorumError(cause)) throw cause;
      throw invalid(file, `${id}: ${cause.message}`, cause);
    }
    if (seen.has(id)) throw invalid(file, `${id} is named twice`);
    seen.add(id);
    if ((socket === undefined) === (url === undefined)) {
      throw invalid(file, `${id} needs either a socket or a url`);
    }
    if (home !== undefined && socket === undefined) {
      throw invalid(file, `${id} runs here (home), so it needs a socket`);
    }
    if (url !== undefined && rack.operator === undefined) {
      throw invalid(file, `${id} has a url, so the table [operator] is needed`);
    }
  }
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
}

function invalid(file: string, problem: string, cause?: unknown): OperatorError {
  const text = `${file} cannot be used: ${problem}`;
  return new OperatorError("ERR_TQ_CLI_RACK_INVALID", text, { cause });
}
