/** Meshes of a rack on loopback, and the things that a test wants of them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { baseboardId } from "trust-quorum";
import type { BaseboardId, ErrorCode, PeerMessage } from "trust-quorum";
import type { ProxyOperation, ProxyResult } from "trust-quorum/wire";
import { Mesh } from "../../src/mesh/mesh.ts";
import type { MeshReason } from "../../src/mesh/reasons.ts";
import type { MeshOptions, MeshPeer, NetworkConfig } from "../../src/mesh/types.ts";
import { createAuthority, issueSledCertificate } from "@trust-quorum/sled-host/pki/authority";
import type { IssuedCertificate, Validity } from "@trust-quorum/sled-host/pki/authority";
import { writeCertificate } from "@trust-quorum/sled-host/pki/files";
import type { CertificateFiles } from "@trust-quorum/sled-host/pki/files";

export const sledId = (n: number): BaseboardId =>
  baseboardId("913-0000019", `BRM${String(n).padStart(4, "0")}`);

/** Times that make a test short. No test depends on how short. */
const QUICK = {
  ping: 50,
  dead: 5000,
  handshake: 5000,
  reconnectMin: 10,
  reconnectMax: 200,
  networkConfig: 50,
};

const quiet = (): void => undefined;
const SILENT = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** What a mesh has told its host. */
export interface Seen {
  readonly calls: (
    | { readonly kind: "connected"; readonly peer: BaseboardId }
    | { readonly kind: "disconnected"; readonly peer: BaseboardId; readonly reason: MeshReason }
  )[];
  readonly messages: { readonly peer: BaseboardId; readonly message: PeerMessage }[];
  readonly undecodable: { readonly peer: BaseboardId; readonly code: ErrorCode }[];
  readonly configs: NetworkConfig[];
}

export interface Sled {
  readonly id: BaseboardId;
  readonly mesh: Mesh;
  readonly seen: Seen;
  readonly files: CertificateFiles;
  readonly store: MemoryStore;
  /** Answers proxied requests; replaceable. */
  answer: (op: ProxyOperation, peer: BaseboardId) => Promise<ProxyResult>;
}

/** A store that can be made slow or broken. */
export class MemoryStore {
  current: NetworkConfig | null = null;
  saves = 0;
  gate: Promise<void> = Promise.resolve();

  async save(config: NetworkConfig): Promise<boolean> {
    this.saves++;
    await this.gate;
    if (config.generation <= (this.current?.generation ?? -1)) return false;
    this.current = config;
    return true;
  }
}

export type SledOptions = Partial<
  Pick<MeshOptions, "dates" | "limits" | "times" | "now" | "peers" | "log" | "listen">
> & { readonly issued?: IssuedCertificate; readonly validity?: Validity };

/** One authority, a folder for files, and sleds that are all closed in the end. */
export class TestRack {
  readonly folder: string;
  readonly ca: IssuedCertificate;
  readonly sleds: Sled[] = [];

  private constructor(folder: string, ca: IssuedCertificate) {
    this.folder = folder;
    this.ca = ca;
  }

  static async create(): Promise<TestRack> {
    const folder = await mkdtemp(path.join(tmpdir(), "tqd-net-"));
    const ca = await createAuthority("test");
    await writeFile(path.join(folder, "ca.pem"), ca.certificate);
    return new TestRack(folder, ca);
  }

  /** A sled that has started, without peers unless it is given some. */
  async sled(n: number, options: SledOptions = {}): Promise<Sled> {
    const id = sledId(n);
    const { issued, validity, ...more } = options;
    const files = await this.files(
      `${n}`,
      issued ?? (await issueSledCertificate(this.ca, id, validity)),
    );
    const seen: Seen = { calls: [], messages: [], undecodable: [], configs: [] };
    const store = new MemoryStore();
    const mesh = new Mesh({
      self: id,
      listen: "127.0.0.1:0",
      certificates: files,
      peers: [],
      dates: () => "enforced",
      networkConfigs: store,
      log: SILENT,
      ...more,
      times: { ...QUICK, ...more.times },
      handlers: {
        connected: (peer) => void seen.calls.push({ kind: "connected", peer }),
        disconnected: (peer, reason) =>
          void seen.calls.push({ kind: "disconnected", peer, reason }),
        peerMessage: (peer, message) => void seen.messages.push({ peer, message }),
        undecodable: (peer, code) => void seen.undecodable.push({ peer, code }),
        networkConfig: (config) => void seen.configs.push(config),
        proxyRequest: (peer, op) => sled.answer(op, peer),
      },
    });
    const sled: Sled = {
      id,
      mesh,
      seen,
      files,
      store,
      answer: () => Promise.resolve({ kind: "error", error: { kind: "noInnerError" } }),
    };
    await mesh.start();
    this.sleds.push(sled);
    return sled;
  }

  async files(name: string, issued: IssuedCertificate): Promise<CertificateFiles> {
    const files = {
      certificate: path.join(this.folder, `${name}.pem`),
      key: path.join(this.folder, `${name}.key`),
      ca: path.join(this.folder, "ca.pem"),
    };
    await writeCertificate(files, issued);
    return files;
  }

  /** So many sleds, all peers of each other. */
  async connect(count: number, options: SledOptions = {}): Promise<Sled[]> {
    const sleds: Sled[] = [];
    for (let n = 1; n <= count; n++) sleds.push(await this.sled(n, options));
    for (const sled of sleds) sled.mesh.setPeers(peersOf(sleds));
    await until("all are connected", () => sleds.every((sled) => connectedTo(sled) === count - 1));
    return sleds;
  }

  async close(): Promise<void> {
    await Promise.all(this.sleds.map((sled) => sled.mesh.close()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const addressOf = (sled: Sled): string => sled.mesh.status().listening ?? "nowhere:0";
export const portOf = (sled: Sled): number => Number(addressOf(sled).split(":").at(-1));
export const peersOf = (sleds: readonly Sled[]): MeshPeer[] =>
  sleds.map((sled) => ({ id: sled.id, address: addressOf(sled) }));
export const connectedTo = (sled: Sled): number =>
  sled.mesh.status().peers.filter((peer) => peer.connected).length;
export const isConnected = (sled: Sled, peer: Sled): boolean =>
  sled.mesh.status().peers.some(({ id, connected }) => id === peer.id && connected);
export const endings = (sled: Sled, reason: MeshReason): number =>
  sled.mesh.counters().endings[reason];

/** Waits for a condition. The limit is against hanging only. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
