/** A file is replaced as a whole, and nothing is left of a replacement that failed. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { replaceFile } from "../../src/os/replace-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "tq-replace-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("the new content takes the place of the old one, with the mode that is asked for", () => {
  const file = path.join(folder, "key.pem");
  writeFileSync(file, "old", { mode: 0o644 });
  replaceFile(file, [Buffer.from("ne"), Buffer.from("w")], 0o600);
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["key.pem"]);
});

test("what a crash left beside it is removed", () => {
  const file = path.join(folder, "key.pem");
  writeFileSync(path.join(folder, ".key.pem.new"), "half");
  replaceFile(file, [Buffer.from("new")], 0o600);
  expect(readdirSync(folder)).toEqual(["key.pem"]);
});

test("where it fails, the error is told and no part of a key stays behind", () => {
  const file = path.join(folder, "key.pem");
  mkdirSync(file); // cannot be replaced by a file
  expect(() => {
    replaceFile(file, [Buffer.from("secret")], 0o600);
  }).toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/u);
  expect(readdirSync(folder)).toEqual(["key.pem"]);
});
