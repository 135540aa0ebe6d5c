/** `tq key --output`: a key goes into a file of its own, or nowhere. */
import {
  chownSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseboardId } from "trust-quorum";
import type { Context } from "../src/context.ts";
import { key } from "../src/commands/unlock.ts";
import { RefusedError } from "@trust-quorum/api/client/errors";

const OLD = "a key that was written before, and is longer";
let folder: string;
let output: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tq-key-"));
  output = path.join(folder, "disk.key");
});
afterEach(() => rmSync(folder, { recursive: true }));

let bytes: Uint8Array;
let asked: number;
beforeEach(() => {
  bytes = new Uint8Array(32).fill(7);
  asked = 0;
});
const WANTED = { purpose: "zfs", disk: "D" };
const answer = () => {
  asked += 1;
  return Promise.resolve({ key: bytes, epoch: 2 });
};

/** What the command uses of its context: a rack of one sled that answers so. */
function context(answer: () => Promise<{ key: Uint8Array; epoch: number }>): Context {
  const rack = { find: () => baseboardId("part", "S1"), api: () => ({ key: answer }) };
  return { rack, output: { json: false, note: () => undefined } } as unknown as Context;
}

const refused = async (options: object, problem: string): Promise<void> => {
  await expect(key(context(answer), "S1", { ...WANTED, output, ...options })).rejects.toMatchObject(
    {
      code: "ERR_TQ_CLI_OUTPUT",
      message: expect.stringContaining(problem) as string,
    },
  );
};

test("a new file holds the key and nothing else, for its owner alone, and nothing is beside it", async () => {
  await key(context(answer), "S1", { ...WANTED, output });
  expect(readFileSync(output)).toEqual(Buffer.alloc(32, 7));
  expect(statSync(output)).toMatchObject({ mode: 0o100600, nlink: 1 });
  expect(readdirSync(folder)).toEqual(["disk.key"]);
  expect(bytes).toEqual(new Uint8Array(32));
});

describe("a key's file that exists", () => {
  beforeEach(() => writeFileSync(output, OLD, { mode: 0o644 }));

  test("stays as it is, and no key is derived, unless --force is given", async () => {
    await refused({}, "--force replaces it");
    expect(asked).toBe(0);
    expect(readFileSync(output, "utf8")).toBe(OLD);
  });

  test("stays as it is with --force too, where the sled gives no key", async () => {
    const refusal = {
      status: 409,
      code: "ERR_TQD_LOCKED",
      origin: "daemon",
      message: "it is locked",
      details: {},
    } as const;
    const locked = () => Promise.reject(new RefusedError("S1", refusal));
    const wanted = key(context(locked), "S1", { ...WANTED, output, force: true });
    await expect(wanted).rejects.toThrow("it is locked");
    expect(readFileSync(output, "utf8")).toBe(OLD);
    expect(readdirSync(folder)).toEqual(["disk.key"]);
  });

  test("is replaced by another one with --force: who has the old one open does not read the new one", async () => {
    const before = openSync(output, "r");
    await key(context(answer), "S1", { ...WANTED, output, force: true });
    expect(readFileSync(output)).toEqual(Buffer.alloc(32, 7));
    expect(statSync(output).mode & 0o777).toBe(0o600);
    const read = Buffer.alloc(100);
    expect(read.subarray(0, readSync(before, read)).toString()).toBe(OLD);
    closeSync(before);
    expect(readdirSync(folder)).toEqual(["disk.key"]);
  });

  test("with a second name that somebody else has keeps its content under that", async () => {
    linkSync(output, `${output}.other`);
    await key(context(answer), "S1", { ...WANTED, output, force: true });
    expect(readFileSync(`${output}.other`, "utf8")).toBe(OLD);
  });

  test.skipIf(process.geteuid?.() !== 0)("of another user is never replaced", async () => {
    chownSync(output, 54_321, 54_321);
    for (const force of [false, true]) await refused({ force }, "a file of user 54321");
    expect(readFileSync(output, "utf8")).toBe(OLD);
    expect(asked).toBe(0);
  });
});

describe("what is no file is never written to nor replaced, with --force or without", () => {
  const cases: readonly [string, () => void, string][] = [
    [
      "a symbolic link to a file",
      () => {
        writeFileSync(`${output}.target`, OLD);
        symlinkSync(`${output}.target`, output);
      },
      "a symbolic link",
    ],
    [
      "a symbolic link to nothing",
      () => symlinkSync(`${output}.target`, output),
      "a symbolic link",
    ],
    ["a folder", () => mkdirSync(output), "a folder"],
  ];
  test.each(cases)("%s", async (_, make, problem) => {
    make();
    const { ino } = lstatSync(output);
    for (const force of [false, true]) await refused({ force }, problem);
    expect(lstatSync(output).ino).toBe(ino);
    expect(asked).toBe(0);
    expect(readdirSync(folder).filter((name) => name.includes("tq-key"))).toEqual([]);
  });

  test("also where it comes while the sled is asked", async () => {
    const late = () => {
      symlinkSync("/nowhere", output);
      return answer();
    };
    await expect(key(context(late), "S1", { ...WANTED, output })).rejects.toThrow(
      "a symbolic link",
    );
    expect(readdirSync(folder)).toEqual(["disk.key"]);
    expect(bytes).toEqual(new Uint8Array(32));
  });
});

describe("after a failure nothing is left behind", () => {
  test("where the folder is not there or cannot be written to", async () => {
    output = path.join(folder, "none", "disk.key");
    await refused({}, "ENOENT");
    expect(readdirSync(folder)).toEqual([]);
    expect(bytes).toEqual(new Uint8Array(32));
  });
});

test("--force belongs to --output", async () => {
  const wanted = key(context(answer), "S1", { ...WANTED, fd: 1, force: true });
  await expect(wanted).rejects.toThrow("--force is for --output");
});

test("a descriptor still takes a key", async () => {
  const { O_WRONLY, O_CREAT } = constants;
  const fd = openSync(output, O_WRONLY | O_CREAT, 0o600);
  await key(context(answer), "S1", { ...WANTED, fd });
  closeSync(fd);
  expect(readFileSync(output)).toEqual(Buffer.alloc(32, 7));
});
