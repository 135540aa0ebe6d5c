/**
 * `npm run formats [-- --force]`: makes a rack with the present build, on real processes, and keeps what it
 * left on disk and what it answered in `testdata/formats/<version>`, for tests that read it with every
 * later build. A folder that exists is only replaced with `--force`, and one of another version never.
 *
 * The rack starts from the bootstore's ledgers, is upgraded, gains a sled, has an epoch given up half-way,
 * and loses a sled. Private keys and certificates are left out: a test makes fresh ones.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const TQ = path.join(ROOT, "node_modules", ".bin", "tq");
const LEDGERS = path.join(ROOT, "testdata", "lrtq-ledgers", "5-sleds");
const FORMATS = path.join(ROOT, "testdata", "formats");

/** Coordinates everything, and is asked for its API's answers. */
const COORDINATOR = "BRM42220001";
/** These are down while an epoch is prepared, so that it cannot be committed. */
const DOWN = ["BRM42220015", "BRM42220022"];
/** Joins, and leaves again. */
const GUEST = "TRY00001";
/** The sleds whose event logs are kept: one that ran all the time, one that was restarted. */
const LOGS = [COORDINATOR, "BRM42220015"];
/** What stands for the rack's folder in texts that name it. */
const SHOWN_FOLDER = "/var/lib/tq/rack";
/** How much of the stream of events is kept. */
const STREAM_BYTES = 4096;

