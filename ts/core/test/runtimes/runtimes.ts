/**
 * The runtimes that the library is tried in, as npm packages with the platform's binary in them: three
 * Nodes, Deno, Bun, and Jest. They are too large for everybody's `npm ci` (830 MB), so `install/` has a
 * lockfile of its own, which `npm install --package-lock-only` in that folder writes, and
 * `target/runtimes` is what was installed from it, to be used again as long as it stays the same.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT, npm } from "../packing.ts";

const LOCKED = fileURLToPath(new URL("install", import.meta.url));
const INSTALLED = path.join(ROOT, "target", "runtimes");
const STAMP = path.join(INSTALLED, "stamp");

const BUN_PROCESSORS = { x64: "x64-baseline", arm64: "aarch64" };

export type RuntimeName = "node-22" | "node-24" | "node-26" | "deno" | "bun";

/** A runtime's program, or why there is none. */
export type Runtime =
  | { readonly program: string; readonly missing?: undefined }
  | { readonly program?: undefined; readonly missing: string };

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** The versions that are installed, by package or alias. */
export function lockedVersions(): Record<string, string> {
  const manifest = JSON.parse(readFileSync(path.join(LOCKED, "package.json"), "utf8")) as Manifest;
  const all = { ...manifest.dependencies, ...manifest.optionalDependencies };
  return Object.fromEntries(
    Object.entries(all).map(([name, version]) => [name, version.replace(/^npm:.*@/, "")]),
  );
}

/**
 * Installs all of them unless that was done.
 *
 * @returns why they cannot be had, or undefined
 */
export async function installRuntimes(): Promise<string | undefined> {
  const files = ["package.json", "package-lock.json"];
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(path.join(LOCKED, file)));
  const stamp = hash.digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === stamp) return undefined;
  console.info(`installing Jest, Deno, Bun and three Nodes to ${INSTALLED} (about half a minute)…`);
  try {
    await rm(INSTALLED, { recursive: true, force: true });
    await mkdir(INSTALLED, { recursive: true });
    for (const file of files) await cp(path.join(LOCKED, file), path.join(INSTALLED, file));
    await npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], INSTALLED);
    await writeFile(`${STAMP}.new`, stamp);
    await rename(`${STAMP}.new`, STAMP);
    return undefined;
  } catch (error) {
    return `npm could not install it: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** One that {@link installRuntimes} installed. */
export function installedRuntime(name: RuntimeName): Runtime {
  const platform = `${process.platform}-${process.arch}`;
  const [folder, file] = placeOf(name);
  const program = path.join(INSTALLED, "node_modules", folder, file);
  if (!Object.hasOwn(lockedVersions(), folder)) {
    return { missing: `npm has no package of it for ${platform}` };
  }
  if (!existsSync(program)) return { missing: `${folder} was not installed on ${platform}` };
  return { program };
}

/** The command line of Jest. */
export function jestCommand(): string {
  return path.join(INSTALLED, "node_modules", "jest", "bin", "jest.js");
}

/** Whether what is missing is a failure: CI has the registry, and npm has everything for it. */
export function mustBeThere(): boolean {
  return process.env["CI"] === "true" && process.platform === "linux" && process.arch === "x64";
}

/** The package, or its alias, and the program's file within it. */
function placeOf(name: RuntimeName): [folder: string, file: string] {
  const { platform, arch } = process;
  switch (name) {
    case "deno":
      return [`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`, "deno"];
    case "bun": {
      const processor = (BUN_PROCESSORS as Partial<Record<string, string>>)[arch] ?? arch;
      return [`@oven/bun-${platform}-${processor}`, "bin/bun"];
    }
    case "node-22":
    case "node-24":
    case "node-26":
      return [`${name}-${platform}-${arch}`, "bin/node"];
    default:
      return name satisfies never;
  }
}
