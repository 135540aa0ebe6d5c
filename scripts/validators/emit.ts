/**
 * From JSON schemas to a TypeScript module of plain functions: the checks that TypeBox's `Compile` would
 * make with `new Function` when a program starts, written down when the schemas change.
 *
 * - What several schemas have in common becomes one function.
 * - Of a union whose variants differ in a literal (`kind`, `op`) one variant is looked at.
 * - An object's keys are gone through once; a key that is none of the schema ends the check.
 *
 * Values are what `JSON.parse` makes. A keyword that is not known here fails the build: nothing that a
 * schema says is ever left out. Tests hold the functions to the verdicts of TypeBox.
 */

/** A JSON schema, or true and false for anything and nothing. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** What a module is made of. */
export interface ModuleOptions {
  /** The constants that it exports: each a table of validators, by the names of their schemas here. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  /** The module's first comment, without its markers. */
  readonly comment: readonly string[];
  /** The module that exports the type `Validator`. */
  readonly types: string;
}

/**
 * The source of a module that exports tables of validators.
 *
 * @throws Error for a keyword, or a combination of keywords, that is not supported
 */
export function validatorModule({ tables, comment, types }: ModuleOptions): string {
  const emitter = new Emitter();
  const exported = Object.entries(tables).map(([table, schemas]) => {
    const validators = Object.entries(schemas).map(([name, schema]) => {
      const { check, node } = emitter.entry(schema);
      return `  ${JSON.stringify(name)}: { check: ${check}, schema: ${node} },`;
    });
    const names = Object.keys(schemas).map((name) => JSON.stringify(name));
    const type = `{ readonly [name in ${names.join(" | ")}]: Validator }`;
    return ["", `export const ${table}: ${type} = {`, ...validators, "};"].join("\n");
  });
  return [
    "/**",
    ...comment.map((line) => ` * ${line}`.trimEnd()),
    " */",
    "/* eslint-disable */",
    `import type { Schema, Validator } from ${JSON.stringify(types)};`,
    "",
    ...emitter.declarations(),
    ...exported,
    "",
  ].join("\n");
}

/** What is known of each keyword beside the schemas that have it. */
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties", "patternProperties"],
  array: ["items", "additionalItems", "minItems", "maxItems"],
  string: ["pattern", "const"],
  number: ["minimum", "maximum", "const"],
  integer: ["minimum", "maximum", "const"],
  boolean: ["const"],
  null: [],
};

/** Keywords that say nothing of what fits. */
const REMARKS = ["title", "description", "default", "examples"];

type Keywords = Readonly<Record<string, unknown>>;

/** What is declared; a name is its kind and a number. */
type Kind = "pattern" | "is" | "schema";

class Emitter {
  /** The declarations by kind; a schema is there before another one refers to it. */
  readonly #declared: { readonly [kind in Kind]: string[] } = { pattern: [], is: [], schema: [] };
  readonly #known = new Map<string, string>();
  readonly #counts: { [kind in Kind]: number } = { pattern: 0, is: 0, schema: 0 };

  declarations(): readonly string[] {
    const { pattern, is, schema } = this.#declared;
    return [...pattern, "", ...is, "", ...schema];
  }

  entry(schema: JsonSchema): { check: string; node: string } {
    return { check: this.#functionOf(schema), node: this.#nodeOf(schema) };
  }

  /** The name of what `make` declares; the same for the same key. */
  #once(kind: Kind, key: string, make: (name: string) => string): string {
    const known = this.#known.get(kind + key);
    if (known !== undefined) return known;
    const name = `${kind}${++this.#counts[kind]}`;
    this.#known.set(kind + key, name);
    this.#declared[kind].push(make(name));
    return name;
  }

