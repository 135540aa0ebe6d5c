/**
 * The package as a bundler builds it for browsers: nothing of Node's is in it, and it works where there is
 * only the language and what browsers have. Each subpath that the package exports is looked at.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

const { exports } = JSON.parse(readFileSync(`${PACKAGE}/package.json`, "utf8")) as {
  exports: Record<string, unknown>;
};
const subpaths = Object.keys(exports).filter((subpath) => subpath !== "./package.json");

/**
 * What browsers lack, or refuse under a strict Content-Security-Policy. Hash functions have a method
 * `process`, which is none of Node's.
 */
const FORBIDDEN =
  /\bnode:\w+|\bBuffer\b|\bglobalThis\.process\b|(?<!\.)\bprocess\b(?!\s*\()|\brequire\s*\(|\beval\s*\(|\bFunction\s*\(/g;

interface Bundle {
  /** A script that puts what the subpath exports into the global `tq`. */
  readonly code: string;
  /** What is not for browsers: modules left out of the bundle, names, and the bundler's warnings. */
  readonly problems: readonly string[];
}

async function bundle(subpath: string, platform: "browser" | "node"): Promise<Bundle> {
  const warnings: string[] = [];
  const build = await rolldown({
    input: subpath.replace(".", "trust-quorum"),
    cwd: PACKAGE,
    platform,
    // Everything that is reached counts, also what nobody calls.
    treeshake: false,
    onLog: (_, { code = "warning" }) => void warnings.push(code),
  });
  const { output } = await build.generate({ format: "iife", name: "tq", comments: false });
  await build.close();
  const [{ code, imports, dynamicImports }, ...others] = output;
  const names = Array.from(code.matchAll(FORBIDDEN), ([name]) => name);
  const files = others.map(({ fileName }) => fileName);
  return { code, problems: [...warnings, ...imports, ...dynamicImports, ...files, ...names] };
}

/** Runs a bundle, and then a program, where there is nothing but the language and what is given. */
async function runBare({ code }: Bundle, program: string, globals: object): Promise<unknown> {
  // Compiling text is refused, as a page's strict Content-Security-Policy does.
  const context = vm.createContext(
    { ...globals },
    { codeGeneration: { strings: false, wasm: false } },
  );
  vm.runInContext(code, context);
  // What comes out is of that context, and no array or object of this one: text is the same everywhere.
  return JSON.parse((await vm.runInContext(`(async () => { ${program} })()`, context)) as string);
}

/** What the core uses of that which browsers have. */
const WEB = {
  TextDecoder,
  TextEncoder,
  crypto: { getRandomValues: (bytes: Uint8Array) => globalThis.crypto.getRandomValues(bytes) },
};

/** Ways to give way to the event loop: Node's own is not among them. */
const TASKS: Readonly<Record<string, object>> = {
  messages: { MessageChannel, setTimeout: () => expect.fail("a message is the shorter way") },
  timeouts: { setTimeout },
  nothing: {},
};

describe.each(subpaths)("'%s', bundled for browsers,", (subpath) => {
  test("has nothing of Node's in it, compiles no text and loads", async () => {
    const built = await bundle(subpath, "browser");
    expect(built.problems).toEqual([]);
    const program = "return JSON.stringify(Object.keys(tq).length > 0)";
    expect(await runBare(built, program, WEB)).toBe(true);
  });
});

test("bundled for Node it has: the control", async () => {
  const { problems } = await bundle(".", "node");
  expect(problems).toEqual(expect.arrayContaining(["node:module", "node:os", "process"]));
});

const SHARING = `
  const crypto = tq.referenceCrypto();
  const secret = Uint8Array.from({ length: 20_001 }, (_, i) => i % 251);
  const how = { count: 5, threshold: 3 };
  const length = 1 + secret.length;
  const equal = (some) => some.length === secret.length && some.every((byte, i) => byte === secret[i]);
  const three = crypto.split(secret, how).subarray(2 * length);
  const inChunks = (await crypto.splitAsync(secret, how)).subarray(0, 3 * length);
  return JSON.stringify([
    equal(crypto.combine(three, length)),
    equal(await crypto.combineAsync(inChunks, length)),
    equal(crypto.combine(three.subarray(length), length)),
  ]);`;

const RACK = `
  const crypto = tq.referenceCrypto();
  const rackId = tq.parseRackId("bee986e8-cd46-4905-b6ad-e04fd2ab8aa0");
  const [one, two] = [tq.epoch(1), tq.epoch(2)];
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const prior = crypto.importSecrets([{ epoch: one, secret: new Uint8Array(32).fill(7) }]);
  const { shares, digests } = crypto.createShares({ count: 5, threshold: 3 });
  const encrypted = crypto.seal({ shares, rackId, epoch: two, prior });
  const enough = { shares: shares.subarray(0, 99), digests: digests.subarray(0, 96) };
  const secrets = crypto.recover({ ...enough, rackId, epoch: two, encrypted });
  const computed = crypto.computeShare({
    shares: shares.subarray(33, 132), x: 1, digest: digests.subarray(0, 32),
  });
  let code;
  try {
    tq.nativeCrypto();
  } catch (error) {
    if (error instanceof tq.TrustQuorumError) code = error.code;
  }
  return JSON.stringify({
    sha3: hex(crypto.sha3_256(new Uint8Array())),
    verified: crypto.verifyShare(computed, digests.subarray(0, 32)),
    epochs: secrets.epochs,
    first: hex(secrets.secret(one).expose((bytes) => bytes.slice())),
    native: code,
  });`;

describe("in a bare context with what browsers have", () => {
  test.each(Object.keys(TASKS))(
    "secrets are split and combined, long ones in chunks between which the event loop turns: by %s",
    async (name) => {
      const built = await bundle(".", "browser");
      const globals = { ...WEB, ...TASKS[name] };
      expect(await runBare(built, SHARING, globals)).toEqual([true, true, false]);
    },
  );

  test("rack secrets are made, sealed and opened, and there is no native backend", async () => {
    expect(await runBare(await bundle(".", "browser"), RACK, WEB)).toEqual({
      sha3: "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
      verified: true,
      epochs: [1, 2],
      first: "07".repeat(32),
      native: "ERR_TQ_NATIVE_UNAVAILABLE",
    });
  });

  test("without a random source nothing secret is made, and that is said", async () => {
    const program = `
      try {
        tq.referenceCrypto().createShares({ count: 3, threshold: 2 });
      } catch (error) {
        return JSON.stringify(error.code);
      }
      return "null";`;
    const globals = { TextDecoder, TextEncoder };
    expect(await runBare(await bundle(".", "browser"), program, globals)).toBe(
      "ERR_TQ_RANDOM_SOURCE",
    );
  });
});
