/** The keys of the configuration, as the schema has them: for overrides, for messages and for tests. */
import { ConfigSchema } from "./schema.ts";

/** A schema's parts that are looked at here; JSON Schema, as typebox makes it. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly meaning?: "path" | "address";
}

/** One key that the environment or a flag can override: a leaf of the schema. */
export interface ConfigKey {
  /** In camelCase, from the outside in: `["mesh", "peersFile"]`. */
  readonly path: readonly string[];
  /** As in the file: `mesh.peers_file`. */
  readonly name: string;
  /** `TQD_MESH_PEERS_FILE` */
  readonly variable: string;
  /** `--mesh-peers-file` */
  readonly flag: string;
  readonly schema: SchemaNode;
}

/** Every key that is a scalar or a list of scalars; `mesh.peers` is only for files. */
export function configKeys(): ConfigKey[] {
  return leaves(ConfigSchema, []);
}

/** `peersFile` as a file has it: `peers_file`. What {@link toCamel} has quoted stays. */
export function toSnake(name: string): string {
  if (name.startsWith('"')) return name;
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `peers_file` as the code has it. What is not in snake_case stays, and is refused as unknown. */
export function toCamel(name: string): string {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) return `"${name}"`;
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A configuration with the keys that a file has. */
export function toSnakeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toSnakeKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [toSnake(key), toSnakeKeys(child)]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function leaves(schema: SchemaNode, path: readonly string[]): ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const below = [...path, name];
    if (child.properties !== undefined) return leaves(child, below);
    if (child.items?.properties !== undefined) return [];
    const words = below.map(toSnake);
    return {
      path: below,
      name: words.join("."),
      variable: `TQD_${words.join("_").toUpperCase()}`,
      flag: `--${words.join("-").replaceAll("_", "-")}`,
      schema: child,
    };
  });
}
