/** What tq loads to print its version: nothing of a server's. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const TQ = fileURLToPath(new URL("../../bin/tq.js", import.meta.url));
const RECORDER = new URL("record-imports.mjs", import.meta.url).href;

let folder: string;
let modules: readonly string[];

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tq-imports-"));
  const list = path.join(folder, "imports");
  const env = { ...process.env, TQ_TEST_IMPORTS: list };
  execFileSync(process.execPath, ["--import", RECORDER, TQ, "--version"], { env });
  modules = readFileSync(list, "utf8").split("\n");
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the recorder sees what is loaded", () => {
  expect(modules.some((url) => url.includes("/node_modules/commander/"))).toBe(true);
});

test.each(["fastify", "@fastify/swagger", "pino", "prom-client"])(
  "tq --version does not load %s",
  (name) => {
    expect(modules.filter((url) => url.includes(`/node_modules/${name}/`))).toEqual([]);
  },
);

test("tq --version loads nothing of the daemon", () => {
  expect(modules.filter((url) => url.includes("/ts/daemon/"))).toEqual([]);
});
