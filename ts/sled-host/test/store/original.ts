/** The original's files for tests: ledgers that it wrote, as its disks hold them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";

interface Recorded {
  /** The exact bytes of a file. */
  readonly ledger: string;
  readonly node: string;
}

const RECORDED = JSON.parse(
  readFileSync(new URL("../../../../testdata/tq-ledgers.json", import.meta.url), "utf8"),
) as readonly Recorded[];

/** A ledger that the original wrote, and whose it is. */
export interface OriginalsLedger {
  readonly self: BaseboardId;
  readonly text: string;
  readonly generation: number;
}

/** All that there are: of members, of sleds that were removed, with and without the bootstore's share. */
export const ORIGINALS: readonly OriginalsLedger[] = RECORDED.map(({ node, ledger }) => ({
  self: parseBaseboardId(node),
  text: ledger,
  generation: (JSON.parse(ledger) as { generation: number }).generation,
}));

/** The one of a sled. */
export function originalOf(serial: string): OriginalsLedger {
  const found = ORIGINALS.find(({ self }) => self.endsWith(`:${serial}`));
  if (found === undefined) throw new Error(`no ledger of ${serial}`);
  return found;
}

/** The same ledger as another save of it would have left it. */
export function atGeneration({ text }: OriginalsLedger, generation: number): string {
  return text.replace(/^\{"generation":\d+/, `{"generation":${generation}`);
}

export const networkFile = (generation: number, blob: readonly number[]): string =>
  `{"generation":${generation},"blob":[${blob.join(",")}]}`;

/** One of the original's disks: a folder with its files. */
export function originalDisk(
  root: string,
  name: string,
  files: { readonly state?: string | undefined; readonly network?: string | undefined },
): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (files.state !== undefined)
    writeFileSync(join(folder, "trust-quorum-state.json"), files.state, { mode: 0o600 });
  if (files.network !== undefined)
    writeFileSync(join(folder, "trust-quorum-network-config.json"), files.network);
  return folder;
}
