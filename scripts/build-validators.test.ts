/** The generated validators are what the schemas say: they judge every value as TypeBox does. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { TSchema } from "typebox";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";
import { random } from "../ts/event-log/test/cluster.ts";
import { randomRun } from "../ts/event-log/test/random-run.ts";
import { VALIDATOR_TABLES as LOG_TABLES } from "../ts/event-log/src/schema.ts";
import { schemaErrors } from "../ts/event-log/src/validation.ts";
import type { Validator } from "../ts/event-log/src/validation.ts";
import * as logValidators from "../ts/event-log/src/validators.generated.ts";
import { VALIDATOR_TABLES as TRACE_TABLES } from "../ts/replay/src/trace/schema.ts";
import * as traceValidators from "../ts/replay/src/trace/validators.generated.ts";
import { GENERATED, generatedSource } from "./build-validators.ts";
import { validatorModule } from "./validators/emit.ts";
import type { JsonSchema } from "./validators/emit.ts";
import { QUICK, either, sampled } from "./vitest/effort.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

test.each(GENERATED)("$file is what its schemas say (npm run validators writes it)", (one) => {
  expect(readFileSync(path.join(ROOT, one.file), "utf8")).toBe(generatedSource(one));
});

/** A validator beside the one that TypeBox makes of the same schema. */
interface Pair {
  readonly name: string;
  readonly ours: Validator;
  readonly theirs: ReturnType<typeof Compile>;
}

function pairsOf(
  schemas: Readonly<Record<string, Readonly<Record<string, TSchema>>>>,
  validators: object,
): Pair[] {
  const tables = validators as Record<string, Record<string, Validator>>;
  return Object.entries(schemas).flatMap(([table, named]) =>
    Object.entries(named).map(([name, schema]) => {
      const ours = tables[table]?.[name];
      if (ours === undefined) throw new Error(`there is no ${table}.${name}`);
      return { name: `${table}.${name}`, ours, theirs: Compile(schema) };
    }),
  );
}

/** Where both disagree on a value, in words; null where they agree, on what is wrong with it too. */
function disagreement({ name, ours, theirs }: Pair, value: unknown): string | null {
  const [mine, other] = [ours.check(value), theirs.Check(value)];
  if (mine !== other) return `${name}: ${mine} instead of ${other} for ${JSON.stringify(value)}`;
  const errors = schemaErrors(value, ours.schema);
  const expected = mine
    ? []
    : theirs.Errors(value).map(({ instancePath, message }) => ({
        path: instancePath,
        message: message === "schema is false" ? "is not a field of this format" : message,
      }));
  if (JSON.stringify(errors) === JSON.stringify(expected)) return null;
  return `${name}: ${JSON.stringify(errors)} instead of ${JSON.stringify(expected)}`;
}