const README = `# Formats of version @VERSION@

What one rack left on disk and answered, written by trust-quorum @VERSION@ with \`npm run formats\`. Later
versions are tested to read it; nobody edits it.

The rack is made up: its five bootstore ledgers come from \`testdata/lrtq-ledgers\`, it ran for seconds, and
no disk was ever encrypted under its secrets. The ledgers hold its shares, which are worth nothing.
Certificates and private keys are left out; a test makes fresh ones.

- \`rack/\`: the rack's folder as \`tq\` keeps it: \`rack.toml\`, \`peers.toml\`, the journal, and for each
  sled its configuration, both replicas of its ledger, and the event logs of two sleds
- \`api/STAGE/\`: requests with the status and the body they were answered with, by stage of the rack's
  life: \`bootstore\` before the upgrade, \`preparing\` while an epoch waited for sleds that were down,
  \`running\` at the end, \`removed\` of the sled that had left
- \`tq/\`: what \`tq … --json\` printed, \`tq inspect\` for each replica, and the digests of disk keys
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
}

/** One rack in a temporary folder, and the folder that is being filled from it. */
class Recording {
  readonly folder = mkdtempSync(path.join(tmpdir(), "tq-formats-"));
  readonly rack = path.join(this.folder, "rack");
  readonly #out: string;

  constructor(out: string) {
    this.#out = out;
  }

  /** Runs `tq`, which has to end with this code, and keeps what it printed where a name is given. */
  async tq(args: readonly string[], { code = 0, keep }: { code?: number; keep?: string } = {}) {
    const all = keep === undefined ? args : [...args, "--json"];
    const ended = await runTq(all, this.folder, this.rack);
    if (ended.code !== code) {
      throw new Error(`tq ${all.join(" ")} ended with ${ended.code}, not ${code}`);
    }
    if (keep !== undefined) this.keepJson(`tq/${keep}.json`, JSON.parse(ended.stdout));
    return ended.stdout;
  }

  /** Asks a sled, and keeps what was asked and answered. */
  async ask(stage: string, name: string, sled: string, asked: Asked): Promise<void> {
    const answer = await ask(this.socket(sled), asked);
    const isJson = answer.contentType.startsWith("application/json");
    const body = isJson ? (JSON.parse(answer.body) as unknown) : answer.body;
    this.keepJson(`api/${stage}/${name}.json`, { request: { sled, ...asked }, ...answer, body });
  }

  socket(sled: string): string {
    return path.join(this.rack, "sleds", sled, "run", "tqd.sock");
  }

  keepJson(file: string, value: unknown): void {
    this.keepText(file, `${JSON.stringify(value, null, 1)}\n`);
  }

  keepText(file: string, text: string): void {
    const to = path.join(this.#out, file);
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, text.replaceAll(this.rack, SHOWN_FOLDER));
  }

  /** Keeps a file or a folder of the rack as it is. */
  keep(file: string): void {
    const to = path.join(this.#out, "rack", file);
    mkdirSync(path.dirname(to), { recursive: true });
    cpSync(path.join(this.rack, file), to, { recursive: true });
  }

  async end(): Promise<void> {
    await runTq(["down", "--force"], this.folder, this.rack);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Asked {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: unknown;
}

/** What is asked at every stage. */
const GETS: Readonly<Record<string, string>> = {
  live: "/live",
  ready: "/ready",
  metrics: "/metrics",
  status: "/v1/status",
  lock: "/v1/lock",
  configurations: "/v1/configurations",
  coordinator: "/v1/coordinator",
  "network-config": "/v1/network-config",
  log: "/v1/log",
};

async function record(recording: Recording): Promise<void> {
  const stage = async (name: string, sled: string) => {
    for (const [file, url] of Object.entries(GETS)) {
      await recording.ask(name, file, sled, { method: "GET", path: url });
    }
  };
  await recording.tq(["up", "--sleds", "5", "--from", LEDGERS], { keep: "up" });
  await stage("bootstore", COORDINATOR);
  await recording.tq(["upgrade"], { keep: "upgrade" });
  await recording.tq(["member", "add"], { keep: "member-add" });
  await settled(recording, 3, 6);

  await recording.tq(["down", ...DOWN]);
  await recording.tq(["member", "remove", "--yes", GUEST, "--timeout", "5"], {
    code: 3,
    keep: "member-remove-unfinished",
  });
  await stage("preparing", COORDINATOR);
  await recording.tq(["status"], { keep: "status-unfinished" });
  await recording.tq(["abort"], { keep: "abort" });

  await recording.tq(["up"]);
  await settled(recording, 3, 6);
  const stream = await followEvents(recording.socket(COORDINATOR));
  await recording.tq(["member", "remove", "--yes", GUEST], { keep: "member-remove" });
  const put = { generation: 1, blob: Buffer.from("early network\n").toString("base64") };
  await recording.ask("running", "put-network-config", COORDINATOR, {
    method: "PUT",
    path: "/v1/network-config",
    body: put,
  });
  await settled(recording, 5, 5);
  const events = stream.stop();
  // Only when it asks for shares again is it told that it was removed.
  await recording.tq(["down", GUEST]);
  await recording.tq(["up", GUEST]);
  await lockedAs(recording, GUEST, "expunged");
  await networkConfigEverywhere(recording);

  await stage("running", COORDINATOR);
  await stage("removed", GUEST);
  recording.keepText("api/running/events.txt", events);
  await askMore(recording);
  await keepKeys(recording);
  for (const command of ["status", "history", "doctor"]) {
    await recording.tq([command], { keep: command });
  }
  await recording.tq(["member", "list"], { keep: "member-list" });
  await recording.tq(["down"], { keep: "down" });
  for (const file of ["rack.toml", "peers.toml", "control-plane"]) recording.keep(file);
  for (const sled of readdirSync(path.join(recording.rack, "sleds"))) {
    await keepSled(recording, sled);
  }
}

/** The requests that change nothing, and refusals. */
async function askMore(recording: Recording): Promise<void> {
  const post = (name: string, url: string, body: unknown) =>
    recording.ask("running", name, COORDINATOR, { method: "POST", path: url, body });
  await recording.ask("running", "openapi", COORDINATOR, { method: "GET", path: "/openapi.json" });
  const { body } = await ask(recording.socket(COORDINATOR), { method: "GET", path: "/v1/status" });
  const { rackId } = JSON.parse(body) as { rackId: string };
  await post("unlock", "/v1/unlock", { timeoutMs: 1000 });
  await post("commit", "/v1/commit", { rackId, epoch: 5 });
  await post("commit-refused", "/v1/commit", { rackId, epoch: 99 });
  await post("commit-invalid", "/v1/commit", { epoch: "5" });
  const peer = encodeURIComponent("913-0000019:BRM42220008");
  await post("proxy-status", `/v1/proxy/${peer}`, { kind: "status" });
  await post("proxy-commit", `/v1/proxy/${peer}`, { kind: "commit", rackId, epoch: 5 });
}

/** A disk's key from the secret of every epoch, by its digest only. */
async function keepKeys(recording: Recording): Promise<void> {
  const keys: unknown[] = [];
  for (const epoch of [1, 2, 3, 5]) {
    const [sled, purpose, disk] = ["BRM42220008", "formats", "disk-1"];
    const file = path.join(recording.folder, `key-${epoch}`);
    const what = ["--purpose", purpose, "--disk", disk, "--epoch", String(epoch)];
    await recording.tq(["key", sled, ...what, "--output", file]);
    const sha3_256 = createHash("sha3-256").update(readFileSync(file)).digest("hex");
    keys.push({ sled, purpose, disk, epoch, sha3_256 });
  }
  recording.keepJson("tq/keys.json", keys);
}

async function keepSled(recording: Recording, sled: string): Promise<void> {
  const home = path.join("sleds", sled);
  recording.keep(path.join(home, "tqd.toml"));
  for (const replica of ["ledger-a", "ledger-b"]) {
    recording.keep(path.join(home, replica));
    const folder = path.join(recording.rack, home, replica);
    await recording.tq(["inspect", folder], { keep: `inspect/${sled}/${replica}` });
  }
  if (LOGS.includes(sled)) recording.keep(path.join(home, "log", "events"));
}

/** Waits until this epoch is unlocked by so many sleds, and all of them have committed it. */
async function settled(recording: Recording, epoch: number, members: number): Promise<void> {
  await until(`epoch ${epoch} is unlocked everywhere`, async () => {
    const status = JSON.parse(await recording.tq(["status", "--json"])) as {
      sleds: { member: boolean; lock: string; committed: number }[];
    };
    const there = status.sleds.filter(
      ({ member, lock, committed }) => member && lock === "unlocked" && committed === epoch,
    );
    return there.length === members;
  });
}

async function lockedAs(recording: Recording, sled: string, state: string): Promise<void> {
  await until(`${sled} is ${state}`, async () => {
    const { body } = await ask(recording.socket(sled), { method: "GET", path: "/v1/lock" });
    return (JSON.parse(body) as { state: string }).state === state;
  });
}

async function networkConfigEverywhere(recording: Recording): Promise<void> {
  for (const sled of readdirSync(path.join(recording.rack, "sleds"))) {
    await until(`${sled} has the network configuration`, async () => {
      const answer = await ask(recording.socket(sled), {
        method: "GET",
        path: "/v1/network-config",
      });
      return answer.status === 200;
    });
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`it did not come to this: ${what}`);
    await sleep(100);
  }
}

function runTq(args: readonly string[], cwd: string, rack: string): Promise<Ended> {
  const env = { ...process.env, TQ_RACK: rack, NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(TQ, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout });
    });
  });
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

function ask(socketPath: string, { method, path: url, body }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const asked = request({ socketPath, method, path: url, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers["content-type"] ?? "",
          body: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    asked.once("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Follows the stream of events; `stop` ends it and answers its beginning, whole events only. */
async function followEvents(socketPath: string): Promise<{ stop(): string }> {
  let text = "";
  const asked = request({ socketPath, path: "/v1/events" });
  const opened = new Promise<void>((resolve, reject) => {
    asked.once("error", reject);
    asked.once("response", (response) => {
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        resolve();
      });
      response.on("error", () => undefined);
    });
  });
  asked.end();
  await opened;
  return {
    stop() {
      asked.destroy();
      return text.slice(0, text.lastIndexOf("\n\n", STREAM_BYTES) + 2);
    },
  };
}

async function main(args: readonly string[]): Promise<void> {
  if (args.some((arg) => arg !== "--force")) throw new Error("usage: npm run formats [-- --force]");
  const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    version: string;
  };
  const folder = path.join(FORMATS, version);
  if (existsSync(folder) && !args.includes("--force")) {
    throw new Error(`${path.relative(ROOT, folder)} exists; --force replaces it`);
  }
  const made = mkdtempSync(path.join(tmpdir(), "tq-formats-out-"));
  const recording = new Recording(made);
  try {
    await record(recording);
    recording.keepText("README.md", README.replaceAll("@VERSION@", version));
    mkdirSync(FORMATS, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    cpSync(made, folder, { recursive: true });
  } finally {
    await recording.end();
    rmSync(made, { recursive: true, force: true });
  }
  console.log(`${path.relative(ROOT, folder)} is written`);
}

await main(process.argv.slice(2));
