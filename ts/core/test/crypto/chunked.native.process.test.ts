/**
 * Long secrets on the thread pool: buffers that change meanwhile, a pool that has no thread to spare,
 * and what is left in the memory of the process.
 */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { getEventListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as yieldToEventLoop, setTimeout as pause } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type * as Addon from "@trust-quorum/native";
import { afterAll, describe, expect, test } from "vitest";
import { isTrustQuorumError } from "../../src/base/errors.ts";
import { poolWorker } from "../../src/crypto/native-chunked.ts";
import { nativeCrypto } from "../../src/crypto/native.ts";
import { combineInChunks, splitInChunks } from "../../src/crypto/chunked.ts";
import { lengthOf, resizable } from "./long.ts";
import { search } from "./memory-search.ts";

const LIBRARY = new URL("../../dist/index.js", import.meta.url).href;
const LONG = 3_000_001;
const SPLITTING = { count: 5, threshold: 3 };

const crypto = nativeCrypto();
const addon = createRequire(import.meta.url)("@trust-quorum/native") as typeof Addon;

const invalid = (error: unknown) => isTrustQuorumError(error, "ERR_TQ_INVALID_ARGUMENT");

describe("a buffer that is resized while it is split or combined", () => {
  const secret = new Uint8Array(randomBytes(LONG));
  const shares = crypto.split(secret, SPLITTING).subarray(0, 3 * (1 + LONG));
  const inResizable = (bytes: Uint8Array) => {
    const buffer = resizable(bytes.length);
    new Uint8Array(buffer).set(bytes);
    return buffer;
  };

  test("is refused where it became too short, whichever way its array looks at it", async () => {
    for (const fixed of [undefined, LONG]) {
      const buffer = inResizable(secret);
      const pending = crypto.splitAsync(new Uint8Array(buffer, 0, fixed), SPLITTING);
      buffer.resize(LONG / 2);
      await expect(lengthOf(pending)).rejects.toSatisfy(invalid);
    }
    const buffer = inResizable(shares);
    const pending = crypto.combineAsync(new Uint8Array(buffer), 1 + LONG);
    buffer.resize(1 + LONG);
    await expect(lengthOf(pending)).rejects.toSatisfy(invalid);
  });

  test("is refused where its array became longer, and taken where its array did not", async () => {
    const growing = inResizable(secret);
    const pending = crypto.splitAsync(new Uint8Array(growing), SPLITTING);
    growing.resize(2 * LONG);
    await expect(lengthOf(pending)).rejects.toSatisfy(invalid);

    const buffer = inResizable(shares);
    const combined = crypto.combineAsync(new Uint8Array(buffer, 0, shares.length), 1 + LONG);
    buffer.resize(2 * shares.length);
    expect(Buffer.compare(await combined, secret)).toBe(0);
  });

  test("that is transferred while it is combined is refused", async () => {
    const given = shares.slice();
    const pending = crypto.combineAsync(given, 1 + LONG);
    structuredClone(given.buffer, { transfer: [given.buffer] });
    await expect(lengthOf(pending)).rejects.toSatisfy(invalid);
  });
});

