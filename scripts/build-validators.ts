/**
 * `npm run validators`: writes the validators of the packages below from their schemas, each into a file
 * of its source, so that nothing is compiled from text when a program runs (a page's Content Security
 * Policy forbids it) and no program loads TypeBox in order to check a line. A test fails where a file is
 * not what its schemas say. To add one: a row here, and `VALIDATOR_TABLES` beside the schemas.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { VALIDATOR_TABLES as LOG_TABLES } from "../ts/event-log/src/schema.ts";
import { VALIDATOR_TABLES as TRACE_TABLES } from "../ts/replay/src/trace/schema.ts";
import { validatorModule } from "./validators/emit.ts";
import type { JsonSchema } from "./validators/emit.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A file of validators. */
interface Generated {
  /** Relative to the workspace. */
  readonly file: string;
  /** The schemas of each exported table. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, object>>>>;
  /** Where the file gets the type `Validator` from. */
  readonly types: string;
}

/** All files of validators. */
export const GENERATED: readonly Generated[] = [
  {
    file: "ts/event-log/src/validators.generated.ts",
    tables: LOG_TABLES,
    types: "./validation.ts",
  },
  {
    file: "ts/replay/src/trace/validators.generated.ts",
    tables: TRACE_TABLES,
    types: "@trust-quorum/event-log/format",
  },
];

/** The source that a file should have. */
export function generatedSource({ tables, types }: Generated): string {
  return validatorModule({
    // What a schema is to TypeBox beside JSON Schema lies in fields that JSON leaves out.
    tables: JSON.parse(JSON.stringify(tables)) as Record<string, Record<string, JsonSchema>>,
    types,
    comment: [
      "Validators of what `schema.ts` describes.",
      "",
      "Written by `npm run validators` (`scripts/build-validators.ts`); not to be edited.",
    ],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const one of GENERATED) writeFileSync(path.join(ROOT, one.file), generatedSource(one));
}
