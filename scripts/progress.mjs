// @ts-check
/**
 * Runs a program that takes its time and says what it does: whoever waits is never left without a line
 * for more than five seconds.
 */
import { spawn } from "node:child_process";
import { clearInterval, setInterval } from "node:timers";

/** After so much silence a line says what is going on, in milliseconds. */
export const SILENT_MS_MAX = 4000;

/**
 * What a line of a program's output means for who waits: something to say at once, something to say
 * when nothing was said for a while, or neither. `show` is for what belongs to the output proper, such
 * as a compiler's errors: the line is shown as it is. `drop` leaves it out of the output, such as a
 * progress bar.
 *
 * @typedef {{ say?: string, status?: string, show?: boolean, drop?: boolean }} Meaning
 */

/**
 * Runs a program to its end.
 *
 * @param {readonly string[]} command
 * @param {object} options
 * @param {string} options.label What is going on, e.g. `TypeScript`
 * @param {(line: string) => void} options.say Takes lines for people
 * @param {(line: string) => Meaning} [options.meaningOf] Told each line of output, also such that a
 *   carriage return ends
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {number} [options.silentMsMax]
 * @param {number} [options.minutesMax] Kills it after that long
 * @returns {Promise<{ code: number, output: string, seconds: number }>} `output` is what it printed on
 *   both streams, line by line as it came; `code` is 127 where it cannot be started, and above 128
 *   where a signal ended it
 */
export function runWithProgress(command, options) {
  const { label, meaningOf = meansNothing, cwd, env, silentMsMax = SILENT_MS_MAX } = options;
  const started = performance.now();
  let saidAt = started;
  /** @type {string | undefined} */
  let status;
  const say = (/** @type {string} */ line) => {
    options.say(line);
    saidAt = performance.now();
  };
  const seconds = () => (performance.now() - started) / 1000;
  const ticking = setInterval(() => {
    if (performance.now() - saidAt < silentMsMax) return;
    say(`${label}: ${status ?? "running"} (${seconds().toFixed(0)} s)`);
  }, silentMsMax / 8);

  let output = "";
  const read = (/** @type {string} */ line) => {
    const meaning = meaningOf(line);
    status = meaning.status ?? meaning.say ?? status;
    if (meaning.show === true) say(line);
    else if (meaning.say !== undefined) say(`${label}: ${meaning.say}`);
    if (meaning.drop !== true) output += `${line}\n`;
  };
  return new Promise((resolve) => {
    const end = (/** @type {number} */ code) => {
      clearInterval(ticking);
      resolve({ code, output, seconds: seconds() });
    };
    const [program = "", ...args] = command;
    const child = spawn(program, args, {
      cwd,
      env: env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      // npm and the tools are command files on Windows, which only its shell can start.
      shell: process.platform === "win32",
      timeout: options.minutesMax === undefined ? undefined : options.minutesMax * 60_000,
    });
    const streams = [lines(child.stdout, read), lines(child.stderr, read)];
    child.on("error", (error) => {
      output += `${program} cannot be started: ${error.message}\n`;
      end(127);
    });
    child.on("close", (code, signal) => {
      for (const rest of streams) rest();
      if (signal !== null) output += `${program} was ended by ${signal}\n`;
      end(code ?? 129);
    });
  });
}

/** @returns {Meaning} */
function meansNothing() {
  return {};
}

/**
 * Tells each line of a stream, without its end.
 *
 * @param {import("node:stream").Readable} stream
 * @param {(line: string) => void} read
 * @returns {() => void} Tells what stands after the last end of a line
 */
function lines(stream, read) {
  let rest = "";
  stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
    const parts = (rest + text).split(/\r\n|\n|\r/u);
    rest = parts.pop() ?? "";
    parts.forEach(read);
  });
  return () => {
    if (rest !== "") read(rest);
  };
}

/**
 * Understands `tsc -b --verbose`: says which project is compiled, and shows the errors.
 *
 * @param {string} root The folder that projects are named from
 * @returns {(line: string) => Meaning}
 */
export function tscMeanings(root) {
  /** @type {string[]} */
  const projects = [];
  return (coloured) => {
    const line = plain(coloured);
    const listed = /^ {4}\* (.*)$/u.exec(line)?.[1];
    if (listed !== undefined) {
      projects.push(listed);
      return { status: "looking for changes" };
    }
    const time = /^\[?\d+:\d+:\d+.*?\]? - (.*)$/u.exec(line)?.[1];
    if (time === undefined) return { show: line !== "" };
    const built = /^Building project '(.*)'/u.exec(time)?.[1];
    if (built === undefined) return {};
    const found = projects.findIndex(
      (project) => built === project || built.endsWith(`/${project}`),
    );
    const name = built.replace(`${root}/`, "").replace(/\/tsconfig\.json$/u, "");
    return { say: `compiling ${name} (${found + 1} of ${projects.length})` };
  };
}

/** Makes cargo say how far it is also where it does not write to a terminal. */
export const CARGO_PROGRESS = {
  CARGO_TERM_PROGRESS_WHEN: "always",
  CARGO_TERM_PROGRESS_WIDTH: "120",
};

/**
 * Understands cargo with `CARGO_PROGRESS`: how many crates are compiled, and
 * which tests run.
 *
 * @param {string} line
 * @returns {Meaning}
 */
export function cargoMeaning(line) {
  const text = plain(line).trim();
  const bar = /^Building \[.*\] (\d+)\/(\d+)(?:: (.*))?$/u.exec(text);
  if (bar !== null) {
    const crates = bar[3] === undefined ? "" : `: ${bar[3]}`;
    return { status: `compiled ${bar[1] ?? ""} of ${bar[2] ?? ""} crates${crates}`, drop: true };
  }
  const tests = /^(?:Running|Doc-tests) (.*?)(?: \(.*\))?$/u.exec(text)?.[1];
  return tests === undefined ? {} : { status: `testing ${tests}` };
}

/** @param {string} text */
function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]/gu, "");
}