describe("a result", () => {
  test("that was handed out is nobody else's: others are made beside it", async () => {
    const secrets = [1, 2, 3].map(() => new Uint8Array(randomBytes(LONG)));
    const all = await Promise.all(secrets.map((secret) => crypto.splitAsync(secret, SPLITTING)));
    for (const [i, shares] of all.entries()) {
      const combined = await crypto.combineAsync(shares.subarray(2 * (1 + LONG)), 1 + LONG);
      expect(Buffer.compare(combined, secrets[i] ?? combined.subarray(1))).toBe(0);
    }
    expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(3);
  });

  test("comes in a buffer of the engine's where it takes no other, and no piece is missing", async () => {
    class Unlent extends addon.LongResult {
      override take(): null {
        return null;
      }
    }
    const worker = poolWorker({ ...addon, LongResult: Unlent });
    const secret = new Uint8Array(randomBytes(LONG));
    const shares = await splitInChunks(crypto, worker, secret, SPLITTING);
    const three = shares.subarray(0, 3 * (1 + LONG));
    const combined = await combineInChunks(crypto, worker, three, 1 + LONG);
    expect(Buffer.compare(combined, secret)).toBe(0);
    // Only the engine's own can be transferred.
    structuredClone(combined.buffer, { transfer: [combined.buffer as ArrayBuffer] });
    expect(combined.length).toBe(0);
  });

  test("in the making refuses what does not fit it, and everything after it was taken or discarded", async () => {
    const three = crypto.split(new Uint8Array(10).fill(7), { count: 3, threshold: 3 });
    const refusals: (() => unknown)[] = [
      () => new addon.LongResult(0, 10),
      () => new addon.LongResult(3, 0),
      () => new addon.LongResult(3, -1),
      () => new addon.LongResult(2 ** 31, Number.MAX_SAFE_INTEGER),
      () => new addon.LongResult(1, 10).combineChunk(three, 11, 1, 10, 0),
      () => new addon.LongResult(1, 10).combineChunk(three, 11, -1, 10, 0),
      () => new addon.LongResult(1, 10).combineChunk(three.subarray(1), 11, 0, 10, 0),
      () => new addon.LongResult(1, 10).combineChunk(three, 11, 0, 10, -1),
      () => new addon.LongResult(3, 11).splitChunk(new Uint8Array(1), 0, 256, 2),
      () => new addon.LongResult(3, 11).copyColumns(new Uint8Array(32), 0, 0, 1),
      () => new addon.LongResult(3, 11).copyColumns(new Uint8Array(30), 0, 0, 11),
      () => new addon.LongResult(3, 11).copyColumns(new Uint8Array(30), 0, 1, 10),
      () => new addon.LongResult(3, 11).copyColumns(new Uint8Array(60), 2, 0, 10),
      () => new addon.LongResult(3, 11).copyColumns(new Uint8Array(0), 0, 0, 1),
      () => new addon.LongResult(3, 11).copyColumns(new Uint8Array(60), -1, 0, 10),
    ];
    for (const refused of refusals) {
      expect(refused, String(refused)).toThrow(
        expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" }) as Error,
      );
    }
    const rejections: (() => Promise<unknown>)[] = [
      () => new addon.LongResult(1, 9).combineChunk(three, 11, 0, 10, 0),
      () => new addon.LongResult(3, 10).splitChunk(new Uint8Array(10), 0, 3, 2),
      () => new addon.LongResult(3, 11).splitChunk(new Uint8Array(10), 1, 3, 2),
      () => new addon.LongResult(1, 10).combineChunk(three, 11, 0, 10, 1),
    ];
    for (const rejected of rejections) {
      await expect(rejected(), String(rejected)).rejects.toThrow(/^ERR_TQ_INVALID_ARGUMENT /);
    }
    const result = new addon.LongResult(1, 10);
    await result.combineChunk(three, 11, 0, 10, 0);
    const taken = new Uint8Array(result.take() ?? new ArrayBuffer(0));
    expect([...taken]).toEqual(new Array(10).fill(7));
    const discarded = new addon.LongResult(1, 10);
    discarded.discard();
    for (const gone of [result, discarded]) {
      expect(() => gone.take()).toThrow(
        expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" }) as Error,
      );
      expect(() => {
        gone.copyColumns(new Uint8Array(10), 0, 0, 10);
      }).toThrow(expect.objectContaining({ code: "ERR_TQ_INVALID_ARGUMENT" }) as Error);
      // A piece that comes too late is none.
      await gone.combineChunk(three, 11, 0, 10, 0);
    }
    expect([...taken]).toEqual(new Array(10).fill(7));
  });

  test("in the making does not keep a thread from being terminated", async () => {
    const program = `
      import { parentPort } from "node:worker_threads";
      import { nativeCrypto } from ${JSON.stringify(LIBRARY)};
      const secret = new Uint8Array(8 << 20);
      for (let i = 0; i < 3; i++) void nativeCrypto().splitAsync(secret, { count: 5, threshold: 3 });
      parentPort.postMessage("splitting");`;
    const source = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(source);
      await new Promise((resolve, reject) => {
        worker.once("message", resolve).once("error", reject);
      });
      expect(await worker.terminate()).toBe(1);
    }
  });
});

