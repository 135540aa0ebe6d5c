import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { STAMP, buildWith, ensureNative, inputsDigest, nativeState } from "./build-native.mjs";

const SCRIPTS = fileURLToPath(new URL(".", import.meta.url));

let root;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "build-native-"));
  write("Cargo.toml", "[workspace]");
  write("Cargo.lock", "version = 4");
  write("bindings/Cargo.toml", "[package]");
  write("bindings/build.rs", "fn main() {}");
  write("bindings/package.json", "{}");
  write("bindings/src/lib.rs", "//! Bindings.");
  write("crates/shamir/Cargo.toml", "[package]");
  write("crates/shamir/src/lib.rs", "//! Shamir.");
  write("crates/shamir/tests/vectors.rs", "//! Tests.");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("an addon is built when", () => {
  test("there is none", async () => {
    const { result, said, built } = await ensure();
    expect({ result, built }).toEqual({ result: "built", built: 1 });
    expect(said).toEqual([
      expect.stringMatching(/^native addon: missing, building with cargo .*…$/),
    ]);
  });

  test.each([
    ["a source of a crate changed", () => append("crates/shamir/src/lib.rs")],
    ["a source of a crate is new", () => write("crates/shamir/src/new.rs", "")],
    ["a source of a crate is gone", () => rmSync(at("crates/shamir/src/lib.rs"))],
    ["a source of the bindings changed", () => append("bindings/src/lib.rs")],
    ["a manifest changed", () => append("Cargo.toml")],
    ["a locked version changed", () => append("Cargo.lock")],
    ["the names or targets of napi changed", () => write("bindings/package.json", '{"napi":{}}')],
    ["cargo was configured", () => write(".cargo/config.toml", "[build]")],
    ["the addon was cut short", () => truncateSync(at("bindings/trust-quorum.test.node"), 1)],
    ["the generated types were edited", () => append("bindings/index.d.ts")],
    ["the generated types are gone", () => rmSync(at("bindings/index.d.ts"))],
    ["the stamp is gone", () => rmSync(at(STAMP))],
    ["the stamp is torn", () => truncateSync(at(STAMP), 10)],
  ])("%s", async (_reason, change) => {
    await ensure();
    change();
    const { result, said, built } = await ensure();
    expect({ result, built }).toEqual({ result: "built", built: 1 });
    expect(said).toEqual([expect.stringMatching(/^native addon: stale, building with cargo .*…$/)]);
    expect((await ensure()).result).toBe("reused");
  });

  test.each(["RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_PROFILE_RELEASE_LTO"])(
    "%s changed",
    async (name) => {
      await ensure();
      expect((await ensure({ env: { [name]: "x" } })).result).toBe("built");
    },
  );

  test("its sources change during the build", async () => {
    await ensure({ change: () => append("crates/shamir/src/lib.rs") });
    expect((await ensure()).result).toBe("built");
  });
});

describe("an addon is reused silently when", () => {
  test.each([
    ["nothing changed", () => undefined],
    ["only a time stamp did", () => utimesSync(at("bindings/src/lib.rs"), 1, 1)],
    ["only a test of a crate did", () => append("crates/shamir/tests/vectors.rs")],
    ["only a file beside did", () => write("bindings/README.md", "Native.")],
  ])("%s", async (_reason, change) => {
    await ensure();
    change();
    expect(await ensure()).toEqual({ result: "reused", said: [], built: 0 });
  });

  test("only a variable that does not matter changed", async () => {
    await ensure();
    expect((await ensure({ env: { HOME: "/elsewhere" } })).result).toBe("reused");
  });
});

