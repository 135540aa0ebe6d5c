/** However a real `tqd` ends, it ends: with its exit code and in time, whatever becomes of its log. */
import { spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { TestRack, logLines, waitFor } from "./rack.ts";
import type { TestSled } from "./rack.ts";

let rack: TestRack;
let sled: TestSled;
beforeAll(async () => {
  rack = await TestRack.create(1);
  sled = rack.sleds[0] as TestSled;
  // Its ledgers, so that it starts without being told to begin them.
  await sled.start();
  await sled.kill("SIGTERM");
});
afterAll(() => rack.destroy());

/** Where the log goes, and what makes that fail. */
interface BadLog {
  readonly flags?: readonly string[];
  readonly output?: number;
  readonly errors?: number;
}

const UNREAD = "standard output that nobody reads";

/** Logs that cannot be written, each in its own way. */
const BAD_LOGS: Readonly<Record<string, () => BadLog>> = {
  "a file on a full disk (ENOSPC)": () => ({ flags: ["--log-file", "/dev/full"] }),
  "standard output on a full disk (ENOSPC)": () => {
    const full = opened("/dev/full", constants.O_WRONLY);
    return { output: full, errors: full };
  },
  "a file that the device fails to write (EIO)": () => ({
    flags: ["--log-file", "/proc/self/mem"],
  }),
  "standard output that nobody holds any more (EPIPE)": () => {
    const { writer, reader } = pipe();
    closeSync(reader);
    return { output: writer, errors: writer };
  },
  [UNREAD]: () => {
    const { writer } = fullPipe();
    return { output: writer, errors: writer };
  },
  "a named pipe that nobody reads": () => ({ flags: ["--log-file", fullPipe().file] }),
};

function opened(file: string, flags: number): number {
  const descriptor = openSync(file, flags);
  onTestFinished(() => closeQuietly(descriptor));
  return descriptor;
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch {
    // The test has closed it.
  }
}

let pipes = 0;

/** A named pipe; a real one, whose ends any process can be given. */
function pipe(): { readonly file: string; readonly writer: number; readonly reader: number } {
  const file = path.join(rack.folder, `pipe-${pipes++}`);
  expect(spawnSync("mkfifo", [file]).status).toBe(0);
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  const reader = opened(file, O_RDONLY | O_NONBLOCK);
  return { file, reader, writer: opened(file, O_WRONLY) };
}

/** One that takes nothing more. */
function fullPipe(): { readonly file: string; readonly writer: number } {
  const { file, writer } = pipe();
  const filler = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
  const fill = (bytes: number): void => {
    try {
      while (writeSync(filler, Buffer.alloc(bytes)) > 0);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("EAGAIN");
    }
  };
  fill(4096);
  fill(1);
  closeSync(filler);
  return { file, writer };
}

/** How long an end may take beyond what it waits for on purpose: a limit against hanging, on a busy machine. */
const AMPLE_MS = 8000;

/** Waits for the end, but not for ever. */
async function endsWith(code: number): Promise<void> {
  const ended = await Promise.race([sled.exit, sleep(AMPLE_MS, "it goes on")]);
  expect(ended, sled.output).toBe(code);
}

async function answers(): Promise<void> {
  await waitFor("it answers", async () => {
    if (sled.process?.exitCode !== null) throw new Error(`it ended: ${sled.output}`);
    return (await sled.get("/live").catch(() => undefined))?.status === 200;
  });
}

/** Something that goes wrong in the process itself, from outside of the program. */
function preloaded(name: string, code: string): { readonly NODE_OPTIONS: string } {
  const file = path.join(rack.folder, name);
  writeFileSync(file, code);
  return { NODE_OPTIONS: `--import=${file}` };
}

const MISTAKE = `process.on("SIGUSR2", () => { throw new TypeError("a mistake"); });`;
/** Nothing that listens ever gets closed. */
const HANG = `import { Server } from "node:net"; Server.prototype.close = function () { return this; };`;

/** Each way to end, with its code. */
const ENDS: Readonly<Record<string, readonly [code: number, end: (log: BadLog) => Promise<void>]>> =
  {
    "a graceful stop": [
      0,
      async (log) => {
        sled.spawn(log);
        await answers();
        sled.process?.kill("SIGTERM");
      },
    ],
    "what keeps it from starting": [
      1,
      ({ flags = [], ...rest }) => {
        sled.spawn({ ...rest, flags: [...flags, "--mesh-certificate", "/nowhere.pem"] });
        return Promise.resolve();
      },
    ],
    "a ledger that cannot be saved": [
      3,
      async ({ flags = [], ...rest }) => {
        const replicas = ["lost-a", "lost-b"].map((name) => path.join(sled.folder, name));
        for (const folder of replicas) mkdirSync(folder, { mode: 0o700 });
        sled.spawn({ ...rest, flags: [...flags, "--ledger-replicas", replicas.join(",")] });
        await answers();
        // Folders that are gone fail like disks that are.
        for (const folder of replicas) rmSync(folder, { recursive: true });
        const body = {
          rackId: rack.rackId,
          epoch: 1,
          lastCommittedEpoch: null,
          members: [sled.id, "a:1", "a:2"],
          threshold: 2,
        };
        sled.post("/v1/reconfigure", body).catch(() => undefined);
      },
    ],
    "a mistake of the program": [
      4,
      async (log) => {
        sled.spawn({ ...log, env: preloaded("mistake.mjs", MISTAKE) });
        await answers();
        sled.process?.kill("SIGUSR2");
      },
    ],
    "a stop that takes too long": [
      5,
      async ({ flags = [], ...rest }) => {
        const limit = ["--process-stop-timeout-ms", "300"];
        sled.spawn({ ...rest, flags: [...flags, ...limit], env: preloaded("hang.mjs", HANG) });
        await answers();
        sled.process?.kill("SIGTERM");
      },
    ],
  };

const [FULL_DISK = "", ...OTHERS] = Object.keys(BAD_LOGS);
const SOME = ["a graceful stop", "a mistake of the program"];
test.each([
  ...[FULL_DISK, UNREAD].flatMap((log) => Object.keys(ENDS).map((end) => [log, end] as const)),
  ...OTHERS.filter((log) => log !== UNREAD).flatMap((log) =>
    SOME.map((end) => [log, end] as const),
  ),
])("with %s as its log, %s ends it with its code", async (log, way) => {
  const [code, end] = ENDS[way] as (typeof ENDS)[string];
  await end((BAD_LOGS[log] as () => BadLog)());
  await endsWith(code);
});

test("a thread that a device keeps for ever does not keep the process", async () => {
  // Nobody will ever read this pipe: to open it takes for ever.
  const file = path.join(rack.folder, "unread");
  expect(spawnSync("mkfifo", [file]).status).toBe(0);
  const code = `import { open } from "node:fs"; open(${JSON.stringify(file)}, "w", () => {});`;
  sled.spawn({ env: preloaded("kept.mjs", code) });
  await answers();
  sled.process?.kill("SIGTERM");
  await endsWith(0);
});

test("an event loop that is blocked keeps a stop from nothing: code 5 in time", async () => {
  const code = `process.once("SIGTERM", () => setImmediate(() => { for (;;); }));`;
  const limit = ["--process-stop-timeout-ms", "300"];
  sled.spawn({ flags: limit, env: preloaded("block.mjs", code) });
  await answers();
  sled.process?.kill("SIGTERM");
  await endsWith(5);
});

test("wrong options and configurations end it with code 2, also where nobody reads what is said", async () => {
  for (const flags of [["--nonsense"], ["--log-level", "loud"]]) {
    const { writer } = fullPipe();
    sled.spawn({ flags, output: writer, errors: writer });
    await endsWith(2);
  }
});

test.each(["--help", "--version", "--print-config", "--check-config"])(
  "%s on a full disk is one line of error and no success",
  async (flag) => {
    sled.output = "";
    sled.spawn({ flags: [flag], output: opened("/dev/full", constants.O_WRONLY) });
    await endsWith(1);
    expect(sled.output).toMatch(/^tqd: the output cannot be written: ENOSPC[^\n]*\n$/);
  },
);

test("lines that were lost are counted in the log once it can be written again", async () => {
  const { file, reader } = pipe();
  sled.spawn({ flags: ["--log-file", file, "--log-level", "trace"] });
  await answers();
  // Nobody reads: the pipe fills up, then what may wait.
  for (let i = 0; i < 40; i++) {
    await Promise.all(Array.from({ length: 250 }, () => sled.get("/live").catch(() => undefined)));
  }
  const chunk = Buffer.alloc(1 << 20);
  let text = "";
  await waitFor("it says how many", () => {
    try {
      text += chunk.subarray(0, readSync(reader, chunk)).toString();
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("EAGAIN");
    }
    return text.includes("lines of this log were lost");
  });
  const lost = logLines(text).find(({ msg }) => msg === "lines of this log were lost");
  expect(lost?.["lines"]).toBeGreaterThan(0);
  expect(await sled.kill("SIGKILL")).toBe("SIGKILL");
});
