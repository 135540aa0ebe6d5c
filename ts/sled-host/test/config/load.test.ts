/** The configuration: what a file, the environment and flags say, and what is said of their mistakes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "smol-toml";
import { configKeys, toCamel, toSnake } from "../../src/config/keys.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { ConfigSources } from "../../src/config/load.ts";
import { isDaemonError } from "../../src/errors.ts";
import type { DaemonErrorCode } from "../../src/errors.ts";

const folder = mkdtempSync(path.join(tmpdir(), "tqd-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const EXAMPLE = readFileSync(new URL("../../../daemon/tqd.example.toml", import.meta.url), "utf8");

const MINIMAL = `
[sled]
id = "a:1"
[ledger]
replicas = ["one", "/two"]
[mesh]
certificate = "sled.pem"
key = "/keys/sled.key"
ca = "ca.pem"
`;

let files = 0;
function write(toml: string | Uint8Array): string {
  const file = path.join(folder, `${++files}.toml`);
  writeFileSync(file, toml);
  return file;
}

/** What is said of a mistake, without the file's own name. */
function refusal(sources: ConfigSources, code: DaemonErrorCode = "ERR_TQD_CONFIG_INVALID"): string {
  try {
    loadConfig(sources);
  } catch (error) {
    if (!isDaemonError(error, code)) throw error;
    return error.message.replaceAll(sources.file ?? "\0", "FILE");
  }
  throw new Error("it was accepted");
}

describe("a configuration", () => {
  test("fills in defaults and takes relative paths from the file's folder", () => {
    const config = loadConfig({ file: write(MINIMAL) });
    expect(config.ledger).toEqual({
      replicas: [path.join(folder, "one"), "/two"],
      create: false,
      degraded: false,
      verifyEveryMinutes: 1440,
    });
    expect(config.mesh.certificate).toBe(path.join(folder, "sled.pem"));
    expect(config.mesh).toMatchObject({ listen: "[::]:7750", key: "/keys/sled.key", peers: [] });
    expect(config.api).toMatchObject({ socket: "/run/tqd/tqd.sock", allowedUids: [] });
    expect(config.api.tls).toBeUndefined();
    expect(config.unlock.automatic).toBe(true);
  });

  test("is overridden by the environment, and both by flags", () => {
    const file = write(`${MINIMAL}listen = "[::1]:1"\n[log]\nlevel = "warn"\n`);
    const environment = {
      TQD_MESH_LISTEN: "[::1]:2",
      TQD_LOG_LEVEL: "debug",
      TQD_LEDGER_DEGRADED: "true",
      TQD_API_ALLOWED_UIDS: "7, 8",
      HOME: "/",
    };
    const flags = new Map([
      ["mesh.listen", "[::1]:3"],
      ["ledger.replicas", "x,/y"],
    ]);
    const config = loadConfig({ file, environment, flags });
    expect(config.mesh.listen).toBe("[::1]:3");
    expect(config.log.level).toBe("debug");
    expect(config.ledger).toMatchObject({ degraded: true, replicas: [path.resolve("x"), "/y"] });
    expect(config.api.allowedUids).toEqual([7, 8]);
  });

  test("can come from the environment alone", () => {
    const environment = {
      TQD_SLED_ID: "a:1",
      TQD_LEDGER_REPLICAS: "/a,/b",
      TQD_MESH_CERTIFICATE: "/c",
      TQD_MESH_KEY: "/k",
      TQD_MESH_CA: "/ca",
    };
    expect(loadConfig({ environment }).sled.id).toBe("a:1");
  });
});