  #functionOf(schema: JsonSchema): string {
    return this.#once("is", JSON.stringify(schema), (name) => {
      if (typeof schema === "object" && schema["type"] === "object") {
        return this.#objectFunction(name, schema);
      }
      const cases = casesOf(schema);
      if (cases !== null) return this.#switchFunction(name, cases);
      const { anyOf } = typeof schema === "object" ? schema : {};
      const test =
        anyOf === undefined
          ? this.#test(schema, "value")
          : (anyOf as JsonSchema[]).map((one) => this.#test(one, "value")).join(" || ");
      return `const ${name} = (value: any): boolean => ${test};`;
    });
  }

  /** An expression that is true where `value`, an expression without effects, fits. */
  #test(schema: JsonSchema, value: string): string {
    if (typeof schema === "boolean") return String(schema);
    const { type, anyOf } = schema;
    if (anyOf !== undefined) {
      only(schema, ["anyOf"]);
      return `${this.#functionOf(schema)}(${value})`;
    }
    if (type === undefined) {
      only(schema, []);
      return "true";
    }
    const known = typeof type === "string" ? KEYWORDS[type] : undefined;
    if (known === undefined) throw new Error(`the type ${JSON.stringify(type)} is not supported`);
    only(schema, ["type", ...known]);
    if ("const" in schema) return this.#constTest(schema, value);
    switch (type) {
      case "object":
        return `${this.#functionOf(schema)}(${value})`;
      case "array":
        return this.#arrayTest(schema, value);
      case "string":
        return this.#stringTest(schema, value);
      case "number":
        return this.#simple(allOf(["Number.isFinite(value)", ...limits(schema)]), value);
      case "integer":
        return this.#simple(allOf(["Number.isInteger(value)", ...limits(schema)]), value);
      case "boolean":
        return `typeof ${value} === "boolean"`;
      default:
        return `${value} === null`;
    }
  }

  #constTest(schema: Keywords, value: string): string {
    only(schema, ["type", "const"]);
    const { const: literal, type } = schema;
    const fits = type === "integer" ? Number.isInteger(literal) : typeof literal === type;
    if (!fits) throw new Error(`the constant ${JSON.stringify(literal)} is no ${String(type)}`);
    return `${value} === ${JSON.stringify(literal)}`;
  }

  #stringTest({ pattern }: Keywords, value: string): string {
    if (pattern === undefined) return `typeof ${value} === "string"`;
    const name = this.#pattern(pattern as string);
    return this.#simple(`typeof value === "string" && ${name}.test(value)`, value);
  }

  /** A call of a function for a test that is needed again and again. */
  #simple(test: string, value: string): string {
    const name = this.#once("is", `simple ${test}`, (made) => {
      return `const ${made} = (value: any): boolean => ${test};`;
    });
    return `${name}(${value})`;
  }

  #pattern(pattern: string): string {
    return this.#once("pattern", pattern, (name) => `const ${name} = ${regExp(pattern)};`);
  }

  #arrayTest({ items, additionalItems, minItems, maxItems }: Keywords, value: string): string {
    const tests = [`Array.isArray(${value})`];
    if (minItems !== undefined) tests.push(`${value}.length >= ${JSON.stringify(minItems)}`);
    if (maxItems !== undefined) tests.push(`${value}.length <= ${JSON.stringify(maxItems)}`);
    if (Array.isArray(items)) {
      // A tuple: as many items as there are schemas, which TypeBox says in this way.
      const tuple = items as JsonSchema[];
      if (additionalItems !== false || minItems !== tuple.length) {
        throw new Error("a tuple has all of its items, and no more");
      }
      tests.push(`${value}.length <= ${tuple.length}`);
      tests.push(...tuple.map((item, i) => this.#test(item, `${value}[${i}]`)));
    } else {
      if (additionalItems !== undefined) throw new Error("additionalItems is for tuples");
      if (items !== undefined) tests.push(`${this.#everyOf(items as JsonSchema)}(${value})`);
    }
    return allOf(tests);
  }

  /** A function that tests all items of an array. */
  #everyOf(items: JsonSchema): string {
    return this.#once("is", `every ${JSON.stringify(items)}`, (name) =>
      [
        `function ${name}(list: any): boolean {`,
        `  for (const one of list) if (${not(this.#test(items, "one"))}) return false;`,
        "  return true;",
        "}",
      ].join("\n"),
    );
  }

  #objectFunction(name: string, schema: Keywords): string {
    only(schema, ["type", ...(KEYWORDS["object"] ?? [])]);
    const properties = (schema["properties"] ?? {}) as Record<string, JsonSchema>;
    const required = (schema["required"] ?? []) as string[];
    const cases = Object.entries(properties).flatMap(([key, property]) => {
      const test = this.#test(property, "field");
      // An optional field that is there without a value counts as absent.
      const wrong = required.includes(key) ? not(test) : `field !== undefined && ${not(test)}`;
      const counted = required.includes(key) ? " required++;" : "";
      return [`case ${JSON.stringify(key)}: if (${wrong}) return false;${counted} break;`];
    });
    const missing = required.filter((key) => !Object.hasOwn(properties, key));
    if (missing.length > 0) throw new Error(`${missing.join()} is required and has no schema`);
    const others = this.#otherKeys(schema);
    const body =
      cases.length === 0
        ? others.map((line) => `    ${line}`)
        : [
            "    switch (key) {",
            ...cases.map((line) => `      ${line}`),
            `      default: ${others.join(" ")}`,
            "    }",
          ];
    const mentions = (word: string) => body.some((line) => line.includes(word));
    const key = mentions("key") ? "key" : "_key";
    const field = mentions("field") ? ["    const field = value[key];"] : [];
    return [
      `function ${name}(value: any): boolean {`,
      `  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;`,
      ...(required.length === 0 ? [] : ["  let required = 0;"]),
      ...(body.length === 0 ? [] : [`  for (const ${key} in value) {`, ...field, ...body, "  }"]),
      required.length === 0 ? "  return true;" : `  return required === ${required.length};`,
      "}",
    ].join("\n");
  }

  /** What is done with a key that is none of the properties: statements. */
  #otherKeys({ properties, additionalProperties, patternProperties }: Keywords): string[] {
    if (additionalProperties !== undefined && additionalProperties !== false) {
      throw new Error("additional properties are refused, or nothing is said of them");
    }
    const strict = additionalProperties === false;
    if (patternProperties === undefined) return strict ? ["return false;"] : [];
    if (properties !== undefined) throw new Error("properties beside patternProperties");
    const patterns = Object.entries(patternProperties as Record<string, JsonSchema>);
    const [first] = patterns;
    if (first === undefined || patterns.length > 1) throw new Error("one pattern of properties");
    const [pattern, property] = first;
    const test = this.#test(property, "field");
    if (test === "true" && !strict) return [];
    const matches = `${this.#pattern(pattern)}.test(key)`;
    if (strict) return [`if (!${matches} || ${not(test)}) return false;`];
    return [`if (${matches} && ${not(test)}) return false;`];
  }

  #switchFunction(name: string, { key, variants }: Cases): string {
    const cases = variants.flatMap(({ literals, schema }) => [
      ...literals.map((literal) => `    case ${JSON.stringify(literal)}:`),
      `      return ${this.#functionOf(schema)}(value);`,
    ]);
    return [
      `function ${name}(value: any): boolean {`,
      `  if (typeof value !== "object" || value === null) return false;`,
      `  switch (value[${JSON.stringify(key)}]) {`,
      ...cases,
      "    default:",
      "      return false;",
      "  }",
      "}",
    ].join("\n");
  }

  /** The schema itself, for whoever says in words why something does not fit. */
  #nodeOf(schema: JsonSchema): string {
    if (typeof schema === "boolean") return String(schema);
    return this.#once("schema", JSON.stringify(schema), (name) => {
      const fields = Object.entries(schema).flatMap(([keyword, value]) => {
        if (REMARKS.includes(keyword)) return [];
        return [`${keyword}: ${this.#keywordNode(keyword, value)}`];
      });
      return `const ${name}: Schema = { ${fields.join(", ")} };`;
    });
  }

  #keywordNode(keyword: string, value: unknown): string {
    const list = (schemas: readonly JsonSchema[]) =>
      `[${schemas.map((one) => this.#nodeOf(one)).join(", ")}]`;
    switch (keyword) {
      case "items":
        return Array.isArray(value)
          ? list(value as JsonSchema[])
          : this.#nodeOf(value as JsonSchema);
      case "anyOf":
        return list(value as JsonSchema[]);
      case "properties":
      case "patternProperties": {
        const entries = Object.entries(value as Record<string, JsonSchema>);
        return `{ ${entries.map(([key, one]) => `${JSON.stringify(key)}: ${this.#nodeOf(one)}`).join(", ")} }`;
      }
      case "pattern":
        return this.#pattern(value as string);
      default:
        return JSON.stringify(value);
    }
  }
}

