/**
 * Loads the configuration: the file, then the environment, then flags, each overriding the one before.
 * All that is wrong is reported at once, each with where it stands. Nothing is read but the file.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { TomlError, parse } from "smol-toml";
import { Default, Errors } from "typebox/value";
import { parseBaseboardId, isTrustQuorumError } from "trust-quorum";
import { DaemonError, problemOf } from "../errors.ts";
import type { ConfigProblem } from "../errors.ts";
import { explain } from "./explain.ts";
import { configKeys, toCamel } from "./keys.ts";
import type { ConfigKey, SchemaNode } from "./keys.ts";
import { ConfigSchema } from "./schema.ts";
import type { Config } from "./schema.ts";

/** The longest configuration file that is read, in bytes. */
const CONFIG_BYTES_MAX = 1024 * 1024;

/** Where the configuration comes from. */
export interface ConfigSources {
  /** The TOML file; absent: environment and flags say everything. */
  readonly file?: string | undefined;
  /** `process.env`, or a part of it: only variables that begin with `TQD_` are looked at. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Values of flags by the key's name in the file (`mesh.listen`), as text. */
  readonly flags?: ReadonlyMap<string, string>;
}

/**
 * Reads and checks the configuration. Relative paths of the file are relative to its folder, those of
 * the environment and of flags to the working directory.
 *
 * @throws DaemonError `ERR_TQD_CONFIG_UNREADABLE`, `ERR_TQD_CONFIG_SYNTAX`, and
 * `ERR_TQD_CONFIG_INVALID` with every problem that was found
 * @example
 * import { loadConfig } from "@trust-quorum/sled-host/config/load";
 *
 * // In earnest: { file: "/etc/tqd/tqd.toml", environment: process.env }
 * const file = "testdata/formats/0.1.0/rack/sleds/TRY00001/tqd.toml";
 * const config = loadConfig({ file, environment: { TQD_MESH_LISTEN: "[::1]:7750" } });
 * config.mesh.listen; // => "[::1]:7750"
 */
export function loadConfig(sources: ConfigSources): Config {
  const { file, environment = {}, flags = new Map<string, string>() } = sources;
  const origin = new Origins(file ?? "configuration");
  const problems: ConfigProblem[] = [];
  const tree = file === undefined ? {} : readTree(file);
  const base = file === undefined ? process.cwd() : path.dirname(path.resolve(file));
  resolvePaths(ConfigSchema, tree, base);

  const keys = configKeys();
  const override = (key: ConfigKey, source: string, value: string): void => {
    const given = parseText(key.schema, value);
    if (given === undefined) {
      const expected = expectedText(key.schema);
      problems.push({ source, key: key.name, problem: `"${value}" is not ${expected}` });
      return;
    }
    put(tree, key.path, given);
    origin.set(key.path, source);
  };
  for (const key of keys) {
    const value = environment[key.variable];
    if (value !== undefined) override(key, key.variable, value);
  }
  problems.push(...unknownVariables(environment, keys));
  for (const key of keys) {
    const value = flags.get(key.name);
    if (value !== undefined) override(key, key.flag, value);
  }

  const whole: unknown = Default(ConfigSchema, tree);
  problems.push(...explain(whole, [...Errors(ConfigSchema, whole)], (at) => origin.of(at)));
  if (problems.length === 0) problems.push(...contradictions(whole as Config, origin));
  if (problems.length > 0) throw new DaemonError("ERR_TQD_CONFIG_INVALID", { problems });
  return whole as Config;
}

/** Who set a key: the file unless a variable or a flag did. */
class Origins {
  readonly #file: string;
  readonly #overrides = new Map<string, string>();

  constructor(file: string) {
    this.#file = file;
  }

  set(keyPath: readonly string[], source: string): void {
    this.#overrides.set(keyPath.join("."), source);
  }

  of(keyPath: readonly string[]): string {
    for (let length = keyPath.length; length > 0; length--) {
      const source = this.#overrides.get(keyPath.slice(0, length).join("."));
      if (source !== undefined) return source;
    }
    return this.#file;
  }
}

type Tree = Record<string, unknown>;

