/**
 * What the addon leaves in memory, looked for from outside: a process works with secrets and stands
 * still after each call, and meanwhile everything that it could read is searched for them, its heaps
 * and the stack that the call ran on. Only Linux lets another process look.
 */
import { spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { epoch, parseRackId, rackIdBytes } from "../../src/base/ids.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";
import { search } from "./memory-search.ts";
import { priorEntry, sealAnySpareShares, sealAnything } from "./oracle.ts";
import { concat } from "./vectors.ts";

const TWO = epoch(2);
const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");

/** The calls, one after the other. `reach` lets the parent look, and waits until it has. */
const WORKER = `
  const { workerData } = require("node:worker_threads");
  const { flags, addonPath, hex } = workerData;
  const addon = require(addonPath);
  const { shares, digests, rackId, salt, data, nonce, spare } = Object.fromEntries(
    Object.entries(hex).map(([name, text]) => {
      const bytes = new Uint8Array(new ArrayBuffer(text.length / 2));
      for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
      return [name, bytes];
    }),
  );
  const buffer = (length) => new Uint8Array(new ArrayBuffer(length));
  const [secret, share, saltOut, dataOut, spareOut] = [32, 33, 32, data.length, spare.length - 16].map(buffer);
  let stage = 0;
  const reach = () => {
    stage += 1;
    Atomics.store(flags, 0, stage);
    Atomics.notify(flags, 0);
    Atomics.wait(flags, 1, stage - 1);
  };
  const recover = () => addon.recover(shares, digests.subarray(0, 64), rackId, 2, salt, data);
  const held = recover();
  reach();
  addon.fastCalls().combine(shares, 33, secret); secret.fill(0);
  held.dispose();
  reach();
  recover().dispose();
  reach();
  const prior = addon.recover(shares, digests.subarray(0, 64), rackId, 2, salt, data);
  const one = prior.secret(1);
  one.expose(secret); secret.fill(0); one.equals(one);
  one.dispose(); prior.dispose();
  reach();
  addon.computeShare(shares, 3, digests.subarray(64), share); share.fill(0);
  reach();
  // Opening the spare shares needs a secret for epoch 1 and makes a key of it.
  const lrtq = recover();
  addon.openLrtqSpareShares(lrtq, rackId, salt, nonce, spare, spareOut); spareOut.fill(0);
  lrtq.dispose();
  reach();
  // Sealing takes prior secrets: those of epoch 1 and 2, for epoch 3.
  const both = recover();
  addon.seal(shares, rackId, 3, both, salt, saltOut, buffer(2 * 40 + 16));
  both.dispose();
  reach();
  // A handle that is forgotten, until it is collected and what follows that was done.
  require("node:v8").setFlagsFromString("--expose-gc");
  const collect = require("node:vm").runInNewContext("gc");
  let forgotten = 1;
  const registry = new FinalizationRegistry(() => (forgotten -= 1));
  (() => registry.register(recover()))();
  const turn = (rounds) => {
    if (forgotten > 0) collect();
    if (rounds > 0) setImmediate(turn, forgotten > 0 ? 10 : rounds - 1);
    else reach();
  };
  turn(10);`;

/** Between the worker, whose stack nobody else touches, and the parent. */
const MAIN = `
  const { Worker } = require("node:worker_threads");
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const { worker, ...input } = JSON.parse(process.argv[1]);
  new Worker(worker, { eval: true, workerData: { flags, ...input } });
  const report = async (stage) => {
    const { async, value } = Atomics.waitAsync(flags, 0, stage - 1);
    if (async) await value;
    process.stdout.write(stage + "\\n");
  };
  let stage = 1;
  process.stdin.on("data", () => {
    Atomics.store(flags, 1, stage);
    Atomics.notify(flags, 1);
    stage += 1;
    void report(stage);
  });
  void report(stage);`;

describe.runIf(process.platform === "linux")("in the memory of the process", () => {
  test("are secrets while a handle holds them, and nothing of them after each call", async (context) => {
    const { hex, needles } = knownInput();
    const addonPath = createRequire(import.meta.url).resolve("@trust-quorum/native");
    const input = JSON.stringify({ worker: WORKER, addonPath, hex });
    const child = spawn(process.execPath, ["--eval", MAIN, input], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      const stages = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => expect((await stages.next()).done).toBe(false);
      await next();
      const held = search(child, needles);
      if (held === undefined) return context.skip("other processes may not be looked into here");
      // Had these not been found, the search would be worth nothing.
      expect([...held].toSorted()).toEqual(["the prior secret", "the secret"]);
      const calls = ["combine", "recover", "secret, expose and equals", "computeShare"];
      for (const call of [...calls, "openLrtqSpareShares", "seal", "collection"]) {
        child.stdin.write("\n");
        await next();
        expect([...(search(child, needles) ?? [])], `after ${call}`).toEqual([]);
      }
    } finally {
      child.kill("SIGKILL");
    }
  });
});

/** What the process works on, and what must not be found: neither secrets nor keys made of them. */
function knownInput(): { hex: Record<string, string>; needles: Map<string, Uint8Array> } {
  const crypto = referenceCrypto();
  const [secret, prior, spareShare] = [randomBytes(32), randomBytes(32), randomBytes(33)];
  const [salt, nonce] = [randomBytes(32), randomBytes(12)];
  const all = crypto.split(secret, { count: 3, threshold: 2 });
  const share = (i: number) => all.subarray(i * 33, (i + 1) * 33);
  const digests = concat([0, 1, 2].map((i) => crypto.sha3_256(share(i))));
  const plaintext = priorEntry(1n, prior);
  const data = sealAnything({ secret, rackId, epoch: TWO, salt, plaintext });
  const spare = sealAnySpareShares({ secret: prior, rackId, salt, nonce, plaintext: spareShare });
  const shares = all.subarray(0, 66);
  const bytes = { shares, digests, rackId: rackIdBytes(rackId), salt, data, nonce, spare };
  const needles = new Map<string, Uint8Array>([
    ["the secret", secret],
    ["the prior secret", prior],
    ["the computed share", share(2).subarray(1)],
    ["a spare share", spareShare.subarray(1)],
  ]);
  for (const [name, of, info] of [
    ["recover", secret, concat([utf8("trust-quorum-v1-rack-secrets"), bytes.rackId, be64(2)])],
    ["seal", secret, concat([utf8("trust-quorum-v1-rack-secrets"), bytes.rackId, be64(3)])],
    ["spare shares", prior, concat([utf8("trust-quorum-v0-key-shares-"), bytes.rackId])],
  ] as const) {
    // The two steps of HKDF (RFC 5869), and what HMAC (RFC 2104) makes of the key between them.
    const prk = hmac(salt, of);
    needles.set(`the key of ${name}`, hmac(prk, concat([info, Uint8Array.of(1)])));
    needles.set(`the pseudo-random key of ${name}`, prk);
    needles.set(
      `the inner pad of ${name}`,
      prk.map((byte) => byte ^ 0x36),
    );
    needles.set(
      `the outer pad of ${name}`,
      prk.map((byte) => byte ^ 0x5c),
    );
  }
  const hex = Object.fromEntries(Object.entries(bytes).map(([name, of]) => [name, toHex(of)]));
  return { hex, needles };
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha3-256", key).update(data).digest());
}

function be64(value: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, value);
}
