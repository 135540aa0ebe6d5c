/**
 * Checking values against schemas without TypeBox, which reads schemas when a program runs and makes
 * functions of text. The functions are in `*.generated.ts`, which `npm run validators` writes; what is
 * wrong with a value that does not fit is found out here, from the schema itself.
 */

/** A JSON schema, with as much of the language as `scripts/validators/emit.ts` supports. */
export type Schema =
  | boolean
  | {
      readonly type?: string;
      readonly const?: unknown;
      readonly pattern?: RegExp;
      readonly minimum?: number;
      readonly maximum?: number;
      readonly properties?: Readonly<Record<string, Schema>>;
      readonly required?: readonly string[];
      readonly additionalProperties?: boolean;
      readonly patternProperties?: Readonly<Record<string, Schema>>;
      readonly items?: Schema | readonly Schema[];
      readonly additionalItems?: boolean;
      readonly minItems?: number;
      readonly maxItems?: number;
      readonly anyOf?: readonly Schema[];
    };

/** What a generated module has for each schema. */
export interface Validator {
  /** Whether a value, as `JSON.parse` makes them, fits. */
  readonly check: (value: unknown) => boolean;
  readonly schema: Schema;
}

/** One thing that is wrong with a value. */
export interface SchemaError {
  /** The way to the field, as a JSON pointer; empty for the value itself. */
  readonly path: string;
  /** What is wrong, to be put after the field's name: `must be string`. */
  readonly message: string;
}

/** How many errors are collected of one value, or of one variant of a union. */
const SCHEMA_ERRORS_MAX = 8;

/**
 * The errors in a value, at most {@link SCHEMA_ERRORS_MAX}; empty where it fits. Where no variant of a
 * union fits, the errors of each variant are among them.
 */
export function schemaErrors(value: unknown, schema: Schema): readonly SchemaError[] {
  const found: SchemaError[] = [];
  inspect(value, schema, "", found);
  return found;
}

/** Adds the errors in a value to a list; returns whether it fits. */
function inspect(value: unknown, schema: Schema, path: string, found: SchemaError[]): boolean {
  const before = found.length;
  if (before >= SCHEMA_ERRORS_MAX) return false;
  const wrong = (message: string): void => {
    if (found.length < SCHEMA_ERRORS_MAX) found.push({ path, message });
  };
  if (typeof schema === "boolean") {
    if (!schema) wrong(NO_FIELD);
    return schema;
  }
  let fits = true;
  const must = (holds: boolean, message: () => string): void => {
    if (holds) return;
    fits = false;
    wrong(message());
  };
  const { type } = schema;
  if (type !== undefined) must(isOfType(value, type), () => `must be ${type}`);
  const inside = (one: unknown, part: Schema, key: string): boolean => {
    const holds = inspect(one, part, `${path}/${pointerPart(key)}`, found);
    fits &&= holds;
    return holds;
  };
  if (Array.isArray(value)) inspectItems(value, schema, { must, inside });
  else if (typeof value === "object" && value !== null) {
    inspectFields(value as Fields, schema, { must, inside });
  }
  if (typeof value === "string" && schema.pattern !== undefined) {
    const { pattern } = schema;
    must(pattern.test(value), () => `must match pattern "${pattern.source}"`);
  }
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    must(value >= minimum, () => `must be >= ${minimum}`);
    must(value <= maximum, () => `must be <= ${maximum}`);
  }
  if ("const" in schema) must(value === schema.const, () => "must be equal to constant");
  if (schema.anyOf !== undefined && !fitsOne(value, schema.anyOf, path, found)) {
    fits = false;
    wrong("must match a schema in anyOf");
  }
  return fits;
}

/** What a field gets that is none of the schema. */
const NO_FIELD = "is not a field of this format";

type Fields = Readonly<Record<string, unknown>>;
type Keywords = Exclude<Schema, boolean>;

interface Inspector {
  /** Adds an error of the value itself unless something holds. */
  readonly must: (holds: boolean, message: () => string) => void;
  /** Inspects a part of the value. */
  readonly inside: (value: unknown, schema: Schema, key: string) => boolean;
}

function inspectFields(value: Fields, schema: Keywords, { must, inside }: Inspector): void {
  const { required = [], properties = {}, patternProperties = {} } = schema;
  const missing = required.filter((key) => !(key in value));
  must(missing.length === 0, () => `must have required properties ${missing.join(", ")}`);
  const patterns = Object.entries(patternProperties).map(([pattern, part]) => {
    return { pattern: new RegExp(pattern, "u"), part };
  });
  if (schema.additionalProperties === false) {
    const unknown = Object.keys(value).filter(
      (key) =>
        !Object.hasOwn(properties, key) && !patterns.some(({ pattern }) => pattern.test(key)),
    );
    for (const key of unknown) inside(value[key], false, key);
    must(unknown.length === 0, () => "must not have additional properties");
  }
  for (const { pattern, part } of patterns) {
    for (const [key, one] of Object.entries(value)) {
      if (pattern.test(key)) inside(one, part, key);
    }
  }
  for (const [key, part] of Object.entries(properties)) {
    const absent = !(key in value) || (value[key] === undefined && !required.includes(key));
    if (!absent) inside(value[key], part, key);
  }
}

function inspectItems(
  value: readonly unknown[],
  schema: Keywords,
  { must, inside }: Inspector,
): void {
  const { items = true, minItems = 0, maxItems = Infinity } = schema;
  const tuple = Array.isArray(items) ? (items as readonly Schema[]) : null;
  if (tuple !== null) {
    // The first item too many is enough.
    if (value.length > tuple.length) inside(value[tuple.length], false, String(tuple.length));
  }
  value.forEach((one, i) => {
    const part = tuple === null ? (items as Schema) : tuple[i];
    if (part !== undefined) inside(one, part, String(i));
  });
  must(value.length >= minItems, () => `must not have fewer than ${minItems} items`);
  must(value.length <= maxItems, () => `must not have more than ${maxItems} items`);
}

function fitsOne(
  value: unknown,
  variants: readonly Schema[],
  path: string,
  found: SchemaError[],
): boolean {
  const lists: SchemaError[][] = [];
  for (const variant of variants) {
    const errors: SchemaError[] = [];
    if (inspect(value, variant, path, errors)) return true;
    lists.push(errors);
  }
  for (const error of lists.flat()) if (found.length < SCHEMA_ERRORS_MAX) found.push(error);
  return false;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return Number.isFinite(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function pointerPart(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
