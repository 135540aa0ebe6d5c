/** The adapter over the native calls; what the calls do is tested in `crates/host`. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { swapping } from "../../src/os/harden.ts";
import { lockOpenFile } from "../../src/os/lock.ts";
import { notifyServiceManager, watchdogMs } from "../../src/os/notify.ts";
import { peerOf } from "../../src/os/peer.ts";

const linux = process.platform === "linux";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tq-host-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.runIf(linux)("on Linux", () => {
  test("a folder is locked once, and free again when it is closed", () => {
    const [first, second] = [openSync(folder, "r"), openSync(folder, "r")];
    expect(lockOpenFile(first)).toEqual({ kind: "locked" });
    expect(lockOpenFile(second)).toEqual({ kind: "busy" });
    closeSync(first);
    expect(lockOpenFile(second)).toEqual({ kind: "locked" });
    closeSync(second);
    expect(lockOpenFile(second)).toEqual({ kind: "refused", code: "EBADF" });
  });

  test("the peer of a unix socket is known by user, group and process; that of TCP is not", async () => {
    const unix = await accepted(join(folder, "socket"));
    expect(peerOf(unix.server)).toEqual({
      kind: "peer",
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      pid: process.pid,
    });
    unix.close();
    expect(peerOf(unix.server)).toEqual({ kind: "notOpen" });
    const tcp = await accepted(0);
    expect(peerOf(tcp.server)).toEqual({ kind: "unsupported" });
    tcp.close();
  });

  // Node has no unix datagram sockets, so the receiver is a short program in another language.
  const python = linux && spawnSync("python3", ["--version"]).status === 0;
  test.runIf(python)(
    "the service manager is told in one message, and a line break cannot add to it",
    () => {
      const receiver = join(folder, "notify");
      const script =
        `import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n` +
        `s.bind(${JSON.stringify(receiver)})\nprint("bound",flush=True)\n` +
        `sys.stdout.write(s.recv(200).decode())`;
      const child = `
      const { spawn } = require("node:child_process");
      const py = spawn("python3", ["-c", ${JSON.stringify(script)}]);
      let out = "";
      py.stdout.on("data", async (data) => {
        out += data;
        if (out === "bound\\n") {
          const { notifyServiceManager } = await import(${JSON.stringify(
            new URL("../../dist/os/notify.js", import.meta.url).href,
          )});
          const state = { ready: true, watchdog: true, status: "a\\nSTOPPING=1" };
          const answer = notifyServiceManager(state, { NOTIFY_SOCKET: ${JSON.stringify(receiver)} });
          if (answer.kind !== "told") process.exit(1);
        }
      });
      py.on("close", () => process.stdout.write(out));`;
      const { stdout, status } = spawnSync(process.execPath, ["-e", child], { encoding: "utf8" });
      expect(status).toBe(0);
      expect(stdout).toBe("bound\nREADY=1\nWATCHDOG=1\nSTATUS=a STOPPING=1");
    },
  );

  test("core dumps are off, and other processes keep out, once it is asked for", () => {
    const script = `
      import { forbidCoreDumps } from ${JSON.stringify(
        new URL("../../dist/os/harden.js", import.meta.url).href,
      )};
      import { readFileSync, statSync } from "node:fs";
      console.log(forbidCoreDumps().kind);
      console.log(/Max core file size +0 +0 /.test(readFileSync("/proc/self/limits", "utf8")));`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    expect(stdout).toBe("done\ntrue\n");
  });

  test("the memory of rack secrets is locked, and no other, where this may be done", () => {
    const script = `
      import { areSecretsLocked } from ${JSON.stringify(
        new URL("../../dist/os/harden.js", import.meta.url).href,
      )};
      import { readFileSync } from "node:fs";
      const kib = () => Number(/VmLck:\\s+(\\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
      console.log(kib(), areSecretsLocked(), kib());`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    // A page of 64 KiB is the least where pages are that large.
    expect(stdout).toMatch(/^0 (true (32|64)|false 0)\n$/);
  });
});

test("without a service manager nobody is told; an address that is none is named", () => {
  expect(notifyServiceManager({ ready: true }, {})).toEqual({ kind: "nobody" });
  if (!linux) return;
  const bad = { NOTIFY_SOCKET: "vsock:2:5" };
  expect(notifyServiceManager({ ready: true }, bad)).toEqual({ kind: "invalidAddress" });
  const gone = { NOTIFY_SOCKET: join(folder, "nobody") };
  expect(notifyServiceManager({ ready: true }, gone)).toEqual({ kind: "refused", code: "ENOENT" });
});

test("the watchdog's interval counts only for the process that it names", () => {
  expect(watchdogMs({})).toBeUndefined();
  expect(watchdogMs({ WATCHDOG_USEC: "10000000" })).toBe(10_000);
  expect(watchdogMs({ WATCHDOG_USEC: "10000000", WATCHDOG_PID: String(process.pid) })).toBe(10_000);
  expect(watchdogMs({ WATCHDOG_USEC: "10000000", WATCHDOG_PID: "1" })).toBeUndefined();
  for (const usec of ["", "0", "-1", "1e9", "ten"]) {
    expect(watchdogMs({ WATCHDOG_USEC: usec })).toBeUndefined();
  }
});

test("swapping is impossible without swap space, or with a limit of 0 on any level above", () => {
  expect(swapping(folder)).toEqual({ kind: "unknown" });
  const write = (file: string, text: string): void => {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  write("proc/swaps", "Filename Type Size Used Priority\n");
  expect(swapping(folder)).toEqual({ kind: "never", because: "noSwapSpace" });
  write("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 100 0 -2\n");
  expect(swapping(folder)).toEqual({ kind: "possible" });
  write("proc/self/cgroup", "0::/system.slice/tqd.service/inner\n");
  write("sys/fs/cgroup/system.slice/tqd.service/inner/memory.swap.max", "max\n");
  expect(swapping(folder)).toEqual({ kind: "possible" });
  write("sys/fs/cgroup/system.slice/tqd.service/memory.swap.max", "0\n");
  expect(swapping(folder)).toEqual({ kind: "never", because: "serviceLimit" });
  // In a container the process sees its own control group as the topmost one.
  write("proc/self/cgroup", "0::/\n");
  expect(swapping(folder)).toEqual({ kind: "possible" });
  write("sys/fs/cgroup/memory.swap.max", "0\n");
  expect(swapping(folder)).toEqual({ kind: "never", because: "serviceLimit" });
});

test("where the addon does not load, every answer says what the loader said, on one line", () => {
  const module = (name: string) =>
    JSON.stringify(new URL(`../../../${name}.js`, import.meta.url).href);
  const script = `
    import { addonProblem } from ${module("sled-host/dist/os/native")};
    import { lockOpenFile } from ${module("sled-host/dist/os/lock")};
    import { forbidCoreDumps } from ${module("sled-host/dist/os/harden")};
    import { notifyServiceManager } from ${module("sled-host/dist/os/notify")};
    import { hardenProcess } from ${module("daemon/dist/sled/hardening")};
    import { nodeFileSystem } from ${module("sled-host/dist/store/node-file-system")};
    const told = [];
    hardenProcess({ refuseSwap: false }, { warn: (_fields, text) => told.push(text) });
    const answers = [lockOpenFile(0), forbidCoreDumps(), notifyServiceManager({}, { NOTIFY_SOCKET: "/x" })];
    const store = await nodeFileSystem.openFolder(${JSON.stringify(folder)}).catch(({ message }) => message);
    console.log(JSON.stringify({ problem: addonProblem(), told, answers, store }));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "--no-addons" },
  });
  expect(stderr).toBe("");
  const { problem, told, answers, store } = JSON.parse(stdout) as {
    problem: string;
    told: string[];
    answers: object[];
    store: string;
  };
  expect(problem).toBe(
    "the native addon does not load: ERR_DLOPEN_DISABLED: Cannot load native addon because loading addons is disabled.",
  );
  const unsupported = { kind: "unsupported", problem };
  expect(answers).toEqual([unsupported, unsupported, unsupported]);
  expect(told).toContain(`core dumps cannot be forbidden: ${problem}`);
  expect(store).toBe(`it cannot be locked: ${problem}`);
});

async function accepted(
  address: string | number,
): Promise<{ readonly server: Socket; readonly close: () => void }> {
  const listener = createServer().listen(address as string);
  await once(listener, "listening");
  const bound = listener.address();
  const client =
    typeof bound === "string" ? connect(bound) : connect(bound?.port ?? 0, "127.0.0.1");
  const [server] = (await once(listener, "connection")) as [Socket];
  const close = (): void => {
    client.destroy();
    server.destroy();
    listener.close();
  };
  return { server, close };
}