describe("a mistake is named with its source, its key and what is expected:", () => {
  test.each<[string, string, string]>([
    [
      "a missing key",
      MINIMAL.replace('id = "a:1"', ""),
      "FILE: sled.id: is missing: Who this sled",
    ],
    ["a missing table", "", "FILE: ledger.replicas: is missing: Two folders on two disks"],
    [
      "a misspelt key",
      `${MINIMAL}peer_file = "x"`,
      "FILE: mesh.peer_file: is not a key: did you mean peers_file?",
    ],
    ["a misspelt table", `${MINIMAL}[lgo]\n`, "FILE: lgo: is not a key: did you mean log?"],
    [
      "a key that resembles none",
      `${MINIMAL}[log]\nwherever = 1`,
      "FILE: log.wherever: is not a key: known are file, file_bytes_max, level",
    ],
    [
      "camelCase",
      `${MINIMAL}peersFile = "x"`,
      'FILE: mesh."peersFile": is not a key: did you mean',
    ],
    [
      "a wrong type",
      `${MINIMAL}pending_max = "many"`,
      'FILE: mesh.pending_max: "many" is not a whole number from 8 to 4096',
    ],
    [
      "a number out of range",
      `${MINIMAL}pending_max = 1`,
      "FILE: mesh.pending_max: 1 is not a whole number from 8 to 4096",
    ],
    [
      "a wrong word",
      `${MINIMAL}[log]\nlevel = "loud"`,
      'FILE: log.level: "loud" is not one of trace, debug, info, warn, error, fatal, silent',
    ],
    [
      "an address without a port",
      `${MINIMAL}listen = "::1"`,
      'FILE: mesh.listen: "::1" is not an address, host:port or [ipv6]:port',
    ],
    [
      "a port that is none",
      `${MINIMAL}listen = "[::1]:70000"`,
      "FILE: mesh.listen: 70000 is not a port",
    ],
    [
      "a sled's id without a colon",
      MINIMAL.replace("a:1", "a1"),
      'FILE: sled.id: "a1" does not fit: Who this sled is',
    ],
    [
      "a sled's id that is too long",
      MINIMAL.replace("a:1", `a:${"1".repeat(65)}`),
      "FILE: sled.id: not a baseboard id (part:serial): a part is longer than 64 bytes",
    ],
    ["one replica", MINIMAL.replace('["one", "/two"]', '["one"]'), "FILE: ledger.replicas: "],
    ["the same replica twice", MINIMAL.replace('"/two"', '"one"'), "FILE: ledger.replicas: "],
    [
      "a peer without an address",
      `${MINIMAL}[[mesh.peers]]\nid = "a:2"`,
      "FILE: mesh.peers[0].address: is missing: Where the peer's mesh listens, host:port",
    ],
    [
      "a peer named twice",
      `${MINIMAL}peers = [{ id = "a:2", address = "h:1" }, { id = "a:2", address = "h:2" }]`,
      "FILE: mesh.peers[1].id: a:2 is named twice",
    ],
    ["a table that is a value", `log = 1\n${MINIMAL}`, "FILE: log: 1 is not a table"],
    [
      "a TLS table without its files",
      `${MINIMAL}[api.tls]\nlisten = "h:1"`,
      "FILE: api.tls.certificate: is missing: The API's certificate chain, PEM",
    ],
  ])("%s", (_, toml, text) => {
    expect(refusal({ file: write(toml) })).toContain(text);
  });

  test("several at once", () => {
    const toml = `${MINIMAL}pending_max = 1\n[log]\nlevel = "x"\n`;
    const text = refusal({ file: write(toml), environment: { TQD_UNLOCK_RETRY_MS: "soon" } });
    expect(text).toContain('TQD_UNLOCK_RETRY_MS: unlock.retry_ms: "soon" is not a whole number');
    expect(text).toContain("mesh.pending_max");
    expect(text).toContain("log.level");
  });

  test("the variable or the flag that says it", () => {
    const file = write(MINIMAL);
    const environment = { TQD_LOG_LEVEL: "loud", TQD_MESH_LISTN: "[::]:1" };
    const flags = new Map([["unlock.retry_ms", "1"]]);
    const text = refusal({ file, environment, flags });
    expect(text).toContain('TQD_LOG_LEVEL: log.level: "loud" is not one of');
    expect(text).toContain("TQD_MESH_LISTN: no such variable");
    expect(text).toContain("--unlock-retry-ms: unlock.retry_ms: 1 is not a whole number from 100");
  });

  test("a file that is not TOML, with line and column", () => {
    const text = refusal({ file: write("[sled]\nid = nonsense\n") }, "ERR_TQD_CONFIG_SYNTAX");
    expect(text).toMatch(/^FILE:2:6: not valid TOML: /);
  });

  test.each<[string, string | Uint8Array | null]>([
    ["that is not there", null],
    ["that is not UTF-8", Uint8Array.of(0xff, 0xfe)],
    ["that is too large", "#".repeat(1024 * 1024 + 1)],
  ])("a file %s", (_, content) => {
    const file = content === null ? path.join(folder, "none.toml") : write(content);
    expect(refusal({ file }, "ERR_TQD_CONFIG_UNREADABLE")).toMatch(/^cannot read the .* FILE: ./);
  });
});

describe("tqd.example.toml", () => {
  test("is accepted as it stands, and with everything in it uncommented", () => {
    expect(loadConfig({ file: write(EXAMPLE) }).sled.id).toBe("913-0000019:BRM42220001");
    expect(loadConfig({ file: write(uncommented()) }).api.tls?.listen).toBe("[::]:7751");
  });

  test("names every key of the schema, with its default where there is one", () => {
    const example = parse(uncommented());
    for (const { name, schema } of configKeys()) {
      const value = name
        .split(".")
        .reduce<unknown>(
          (tree, key) => (tree as Record<string, unknown> | undefined)?.[key],
          example,
        );
      expect(value, name).toBeDefined();
      if (schema.default !== undefined) expect(value, name).toEqual(schema.default);
    }
  });

  /** Comments that are keys or tables, made into such. */
  function uncommented(): string {
    return EXAMPLE.replaceAll(/^# (\[{1,2}[a-z.]+\]{1,2}|[a-z_]+ = .*)$/gm, "$1");
  }
});

describe("names of keys", () => {
  test("are one to one between the file and the code", () => {
    for (const { path: words } of configKeys()) {
      expect(words.map((word) => toCamel(toSnake(word)))).toEqual(words);
    }
  });

  test("give each key a variable and a flag of its own", () => {
    const keys = configKeys();
    expect(new Set(keys.map(({ variable }) => variable)).size).toBe(keys.length);
    expect(new Set(keys.map(({ flag }) => flag)).size).toBe(keys.length);
  });
});
