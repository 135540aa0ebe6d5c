/** `tq key --output` of a real rack: where the file cannot be, nothing is left behind. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TryRack } from "./tq.ts";

const TQ = fileURLToPath(new URL("../bin/tq.js", import.meta.url));
const KEY = ["key", "TRY00001", "--purpose", "zfs", "--disk", "D", "--output"];
const tryRack = new TryRack();
const file = (name: string): string => path.join(tryRack.folder, name);
beforeAll(async () => {
  await tryRack.ok("up", "--sleds", "3");
  await tryRack.ok("unlock", "--wait");
});
afterAll(() => tryRack.clean());

test("a key is written once, and again only with --force", async () => {
  await tryRack.ok(...KEY, file("a"));
  const key = readFileSync(file("a"));
  expect(key.length).toBe(32);
  const again = await tryRack.run([...KEY, file("a")]);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("--force replaces it")]);
  await tryRack.ok(...KEY, file("a"), "--force");
  expect(readFileSync(file("a"))).toEqual(key);
  expect(statSync(file("a")).mode & 0o777).toBe(0o600);
});

test("a named pipe in the file's place is not opened", async () => {
  expect(spawnSync("mkfifo", [file("pipe")]).status).toBe(0);
  for (const force of [[], ["--force"]]) {
    const ended = await tryRack.run([...KEY, file("pipe"), ...force]);
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining("a named pipe")]);
  }
});

test("a key that cannot be written (EFBIG) leaves no file, and one that is there stays", async () => {
  await tryRack.ok(...KEY, file("b"));
  const key = readFileSync(file("b"));
  for (const args of [[file("c")], [file("b"), "--force"]]) {
    const child = spawn(
      "sh",
      ["-c", 'ulimit -f 0; exec "$0" "$@"', process.execPath, TQ, ...KEY, ...args],
      { cwd: tryRack.folder, env: tryRack.env },
    );
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, stderr]).toEqual([1, expect.stringContaining("EFBIG")]);
  }
  expect(existsSync(file("c"))).toBe(false);
  expect(readFileSync(file("b"))).toEqual(key);
  expect(readdirSync(tryRack.folder).filter((name) => name.endsWith("tq-key"))).toEqual([]);
});
