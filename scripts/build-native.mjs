/**
 * Builds the native addon where it is missing or stale, and reuses it silently otherwise:
 *
 *     node scripts/build-native.mjs
 *
 * Whether it is stale is decided by content, not by time stamps, which a checkout or a copy changes:
 * a stamp beside the addon holds a digest of everything that it was built from, and of every file
 * that the build wrote. So an addon that is up to date is reused also where there is no Rust.
 *
 * Two processes may build at once: cargo makes one wait for the other, files are replaced as a whole,
 * and the stamp comes last.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { CARGO_PROGRESS, cargoMeaning, runWithProgress } from "./progress.mjs";

/** Where the digests of a build are kept, relative to the root. */
export const STAMP = "bindings/.native-build.json";

/** What the build writes beside the addon itself, whose name has the platform in it. */
const GENERATED = ["index.d.ts"];

/**
 * Files and folders that the addon is built from. Tests and benchmarks of the crates are not. There is
 * no rust-toolchain.toml: rustup would download what it names, and the build takes any Rust that is new
 * enough (`rust-version` in Cargo.toml).
 */
const INPUTS = [
  "Cargo.toml",
  "Cargo.lock",
  ".cargo",
  "bindings/Cargo.toml",
  "bindings/build.rs",
  "bindings/package.json",
  "bindings/src",
  "crates",
];
const NOT_INPUTS = new Set(["target", "tests", "benches", "examples", "proptest-regressions"]);

/** Variables that change what cargo builds. */
const ENVIRONMENT =
  /^(RUSTFLAGS|CARGO_ENCODED_RUSTFLAGS|CARGO_BUILD_(RUSTFLAGS|TARGET)|CARGO_PROFILE_RELEASE_.*|CARGO_TARGET_.*_RUSTFLAGS|RUSTUP_TOOLCHAIN)$/;

/**
 * Makes sure that the addon is there and up to date.
 *
 * @param {object} options
 * @param {string} options.root the repository
 * @param {NodeJS.ProcessEnv} options.env
 * @param {(line: string) => void} options.say takes lines for people; never on standard output, which
 * may be a program's
 * @param {(root: string, env: NodeJS.ProcessEnv) => string | undefined} [options.missingTool] answers
 * with what a build needs and does not find, if anything
 * @param {BuildStep} [options.build] answers with what went wrong, if anything
 * @returns {Promise<"reused" | "built" | "failed">}
 *
 * @typedef {(
 *   root: string,
 *   env: NodeJS.ProcessEnv,
 *   say: (line: string) => void,
 * ) => Promise<string | undefined>} BuildStep
 */
export async function ensureNative({
  root,
  env,
  say,
  missingTool = findMissingTool,
  build = runBuild,
}) {
  const inputs = inputsDigest(root, env);
  const state = nativeState(root, inputs);
  if (state === "fresh") return "reused";

  const missing = missingTool(root, env);
  if (missing !== undefined) {
    say(`The native addon is ${state} and cannot be built: ${missing}`);
    return "failed";
  }
  say(`native addon: ${state}, building with cargo (about a minute the first time)…`);
  // Whatever becomes of the build, what is there now is no longer vouched for.
  rmSync(path.join(root, STAMP), { force: true });
  const problem = await build(root, env, say);
  if (problem !== undefined) {
    say(problem);
    return "failed";
  }
  writeStamp(root, inputs);
  return "built";
}

/**
 * Whether the addon has to be built.
 *
 * @param {string} root
 * @param {string} inputs what {@link inputsDigest} says now
 * @returns {"fresh" | "missing" | "stale"}
 */
export function nativeState(root, inputs) {
  const outputs = outputDigests(root);
  if (!Object.keys(outputs).some((file) => file.endsWith(".node"))) return "missing";
  const stamp = readStamp(root);
  const unchanged =
    stamp?.inputs === inputs && JSON.stringify(stamp.outputs) === JSON.stringify(outputs);
  return unchanged ? "fresh" : "stale";
}

