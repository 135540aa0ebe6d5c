/** Which switches of Node and V8 let somebody look into a process, and which do not. */
import { describe, expect, test } from "vitest";
import { preloadingSwitches, refusedSwitches } from "../../src/sled/debugging.ts";

const given = (...execArgv: string[]): string[] => refusedSwitches({ execArgv, environment: {} });
const inVariable = (text: string): string[] =>
  refusedSwitches({ execArgv: [], environment: { NODE_OPTIONS: text } });

describe("a switch is refused, with what it does", () => {
  test.each([
    ["--inspect", "lets a debugger in"],
    ["--inspect=0.0.0.0:9229", "lets a debugger in"],
    ["--inspect-brk", "lets a debugger in"],
    ["--inspect-wait", "lets a debugger in"],
    ["--inspect-port=9230", "lets a debugger in"],
    ["--inspect-publish-uid=http", "lets a debugger in"],
    ["--debug-port=1", "lets a debugger in"],
    ["--experimental-network-inspection", "lets a debugger in"],
    ["--heapsnapshot-signal=SIGUSR2", "writes the memory to a file"],
    ["--heapsnapshot_signal", "writes the memory to a file"],
    ["--heapsnapshot-near-heap-limit=1", "writes the memory to a file"],
    ["--build-snapshot", "writes the memory to a file"],
    ["--report-on-signal", "writes reports of the process"],
    ["--report-on-fatalerror", "writes reports of the process"],
    ["--report-uncaught-exception", "writes reports of the process"],
    ["--report-dir=/tmp", "writes reports of the process"],
    ["--diagnostic-dir=/tmp", "writes reports of the process"],
    ["--cpu-prof", "writes profiles of the process"],
    ["--heap-prof", "writes profiles of the process"],
    ["--heap_prof_dir=x", "writes profiles of the process"],
    ["--prof", "writes profiles of the process"],
    ["-prof", "writes profiles of the process"],
    ["--perf-basic-prof", "writes profiles of the process"],
    ["--abort-on-uncaught-exception", "ends the process with a dump of its memory"],
    ["--tls-keylog=/tmp/keys", "writes the keys of its connections to a file"],
    ["--trace", "prints what the program works with"],
    ["--trace-tls", "prints what the program works with"],
    ["--trace-event-categories=node", "prints what the program works with"],
    ["--trace-events-enabled", "prints what the program works with"],
    ["--trace-deopt", "prints what the program works with"],
    ["--print-bytecode", "prints what the program works with"],
    ["--log-all", "prints what the program works with"],
    ["--logfile=x", "prints what the program works with"],
  ])("%s", (argument, reason) => {
    expect(given(argument)).toEqual([expect.stringContaining(reason)]);
  });

  test("also in NODE_OPTIONS, between others and in quotes", () => {
    expect(inVariable("--max-old-space-size=64  --inspect --title=x")).toEqual([
      "--inspect in NODE_OPTIONS lets a debugger in",
    ]);
    expect(inVariable('"--heapsnapshot-signal=SIG USR2"')).toHaveLength(1);
    expect(inVariable('"--inspect\\-brk"')).toHaveLength(1);
    expect(inVariable('--ti"tle=a b" --inspect-brk')).toHaveLength(1);
    expect(inVariable('"--title=a --inspect"')).toEqual([]);
  });

  test("and so are variables that print what passes through", () => {
    const environment = { NODE_DEBUG: "stream", NODE_DEBUG_NATIVE: "" };
    expect(refusedSwitches({ execArgv: [], environment })).toEqual([
      "NODE_DEBUG prints what the program works with",
    ]);
  });
});

test.each([
  "--max-old-space-size=4096",
  "--max_old_space_size=64",
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--jitless",
  "--expose-gc",
  "--no-addons",
  "--no-warnings",
  "--enable-source-maps",
  "--stack-trace-limit=50",
  "--unhandled-rejections=strict",
  "--disable-sigusr1",
  "--dns-result-order=ipv4first",
  "--use-openssl-ca",
  "--openssl-config=/etc/ssl/openssl.cnf",
  "--secure-heap=65536",
  "--title=inspect",
  "--trace-gc",
  "--trace-gc-verbose",
  "--trace-warnings",
  "--trace-deprecation",
  "--trace-exit",
  "--trace-uncaught",
  "--trace-sigint",
  "--require=./report-to.cjs",
  "--import=./prof.mjs",
  "prof",
])("%s stays allowed", (argument) => {
  expect(given(argument)).toEqual([]);
  expect(inVariable(argument)).toEqual([]);
});

test("what preloads code is named", () => {
  const environment = { NODE_OPTIONS: "--require ./a.cjs --max-old-space-size=64" };
  const execArgv = ["--import=./b.mjs", "--experimental-loader", "./c.mjs"];
  expect(preloadingSwitches({ execArgv, environment })).toEqual([
    "--import=./b.mjs",
    "--experimental-loader",
    "--require",
  ]);
});
