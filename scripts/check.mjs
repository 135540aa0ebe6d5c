// @ts-check
/**
 * `node scripts/check.mjs [format] [lint] [types]`: the checks that are not tests, of TypeScript and
 * of Rust. Without arguments all of them. A failing one does not stop the others.
 */
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ROOT, buildTypeScript, requireDependencies, run } from "./commands.mjs";

/** It has a lock of its own, apart from what the addon is built from. */
const BENCH_CRATE = "bench/rust/Cargo.toml";
const CIRCLES = path.join(ROOT, ".dependency-cruiser.json");

/**
 * @typedef {"format" | "lint" | "types"} Group
 * @type {readonly { group: Group, name: string, command: readonly string[], env?: Record<string, string> }[]}
 */
export const CHECKS = [
  { group: "format", name: "prettier", command: ["prettier", "--check", "."] },
  { group: "format", name: "cargo fmt", command: ["cargo", "fmt", "--all", "--check"] },
  {
    group: "format",
    name: "cargo fmt of the benchmark",
    command: ["cargo", "fmt", "--manifest-path", BENCH_CRATE, "--check"],
  },
  { group: "types", name: "tsc", command: ["tsc", "-b"] },
  { group: "lint", name: "eslint", command: ["eslint", "--max-warnings=0", "."] },
  { group: "lint", name: "knip", command: ["knip"] },
  {
    group: "lint",
    name: "circular imports",
    command: ["depcruise", "--config", CIRCLES, "ts", "bench", "scripts"],
  },
  {
    group: "lint",
    name: "cargo clippy",
    command: "cargo clippy --workspace --all-targets --locked -- -D warnings".split(" "),
  },
  {
    group: "lint",
    name: "cargo clippy of the benchmark",
    command: [
      "cargo",
      "clippy",
      "--manifest-path",
      BENCH_CRATE,
      "--locked",
      "--",
      "-D",
      "warnings",
    ],
    env: { CARGO_TARGET_DIR: path.join(ROOT, "target") },
  },
  {
    group: "lint",
    name: "cargo doc",
    command: "cargo doc --workspace --no-deps --locked".split(" "),
    env: { RUSTDOCFLAGS: "-D warnings" },
  },
  {
    group: "types",
    name: "cargo check",
    command: "cargo check --workspace --all-targets --locked".split(" "),
  },
];

/**
 * Runs the checks of some groups, one after the other.
 *
 * @param {readonly string[]} groups None means all
 * @param {{ minutesMax?: number }} [options] The limit for each check
 * @returns {Promise<string[]>} The names of those that failed
 */
export async function check(groups, options = {}) {
  const failed = [];
  // A package of the workspace sees another's types in what that compiles to. Where it does not
  // compile, the check of the types is the one to say so.
  if (groups.includes("lint") && !groups.includes("types")) await buildTypeScript();
  for (const { group, name, command, env } of CHECKS) {
    if (groups.length > 0 && !groups.includes(group)) continue;
    console.log(`\n${group}: ${name}`);
    const { code } = await run(command, { ...options, ...(env === undefined ? {} : { env }) });
    if (code !== 0) failed.push(`${group}: ${name}`);
  }
  return failed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const groups = process.argv.slice(2);
  const unknown = groups.filter((name) => !CHECKS.some(({ group }) => group === name));
  if (unknown.length > 0) {
    console.error(`there are no checks named ${unknown.join(", ")}`);
    process.exit(2);
  }
  requireDependencies();
  const failed = await check(groups);
  for (const name of failed) console.error(`failed: ${name}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
