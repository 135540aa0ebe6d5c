// @ts-check
/**
 * How the scripts run other programs: with the workspace's own tools first on the path, without a
 * standard input, and with an exit code instead of an exception.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureNative } from "./build-native.mjs";
import { runWithProgress, tscMeanings } from "./progress.mjs";

/** The folder of the workspace, absolute. */
export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const TOOLS = path.join(ROOT, "node_modules", ".bin");

/**
 * Runs a program to its end. Its standard error is shown as it comes; so is its standard output,
 * which is also returned where `capture` is set.
 *
 * @param {readonly string[]} command The program and its arguments
 * @param {{ cwd?: string, env?: Record<string, string>, capture?: boolean, input?: boolean, minutesMax?: number }} [options]
 *   `input`: let it read this process's standard input. `minutesMax`: kill it after that long.
 * @returns {Promise<{ code: number, output: string }>} `code` is 127 where it cannot be started, and
 *   above 128 where a signal ended it
 */
export function run(command, options = {}) {
  const [program = "", ...args] = command;
  const { cwd = ROOT, env = {}, capture = false, input = false, minutesMax } = options;
  const child = spawn(program, args, {
    cwd,
    env: environment(env),
    stdio: [input ? "inherit" : "ignore", capture ? "pipe" : "inherit", "inherit"],
    // npm and the tools are command files on Windows, which only its shell can start.
    shell: process.platform === "win32",
    timeout: minutesMax === undefined ? undefined : minutesMax * 60_000,
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
    output += text;
    process.stdout.write(text);
  });
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`${program} cannot be started: ${error.message}`);
      resolve({ code: 127, output });
    });
    child.on("close", (code, signal) => {
      if (signal !== null) console.error(`${program} was ended by ${signal}`);
      resolve({ code: code ?? 129, output });
    });
  });
}

/** Ends this process with one sentence where `npm ci` was not run. */
export function requireDependencies() {
  if (existsSync(path.join(TOOLS, process.platform === "win32" ? "tsc.cmd" : "tsc"))) return;
  console.error("The dependencies are not installed: run `npm ci` first.");
  process.exit(1);
}

/** @param {string} line Something for people: never on standard output, which may be a program's */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * The environment for programs: the workspace's own tools first on the path.
 *
 * @param {Record<string, string>} [more]
 * @returns {NodeJS.ProcessEnv}
 */
function environment(more = {}) {
  const tools = `${TOOLS}${path.delimiter}${process.env["PATH"] ?? ""}`;
  return { ...process.env, ...more, PATH: tools };
}

/**
 * Builds the native addon where it is missing or stale.
 *
 * @returns {Promise<number>} The exit code; what went wrong has been said
 */
export async function buildNative() {
  const result = await ensureNative({ root: ROOT, env: process.env, say });
  return result === "failed" ? 1 : 0;
}

/**
 * Compiles a TypeScript project and all that it needs, where that is out of date, and says which one
 * is compiled.
 *
 * @param {string} [project] A folder; without it, everything, tests included, and the bundles of `tqd` and `tq`
 * @param {{ tsc?: readonly string[], say?: (line: string) => void, silentMsMax?: number }} [options] For tests
 * @returns {Promise<number>} The exit code; the errors have been shown
 */
export async function buildTypeScript(project, options = {}) {
  const { tsc = ["tsc"], silentMsMax } = options;
  const pretty = process.stderr.isTTY ? ["--pretty"] : [];
  const command = [
    ...tsc,
    "-b",
    "--verbose",
    ...pretty,
    ...(project === undefined ? [] : [project]),
  ];
  const { code } = await runWithProgress(command, {
    label: "TypeScript",
    say: options.say ?? say,
    meaningOf: tscMeanings(ROOT),
    cwd: ROOT,
    env: environment(),
    ...(silentMsMax === undefined ? {} : { silentMsMax }),
  });
  if (code !== 0 || project !== undefined) return code;
  return (await run([process.execPath, path.join(ROOT, "scripts", "bundle-programs.mjs")])).code;
}