/** A union whose variants are told apart by a literal. */
interface Cases {
  readonly key: string;
  readonly variants: readonly { readonly literals: readonly unknown[]; schema: JsonSchema }[];
}

/** The field by whose value the one variant is known that can fit; null where there is none. */
function casesOf(schema: JsonSchema): Cases | null {
  const variants = typeof schema === "object" ? (schema["anyOf"] as JsonSchema[] | undefined) : [];
  const [first] = variants ?? [];
  if (variants === undefined || variants.length < 2 || typeof first !== "object") return null;
  for (const key of Object.keys(first["properties"] ?? {})) {
    const literals = variants.map((one) => literalsOf(one, key));
    const all = literals.flat();
    if (literals.some((list) => list.length === 0) || new Set(all).size < all.length) continue;
    return {
      key,
      variants: variants.map((one, i) => ({ literals: literals[i] ?? [], schema: one })),
    };
  }
  return null;
}

/** The only values that a required field of a variant may have; none where there may be others. */
function literalsOf(variant: JsonSchema, key: string): unknown[] {
  if (typeof variant === "boolean") return [];
  const required = (variant["required"] ?? []) as string[];
  const field = ((variant["properties"] ?? {}) as Record<string, JsonSchema>)[key];
  if (!required.includes(key) || typeof field !== "object") return [];
  if ("const" in field) return [field["const"]];
  const choices = (field["anyOf"] ?? []) as JsonSchema[];
  const literals = choices.map((one) => (typeof one === "object" ? one["const"] : undefined));
  return literals.includes(undefined) ? [] : literals;
}

function only(schema: Keywords, known: readonly string[]): void {
  const unknown = Object.keys(schema).filter(
    (keyword) => !known.includes(keyword) && !REMARKS.includes(keyword),
  );
  if (unknown.length > 0) throw new Error(`${unknown.join(", ")} is not supported here`);
}

function limits({ minimum, maximum }: Keywords): string[] {
  return [
    ...(minimum === undefined ? [] : [`value >= ${JSON.stringify(minimum)}`]),
    ...(maximum === undefined ? [] : [`value <= ${JSON.stringify(maximum)}`]),
  ];
}

function not(test: string): string {
  return /^is\d+\(\w+\)$/.test(test) ? `!${test}` : `!(${test})`;
}

function allOf(tests: readonly string[]): string {
  return tests.join(" && ");
}

/** The literal of a pattern, with the flag that TypeBox gives it. */
function regExp(pattern: string): string {
  return String(new RegExp(pattern, "u"));
}
