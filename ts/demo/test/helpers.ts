/** Runs the built demo as a user does, and makes folders of ledgers to run it on. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import type { Summary } from "../src/summary.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
export const MAIN = join(root, "ts/demo/dist/main.js");

/** The sizes of the racks that come with the project. */
export const SIZES = [3, 4, 5, 16, 32] as const;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demo; `env` adds to an environment that says nothing of colours. */
export function demo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Ran {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    env: { ...inherited, ...env },
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** Runs the demo with `--json`, and expects it to succeed. */
export function summaryOf(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Summary {
  const { code, stdout, stderr } = demo([...args, "--json"], env);
  if (code !== 0) throw new Error(`exit code ${code}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Summary;
}

/** Why the demo refuses, and with which exit code; nothing but the JSON document is printed. */
export function refusalOf(args: readonly string[]): {
  code: string;
  message: string;
  exit: number;
} {
  const { code: exit, stdout, stderr } = demo([...args, "--json"]);
  const document = JSON.parse(stdout) as { ok: boolean; error: { code: string; message: string } };
  if (document.ok || Object.keys(document).length > 2 || stderr !== "" || exit === null) {
    throw new Error(`not a refusal: ${stdout}${stderr}`);
  }
  return { ...document.error, exit };
}

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** An empty folder that goes when the tests end. */
export function emptyFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "demo-test-"));
  made.push(path);
  return path;
}

/** The bootstore ledgers of a rack. */
export function ledgersOf(sleds: number): string {
  return join(root, "testdata/lrtq-ledgers", `${sleds}-sleds`);
}

/** A copy of a rack's bootstore ledgers, of all of them or of these serial numbers. */
export function copyOf(sleds: number, serials?: readonly string[]): string {
  const folder = emptyFolder();
  for (const name of readdirSync(ledgersOf(sleds))) {
    if (serials !== undefined && !serials.includes(name.replace(".json", ""))) continue;
    cpSync(join(ledgersOf(sleds), name), join(folder, name));
  }
  return folder;
}

/** What was recorded of a rack: with its secret and its shares, as hex. */
export interface RecordedRack {
  readonly rack_uuid: string;
  readonly sleds: number;
  readonly threshold: number;
  readonly secret: string;
  readonly shares: readonly {
    readonly serial: string;
    readonly share: string;
    readonly digest: string;
  }[];
  readonly spare_shares_of_second: readonly string[];
}

/** The record of a rack. */
export function recorded(sleds: number): RecordedRack {
  const file = readFileSync(join(root, "testdata/lrtq.json"), "utf8");
  const { racks } = JSON.parse(file) as { racks: readonly RecordedRack[] };
  const rack = racks.find((one) => one.sleds === sleds);
  if (rack === undefined) throw new Error(`no rack of ${sleds} sleds was recorded`);
  return rack;
}

/** Secret bytes in every form in which a careless program would print them. */
export function formsOf(hex: string): string[] {
  const bytes = Buffer.from(hex, "hex");
  const decimal = [...bytes];
  return [
    hex,
    hex.toUpperCase(),
    bytes.toString("base64").replaceAll("=", ""),
    bytes.toString("base64url"),
    decimal.join(","),
    decimal.join(", "),
    bytes.toString("latin1"),
  ];
}
