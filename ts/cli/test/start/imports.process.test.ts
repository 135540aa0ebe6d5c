/** What tq loads to print its version: what parses the command line, and nothing else. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The modules as the compiler wrote them: in the bundle they have no names of their own. */
const MAIN = new URL("../../dist/main.js", import.meta.url).href;
const RECORDER = new URL("record-imports.mjs", import.meta.url).href;

let folder: string;
let modules: readonly string[];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tq-imports-"));
  const list = path.join(folder, "imports");
  const start = path.join(folder, "tq.mjs");
  writeFileSync(
    start,
    `import { main } from ${JSON.stringify(MAIN)};
    process.exitCode = await main({ args: ["--version"], version: "0.0.1" });`,
  );
  const env = { ...process.env, TQ_TEST_IMPORTS: list };
  const printed = execFileSync(process.execPath, ["--import", RECORDER, start], { env });
  expect(printed.toString()).toBe("0.0.1\n");
  modules = readFileSync(list, "utf8").split("\n");
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the recorder sees what is loaded", () => {
  expect(modules.some((url) => url.includes("/node_modules/commander/"))).toBe(true);
});

test.each([
  "fastify",
  "@fastify/swagger",
  "pino",
  "prom-client",
  "undici",
  "typebox",
  "listr2",
  "smol-toml",
  "@peculiar/x509",
])("tq --version does not load %s", (name) => {
  expect(modules.filter((url) => url.includes(`/node_modules/${name}/`))).toEqual([]);
});

test("tq --version loads nothing of the daemon, and no command", () => {
  const names = modules.filter((url) => /\/ts\/(daemon|cli\/dist\/commands)\//.test(url));
  expect(names.map((url) => path.posix.basename(url))).toEqual(["completion.js", "lazy.js"]);
});

test("the program that npm installs runs from any folder", () => {
  const tq = fileURLToPath(new URL("../../bin/tq.js", import.meta.url));
  const { version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string };
  const printed = execFileSync(process.execPath, [tq, "--version"], { cwd: folder });
  expect(printed.toString()).toBe(`${version}\n`);
});
