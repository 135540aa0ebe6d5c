/** Says in words what a schema found wrong with a configuration: source, key as written, expectation. */
import { closestNames } from "@trust-quorum/event-log/closest";
import type { TLocalizedValidationError } from "typebox/error";
import type { ConfigProblem } from "../errors.ts";
import { toSnake } from "./keys.ts";
import type { SchemaNode } from "./keys.ts";
import { ConfigSchema } from "./schema.ts";

/**
 * The problems, each once. `sourceOf` names who set the key at a path (camelCase).
 */
export function explain(
  value: unknown,
  errors: readonly TLocalizedValidationError[],
  sourceOf: (path: readonly string[]) => string,
): ConfigProblem[] {
  const problems = new Map<string, ConfigProblem>();
  const add = (path: readonly string[], problem: string): void => {
    const key = keyText(path);
    if (!problems.has(key)) problems.set(key, { source: sourceOf(path), key, problem });
  };
  for (const error of errors) {
    const path = error.instancePath.split("/").slice(1).map(unescape);
    switch (error.keyword) {
      case "additionalProperties":
        for (const name of error.params.additionalProperties) {
          add([...path, name], unknownKey(name, schemaAt(path)));
        }
        break;
      case "required":
        for (const name of error.params.requiredProperties) {
          add([...path, name], `is missing: ${meaning(schemaAt([...path, name]))}`);
        }
        break;
      // What these two say follows from the errors above, for the same key.
      case "boolean":
      case "anyOf":
        break;
      default:
        add(path, `${shown(valueAt(value, path))} ${misfit(schemaAt(path))}`);
    }
  }
  return [...problems.values()];
}

function unescape(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** `["mesh", "peers", "2", "id"]` as a person writes it: `mesh.peers[2].id`. */
function keyText(path: readonly string[]): string {
  return path.reduce((text, part) => {
    if (/^[0-9]+$/.test(part)) return `${text}[${part}]`;
    const name = toSnake(part);
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

function schemaAt(path: readonly string[]): SchemaNode {
  return path.reduce<SchemaNode>(
    (node, part) => node.properties?.[part] ?? node.items ?? {},
    ConfigSchema,
  );
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let inner = value;
  for (const part of path) {
    if (typeof inner !== "object" || inner === null) return undefined;
    inner = (inner as Record<string, unknown>)[part];
  }
  return inner;
}

function unknownKey(name: string, schema: SchemaNode): string {
  const known = Object.keys(schema.properties ?? {}).map(toSnake);
  const [near] = closestNames(toSnake(name.replaceAll('"', "")), known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ${near}?`;
  return `is not a key: ${hint}`;
}

function meaning(schema: SchemaNode): string {
  return (schema.description ?? "").replace(/\.$/, "") || "it must be given";
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  return json === undefined ? "this" : json.length > 80 ? `${json.slice(0, 77)}…` : json;
}

function misfit(schema: SchemaNode): string {
  if (schema.enum !== undefined) return `is not one of ${schema.enum.map(String).join(", ")}`;
  switch (schema.type) {
    case "boolean":
      return "is not true or false";
    case "integer":
      return `is not a whole number from ${schema.minimum ?? 0} to ${schema.maximum ?? "2^53-1"}`;
    case "object":
      return "is not a table";
    default:
      if (schema.meaning === "address") return "is not an address, host:port or [ipv6]:port";
      if (schema.meaning === "path") return "is not a path";
      return `does not fit: ${meaning(schema)}`;
  }
}
