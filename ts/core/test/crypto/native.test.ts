/** What only the native backend has: an addon, handles that are not memory, and another language. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import type * as Addon from "@trust-quorum/native";
import { declaredErrors } from "../../../../scripts/errors-md.ts";
import { ERRORS, isTrustQuorumError, TrustQuorumError } from "../../src/base/errors.ts";
import { epoch, parseRackId } from "../../src/base/ids.ts";
import { nativeCrypto } from "../../src/crypto/native.ts";
import { referenceCrypto } from "../../src/crypto/reference.ts";
import type { RackSecret, RackSecrets } from "../../src/protocol/crypto.ts";

const addon = createRequire(import.meta.url)("@trust-quorum/native") as typeof Addon;
const fast = addon.fastCalls();
const crypto = nativeCrypto();
const rackId = parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
const ONE = epoch(1);
const TWO = epoch(2);
// Recognisable bytes: 10 to 41.
const known = Uint8Array.from({ length: 32 }, (_, i) => 10 + i);

describe("the backend", () => {
  test("is one instance, however often it is asked for", () => {
    expect(nativeCrypto()).toBe(crypto);
    expect(crypto.name).toBe("native");
  });

  test("takes a secret from shares to sealed and back, in agreement with the reference", () => {
    const first = crypto.createShares({ count: 5, threshold: 3 });
    const prior = recover(first, 3, ONE, null);
    const second = crypto.createShares({ count: 6, threshold: 4 });
    const encrypted = crypto.seal({ shares: second.shares, rackId, epoch: TWO, prior });
    const opened = recover(second, 4, TWO, encrypted);

    expect(opened.epochs).toEqual([1, 2]);
    expect(secretOf(opened, ONE).equals(secretOf(prior, ONE))).toBe(true);
    expect(secretOf(opened, TWO).equals(secretOf(prior, ONE))).toBe(false);

    const salt = encrypted.salt;
    const reference = referenceCrypto();
    const known = secretOf(prior, ONE).expose((secret) =>
      reference.importSecrets([{ epoch: ONE, secret }]),
    );
    expect(
      reference.seal({ shares: second.shares, rackId, epoch: TWO, prior: known, salt }),
    ).toEqual(encrypted);
  });

  test("works in worker threads, each with handles of its own", async () => {
    const path = createRequire(import.meta.url).resolve("@trust-quorum/native");
    const script = `
      const { parentPort } = require("node:worker_threads");
      const addon = require(${JSON.stringify(path)});
      const secrets = addon.importSecrets([1], new Uint8Array(32).fill(7));
      parentPort.postMessage(secrets.secret(1).equals(secrets.secret(1)));`;
    const answers = [1, 2, 3].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(script, { eval: true });
          worker.once("message", resolve).once("error", reject);
        }),
    );
    expect(await Promise.all(answers)).toEqual([true, true, true]);
  });
});

describe("an error of the addon", () => {
  test("becomes a TrustQuorumError with the same code and its details", () => {
    const { shares, digests } = crypto.createShares({ count: 3, threshold: 2 });
    shares[2 * 33 + 5] = (shares[2 * 33 + 5] ?? 0) ^ 1;
    const error = thrownBy(() =>
      crypto.recover({ shares, digests, rackId, epoch: ONE, encrypted: null }),
    );
    expect(isTrustQuorumError(error, "ERR_TQ_SHARE_DIGEST_MISMATCH")).toBe(true);
    expect((error as TrustQuorumError).details).toEqual({ index: 2 });
    expect((error as Error).message).toBe(
      ERRORS.ERR_TQ_SHARE_DIGEST_MISMATCH.text((error as TrustQuorumError).details as never),
    );
  });

  test("has a code of the table and details as JSON, whatever it refuses", () => {
    const short = new Uint8Array(1);
    const digest = new Uint8Array(32);
    const share = new Uint8Array(33);
    const secrets = addon.importSecrets([2], known);
    const disposed = addon.importSecrets([1], known);
    disposed.dispose();
    const calls: (() => unknown)[] = [
      () => addon.sha3_256(short, short.slice()),
      () => addon.createShares(256, 2, share, digest),
      () => addon.createShares(3, 2, share, digest),
      () => fast.split(short, 3, 1, share),
      () => fast.split(short, 2, 3, share),
      () => fast.combine(short, 33, digest),
      () => fast.combine(share, -33, digest),
      () => fast.combine(share, 33, digest.buffer as unknown as Uint8Array),
      () => addon.computeShare(share, 256, digest, new Uint8Array(33)),
      () => addon.computeShare(share, 1, digest, short),
      () => addon.recover(share, digest, short, 1),
      () => addon.recover(share, digest, new Uint8Array(16), -1),
      () => addon.recoverLrtq(short),
      () => addon.seal(share, new Uint8Array(16), 2, secrets, null, digest, short),
      () => addon.seal(share, new Uint8Array(16), 2, disposed, null, digest, short),
      () => addon.importSecrets([1, 2], known),
      () => addon.importSecrets([0], known),
      () => addon.importSecrets([1], digest),
      () => addon.openLrtqSpareShares(secrets, short, short, short, short, digest),
      () => disposed.epochs(),
      () => disposed.secret(1),
    ];
    for (const call of calls) {
      const error = thrownBy(call) as Error & { code: string };
      expect(Object.keys(ERRORS), call.toString()).toContain(error.code);
      expect(JSON.parse(error.message), call.toString()).toBeTypeOf("object");
    }
  });

  test("is raised for a salt without data and for data without a salt, not the one left out", () => {
    const { shares, digests } = crypto.createShares({ count: 2, threshold: 2 });
    const recover = (salt: Uint8Array | null, data: Uint8Array | null) => () =>
      addon.recover(shares, digests, new Uint8Array(16), 2, salt, data);
    for (const call of [recover(known, null), recover(null, known)]) {
      expect((thrownBy(call) as { code?: string }).code).toBe("ERR_TQ_INVALID_ARGUMENT");
    }
    expect(recover(null, null)().epochs()).toEqual([2]);
  });

  test("without one of our codes is thrown as it is: a programming error", () => {
    const wrong = thrownBy(() => addon.sha3_256("text" as never, known)) as Error & {
      code: string;
    };
    expect(wrong.code).not.toMatch(/^ERR_TQ_/);
    expect(wrong).not.toBeInstanceOf(TrustQuorumError);
  });
});

test("the codes that Rust names are those of the table", () => {
  const crates = ["lrtq", "rack-secret", "shamir"].map((name) => `crates/${name}/src/`);
  const sources = ["bindings/src/", ...crates].flatMap(rustSources);
  const named = new Set(sources.flatMap((source) => source.match(/ERR_TQ_\w+/g) ?? []));
  expect([...named].filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);

  const raised = new Set(sources.flatMap((source) => source.match(/(?<=")ERR_TQ_\w+(?=")/g) ?? []));
  const cryptographic = declaredErrors()
    .filter(({ group }) => group.startsWith("Cryptography"))
    .map(({ code }) => code);
  expect(cryptographic.length).toBeGreaterThan(10);
  // What says that there is no addon is not in it.
  expect(cryptographic.filter((code) => !raised.has(code))).toEqual(["ERR_TQ_NATIVE_UNAVAILABLE"]);
});

test("every function of the addon turns a panic into an exception", () => {
  const functions = rustSources("bindings/src/").flatMap((source) => [
    ...source.matchAll(/#\[napi(.*)\]\s+pub fn (\w+)/g),
  ]);
  expect(functions.length).toBeGreaterThan(12);
  for (const [, options, name] of functions) expect(options, name).toContain("catch_unwind");
});

describe("buffers", () => {
  test("that were detached are refused, as those of other lengths are", () => {
    const gone = new Uint8Array(64);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(gone.length).toBe(0);
    expect(codeOf(() => crypto.sha3_256(gone))).toBe("ERR_TQ_INVALID_ARGUMENT");
    expect(codeOf(() => crypto.combine(gone, 33))).toBe("ERR_TQ_INVALID_ARGUMENT");
    expect(codeOf(() => crypto.split(gone, { count: 3, threshold: 2 }))).toBe(
      "ERR_TQ_INVALID_ARGUMENT",
    );
    expect(codeOf(() => crypto.recoverLrtq({ shares: gone }))).toBe("ERR_TQ_INVALID_ARGUMENT");
    // An empty buffer that is there is something else.
    expect(crypto.sha3_256(new Uint8Array()).length).toBe(32);
    expect(codeOf(() => crypto.recoverLrtq({ shares: new Uint8Array() }))).toBe(
      "ERR_TQ_TOO_FEW_SHARES",
    );
  });

  test("that shrank below a view are refused, and the rest of one that tracks its length is read", () => {
    const buffer = new ResizableArrayBuffer(64, { maxByteLength: 64 });
    const fixed = new Uint8Array(buffer, 32, 32);
    const tracking = new Uint8Array(buffer);
    buffer.resize(33);
    expect(codeOf(() => crypto.sha3_256(fixed))).toBe("ERR_TQ_INVALID_ARGUMENT");
    expect(crypto.sha3_256(tracking)).toEqual(crypto.sha3_256(new Uint8Array(33)));
  });

  test("in shared memory are refused even where they hide it", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(32));
    Object.defineProperty(shared, "buffer", { value: new ArrayBuffer(32) });
    expect(codeOf(() => crypto.sha3_256(shared))).toBe("ERR_TQ_INVALID_ARGUMENT");
  });

  test("may come from another realm", () => {
    const foreign = runInNewContext("new Uint8Array([1, 2, 3])") as Uint8Array;
    expect(foreign).not.toBeInstanceOf(Uint8Array);
    expect(crypto.sha3_256(foreign)).toEqual(crypto.sha3_256(Uint8Array.of(1, 2, 3)));
  });

  test("for results have a buffer of their own, outside of the memory that is moved about", () => {
    const { shares, digests } = crypto.createShares({ count: 2, threshold: 2 });
    for (const bytes of [shares, digests, crypto.sha3_256(known)]) {
      expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, bytes.length]);
    }
  });

  test("for results never share memory with an argument: the addon refuses that", () => {
    const memory = new ArrayBuffer(100);
    const shares = new Uint8Array(memory, 0, 66).fill(1);
    shares[33] = 2;
    const inside = new Uint8Array(memory, 60, 32);
    const combine = (out: unknown) =>
      thrownBy(() => fast.combine(shares, 33, out as Uint8Array)) as Error;
    expect(combine(inside).message).toContain("shares memory");
    const separate = new Uint8Array(memory, 66, 32);
    fast.combine(shares, 33, separate);
    expect(separate).toEqual(new Uint8Array(32).fill(1));
    for (const wrong of [
      memory,
      new Int8Array(32),
      new Uint8ClampedArray(32),
      new DataView(memory),
    ]) {
      expect(combine(wrong).message).toContain("is not a Uint8Array");
    }
    const shared = new Uint8Array(new SharedArrayBuffer(32));
    expect(combine(shared).message).toContain("is in shared memory");
    expect(shared.every((byte) => byte === 0)).toBe(true);

    const rack = new Uint8Array(16);
    const overlapping = new Uint8Array(memory, 65, 32);
    const prior = addon.importSecrets([1], known);
    const [salt, data] = [new Uint8Array(32), new Uint8Array(56)];
    for (const outputs of [
      [overlapping, data],
      [data.subarray(0, 32), data],
      [salt, new Uint8Array(memory, 0, 56)],
    ] as const) {
      const seal = () => addon.seal(shares, rack, 2, prior, null, ...outputs);
      expect((thrownBy(seal) as Error).message).toContain("shares memory");
    }
    const open = () =>
      addon.openLrtqSpareShares(prior, rack, salt, rack.subarray(4), data, data.subarray(16));
    expect((thrownBy(open) as Error).message).toContain("shares memory");
  });
});

describe("a handle", () => {
  test("of the reference backend is refused, and so is one of ours there", () => {
    const theirs = referenceCrypto().importSecrets([{ epoch: ONE, secret: known }]);
    const ours = crypto.importSecrets([{ epoch: ONE, secret: known }]);
    const { shares } = crypto.createShares({ count: 3, threshold: 2 });
    const request = { shares, rackId, epoch: TWO };
    expect(codeOf(() => crypto.seal({ ...request, prior: theirs }))).toBe(
      "ERR_TQ_INVALID_ARGUMENT",
    );
    expect(codeOf(() => referenceCrypto().seal({ ...request, prior: ours }))).toBe(
      "ERR_TQ_INVALID_ARGUMENT",
    );
    expect(codeOf(() => secretOf(ours, ONE).equals(secretOf(theirs, ONE)))).toBe(
      "ERR_TQ_INVALID_ARGUMENT",
    );
  });

  test("cannot be made by hand: neither an object that looks like one nor a bare class", () => {
    const ours = crypto.importSecrets([{ epoch: ONE, secret: known }]);
    const lookalike = Object.create(Object.getPrototypeOf(ours) as object) as RackSecrets;
    const { shares } = crypto.createShares({ count: 3, threshold: 2 });
    expect(codeOf(() => crypto.seal({ shares, rackId, epoch: TWO, prior: lookalike }))).toBe(
      "ERR_TQ_INVALID_ARGUMENT",
    );
    expect(() => new addon.NativeRackSecret()).toThrow();
    expect(() => new addon.NativeRackSecrets()).toThrow();
  });

  test("shows what it is and whether it is still usable, and nothing else", () => {
    const secrets = crypto.importSecrets([{ epoch: ONE, secret: known }]);
    const secret = secretOf(secrets, ONE);
    expect(texts(secrets)).toEqual(Array(5).fill("RackSecrets(hidden)"));
    expect(texts(secret)).toEqual(Array(5).fill("RackSecret(hidden)"));
    secrets.dispose();
    secret.dispose();
    expect(texts(secrets)).toEqual(Array(5).fill("RackSecrets(disposed)"));
    expect(texts(secret)).toEqual(Array(5).fill("RackSecret(disposed)"));
    expect(Object.keys(secret)).toEqual([]);
  });

  test("is zeroed in native memory as soon as it is disposed of, not when it is collected", () => {
    const zeroed = [
      vi.spyOn(addon.NativeRackSecrets.prototype, "dispose"),
      vi.spyOn(addon.NativeRackSecret.prototype, "dispose"),
    ];
    const secrets = crypto.importSecrets([{ epoch: ONE, secret: known }]);
    const secret = secretOf(secrets, ONE);
    secrets.dispose();
    secret[Symbol.dispose]();
    for (const spy of zeroed) {
      expect(spy).toHaveBeenCalledTimes(1);
      spy.mockRestore();
    }
  });

  test("has nothing left in the addon once it is disposed of", () => {
    const native = addon.importSecrets([1], known);
    const secret = native.secret(1);
    if (secret === null) throw new Error("there is no secret for epoch 1");
    native.dispose();
    native.dispose();
    secret.dispose();
    const out = new Uint8Array(32);
    for (const use of [
      () => native.epochs(),
      () => secret.expose(out),
      () => secret.equals(secret),
    ]) {
      expect((thrownBy(use) as { code?: string }).code).toBe("ERR_TQ_SECRET_DISPOSED");
    }
    expect(out).toEqual(new Uint8Array(32));
  });

  test("refuses an asynchronous callback, which would go on with zeros", async () => {
    const secret = secretOf(crypto.importSecrets([{ epoch: ONE, secret: known }]), ONE);
    let later: Promise<number> | undefined;
    const code = codeOf(() =>
      secret.expose((bytes) => (later = delay(0).then(() => bytes.reduce((a, b) => a + b)))),
    );
    expect(code).toBe("ERR_TQ_INVALID_ARGUMENT");
    expect(await later).toBe(0);
  });

  test("that is forgotten is collected, and those that are not stay as they are", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const kept = secretOf(crypto.importSecrets([{ epoch: ONE, secret: known }]), ONE);
    let collected = 0;
    const registry = new FinalizationRegistry(() => (collected += 1));
    for (let i = 0; i < 200; i++) {
      const secrets = crypto.importSecrets([{ epoch: ONE, secret: known }]);
      const secret = secretOf(secrets, ONE);
      if (i % 2 === 0) secret.dispose();
      registry.register(secrets, i);
      registry.register(secret, i);
    }
    for (let round = 0; round < 50 && collected < 300; round++) {
      collect();
      await delay(1);
    }
    expect(collected).toBeGreaterThan(300);
    expect(kept.expose((bytes) => bytes.slice())).toEqual(known);
  });
});

/** `ResizableArrayBuffer`: what `ArrayBuffer` is since ES2024, which the types do not know yet. */
const ResizableArrayBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(length: number): void };