/**
 * SHA-256 over the names and contents of everything that the addon is built from, the variables that
 * change how, and the platform.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function inputsDigest(root, env) {
  const hash = createHash("sha256");
  const add = (name, content) => hash.update(`${name}\0${content.length}\0`).update(content);
  for (const file of INPUTS.flatMap((input) => filesIn(root, input))) {
    add(file, readFileSync(path.join(root, file)));
  }
  for (const name of Object.keys(env).toSorted()) {
    if (ENVIRONMENT.test(name)) add(name, Buffer.from(env[name] ?? ""));
  }
  add("platform", Buffer.from(`${process.platform} ${process.arch} ${libc()}`));
  return hash.digest("hex");
}

/** The files at or below a path, relative to the root, in a fixed order; none where it does not exist. */
function filesIn(root, relative) {
  let entries;
  try {
    entries = readdirSync(path.join(root, relative), { withFileTypes: true });
  } catch (error) {
    if (error.code === "ENOTDIR") return [relative];
    if (error.code === "ENOENT") return [];
    throw error;
  }
  return entries
    .filter((entry) => !NOT_INPUTS.has(entry.name))
    .map((entry) => `${relative}/${entry.name}`)
    .toSorted()
    .flatMap((child) => filesIn(root, child));
}

/** An addon for one C library does not load with another. */
function libc() {
  if (process.platform !== "linux") return "";
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "gnu";
}

/** SHA-256 of each file that a build wrote, by name. */
function outputDigests(root) {
  const bindings = path.join(root, "bindings");
  const files = readdirSync(bindings).filter(
    (file) => GENERATED.includes(file) || file.endsWith(".node"),
  );
  return Object.fromEntries(files.toSorted().map((file) => [file, fileDigest(bindings, file)]));
}

function fileDigest(folder, file) {
  return createHash("sha256")
    .update(readFileSync(path.join(folder, file)))
    .digest("hex");
}

function readStamp(root) {
  try {
    return JSON.parse(readFileSync(path.join(root, STAMP), "utf8"));
  } catch {
    // Missing or torn: as good as stale.
    return undefined;
  }
}

function writeStamp(root, inputs) {
  const stamp = path.join(root, STAMP);
  const temporary = `${stamp}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ inputs, outputs: outputDigests(root) }, null, 2));
  renameSync(temporary, stamp);
}

/** What is missing for a build, as one sentence, or undefined. */
function findMissingTool(root, env) {
  const cargo = spawnSync(env.CARGO ?? "cargo", ["--version"], { env });
  if (cargo.error !== undefined || cargo.status !== 0) {
    return "there is no cargo; install Rust 1.89 or newer (https://rustup.rs) and put cargo on the PATH.";
  }
  if (napiCommand(root) === undefined) return "@napi-rs/cli is not installed; run `npm ci` first.";
  return undefined;
}

/** The command line of napi-rs, or undefined where the dependencies are not installed. */
function napiCommand(root) {
  try {
    const require = createRequire(path.join(root, "bindings", "package.json"));
    const manifest = require.resolve("@napi-rs/cli/package.json");
    return path.join(path.dirname(manifest), require(manifest).bin.napi);
  } catch {
    return undefined;
  }
}

/** Runs the build and says how far it is; answers with all it printed where it failed. */
async function runBuild(root, env, say) {
  return buildWith([process.execPath, napiCommand(root)], { root, env, say });
}

/**
 * Runs napi-rs, or what a test gives in its place.
 *
 * @param {readonly string[]} napi
 * @param {{ root: string, env: NodeJS.ProcessEnv, say: (line: string) => void, silentMsMax?: number }} options
 * @returns {Promise<string | undefined>} What it printed where it failed
 */
export async function buildWith(napi, { root, env, say, silentMsMax }) {
  const command = [...napi, "build", "--platform", "--release", "--no-js", "--", "--locked"];
  const { code, output } = await runWithProgress(command, {
    label: "native addon",
    say,
    meaningOf: cargoMeaning,
    cwd: path.join(root, "bindings"),
    env: { ...env, ...CARGO_PROGRESS },
    ...(silentMsMax === undefined ? {} : { silentMsMax }),
  });
  return code === 0 ? undefined : `${output}\nThe native addon could not be built.`;
}

function isMain() {
  const script = process.argv[1];
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url);
}

if (isMain()) {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const say = (line) => void process.stderr.write(`${line}\n`);
  if ((await ensureNative({ root, env: process.env, say })) === "failed") process.exitCode = 1;
}
