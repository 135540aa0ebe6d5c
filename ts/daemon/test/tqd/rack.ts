/** Racks of real `tqd` processes on loopback, for tests: certificates, configurations, and who asks them. */
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- what an answer is, the test knows */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "undici";
import { parseBaseboardId } from "trust-quorum";
import {
  createAuthority,
  issueOperatorCertificate,
  issueSledCertificate,
} from "@trust-quorum/sled-host/pki/authority";
import type { IssuedCertificate } from "@trust-quorum/sled-host/pki/authority";
import { writeCertificate } from "@trust-quorum/sled-host/pki/files";
import type { ConfigurationJson } from "@trust-quorum/api/schemas/configuration";
import type { LockAnswer } from "@trust-quorum/api/schemas/lock";
import type { StatusAnswer } from "@trust-quorum/api/schemas/status";

const BIN = fileURLToPath(new URL("../../bin/tqd.js", import.meta.url));
/** A limit against hanging only. */
const PATIENCE_MS = 90_000;

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** One sled: its files, and its process while it runs. */
export class TestSled {
  readonly id: string;
  readonly folder: string;
  readonly address: string;
  readonly socket: string;
  readonly configFile: string;
  readonly certificate: { readonly certificate: string; readonly key: string };
  /** Everything that its processes wrote so far. */
  output = "";
  process: ChildProcess | undefined;
  readonly #children: ChildProcess[] = [];
  #exit: Promise<number | NodeJS.Signals | null> = Promise.resolve(null);

  constructor(rack: string, id: string, address: string) {
    this.id = id;
    this.address = address;
    this.folder = path.join(rack, id.replace(":", "-"));
    mkdirSync(path.join(this.folder, "run"), { recursive: true, mode: 0o700 });
    this.socket = path.join(this.folder, "run", "s");
    this.configFile = path.join(this.folder, "tqd.toml");
    const file = (name: string) => path.join(this.folder, name);
    this.certificate = { certificate: file("sled.pem"), key: file("sled.key") };
  }

  /** Starts the daemon, and waits until it answers. */
  async start(
    options: { readonly flags?: readonly string[]; readonly env?: object } = {},
  ): Promise<void> {
    this.spawn(options);
    await waitFor(`${this.id} answers`, async () => {
      if (this.process?.exitCode !== null) throw new Error(`${this.id} ended:\n${this.output}`);
      return (await this.get("/live").catch(() => undefined))?.status === 200;
    });
  }

