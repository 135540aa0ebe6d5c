/**
 * What a program that uses the library leaves in its memory: secrets, shares and messages are filled
 * with bytes that occur nowhere else, disposed of or wiped, and then the whole memory of the process
 * is searched for them from outside, its JavaScript heap included.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { search } from "./memory-search.ts";

const entryPoint = (name: string) =>
  JSON.stringify(new URL(`../../dist/${name}.js`, import.meta.url).href);

/** Stands still after each stage until the parent has looked. */
const PROGRAM = `
  import { readSync, writeSync } from "node:fs";
  import { nativeCrypto, parseRackId, wipeMessage } from ${entryPoint("index")};
  import { LrtqShare, Share, SHARE_BYTES } from ${entryPoint("protocol")};
  import { decodeWireMessage, encodeWireMessage } from ${entryPoint("wire")};
  const canaries = JSON.parse(process.argv[1]);
  const bytesOf = (hex) => {
    const bytes = new Uint8Array(new ArrayBuffer(hex.length / 2));
    for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
    return bytes;
  };
  const shareOf = (hex) => {
    const bytes = new Uint8Array(new ArrayBuffer(SHARE_BYTES));
    const y = bytesOf(hex);
    bytes[0] = 7;
    bytes.set(y, 1);
    y.fill(0);
    return bytes;
  };
  const reach = (stage) => {
    writeSync(1, stage + "\\n");
    readSync(0, new Uint8Array(1));
  };
  const crypto = nativeCrypto();
  const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");

  const bytes = bytesOf(canaries.secret);
  const secrets = crypto.importSecrets([{ epoch: 1, secret: bytes }]);
  bytes.fill(0);
  const secret = secrets.secret(1);
  const y = shareOf(canaries.share);
  const share = Share.copyOf(y);
  const clone = share.clone();
  y.fill(0);
  const scalar = shareOf(canaries.lrtqShare);
  const lrtqShare = LrtqShare.copyOf(scalar);
  scalar.fill(0);
  const body = encodeWireMessage({
    kind: "peer",
    message: { rackId, kind: "share", epoch: 2, share },
  });
  const { message } = decodeWireMessage(body);
  reach("held");

  secret.expose((lent) => lent[0]);
  secret.equals(secret);
  secret.dispose();
  secrets.dispose();
  for (const one of [share, clone, lrtqShare]) one.wipe();
  wipeMessage(message);
  body.fill(0);
  reach("gone");

  const again = bytesOf(canaries.secret);
  const shares = crypto.split(again, { count: 5, threshold: 3 });
  const combined = crypto.combine(shares.subarray(0, 3 * SHARE_BYTES), SHARE_BYTES);
  // Were the bytes where the collector moves things, each of these would leave a copy behind.
  for (let i = 0; i < 3; i++) gc({ type: "minor" });
  gc();
  for (const one of [again, shares, combined]) one.fill(0);
  reach("split and combined");`;

describe.runIf(process.platform === "linux")("in the memory of a program", () => {
  test("are secrets, shares and messages while it holds them, and nothing of them afterwards", async (context) => {
    const canaries = {
      secret: randomBytes(32),
      share: randomBytes(32),
      // Below the order of the field, so that it is a share that somebody could have.
      lrtqShare: Buffer.concat([randomBytes(31), Buffer.of(3)]),
    };
    const hex = Object.fromEntries(
      Object.entries(canaries).map(([name, bytes]) => [name, bytes.toString("hex")]),
    );
    const needles = new Map<string, Uint8Array>(Object.entries(canaries));
    const child = spawn(
      process.execPath,
      ["--expose-gc", "--input-type=module", "--eval", PROGRAM, JSON.stringify(hex)],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    try {
      const stages = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => (await stages.next()).value as unknown;
      expect(await next()).toBe("held");
      const held = search(child, needles);
      if (held === undefined) return context.skip("other processes may not be looked into here");
      // Had these not been found, the search would be worth nothing.
      expect([...held].toSorted()).toEqual(["lrtqShare", "secret", "share"]);
      for (const stage of ["gone", "split and combined"]) {
        child.stdin.write("\n");
        expect(await next()).toBe(stage);
        expect([...(search(child, needles) ?? [])], stage).toEqual([]);
      }
    } finally {
      child.kill("SIGKILL");
    }
  });
});
