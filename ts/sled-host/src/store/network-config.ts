/**
 * The early network configuration beside the ledger. It is public, and the other sleds have it too: a
 * copy that is damaged is replaced by the other one, and where both are, peers will hand it out again.
 */
import Type from "typebox";
import { DaemonError, problemOf } from "../errors.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import { NETWORK_CONFIG_FILE } from "./replica-folder.ts";
import type { ReplicaFolder } from "./replica-folder.ts";
import type { MemberInUse, ReplicaSet } from "./replica-set.ts";
import { NETWORK_CONFIG_BYTES_MAX } from "./types.ts";
import type { NetworkConfig, NetworkConfigStore } from "./types.ts";

const RecordSchema = Type.Object(
  {
    generation: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    blob: Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" }),
  },
  { additionalProperties: false },
);

/** Base64 takes four characters for three bytes; the rest is the record around it. */
const FILE_BYTES_MAX = 2 * NETWORK_CONFIG_BYTES_MAX;

type Copy =
  | { readonly kind: "none" }
  | { readonly kind: "damaged"; readonly problem: string }
  | { readonly kind: "valid"; readonly config: NetworkConfig };

/** See {@link NetworkConfigStore}. */
export class DurableNetworkConfig implements NetworkConfigStore {
  readonly #replicas: ReplicaSet;
  #current: NetworkConfig | null;
  /** What the files hold. */
  #written: NetworkConfig | null = null;

  private constructor(replicas: ReplicaSet, current: NetworkConfig | null) {
    this.#replicas = replicas;
    this.#current = current;
  }

  /** Reads both copies, keeps the one with the highest generation, and writes both anew. */
  static async open(replicas: ReplicaSet): Promise<DurableNetworkConfig> {
    const { newest, damaged } = await readCopies(replicas.inUse.map(({ folder }) => folder));
    const store = new DurableNetworkConfig(replicas, newest);
    if (newest !== null) await store.#write(newest);
    for (const { folder, problem } of damaged) {
      const text = `its copy of the network configuration was damaged: ${problem}`;
      replicas.notice({ kind: newest === null ? "networkConfigLost" : "repaired", folder, text });
    }
    return store;
  }

  get current(): NetworkConfig | null {
    return this.#current;
  }

  async save({ generation, blob }: NetworkConfig): Promise<boolean> {
    if (blob.length > NETWORK_CONFIG_BYTES_MAX) {
      const details = { bytes: blob.length, limit: NETWORK_CONFIG_BYTES_MAX };
      throw new DaemonError("ERR_TQD_NETWORK_CONFIG_TOO_LARGE", details);
    }
    if (generation <= (this.#current?.generation ?? -1)) return false;
    // From now on older ones are refused, also while this one is being written.
    const config = { generation, blob: blob.slice() };
    this.#current = config;
    await this.#write(config);
    return true;
  }

  /** What is wrong with the copy of a replica, or null; ask between two changes only. */
  async problemOf({ folder }: MemberInUse): Promise<string | null> {
    const written = this.#written;
    if (written === null) return null;
    const copy = await readCopy(folder);
    switch (copy.kind) {
      case "none":
        return "its network configuration is missing";
      case "damaged":
        return `its network configuration is damaged (${copy.problem})`;
      case "valid":
        return isSame(copy.config, written) ? null : "its network configuration is another one";
      default:
        return copy satisfies never;
    }
  }

  /** Writes the copy of one replica anew; between two changes only. */
  async rewrite({ folder, damage }: MemberInUse): Promise<void> {
    if (this.#written === null) return;
    await folder.replace(NETWORK_CONFIG_FILE, encodeNetworkConfig(this.#written));
    damage.delete(NETWORK_CONFIG_FILE);
  }

  async #write(config: NetworkConfig): Promise<void> {
    const bytes = encodeNetworkConfig(config);
    await this.#replicas.change(async ({ folder, damage }) => {
      await folder.replace(NETWORK_CONFIG_FILE, bytes);
      damage.delete(NETWORK_CONFIG_FILE);
      // Here, and not once the change is through: what runs after it must find it.
      this.#written = config;
    });
  }
}

function isSame(a: NetworkConfig, b: NetworkConfig): boolean {
  return a.generation === b.generation && Buffer.from(a.blob).equals(b.blob);
}

/**
 * The newest of the copies in some folders, which are left as they are.
 *
 * @returns null where there is none that can be read
 */
export async function newestNetworkConfig(
  folders: readonly ReplicaFolder[],
): Promise<NetworkConfig | null> {
  return (await readCopies(folders)).newest;
}

/** The bytes of the store's file. */
export function encodeNetworkConfig({ generation, blob }: NetworkConfig): Uint8Array {
  return encodeRecord({ generation, blob: Buffer.from(blob).toString("base64") });
}

interface Copies {
  /** The one with the highest generation, or null where none can be read. */
  readonly newest: NetworkConfig | null;
  readonly damaged: readonly { readonly folder: string; readonly problem: string }[];
}

async function readCopies(folders: readonly ReplicaFolder[]): Promise<Copies> {
  let newest: NetworkConfig | null = null;
  const damaged: { folder: string; problem: string }[] = [];
  for (const folder of folders) {
    const copy = await readCopy(folder);
    if (copy.kind === "damaged") damaged.push({ folder: folder.path, problem: copy.problem });
    if (copy.kind !== "valid") continue;
    if (newest === null || copy.config.generation > newest.generation) newest = copy.config;
  }
  return { newest, damaged };
}

async function readCopy(folder: ReplicaFolder): Promise<Copy> {
  try {
    const content = await folder.read(NETWORK_CONFIG_FILE, FILE_BYTES_MAX);
    if (content === null) return { kind: "none" };
    const read = decodeRecord(content.bytes, RecordSchema);
    if (read.kind === "damaged") return read;
    const { generation, blob } = read.value;
    return {
      kind: "valid",
      config: { generation, blob: new Uint8Array(Buffer.from(blob, "base64")) },
    };
  } catch (error) {
    return { kind: "damaged", problem: problemOf(error) };
  }
}
