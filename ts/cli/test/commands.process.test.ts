/** The command line without a rack: what is refused, what is printed, and what is never touched. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readBootstore } from "../src/bootstore.ts";
import { program } from "../src/program.ts";
import { LOG_BYTES_MAX, findDaemon, rotateLog, startOf, stopDaemon } from "../src/processes.ts";
import { readRackFile, writeRackFile } from "../src/rack-file.ts";
import type { SledApi } from "@trust-quorum/api/client/api";
import { HttpSled } from "@trust-quorum/api/client/http";
import { LEDGERS, TryRack } from "./tq.ts";

const rack = new TryRack();
afterAll(() => rack.clean());

describe("usage", () => {
  test.each([
    [["stauts"]],
    [["status", "--wat"]],
    [["status", "extra"]],
    [["up", "--sleds", "two"]],
    [["up", "--sleds", "33"]],
    [["member", "remove"]],
    [["key", "S1", "--purpose", "zfs"]],
    [["key", "S1", "--fd", "1", "--purpose", "zfs"]],
    [["key", "S1", "--fd", "1", "--purpose", "zfs", "--disk", "d", "--serial", "s"]],
    [["key", "S1", "--fd", "1", "--derivation", "original", "--vendor", "v", "--model", "m"]],
    [["key", "S1", "--fd", "1", "--derivation", "zfs", "--purpose", "zfs", "--disk", "d"]],
    [["status", "--timeout", "0"]],
    [["completion", "csh"]],
    [["abort", "--reason", " "]],
  ])("%j ends with 2, and says why", async (args) => {
    const ended = await rack.run(args);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/^(error|tq): ./m);
    expect(ended.stdout).toBe("");
  });

  test("without a rack every command says how to make one, also as JSON", async () => {
    const ended = await rack.run(["status", "--json"]);
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: "ERR_TQ_CLI_NO_RACK" } });
    expect(ended.stderr).toContain("tq up --sleds 5");
  });

  test("every command has a help with examples", () => {
    const visit = (command: ReturnType<typeof program>, names: readonly string[]): void => {
      for (const child of command.commands) visit(child, [...names, child.name()]);
      if (command.commands.length > 0 || names.length === 0) return;
      let help = "";
      command.configureOutput({ writeOut: (text) => (help += text) });
      command.outputHelp();
      expect(help).toContain(`Usage: tq ${names.join(" ")}`);
      expect(help).toContain(`Examples:\n`);
      expect(help).toMatch(new RegExp(`tq ${names.join(" ")}`));
    };
    visit(program("0"), []);
  });
});

describe("completion", () => {
  const script = (shell: string) => rack.ok("completion", shell);

  test("in bash completes commands, members of a command, and options", async () => {
    const file = path.join(rack.folder, "tq.bash");
    writeFileSync(file, await script("bash"));
    const complete = (...words: string[]) => {
      const line = `source ${file}; COMP_WORDS=(tq ${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length}; _tq; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", line], { encoding: "utf8" }).stdout.trim().split(" ");
    };
    expect(complete("up")).toEqual(["up", "upgrade"]);
    expect(complete("member", "")).toEqual(expect.arrayContaining(["add", "remove", "list"]));
    expect(complete("member", "add", "--d")).toEqual(["--dry-run"]);
    expect(complete("--rack", "x", "status", "--w")).toEqual(["--watch"]);
  });

  test("in zsh and fish names every command", async () => {
    const names = program("0").commands.map((command) => command.name());
    for (const shell of ["zsh", "fish"]) {
      const text = await script(shell);
      for (const name of names) expect(text).toContain(name);
    }
  });
});

describe("a rack's file", () => {
  test("is read as it was written", () => {
    const file = {
      version: 1,
      origin: "new",
      rack_id: "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0",
      operator: { certificate: "op.pem", key: "op.key", ca: "ca.pem" },
      sleds: [
        { id: "part:S1", socket: "s1", home: "sleds/S1", mesh: "127.0.0.1:17000" },
        { id: "part:S2", url: "https://s2:7751" },
      ],
    } as const;
    const folder = path.join(rack.folder, "file");
    mkdirSync(folder);
    writeRackFile(folder, { ...file, sleds: [...file.sleds] });
    expect(readRackFile(folder)).toEqual(file);
  });

  test.each([
    ["version = 2", "origin, rack_id"],
    ["sleds = 1", "version, origin"],
    ["[[sleds", "rack.toml:1"],
    ['version = 1\norigin = "new"\nrack_id = "x"\nsleds = []', "rack_id"],
  ])("that says %j is refused with its place", (text, place) => {
    const folder = path.join(rack.folder, "bad");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "rack.toml"), text);
    expect(() => readRackFile(folder)).toThrow(place);
  });
});

test("the bootstore's ledgers are only looked at; sleds with a share are found, initial ones first", async () => {
  const { sleds, rackId } = await readBootstore(LEDGERS, undefined);
  expect(rackId).toMatch(/^[0-9a-f-]{36}$/);
  expect([...sleds.keys()][0]).toBe("913-0000019:BRM42220001");
  expect((await readBootstore(LEDGERS, 5)).sleds.size).toBe(5);
  await expect(readBootstore(LEDGERS, 20)).rejects.toThrow("not 20");
  await expect(readBootstore(rack.folder, 3)).rejects.toThrow("no bootstore ledgers");
});

test("a process that was given a daemon's old process id is never touched", async () => {
  const home = path.join(rack.folder, "home");
  mkdirSync(path.join(home, "run"), { recursive: true });
  const socket = path.join(home, "run", "none");
  const api = new HttpSled("S1", { kind: "socket", path: socket }, 500);
  const sled = { name: "S1", home, socket, api };
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  try {
    const pid = stranger.pid ?? 0;
    const started = startOf(pid);
    const note = (value: object) =>
      writeFileSync(path.join(home, "run", "tqd.pid.json"), JSON.stringify(value));
    // The id is alive, but its process began at another time than the daemon had.
    note({ pid, started: `${started ?? ""}1` });
    expect(await findDaemon(sled)).toEqual({ kind: "down" });
    expect(await stopDaemon(sled, true)).toBe(false);
    expect(startOf(pid)).toBe(started);
    // The daemon's own process is found although it does not answer.
    note({ pid, started });
    expect(await findDaemon(sled)).toEqual({ kind: "silent", pid });
    expect(await stopDaemon(sled, true)).toBe(true);
    expect(startOf(pid)).toBeNull();
  } finally {
    stranger.kill("SIGKILL");
    await api.close();
  }
});

test("a process is signalled because it listens on the socket, never because a daemon names its id", async () => {
  const home = path.join(rack.folder, "namespace");
  mkdirSync(path.join(home, "run"), { recursive: true });
  const socket = path.join(home, "run", "s");
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const listens = `require("node:net").createServer().listen(${JSON.stringify(socket)}, () => console.log())`;
  const daemon = spawn(process.execPath, ["-e", listens]);
  try {
    await once(daemon.stdout, "data");
    // As a daemon in a container: its own number is somebody else's here.
    const pid = stranger.pid ?? 0;
    const api = { status: () => Promise.resolve({ pid }) } as unknown as SledApi;
    expect(await stopDaemon({ name: "S1", home, socket, api }, false)).toBe(true);
    expect(startOf(daemon.pid ?? 0)).toBeNull();
    expect(startOf(pid)).not.toBeNull();
    // Where nobody can be told to listen, nothing is touched, and the operator is told where to stop it.
    await expect(stopDaemon({ name: "S1", home, socket, api }, true)).rejects.toMatchObject({
      code: "ERR_TQ_CLI_PROCESS",
      message: expect.stringContaining("stop it where it was started") as string,
    });
    expect(startOf(pid)).not.toBeNull();
  } finally {
    stranger.kill("SIGKILL");
    daemon.kill("SIGKILL");
  }
});

test("a log that is too long is renamed before a start, and one old log is kept", () => {
  const log = path.join(rack.folder, "tqd.log");
  rotateLog(log);
  writeFileSync(log, "short");
  rotateLog(log);
  expect(readFileSync(log, "utf8")).toBe("short");
  writeFileSync(`${log}.1`, "older");
  writeFileSync(log, Buffer.alloc(LOG_BYTES_MAX + 1));
  rotateLog(log);
  expect(existsSync(log)).toBe(false);
  expect(statSync(`${log}.1`).size).toBe(LOG_BYTES_MAX + 1);
});

test("several tq up at once start one daemon, and the note is that daemon's", async () => {
  const several = new TryRack();
  try {
    await several.ok("init", "--sleds", "3");
    const runs = await Promise.all([1, 2, 3].map(() => several.json("up", "--no-create")));
    const sleds = runs.flatMap((run) => (run as { sleds: UpSled[] }).sleds);
    for (const id of new Set(sleds.map((sled) => sled.id))) {
      const mine = sleds.filter((sled) => sled.id === id);
      expect(mine.filter(({ ran }) => !ran)).toHaveLength(1);
      const home = path.join(
        several.rack,
        readRackFile(several.rack)?.sleds.find((sled) => sled.id === id)?.home ?? "",
      );
      const { pid } = JSON.parse(
        readFileSync(path.join(home, "run", "tqd.pid.json"), "utf8"),
      ) as UpSled;
      expect(mine.map((sled) => sled.pid)).toEqual([pid, pid, pid]);
    }
  } finally {
    await several.clean();
  }
}, 120_000);

interface UpSled {
  readonly id: string;
  readonly pid: number;
  readonly ran: boolean;
}

describe("a key", () => {
  test("needs a place to go to, and no terminal is one", async () => {
    const made = path.join(rack.folder, "keys");
    const env = { TQ_RACK: made };
    expect((await rack.run(["init", "--sleds", "3"], { env })).code).toBe(0);
    const key = ["key", "TRY00001", "--purpose", "zfs", "--disk", "d"];
    expect((await rack.run(key, { env })).code).toBe(2);
    expect((await rack.run([...key, "--fd", "99"], { env })).code).toBe(2);
    const terminal = openTerminal();
    if (terminal === null) return;
    const ended = await rack.run([...key, "--fd", "3"], { env, descriptors: [terminal] });
    closeSync(terminal);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain("never written to a terminal");
  });
});

test("what init makes is its owner's alone, and is not made twice", async () => {
  const made = path.join(rack.folder, "made");
  const env = { TQ_RACK: made };
  expect((await rack.run(["init", "--sleds", "3"], { env })).code).toBe(0);
  for (const name of [
    "ca/ca.key",
    "sleds/TRY00001/key.pem",
    "sleds/TRY00001/ledger-a/ledger.json",
  ]) {
    expect(statSync(path.join(made, name)).mode & 0o077).toBe(0);
  }
  expect(readFileSync(path.join(made, "rack.toml"), "utf8")).toContain("TRY00003");
  const again = await rack.run(["init", "--json"], { env });
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: "ERR_TQ_CLI_RACK_EXISTS" } });
});

test("a folder whose sockets' paths would be too long is refused before anything is made", async () => {
  const long = path.join(rack.folder, "x".repeat(100));
  const ended = await rack.run(["init", "--rack", long]);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("too long for a unix socket");
  expect(() => statSync(long)).toThrow();
});

/** A terminal, from the system's multiplexer; null where there is none. */
function openTerminal(): number | null {
  try {
    return openSync("/dev/ptmx", "r+");
  } catch {
    return null;
  }
}