describe("a failed build", () => {
  test("says why, and does not vouch for the addon that it leaves", async () => {
    await ensure();
    append("bindings/src/lib.rs");
    const failed = await ensure({ problem: "error[E0425]: cannot find value" });
    expect(failed.result).toBe("failed");
    expect(failed.said).toHaveLength(2);
    expect(failed.said[1]).toBe("error[E0425]: cannot find value");
    expect(existsSync(at(STAMP))).toBe(false);
    expect(nativeState(root, inputsDigest(root, {}))).toBe("stale");
  });

  test("is not even tried without its tools", async () => {
    const { result, said, built } = await ensure({ missingTool: "there is no cargo." });
    expect({ result, built }).toEqual({ result: "failed", built: 0 });
    expect(said).toEqual(["The native addon is missing and cannot be built: there is no cargo."]);
  });
});

describe("the script, where there is no cargo", () => {
  test("says so in one sentence on standard error and exits with 1", () => {
    const { status, stdout, stderr } = runScript({});
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      "The native addon is missing and cannot be built: " +
        "there is no cargo; install Rust 1.89 or newer (https://rustup.rs) and put cargo on the PATH.\n",
    );
  });

  test("reuses an addon that is up to date, from any folder", async () => {
    await ensure();
    expect(runScript({})).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

describe("a build that takes its time", () => {
  /** What cargo prints while it compiles, one at a time. */
  const slow = (last) => `
    const bar = (text) => process.stderr.write("    Building [=>   ] " + text + "   \\r");
    bar("1/48: shamir");
    setTimeout(() => bar("12/48: zeroize, shamir"), 300);
    setTimeout(() => { ${last} }, 800);`;

  async function built(last) {
    const said = [];
    const napi = [process.execPath, "--eval", slow(last), "--"];
    const say = (line) => said.push(line);
    const problem = await buildWith(napi, { root, env: process.env, say, silentMsMax: 100 });
    return { said, problem };
  }

  test("says how many crates are compiled", async () => {
    const { said, problem } = await built("");
    expect(problem).toBeUndefined();
    expect(said.length).toBeGreaterThan(3);
    expect(said.find((line) => line.includes("1 of 48"))).toMatch(
      /^native addon: compiled 1 of 48 crates: shamir \(\d+ s\)$/,
    );
    expect(said.at(-1)).toMatch(/^native addon: compiled 12 of 48 crates: zeroize, shamir /);
  });

  test("and fails answers with what it printed, without the progress", async () => {
    const { problem } = await built('console.log("error[E0425]"); process.exitCode = 101;');
    expect(problem).toBe("error[E0425]\n\nThe native addon could not be built.");
  });
});

test("the script names the command that installs what npm has to", () => {
  // Anything that answers to --version stands in for cargo.
  const { status, stderr } = runScript({ CARGO: process.execPath });
  expect(status).toBe(1);
  expect(stderr).toBe(
    "The native addon is missing and cannot be built: " +
      "@napi-rs/cli is not installed; run `npm ci` first.\n",
  );
});

/** Runs the script itself on the temporary repository, from elsewhere, with nothing on the PATH. */
function runScript(env) {
  mkdirSync(at("scripts"), { recursive: true });
  for (const name of ["build-native.mjs", "progress.mjs"]) {
    copyFileSync(path.join(SCRIPTS, name), at(`scripts/${name}`));
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [at("scripts/build-native.mjs")], {
    cwd: tmpdir(),
    env: { PATH: at("nothing-here"), ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Runs the decision with a build that writes what the real one would. */
async function ensure({ env = {}, problem, missingTool, change } = {}) {
  const said = [];
  let built = 0;
  const result = await ensureNative({
    root,
    env,
    say: (line) => said.push(line),
    missingTool: () => missingTool,
    build: () => {
      built += 1;
      if (problem !== undefined) return problem;
      write("bindings/trust-quorum.test.node", "the addon");
      write("bindings/index.d.ts", "the types");
      change?.();
      return undefined;
    },
  });
  return { result, said, built };
}

function at(file) {
  return path.join(root, file);
}

function write(file, content) {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), content);
}

function append(file) {
  appendFileSync(at(file), "// changed");
}
