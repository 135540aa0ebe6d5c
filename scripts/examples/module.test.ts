/** What counts as an example, what an example compares, and which ones are refused. */
import { describe, expect, test } from "vitest";
import { examplesOfDocument, examplesOfSource } from "./collect.ts";
import { moduleOf } from "./module.ts";

const comment = (...lines: readonly string[]): string =>
  ["/**", ...lines.map((line) => ` * ${line}`.trimEnd()), " */", "export const x = 1;", ""].join(
    "\n",
  );

describe("an example of a source", () => {
  test("is what follows @example, up to the next tag or the end of the comment", () => {
    const text = comment("Says.", "", "@example", "a();", "", "b();", "@throws Error", "c();");
    expect(examplesOfSource("a.ts", text)).toEqual([
      { file: "a.ts", line: 5, code: "a();\n\nb();\n" },
    ]);
  });

  test("is every fenced block of TypeScript, within @example and without", () => {
    const text = comment(
      ...["```ts", "a();", "```", "@example", "Says.", "```js", "@b", "```"],
      ...["```sh", "no", "```"],
    );
    expect(examplesOfSource("a.ts", text).map(({ line, code }) => [line, code])).toEqual([
      [3, "a();\n"],
      [8, "@b\n"],
    ]);
  });

  test("keeps the indentation that is its own, in a class too", () => {
    const text = "class A {\n  /**\n   * @example\n   * if (a) {\n   *   b();\n   * }\n   */\n}\n";
    expect(examplesOfSource("a.ts", text)[0]?.code).toBe("if (a) {\n  b();\n}\n");
  });

  test.each([
    ["no code", comment("Says.", "", "@example")],
    ["no TypeScript", comment("@example", "```sh", "ls", "```")],
    ["an empty block", comment("@example", "```ts", "```")],
    ["a comment that is none of documentation", "// @example\n// a();\n"],
  ])("is refused with %s", (_, text) => {
    expect(() => examplesOfSource("a.ts", text)).toThrow(/^a\.ts:\d+: an /u);
  });
});

test("a document's example has the name of the markers around it", () => {
  const text = "<!-- app:begin -->\n\n```js\na();\n```\n\n<!-- app:end -->\n\n```ts\nb();\n```\n";
  expect(examplesOfDocument("a.md", text)).toEqual([
    { file: "a.md", line: 4, code: "a();\n", marker: "app" },
    { file: "a.md", line: 10, code: "b();\n" },
  ]);
});

describe("the module of an example", () => {
  const made = (code: string) => moduleOf("/root", { file: "ts/a/b.ts", line: 10, code });

  test("compares what stands before and behind `// =>`, of console.log its argument", () => {
    const { text, compared } = made("f(1); // => 2\nconsole.log(x); // => [3]\nf(4);\n");
    expect(text).toBe(
      "expectExample(10, f(1), 2);\nexpectExample(11, x, [3]);\nf(4);\nexport {};\n",
    );
    expect(compared).toEqual([10, 11]);
  });

  test("does so in blocks, and behind a statement of several lines", () => {
    const { text } = made("if (a) {\n  f(\n    1,\n  ); // => { b: 2 }\n}\n");
    expect(text).toBe("if (a) {\n  expectExample(11, f(\n    1,\n  ), { b: 2 });\n}\nexport {};\n");
  });

  test("finds what its file imports by a relative name", () => {
    const { text } = made('import { c } from "../c.ts";\nimport "d";\n');
    expect(text).toBe('import { c } from "/root/ts/c.ts";\nimport "d";\nexport {};\n');
  });

  test.each([
    ["no expression", "f(1); // => and so on"],
    ["more than one expression", "f(1); // => 1; g()"],
    ["an end of its own", "f(1); // => 1) + (2"],
    ["nothing", "f(1); // =>"],
    ["a statement before it that is none", "const a = f(1); // => 2"],
    ["nothing before it", "// => 2\nf(1);"],
  ])("is refused where `// =>` has %s", (_, code) => {
    expect(() => made(`${code}\n`)).toThrow(/^ts\/a\/b\.ts:10: /u);
  });
});
