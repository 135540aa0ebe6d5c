/** Nobody looks into a real `tqd` by way of its runtime. */
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TestRack, logLines, waitFor } from "./rack.ts";
import type { TestSled } from "./rack.ts";

const NODE_PORT = 9229;

let rack: TestRack;
let sled: TestSled;
beforeAll(async () => {
  rack = await TestRack.create(1);
  sled = rack.sleds[0] as TestSled;
  await sled.start();
  await sled.kill("SIGTERM");
});
afterEach(async () => {
  await sled.kill("SIGKILL");
  sled.output = "";
});
afterAll(() => rack.destroy());

/** What Node prints on standard error when it opens its debugger, wherever that is. */
const OPENED = "Debugger listening on";

test("SIGUSR1 opens no debugger while it runs; the log says that it does nothing", async () => {
  await sled.start();
  sled.process?.kill("SIGUSR1");
  await waitFor("the log has it", () =>
    logLines(sled.output).some(({ msg }) => String(msg).startsWith("SIGUSR1 does nothing here")),
  );
  // Time enough for the thread that Node has for it.
  await sleep(300);
  expect(sled.output).not.toContain(OPENED);
  expect((await sled.get("/live")).status).toBe(200);
  expect((await sled.status()).hardening["noDebugger"]?.active).toBe(true);
});

test("SIGUSR1 while it starts ends it, unless it opens nothing", async () => {
  for (let delay = 0; delay < 120; delay += 15) {
    sled.output = "";
    sled.spawn();
    await sleep(delay);
    sled.process?.kill("SIGUSR1");
    const end = await Promise.race([sled.exit, alive()]);
    if (sled.output.includes(OPENED)) expect(end, sled.output).toBe(1);
    else expect([1, "SIGUSR1", "alive"]).toContain(end);
    await sled.kill("SIGKILL");
  }

  async function alive(): Promise<string> {
    await waitFor("it answers or ends", async () => {
      const process = sled.process;
      if (process?.exitCode !== null || process.signalCode !== null) return true;
      return (await sled.get("/live").catch(() => undefined))?.status === 200;
    });
    await sleep(50);
    return "alive";
  }
});

test.each([
  ["--inspect=127.0.0.1:0", "lets a debugger in; a debugger can connect to it"],
  ["--heapsnapshot-signal=SIGUSR2", "writes the memory to a file"],
  ["--report-on-signal", "writes reports of the process"],
  ["--trace-tls", "prints what the program works with"],
])("%s in NODE_OPTIONS is refused before the ledger is read", async (option, reason) => {
  // A ledger that cannot be read would be another error.
  const flags = ["--ledger-replicas", "/nowhere/a,/nowhere/b", "--ledger-create", "false"];
  sled.spawn({ flags, env: { NODE_OPTIONS: option } });
  expect(await sled.exit).toBe(1);
  const fatal = logLines(sled.output).find(({ level }) => level === "fatal");
  expect(fatal).toMatchObject({ error: { code: "ERR_TQD_DEBUGGING" } });
  expect(sled.output).toContain(reason);
});

test("other options of Node stay", async () => {
  const env = { NODE_OPTIONS: "--max-old-space-size=200 --trace-warnings" };
  await sled.start({ env });
  expect(await sled.kill("SIGTERM")).toBe(0);
});

test("a debugger that preloaded code opens before the start, or later, ends the daemon", async () => {
  const file = path.join(rack.folder, "opens.mjs");
  writeFileSync(file, `import { open } from "node:inspector"; open(0);`);
  sled.spawn({ env: { NODE_OPTIONS: `--import=${file}` } });
  expect(await sled.exit).toBe(1);
  writeFileSync(
    file,
    `import { open } from "node:inspector"; process.on("SIGUSR2", () => { open(0); });`,
  );
  sled.output = "";
  await sled.start({ env: { NODE_OPTIONS: `--import=${file}` } });
  expect(logLines(sled.output)).toContainEqual(
    expect.objectContaining({ level: "warn", preloading: [`--import=${file}`] }),
  );
  sled.process?.kill("SIGUSR2");
  expect(await sled.exit).toBe(4);
  expect(sled.output).toContain("ERR_TQD_DEBUGGING");
});

test("process.allow_debugging permits it, and the status says so", async () => {
  const flags = ["--process-allow-debugging", "true"];
  const env = { NODE_OPTIONS: "--inspect-port=0 --report-uncaught-exception" };
  await sled.start({ flags, env });
  const { noDebugger } = (await sled.status()).hardening;
  expect(noDebugger?.active).toBe(false);
  sled.process?.kill("SIGUSR1");
  await waitFor("it opens", () => sled.output.includes(OPENED));
  const port = Number(/ws:\/\/127\.0\.0\.1:(\d+)/.exec(sled.output)?.[1] ?? NODE_PORT);
  await new Promise<void>((resolve, reject) => {
    const probe = connect(port, "127.0.0.1", resolve).on("error", reject);
    probe.once("connect", () => probe.destroy());
  });
});