describe("the caller's buffer", () => {
  const secret = new Uint8Array(randomBytes(LONG));

  test("is written to and zeroed in its own range only, a row at its place whatever the length", async () => {
    // Two pieces, and the least and most bytes in a last piece after many.
    for (const length of [60_000, 209_715, 20 * 52_428, 20 * 52_428 + 1, 21 * 52_428 - 1]) {
      const bytes = secret.subarray(0, length);
      const around = new Uint8Array(7 + 20 * (1 + length) + 9).fill(0xaa);
      const into = around.subarray(7, -9);
      const shares = await crypto.splitAsync(bytes, { count: 20, threshold: 2, into });
      expect(shares).toBe(into);
      const rows = Array.from({ length: 20 }, (_, i) => i * (1 + length));
      expect(rows.map((at) => shares[at])).toEqual(rows.map((_, i) => i + 1));
      const pair = shares.subarray(18 * (1 + length));
      expect(Buffer.compare(crypto.combine(pair, 1 + length), bytes)).toBe(0);
      into.fill(0xaa);
      const controller = new AbortController();
      const { signal } = controller;
      const pending = crypto.splitAsync(bytes, { count: 20, threshold: 2, into, signal });
      controller.abort(new Error("enough"));
      await expect(lengthOf(pending)).rejects.toThrow("enough");
      expect(into.every((byte) => byte === 0)).toBe(true);
      expect([...around.subarray(0, 7), ...around.subarray(-9)]).toEqual(new Array(16).fill(0xaa));
    }
  });

  test("that is transferred or resized while pieces are copied to it ends the call, which writes nowhere", async () => {
    const bytes = 5 * (1 + LONG);
    const transferred = new Uint8Array(bytes);
    const pending = crypto.splitAsync(secret, { ...SPLITTING, into: transferred });
    await yieldToEventLoop();
    const moved = new Uint8Array(
      structuredClone(transferred.buffer, { transfer: [transferred.buffer] }),
    );
    const before = moved.slice();
    await expect(lengthOf(pending)).rejects.toSatisfy(invalid);
    expect(Buffer.compare(moved, before)).toBe(0);

    const buffer = resizable(bytes);
    const shrunk = crypto.splitAsync(secret, { ...SPLITTING, into: new Uint8Array(buffer) });
    await yieldToEventLoop();
    buffer.resize(bytes / 2);
    await expect(lengthOf(shrunk)).rejects.toSatisfy(invalid);
    expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true);
  });
});

describe("a signal", () => {
  test("may be that of many calls: all are given up, nobody is warned, and it keeps no listener", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    const [controller, reason] = [new AbortController(), new Error("enough")];
    const { signal } = controller;
    const secret = new Uint8Array(LONG);
    const split = () => crypto.splitAsync(secret, { ...SPLITTING, signal });
    await Promise.all([split(), split()]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    const pending = Array.from({ length: 12 }, split);
    const settled = Promise.allSettled(pending);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort(reason);
    for (const outcome of await settled) expect(outcome).toEqual({ status: "rejected", reason });
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await yieldToEventLoop();
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });
});