function valuesOf(text: string): unknown[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** Logs of every kind: with and without secrets, from LRTQ, of the simulator with its annotations. */
function logValues(): unknown[] {
  const runs = [
    randomRun({ seed: 1, steps: 150 }),
    randomRun({ seed: 2, steps: 150, secrets: true, lrtq: true }),
  ];
  const rack = readFileSync(path.join(ROOT, "testdata/logs/rack.jsonl"), "utf8");
  // These hosts take all outputs right after a call; one that does not leaves such an event.
  const drain = { index: 7, time: 1, node: "913-0000019:BRM00001", call: "drain", out: [] };
  // Calls of a control plane after an abort, and once all have committed; no rack above makes them.
  const rackId = "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0";
  const digest = "ab".repeat(32);
  const abandon = { ...drain, call: "abandon", args: { rackId, epoch: 3, digest } };
  const retire = { ...drain, call: "retire", args: { rackId, epoch: 3 } };
  const made = [drain, abandon, retire].map((event) => JSON.stringify(event));
  return [...runs.map(({ text }) => text), rack, ...made].flatMap(valuesOf);
}

function traceValues(): unknown[] {
  const folder = path.join(ROOT, "testdata/traces");
  const names = readdirSync(folder).filter((name) => name.endsWith(".gz"));
  const chosen = [...names.filter((name) => name.includes("lrtq")), ...names].slice(0, 3);
  return chosen.flatMap((name) => {
    const values = valuesOf(gunzipSync(readFileSync(path.join(folder, name))).toString("utf8"));
    return [...values.slice(0, 150), ...values.slice(-1)];
  });
}

/** Values that fit in one place or another, or in none. */
const STRANGE: readonly unknown[] = [
  null, true, false, 0, 1, -1, 255, 256, 1.5, 2 ** 53, 1e300, "", "x", "commit", "prepare", "c1", "c",
  "913-0000019:BRM00001", "a:b\u0000", "ab".repeat(32), "AB".repeat(32), "abc", "ERR_TQ_EXPUNGED",
  "6f1a9f3c-52f0-4f6e-9d0a-2f3f3d0f0a11", [], {}, [[]], [null], { kind: "prepare" }, { y: "" },
]; // prettier-ignore

/** Changes one place of a JSON value: a field or item is gone, another one, doubled, or one too many. */
function mutated(
  value: unknown,
  below: (limit: number) => number,
  others: readonly unknown[],
): unknown {
  const strange = () => structuredClone(STRANGE[below(STRANGE.length)]);
  if (typeof value !== "object" || value === null || below(8) === 0) return strange();
  const entries = Object.entries(value as Record<string, unknown>);
  const at = below(Math.max(1, entries.length));
  const choice = below(10);
  if (entries.length > 0 && choice < 7) {
    const [key, one] = entries[at] ?? ["", null];
    entries[at] = [key, mutated(one, below, others)];
  } else if (choice === 7) entries.splice(at, 1);
  else if (choice === 8) {
    const known = others[below(others.length)];
    const keys = ["later", "__proto__", "toString", "a/b~c", ...Object.keys(known as object)];
    entries.push([keys[below(keys.length)] ?? "", strange()]);
  } else entries.reverse();
  if (Array.isArray(value)) return entries.map(([, one]) => one);
  // As JSON.parse does it, a field `__proto__` is one like any other.
  return JSON.parse(`{${entries.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join()}}`); // prettier-ignore
}

describe.each([
  ["an event log", pairsOf(LOG_TABLES, logValidators), logValues],
  ["a trace", pairsOf(TRACE_TABLES, traceValidators), traceValues],
] as const)("the lines of %s", (_name, pairs, corpus) => {
  const values = sampled(corpus(), 10);
  const fitting = (value: unknown) => pairs.filter(({ ours }) => ours.check(value));

  test("fit one validator each, and every validator has lines that fit it", () => {
    const used = new Set<string>();
    for (const value of values) {
      const fits = fitting(value);
      expect(fits).toHaveLength(1);
      used.add(fits[0]?.name ?? "");
    }
    // A sample does not have them all.
    if (QUICK) return;
    expect(pairs.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });

  test("are judged as TypeBox judges them, each by every validator", () => {
    for (const [i, value] of values.entries()) {
      for (const pair of i % 10 === 0 ? pairs : fitting(value)) {
        expect(disagreement(pair, value)).toBeNull();
      }
    }
  });

  test("are judged as TypeBox judges them with anything in them changed", () => {
    const below = random(77);
    let refused = 0;
    let made = 0;
    for (const value of values) {
      const [pair] = fitting(value);
      if (pair === undefined) continue;
      for (let i = 0; i < 12; i++) {
        let changed = value;
        for (let changes = 1 + below(2); changes > 0; changes--) {
          changed = mutated(changed, below, values);
        }
        made += 1;
        if (!pair.ours.check(changed)) refused += 1;
        const problem = disagreement(pair, changed);
        if (problem !== null) expect.fail(problem);
      }
    }
    // Both verdicts are among them.
    expect(refused).toBeGreaterThan(made / either(4, 10));
    expect(made - refused).toBeGreaterThan(made / either(20, 200));
  });
});

describe("what the generator does not know, it refuses", () => {
  test.each<[string, TSchema]>([
    ["format", Type.String({ format: "email" })],
    ["multipleOf", Type.Integer({ multipleOf: 3 })],
    ["uniqueItems", Type.Array(Type.String(), { uniqueItems: true })],
    ["allOf", Type.Object({ a: Type.Unsafe({ allOf: [] }) })],
    ["additional", Type.Object({}, { additionalProperties: Type.String() })],
    ["bigint", Type.Unsafe({ type: "bigint" })],
  ])("%s", (word, schema) => {
    const json = JSON.parse(JSON.stringify(schema)) as JsonSchema;
    const make = () =>
      validatorModule({ tables: { T: { a: json } }, comment: [], types: "./x.ts" });
    expect(make).toThrow(word);
  });
});