  /** Starts the daemon. */
  spawn({
    flags = [],
    env = {},
    output = "pipe",
    errors = "pipe",
  }: {
    readonly flags?: readonly string[];
    readonly env?: object;
    /** Where standard output and standard error go: a descriptor, or into `output` below. */
    readonly output?: number | "pipe";
    readonly errors?: number | "pipe";
  } = {}): void {
    const child = spawn(process.execPath, [BIN, "--config", this.configFile, ...flags], {
      stdio: ["ignore", output, errors],
      env: { ...process.env, ...env },
    });
    this.process = child;
    this.#children.push(child);
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    this.#exit = new Promise((resolve) => {
      child.once("close", (code, signal) => resolve(code ?? signal));
    });
  }

  /** How the process ends. */
  get exit(): Promise<number | NodeJS.Signals | null> {
    return this.#exit;
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.process?.kill(signal);
    return this.#exit;
  }

  /** Kills whatever of it runs, also what a test that failed has left behind. */
  async destroy(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.#exit;
  }

  get(url: string): Promise<Answer> {
    return this.request("GET", url);
  }

  post(url: string, body?: unknown): Promise<Answer> {
    return this.request("POST", url, body);
  }

  async request(method: "GET" | "POST" | "PUT", url: string, body?: unknown): Promise<Answer> {
    const client = new Client("http://sled", { socketPath: this.socket });
    try {
      return await ask(client, method, url, body);
    } finally {
      await client.destroy();
    }
  }

  /** An answer that must be a success. */
  async ok<T>(method: "GET" | "POST" | "PUT", url: string, body?: unknown): Promise<T> {
    const answer = await this.request(method, url, body);
    if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`);
    return answer.json<T>();
  }

  lock(): Promise<LockAnswer> {
    return this.ok("GET", "/v1/lock");
  }

  status(): Promise<StatusAnswer> {
    return this.ok("GET", "/v1/status");
  }
}

/** Sends one request. */
export async function ask(
  client: Client,
  method: "GET" | "POST" | "PUT",
  url: string,
  body?: unknown,
): Promise<Answer> {
  const {
    statusCode,
    headers,
    body: stream,
  } = await client.request({
    method,
    path: url,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const bytes = Buffer.from(await stream.arrayBuffer());
  const text = bytes.toString();
  return { status: statusCode, headers, bytes, text, json: <T>() => JSON.parse(text) as T };
}

/** A rack of sleds with one authority. */
export class TestRack {
  readonly folder: string;
  readonly sleds: readonly TestSled[];
  readonly rackId = "bee986e8-cd46-4905-b6ad-e04fd2ab8aa0";
  readonly authority: IssuedCertificate;
  readonly ca: string;

  private constructor(folder: string, authority: IssuedCertificate, count: number) {
    this.folder = folder;
    this.authority = authority;
    this.ca = path.join(folder, "ca.pem");
    writeFileSync(this.ca, authority.certificate);
    // Addresses of loopback instead of ports: nobody else takes them in between.
    const net = `127.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    this.sleds = Array.from(
      { length: count },
      (_, i) => new TestSled(folder, `913-0000019:BRM${i + 1}`, `${net}.${i + 1}:7750`),
    );
  }

  /** @param extra what each sled's configuration has besides */
  static async create(
    count: number,
    extra: (sled: TestSled, rack: TestRack) => string = () => "",
  ): Promise<TestRack> {
    const folder = mkdtempSync(path.join(tmpdir(), "tqd-rack-"));
    const rack = new TestRack(folder, await createAuthority("test"), count);
    const peers = rack.sleds.map(
      ({ id, address }) => `[[peers]]\nid = "${id}"\naddress = "${address}"\n`,
    );
    writeFileSync(path.join(folder, "peers.toml"), peers.join("\n"));
    for (const sled of rack.sleds) {
      const issued = await issueSledCertificate(rack.authority, parseBaseboardId(sled.id));
      await writeCertificate(sled.certificate, issued);
      writeFileSync(sled.configFile, configText(sled, rack, extra(sled, rack)));
    }
    return rack;
  }

  /** Writes an operator's certificate. */
  async operator(name: string): Promise<{ readonly cert: string; readonly key: string }> {
    const issued = await issueOperatorCertificate(this.authority, name);
    return { cert: issued.certificate, key: issued.key.toString() };
  }

  async start(): Promise<void> {
    await Promise.all(this.sleds.map((sled) => sled.start()));
  }

  /** The first configuration, or the next one, from the begin to the commit on every member. */
  async reconfigure(request: {
    readonly epoch: number;
    readonly members: readonly TestSled[];
    readonly threshold: number;
  }): Promise<ConfigurationJson> {
    const { epoch, members, threshold } = request;
    const [coordinator] = members;
    if (coordinator === undefined) throw new Error("no members");
    await coordinator.ok("POST", "/v1/reconfigure", {
      rackId: this.rackId,
      epoch,
      lastCommittedEpoch: epoch === 1 ? null : epoch - 1,
      members: members.map(({ id }) => id),
      threshold,
    });
    let config: ConfigurationJson | undefined;
    await waitFor(`all acknowledge epoch ${epoch}`, async () => {
      const { coordinating } = await coordinator.ok<{
        coordinating: { acks?: string[]; config?: ConfigurationJson } | null;
      }>("GET", "/v1/coordinator");
      config = coordinating?.config;
      return coordinating?.acks?.length === members.length;
    });
    for (const sled of members) {
      await sled.ok("POST", "/v1/commit", { rackId: this.rackId, epoch });
    }
    if (config === undefined) throw new Error("no configuration");
    return config;
  }

  async allUnlocked(epoch: number, sleds: readonly TestSled[] = this.sleds): Promise<void> {
    for (const sled of sleds) {
      await waitFor(`${sled.id} unlocks epoch ${epoch}`, async () => {
        const lock = await sled.lock();
        return lock.state === "unlocked" && lock.epoch === epoch;
      });
    }
  }

  /** Ends every process and removes every file. */
  async destroy(): Promise<void> {
    await Promise.all(this.sleds.map((sled) => sled.destroy()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configText(sled: TestSled, rack: TestRack, extra: string): string {
  return `
[sled]
id = "${sled.id}"
[ledger]
replicas = ["replica-a", "replica-b"]
create = true
[mesh]
listen = "${sled.address}"
certificate = "sled.pem"
key = "sled.key"
ca = "${rack.ca}"
peers_file = "${path.join(rack.folder, "peers.toml")}"
[log]
level = "debug"
[api]
socket = "run/s"
${extra}`;
}

/** Waits until something is so. */
export async function waitFor(
  what: string,
  holds: () => Promise<boolean> | boolean,
): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`waited in vain until ${what}`);
    await sleep(25);
  }
}

/** The lines of a log that are JSON. */
export function logLines(output: string): Record<string, unknown>[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
