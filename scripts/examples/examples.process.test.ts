/**
 * Every example that a comment of the sources or a document shows is compiled and run, and shows what
 * there is: CONTRIBUTING.md has the rules. Some open sockets.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { documentsOf } from "../docs/links.ts";
import { workspaces } from "../workspaces.mjs";
import { collect, nameOf } from "./collect.ts";
import type { Example } from "./collect.ts";
import { EXPECT, moduleOf } from "./module.ts";
import { checkTypes, textOf } from "./program.ts";

const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** Blocks of documents that another test runs, by document and marker. */
const RUN_ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  "README.md": ["sharing", "example"], // scripts/readme.process.test.ts
  "docs/runtimes.md": ["app", "vitest-config"], // ts/core/test/runtimes
};

/** Files whose examples are compiled and not run, and why. */
const COMPILED_ONLY: Readonly<Record<string, string>> = {
  "ts/sled-host/src/os/end.ts": "it ends its process",
};

/** Each source of the packages. */
function sourcesOf(root: string): string[] {
  return workspaces(root)
    .map(({ folder }) => path.join(path.relative(root, folder), "src").replaceAll(path.sep, "/"))
    .filter((folder) => folder !== "bindings/src")
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => path.posix.join(folder, file.replaceAll(path.sep, "/"))),
    )
    .toSorted();
}

/** What an example calls where it shows a value. */
type Expect = (line: number, actual: unknown, expected: unknown) => void;

const all = collect(ROOT, sourcesOf(ROOT), documentsOf(ROOT));
const isRunElsewhere = ({ file, marker }: Example): boolean =>
  marker !== undefined && RUN_ELSEWHERE[file]?.includes(marker) === true;

describe("examples", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "tq-examples-"));
  const examples = all
    .filter((example) => !isRunElsewhere(example))
    .map((example, i) => {
      const { text, compared } = moduleOf(ROOT, example);
      const file = path.join(folder, `example-${String(i)}.mts`);
      writeFileSync(file, text);
      const runs = COMPILED_ONLY[example.file] === undefined;
      return { name: nameOf(example), line: example.line, compared, file, runs };
    });
  let faults: ReturnType<typeof checkTypes>;
  const reached = new Set<number>();

  beforeAll(() => {
    const globals = path.join(folder, "globals.d.ts");
    const parameters = "line: number, actual: unknown, expected: unknown";
    writeFileSync(globals, `declare function ${EXPECT}(${parameters}): void;\n`);
    faults = checkTypes(
      ROOT,
      examples.map(({ file }) => file),
      globals,
    );
    const compare: Expect = (line, actual, expected) => {
      reached.add(line);
      expect(actual, `line ${String(line)}`).toStrictEqual(expected);
    };
    Object.assign(globalThis, { [EXPECT]: compare });
  });
  afterAll(() => {
    Reflect.deleteProperty(globalThis, EXPECT);
    rmSync(folder, { recursive: true });
  });

  test("are found in sources and documents", () => {
    const files = new Set(all.map(({ file }) => file));
    for (const file of ["ts/core/src/wire/frame.ts", "ts/replay/src/replay.ts"]) {
      expect(files).toContain(file);
    }
    expect(files).toContain("docs/event-log.md");
  });

  test("that another test runs are where the list says", () => {
    const listed = Object.entries(RUN_ELSEWHERE).flatMap(([file, markers]) =>
      markers.map((marker) => `${file} (${marker})`),
    );
    expect(all.filter(isRunElsewhere).map(nameOf).toSorted()).toEqual(listed.toSorted());
  });

  test("that are only compiled are where the list says, and show no value", () => {
    const found = examples.filter(({ runs }) => !runs);
    const files = new Set(found.map(({ name }) => name.replace(/:\d+$/u, "")));
    expect([...files].toSorted()).toEqual(Object.keys(COMPILED_ONLY).toSorted());
    expect(found.flatMap(({ compared }) => compared)).toEqual([]);
  });

  test.each(examples)("$name", async ({ file, line, compared, runs }) => {
    const problems = faults.get(file)?.map((diagnostic) => textOf(diagnostic, line));
    expect(problems ?? []).toEqual([]);

    if (!runs) return;
    reached.clear();
    await import(/* @vite-ignore */ pathToFileURL(file).href);
    expect(
      compared.filter((each) => !reached.has(each)),
      "lines that were not reached",
    ).toEqual([]);
  });
});
