/** What earlier versions left on disk and answered: `testdata/formats/<version>`, and racks made of it. */
import { randomInt } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import { onTestFinished } from "vitest";
import {
  createAuthority,
  issueOperatorCertificate,
  issueSledCertificate,
} from "@trust-quorum/sled-host/pki/authority";
import { writeCertificate } from "@trust-quorum/sled-host/pki/files";

const FORMATS = fileURLToPath(new URL("../../../../testdata/formats", import.meta.url));

/** Every version that left its files. */
export const VERSIONS: readonly string[] = readdirSync(FORMATS);

/** One request of an old rack's life and its answer, as `scripts/formats.ts` keeps them. */
export interface Exchange {
  readonly request: {
    readonly sled: string;
    readonly method: "GET" | "POST" | "PUT";
    readonly path: string;
    readonly body?: unknown;
  };
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
}

/** What a version left. */
export class Formats {
  readonly folder: string;

  constructor(version: string) {
    this.folder = path.join(FORMATS, version);
  }

  /** The rack's folder as it was left; never to be opened for writing. */
  get rack(): string {
    return path.join(this.folder, "rack");
  }

  /** The serial numbers of all sleds, as the folders of the rack name them. */
  get sleds(): string[] {
    return readdirSync(path.join(this.rack, "sleds")).sort();
  }

  /** The requests of a stage with their answers, by name. */
  stage(stage: string): Map<string, Exchange> {
    const folder = path.join(this.folder, "api", stage);
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return new Map(
      names.map((name) => [
        path.basename(name, ".json"),
        readJson(path.join(folder, name)) as Exchange,
      ]),
    );
  }

  /** What `tq … --json` printed. */
  printed(name: string): unknown {
    return readJson(path.join(this.folder, "tq", `${name}.json`));
  }

  /** A part of the rack in a temporary folder, as it was on disk: Git keeps no modes. */
  copy(part: string): string {
    const folder = mkdtempSync(path.join(tmpdir(), "tq-formats-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const to = path.join(folder, path.basename(part));
    copyPrivately(path.join(this.rack, part), to);
    return to;
  }

  /**
   * Makes a rack's folder that can be started: the rack as it was left, with fresh certificates and with
   * ports that are free here.
   */
  async makeRack(folder: string): Promise<void> {
    copyPrivately(this.rack, folder);
    await movePorts(folder);
    await makeCertificates(folder, idsOf(folder));
  }
}

/** Where a rack's journal is, in whichever folder its version keeps it. */
export function journalFolderOf(rack: string): string {
  const folders = readdirSync(rack).filter((name) => existsSync(path.join(rack, name, "journal")));
  const [name] = folders;
  if (name === undefined || folders.length > 1)
    throw new Error(`${rack} has no journal, or several`);
  return name;
}

/** Every sled of a rack's file, read apart from the code under test. */
export function idsOf(rack: string): BaseboardId[] {
  const text = readFileSync(path.join(rack, "rack.toml"), "utf8");
  return [...text.matchAll(/^id = "(.*)"$/gm)].map(([, id = ""]) => parseBaseboardId(id));
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

function copyPrivately(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const inside = statSync(to).isDirectory()
    ? readdirSync(to, { recursive: true, encoding: "utf8" })
    : [];
  for (const name of ["", ...inside]) {
    const file = path.join(to, name);
    chmodSync(file, statSync(file).isDirectory() ? 0o700 : 0o600);
  }
}

/** Gives every mesh another port, in each file that names it. */
async function movePorts(rack: string): Promise<void> {
  const names = readdirSync(rack, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".toml")).map((name) => path.join(rack, name));
  const moved = new Map<string, string>();
  for (const file of files) {
    const text = readFileSync(file, "utf8");
    for (const [old] of text.matchAll(/127\.0\.0\.1:\d+/g)) {
      if (!moved.has(old)) moved.set(old, await freeAddress([...moved.values()]));
    }
    const address = (old: string) => moved.get(old) ?? old;
    writeFileSync(file, text.replaceAll(/127\.0\.0\.1:\d+/g, address));
  }
}

async function freeAddress(taken: readonly string[]): Promise<string> {
  for (;;) {
    const port = randomInt(17_000, 32_000);
    const address = `127.0.0.1:${port}`;
    if (!taken.includes(address) && (await isFree(port))) return address;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** The files that a version's rack has under these names, and that are never kept. */
async function makeCertificates(rack: string, ids: readonly BaseboardId[]): Promise<void> {
  const authority = await createAuthority("for a test");
  const ca = path.join(rack, "ca");
  mkdirSync(ca, { mode: 0o700 });
  const files = (folder: string, name: string) => ({
    certificate: path.join(folder, `${name}.pem`),
    key: path.join(folder, `${name}.key`),
  });
  await writeCertificate(files(ca, "ca"), authority);
  await writeCertificate(
    files(ca, "operator"),
    await issueOperatorCertificate(authority, "operator"),
  );
  for (const id of ids) {
    const home = path.join(rack, "sleds", id.slice(id.indexOf(":") + 1));
    await writeCertificate(
      { certificate: path.join(home, "cert.pem"), key: path.join(home, "key.pem") },
      await issueSledCertificate(authority, id),
    );
  }
}