function recover(
  { shares, digests }: { shares: Uint8Array; digests: Uint8Array },
  count: number,
  at: ReturnType<typeof epoch>,
  encrypted: { salt: Uint8Array; data: Uint8Array } | null,
): RackSecrets {
  return crypto.recover({
    shares: shares.subarray(0, count * 33),
    digests: digests.subarray(0, count * 32),
    rackId,
    epoch: at,
    encrypted,
  });
}

function secretOf(secrets: RackSecrets, at: ReturnType<typeof epoch>): RackSecret {
  const secret = secrets.secret(at);
  if (secret === undefined) throw new Error(`there is no secret for epoch ${at}`);
  return secret;
}

/** Every way in which JavaScript makes text of an object. */
function texts(handle: object): string[] {
  return [
    String(handle),
    // The conversion that concatenation does.
    "".concat(handle as unknown as string),
    inspect(handle),
    inspect(handle, { showHidden: true, depth: 9 }),
    JSON.parse(JSON.stringify(handle)) as string,
  ];
}

/** The texts of the Rust files in a folder of the repository. */
function rustSources(folder: string): string[] {
  const root = new URL(`../../../../${folder}`, import.meta.url);
  return readdirSync(root)
    .filter((file) => file.endsWith(".rs"))
    .map((file) => readFileSync(new URL(file, root), "utf8"));
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown by ${call.toString()}`);
}

function codeOf(call: () => unknown): string {
  const error = thrownBy(call);
  if (!isTrustQuorumError(error)) throw error;
  return error.code;
}
