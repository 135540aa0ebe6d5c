import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePeers, readPeersFile, watchPeersFile } from "../../src/mesh/peers-file.ts";
import type { MeshPeer } from "../../src/mesh/types.ts";
import { parseAddress } from "@trust-quorum/sled-host/os/address";
import { sledId, until } from "./rack.ts";

const FAST = { debounceMs: 10, pollMs: 50 };
const toml = (...ids: number[]) =>
  ids.map((n) => `[[peers]]\nid = "${sledId(n)}"\naddress = "[fd00::${n}]:7750"\n`).join("\n");

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tqd-peers-"));
  file = path.join(folder, "peers.toml");
});
afterEach(() => rm(folder, { recursive: true }));

describe("a list of peers", () => {
  it("is TOML, or JSON where its name says so", () => {
    expect(parsePeers("p.toml", toml(1, 2))).toEqual([
      { id: sledId(1), address: "[fd00::1]:7750" },
      { id: sledId(2), address: "[fd00::2]:7750" },
    ]);
    const peers = [{ id: "a:b", address: "sled-2.example:7750" }];
    expect(parsePeers("p.json", JSON.stringify({ peers }))).toEqual(peers);
    expect(parsePeers("p.toml", "peers = []")).toEqual([]);
  });

  it("is read as earlier versions of tq wrote it", async () => {
    const formats = fileURLToPath(new URL("../../../../testdata/formats", import.meta.url));
    for (const version of await readdir(formats)) {
      const old = path.join(formats, version, "rack", "peers.toml");
      const named = (await readFile(old, "utf8")).matchAll(/^id = "(.*)"\naddress = "(.*)"$/gm);
      const expected = [...named].map(([, id, address]) => ({ id, address }));
      expect(expected.length).toBeGreaterThan(0);
      expect(await readPeersFile(old)).toEqual(expected);
    }
  });

  const bad: [string, string][] = [
    ["", "peers is missing"],
    ["peers = 3", "not a list"],
    ["[[peers]", "unclosed|expected|invalid|unterminated"],
    ["peer = []", "peer is not a key"],
    ["peers = [1]", "peers\\[0\\] is not a table"],
    ['peers = [{ id = "a:b" }]', "peers\\[0\\]\\.address"],
    ['peers = [{ address = "a:1" }]', "peers\\[0\\]\\.id"],
    ['peers = [{ id = "ab", address = "a:1" }]', "exactly one colon"],
    ['peers = [{ id = "a:b", address = "a:1", port = 1 }]', "port is not a key"],
    ['peers = [{ id = "a:b", address = "a:1" }, { id = "a:b", address = "b:1" }]', "named twice"],
    [`peers = [${'{ id = "a:b", address = "a:1" },'.repeat(257)}]`, "more than 256"],
  ];
  it.each(bad)("is refused whole where it says %j", (text, problem) => {
    expect(() => parsePeers("p.toml", text)).toThrow(
      expect.objectContaining({
        code: "ERR_TQD_PEERS_INVALID",
        message: expect.stringMatching(new RegExp(problem, "i")) as string,
      }),
    );
  });

  it("has addresses of hosts, IPv4 and bracketed IPv6, each with a port", () => {
    expect(parseAddress("[fe80::1%eth0]:1")).toEqual({ host: "fe80::1%eth0", port: 1 });
    expect(parseAddress("10.0.0.1:65535")).toEqual({ host: "10.0.0.1", port: 65_535 });
    for (const text of ["", "a", "a:", ":1", "a:65536", "fd00::1:80", "[a", "a b:1", "a/b:1"]) {
      expect(parseAddress(text)).toBeUndefined();
    }
  });

  it("is refused where the file is absent, too large or no text", async () => {
    const refused = { code: "ERR_TQD_PEERS_INVALID" };
    await expect(readPeersFile(file)).rejects.toMatchObject(refused);
    await writeFile(file, Buffer.from([0xff, 0xfe]));
    await expect(readPeersFile(file)).rejects.toMatchObject(refused);
    await writeFile(file, "#".repeat(300_000));
    await expect(readPeersFile(file)).rejects.toMatchObject(refused);
  });
});

describe("a watched list of peers", () => {
  const lists: (readonly MeshPeer[])[] = [];
  const problems: string[] = [];
  const handlers = {
    peers: (peers: readonly MeshPeer[]) => void lists.push(peers),
    problem: (error: Error) => void problems.push(error.message),
  };
  beforeEach(() => {
    lists.length = 0;
    problems.length = 0;
  });
  const has = (...ids: number[]) => {
    const last = lists
      .at(-1)
      ?.map(({ id }) => id)
      .join();
    return last === ids.map(sledId).join();
  };

  it("follows a file that is written, replaced, removed and put back; a bad one changes nothing", async () => {
    await writeFile(file, toml(1));
    const { peers, watch } = await watchPeersFile(file, handlers, FAST);
    expect(peers.map(({ id }) => id)).toEqual([sledId(1)]);
    await writeFile(file, toml(1, 2));
    await until("written", () => has(1, 2));
    await writeFile(`${file}.new`, toml(3));
    await rename(`${file}.new`, file);
    await until("replaced", () => has(3));
    await writeFile(file, "[[peers]");
    await until("reported", () => problems.length === 1);
    await unlink(file);
    await until("reported", () => problems.length === 2);
    expect(has(3)).toBe(true);
    await writeFile(file, toml(4));
    await until("put back", () => has(4));
    expect(lists).toHaveLength(3);
    watch.close();
  });

  it("follows a symbolic link on its way, as secret mounts replace files", async () => {
    for (const [name, n] of [
      ["one", 1],
      ["two", 2],
    ] as const) {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, "peers.toml"), toml(n));
    }
    // Kubernetes calls this link `..data`, and the new one that replaces it `..data_tmp`.
    const data = path.join(folder, "..data");
    await symlink("one", data);
    await symlink(path.join(data, "peers.toml"), file);
    const { watch } = await watchPeersFile(file, handlers, FAST);
    await symlink("two", path.join(folder, "..data_tmp"));
    await rename(path.join(folder, "..data_tmp"), data);
    await until("followed", () => has(2));
    watch.close();
  });

  it("is read again at once where somebody asks for it, also where nothing tells of the change", async () => {
    await writeFile(file, toml(1));
    const never = { debounceMs: 1e9, pollMs: 1e9 };
    const { watch, reread } = await watchPeersFile(file, handlers, never);
    await writeFile(file, toml(1, 2));
    await reread();
    expect(has(1, 2)).toBe(true);
    watch.close();
  });

  it("is refused at once where there is none to begin with", async () => {
    await expect(watchPeersFile(file, handlers, FAST)).rejects.toMatchObject({
      code: "ERR_TQD_PEERS_INVALID",
    });
  });
});
