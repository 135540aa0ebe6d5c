/** `npm run check` refuses modules that import each other, in whatever way they do. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECKS } from "./check.mjs";
import { ROOT } from "./commands.mjs";

/** Two files each, which import each other. */
const CIRCLES: Record<string, Record<string, string>> = {
  "values, in a package": {
    "ts/one/src/a.ts": 'import { b } from "./b.ts";\nexport const a = (): number => b();\n',
    "ts/one/src/b.ts": 'import { a } from "./a.ts";\nexport const b = (): number => a();\n',
  },
  "types only": {
    "ts/two/src/deep/c.ts": 'import type { D } from "../d.ts";\nexport type C = D | null;\n',
    "ts/two/src/d.ts": 'import type { C } from "./deep/c.ts";\nexport interface D { c: C }\n',
  },
  "a type inside of an expression": {
    "ts/two/src/e.ts": 'export type E = import("./f.ts").F | null;\n',
    "ts/two/src/f.ts": 'import type { E } from "./e.ts";\nexport interface F { e: E }\n',
  },
  "what is loaded later": {
    "bench/src/g.ts": 'export const g = (): Promise<unknown> => import("./h.ts");\n',
    "bench/src/h.ts": 'import { g } from "./g.ts";\nexport const h = g;\n',
  },
  "what is handed on": {
    "ts/three/test/i.ts": 'export { j } from "./j.ts";\nexport const i = 1;\n',
    "ts/three/test/j.ts": 'import { i } from "./i.ts";\nexport const j = i;\n',
  },
  scripts: {
    "scripts/k.mjs": 'import { l } from "./l.mjs";\nexport const k = () => l();\n',
    "scripts/l.mjs": 'import { k } from "./k.mjs";\nexport const l = () => k();\n',
  },
};

const command = CHECKS.find(({ name }) => name === "circular imports")?.command ?? [];

async function check(folder: string): Promise<{ code: number; text: string }> {
  const [program = "", ...args] = command;
  const file = path.join(ROOT, "node_modules", ".bin", program);
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, {
      cwd: folder,
      shell: process.platform === "win32",
      env: { ...process.env, FORCE_COLOR: "0" },
    });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

describe("circular imports", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "trust-quorum-circles-"));
    write(
      "ts/three/src/fine.ts",
      'import type { Other } from "./other.ts";\nexport type A = Other;',
    );
    write("ts/three/src/other.ts", "export interface Other { readonly a: number }");
    for (const name of ["ts", "bench", "scripts"]) {
      mkdirSync(path.join(folder, name), { recursive: true });
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): void {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }

  test("modules without a circle pass", async () => {
    const { code, text } = await check(folder);
    expect(text).toMatch(/no dependency violations found \(2 modules/u);
    expect(code).toBe(0);
  });

  test("each circle is found and shown", async () => {
    for (const files of Object.values(CIRCLES)) {
      for (const [name, text] of Object.entries(files)) write(name, text);
    }
    const { code, text } = await check(folder);
    expect(code).toBe(Object.keys(CIRCLES).length);
    const shown = text.replaceAll(/\s+/gu, " ");
    for (const files of Object.values(CIRCLES)) {
      const [one = "", other = ""] = Object.keys(files);
      expect([`${one} → ${other} → ${one}`, `${other} → ${one} → ${other}`]).toContainEqual(
        expect.toSatisfy((circle: string) => shown.includes(circle)),
      );
    }
  });
});
