/** `tq key --output`: a file is replaced only by a key. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { baseboardId } from "trust-quorum";
import type { Context } from "../src/context.ts";
import { key } from "../src/commands/unlock.ts";
import { RefusedError } from "@trust-quorum/api/client/errors";

describe("a key's file that exists", () => {
  let folder: string;
  let output: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "tq-key-"));
    output = path.join(folder, "disk.key");
    writeFileSync(output, "a key that was written before, and is longer", { mode: 0o644 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("stays as it is where the sled gives no key", async () => {
    const refusal = {
      status: 409,
      code: "ERR_TQD_LOCKED",
      origin: "daemon",
      message: "it is locked",
      details: {},
    } as const;
    const answer = () => Promise.reject(new RefusedError("S1", refusal));
    const asked = key(context(answer), "S1", { purpose: "zfs", disk: "D", output });
    await expect(asked).rejects.toThrow("it is locked");
    expect(readFileSync(output, "utf8")).toBe("a key that was written before, and is longer");
  });

  test("holds the new key and nothing else afterwards, for its owner alone", async () => {
    const bytes = new Uint8Array(32).fill(7);
    const answer = () => Promise.resolve({ key: bytes, epoch: 2 });
    await key(context(answer), "S1", { purpose: "zfs", disk: "D", output });
    expect(readFileSync(output)).toEqual(Buffer.alloc(32, 7));
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(bytes).toEqual(new Uint8Array(32));
  });
});

/** What the command uses of its context: a rack of one sled that answers so. */
function context(answer: () => Promise<{ key: Uint8Array; epoch: number }>): Context {
  const rack = { find: () => baseboardId("part", "S1"), api: () => ({ key: answer }) };
  return { rack, output: { json: false, note: () => undefined } } as unknown as Context;
}