function readTree(file: string): Tree {
  let toml: string;
  try {
    const bytes = readFileSync(file);
    if (bytes.length > CONFIG_BYTES_MAX)
      throw new Error(`it is larger than ${CONFIG_BYTES_MAX} bytes`);
    toml = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const problem = problemOf(cause);
    throw new DaemonError("ERR_TQD_CONFIG_UNREADABLE", { file, problem }, { cause });
  }
  try {
    return camelKeys(parse(toml)) as Tree;
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const { line, column, message } = cause;
    // Its first line is the sentence; a picture of the place follows.
    const problem = (message.split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
    throw new DaemonError("ERR_TQD_CONFIG_SYNTAX", { file, line, column, problem }, { cause });
  }
}

function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (!isTree(value) || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [toCamel(key), camelKeys(child)]),
  );
}

/** Makes the paths of the file absolute. Values of a wrong type are left for the schema to refuse. */
function resolvePaths(schema: SchemaNode, tree: Tree, base: string): void {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const value = tree[name];
    if (isTree(value)) resolvePaths(child, value, base);
    else if (child.meaning === "path" && isText(value)) tree[name] = path.resolve(base, value);
    else if (child.items?.meaning === "path" && Array.isArray(value)) {
      tree[name] = value.map((item: unknown) => (isText(item) ? path.resolve(base, item) : item));
    }
  }
}

/** A value from the text of a variable or a flag: lists are separated by commas. */
function parseText(schema: SchemaNode, value: string): unknown {
  switch (schema.type) {
    case "boolean":
      return value === "true" ? true : value === "false" ? false : undefined;
    case "integer":
      return /^-?[0-9]{1,15}$/.test(value) ? Number(value) : undefined;
    case "array": {
      const items = value === "" ? [] : value.split(",").map((item) => item.trim());
      const parsed = items.map((item) => parseText(schema.items ?? {}, item));
      return parsed.includes(undefined) ? undefined : parsed;
    }
    default:
      return schema.meaning === "path" && value !== "" ? path.resolve(value) : value;
  }
}

function expectedText(schema: SchemaNode): string {
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "integer") return "a whole number";
  return "a list of whole numbers, separated by commas";
}

/** Variables that look like ours but are none: a misspelt one must not be ignored silently. */
function unknownVariables(
  environment: Readonly<Record<string, string | undefined>>,
  keys: readonly ConfigKey[],
): ConfigProblem[] {
  const known = new Set([...keys.map(({ variable }) => variable), CONFIG_VARIABLE]);
  return Object.keys(environment)
    .filter((name) => name.startsWith("TQD_") && !known.has(name))
    .map((name) => ({
      source: name,
      key: "",
      problem: "no such variable; tqd --help lists them",
    }));
}

/** The variable that names the file. */
export const CONFIG_VARIABLE = "TQD_CONFIG";

/** What the schema cannot say. */
function contradictions(config: Config, origin: Origins): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const problem = (at: readonly string[], key: string, text: string): void => {
    problems.push({ source: origin.of(at), key, problem: text });
  };
  checkId(config.sled.id, (text) => problem(["sled", "id"], "sled.id", text));
  const seen = new Set<string>();
  config.mesh.peers.forEach(({ id }, index) => {
    const key = `mesh.peers[${index}].id`;
    checkId(id, (text) => problem(["mesh", "peers"], key, text));
    if (seen.has(id)) problem(["mesh", "peers"], key, `${id} is named twice`);
    seen.add(id);
  });
  for (const [at, address] of [
    ["mesh.listen", config.mesh.listen],
    ["api.tls.listen", config.api.tls?.listen],
    ...config.mesh.peers.map((peer, index) => [`mesh.peers[${index}].address`, peer.address]),
  ] as [string, string | undefined][]) {
    const port = Number(address?.slice(address.lastIndexOf(":") + 1) ?? 0);
    if (port > 65_535) problem(at.split(".").map(toCamel), at, `${port} is not a port`);
  }
  return problems;
}

function checkId(id: string, report: (problem: string) => void): void {
  try {
    parseBaseboardId(id);
  } catch (error) {
    if (!isTrustQuorumError(error)) throw error;
    report(error.message);
  }
}

function put(tree: Tree, keyPath: readonly string[], value: unknown): void {
  const [first = "", ...rest] = keyPath;
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const child = tree[first];
  const inner: Tree = isTree(child) ? child : {};
  tree[first] = inner;
  put(inner, rest, value);
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