/** Runs a program that imports the library, which says on a line where it stands, until it is told on. */
function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(
    process.execPath,
    ["--expose-gc", "--input-type=module", "--eval", program, ...args],
    { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as unknown;
  return { child, next, goOn: () => child.stdin.write("\n") };
}

const ended = (child: ChildProcess) => new Promise((resolve) => child.once("close", resolve));

describe.runIf(process.platform !== "win32")("a thread pool of one thread that is taken", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "pieces-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** Opening a pipe takes a thread of the pool until somebody opens its other end. */
  const PROGRAM = `
    import { once } from "node:events";
    import { closeSync, open, openSync } from "node:fs";
    import { nativeCrypto } from ${JSON.stringify(LIBRARY)};
    const pipe = process.argv[1];
    const crypto = nativeCrypto();
    const secret = new Uint8Array(4 << 20).fill(7);
    const how = { count: 5, threshold: 3 };
    let taken = true;
    const opened = new Promise((resolve, reject) =>
      open(pipe, "r", (error, file) => {
        taken = false;
        if (error) reject(error);
        else resolve(file);
      }));
    const reason = new Error("enough");
    const controller = new AbortController();
    const aborted = crypto.splitAsync(secret, { ...how, signal: controller.signal });
    const waiting = crypto.splitAsync(secret, how);
    await new Promise(setImmediate);
    controller.abort(reason);
    const why = await aborted.catch((error) => error);
    console.log(why === reason && taken ? "aborted while it was taken" : "FAILED");
    await once(process.stdin, "data");
    closeSync(await opened);
    const shares = await waiting;
    const combined = await crypto.combineAsync(shares.subarray(0, 3 * (1 + secret.length)), 1 + secret.length);
    console.log(Buffer.compare(combined, secret) === 0 ? "split and combined" : "FAILED");
    process.stdin.destroy();`;

  test("keeps nobody from giving up, and what waited for it is done once it is free", async () => {
    const pipe = path.join(folder, "pipe");
    execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", pipe]);
    const { child, next, goOn } = start(PROGRAM, [pipe], { UV_THREADPOOL_SIZE: "1" });
    try {
      expect(await next()).toBe("aborted while it was taken");
      goOn();
      // Waits until the program has opened its end.
      execFileSync("sh", ["-c", ': > "$1"', "sh", pipe]);
      expect(await next()).toBe("split and combined");
      expect(await ended(child)).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

/** The canary is a secret many times over, of which only the result of combining has anything. */
const CANARY_PROGRAM = `
  import { once } from "node:events";
  import { readSync, writeSync } from "node:fs";
  import { nativeCrypto } from ${JSON.stringify(LIBRARY)};
  const crypto = nativeCrypto();
  const hex = process.argv[1];
  const secret = new Uint8Array(4 << 20);
  for (let i = 0; i < 32; i++) secret[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  for (let i = 32; i < secret.length; i *= 2) secret.copyWithin(i, 0, i);
  const shareLength = 1 + secret.length;
  const shares = crypto.split(secret, { count: 3, threshold: 3 });
  secret.fill(0);
  const reach = (stage) => {
    writeSync(1, stage + "\\n");
    readSync(0, new Uint8Array(1));
  };
  reach("split");

  // The first pieces are done while this thread stands still; no other begins before it goes on.
  const controller = new AbortController();
  const aborted = crypto.combineAsync(shares, shareLength, { signal: controller.signal });
  reach("combined in part");
  controller.abort(new Error("enough"));
  const why = await aborted.catch((error) => error);
  reach(why.message);

  const failing = crypto.combineAsync(shares, shareLength);
  reach("combined in part again");
  shares[shareLength] = shares[0];
  const failure = await failing.catch((error) => error);
  shares[shareLength] = 2;
  reach(failure.code);

  const into = new Uint8Array(secret.length);
  const given = new AbortController();
  const copied = crypto.combineAsync(shares, shareLength, { into, signal: given.signal });
  // Two pieces at least are copied.
  while (into.every((byte) => byte === 0)) await new Promise(setImmediate);
  reach("copied in part");
  given.abort(new Error("enough of it"));
  const whyNot = await copied.catch((error) => error);
  reach(whyNot.message);

  await crypto.combineAsync(shares, shareLength, { into });
  reach("copied");
  into.fill(0);
  reach("copied and zeroed by its owner");

  let combined = await crypto.combineAsync(shares, shareLength);
  reach("combined");
  combined = undefined;
  // What is collected is given back between turns of the event loop.
  const collecting = setInterval(gc, 10);
  writeSync(1, "collected\\n");
  await once(process.stdin, "data");
  clearInterval(collecting);
  process.stdin.destroy();`;

describe.runIf(process.platform === "linux")("in the memory of the process", () => {
  test("nothing is left of a result that was given up, failed, was collected, or was copied and zeroed", async (context) => {
    const canary = randomBytes(32);
    const needles = new Map([["the secret", canary]]);
    const { child, next, goOn } = start(CANARY_PROGRAM, [canary.toString("hex")]);
    try {
      // Each is zeroed by a thread of its own, soon: what counts is that it comes to that.
      const become = async (there: boolean) => {
        for (;;) {
          const found = search(child, needles);
          if (found === undefined || found.has("the secret") === there) return found;
          await pause(20);
        }
      };
      expect(await next()).toBe("split");
      if ((await become(false)) === undefined) {
        return context.skip("other processes may not be looked into here");
      }
      for (const [stage, there] of [
        ["combined in part", true],
        ["enough", false],
        ["combined in part again", true],
        ["ERR_TQ_DUPLICATE_X_COORDINATES", false],
        ["copied in part", true],
        ["enough of it", false],
        ["copied", true],
        ["copied and zeroed by its owner", false],
        ["combined", true],
        ["collected", false],
      ] as const) {
        goOn();
        expect(await next()).toBe(stage);
        await become(there);
      }
      goOn();
      expect(await ended(child)).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

/** The result of each call is 5 MiB, so that one of them that stays is seen. */
const GROWTH_PROGRAM = `
  import { setTimeout as pause } from "node:timers/promises";
  import { nativeCrypto } from ${JSON.stringify(LIBRARY)};
  const crypto = nativeCrypto();
  const secret = new Uint8Array(1 << 20).fill(7);
  const kept = [];
  const reason = new Error("enough");
  const run = async (times) => {
    for (let i = 0; i < times; i++) {
      const controller = new AbortController();
      const pending = crypto.splitAsync(secret, { count: 5, threshold: 3, signal: controller.signal });
      if (i % 2 === 0) controller.abort(reason);
      const shares = await pending.catch((error) => error === reason ? undefined : Promise.reject(error));
      if (process.argv[1] === "keep") kept.push(shares);
    }
    // Finalizers run and pages go back in their own time: until nothing more goes back.
    let least = Infinity;
    for (let same = 0; same < 10; same++) {
      gc();
      await pause(20);
      const now = process.memoryUsage.rss();
      if (now < least) [least, same] = [now, 0];
    }
    return least;
  };
  const before = await run(50);
  console.log((await run(150)) - before);
  process.stdin.destroy();`;

describe("after 150 long results, half of them given up,", () => {
  const MIB = 1024 * 1024;
  const growth = async (what: string) => {
    const { child, next } = start(GROWTH_PROGRAM, [what]);
    try {
      return Number(await next());
    } finally {
      child.kill("SIGKILL");
    }
  };

  test("the resident memory is what it was, and is not where they are kept: the control", async () => {
    expect(await growth("drop")).toBeLessThan(16 * MIB);
    expect(await growth("keep")).toBeGreaterThan(200 * MIB);
  });
});
