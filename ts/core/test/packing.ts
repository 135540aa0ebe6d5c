/** Packs the packages as they are published, for tests that install them as a user does. */
import { execFile } from "node:child_process";
import { cp, mkdir, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The repository. */
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

const require = createRequire(import.meta.url);
const NAPI = toolFile(require.resolve("@napi-rs/cli/package.json"), "dist/cli.js");

/** What `npm pack` made. */
export interface Packed {
  readonly tarball: string;
  readonly files: readonly string[];
}

/** Packs a package's folder to a tarball in another folder. */
export async function pack(folder: string, destination: string): Promise<Packed> {
  await mkdir(destination, { recursive: true });
  const output = await npm(["pack", "--json", "--pack-destination", destination], folder);
  const [packed] = Object.values(
    JSON.parse(output) as Record<string, { filename: string; files: { path: string }[] }>,
  );
  if (packed === undefined) throw new Error(`npm packed nothing of ${folder}`);
  const files = packed.files.map((file) => file.path).toSorted();
  return { tarball: path.join(destination, packed.filename), files };
}

/**
 * Copies of `@trust-quorum/native` and of the package of each platform whose addon was built here: this
 * machine's.
 *
 * @returns the folder of the first, and those of the platforms
 */
export async function stageNative(
  stage: string,
): Promise<{ readonly native: string; readonly platforms: readonly string[] }> {
  const native = path.join(stage, "bindings");
  const built = path.join(ROOT, "bindings");
  for (const file of ["index.js", "index.d.ts", "package.json", "README.md", "LICENSE"]) {
    await cp(path.join(built, file), path.join(native, file));
  }
  await runNode([NAPI, "create-npm-dirs"], native);
  const platforms = (await readdir(built)).flatMap(
    (file) => /^trust-quorum\.([\w-]+)\.node$/.exec(file)?.[1] ?? [],
  );
  const folders = platforms.map((name) => path.join(native, "npm", name));
  for (const [i, name] of platforms.entries()) {
    const [addon, folder] = [`trust-quorum.${name}.node`, folders[i] ?? ""];
    await cp(path.join(built, addon), path.join(folder, addon));
    await cp(path.join(ROOT, "LICENSE"), path.join(folder, "LICENSE"));
  }
  return { native, platforms: folders };
}

/** Installs tarballs, and what they need, in a folder that has a manifest. */
export async function installTarballs(folder: string, tarballs: readonly string[]): Promise<void> {
  const options = ["--ignore-scripts", "--no-package-lock", "--prefer-offline"];
  await npm(["install", ...options, "--no-audit", "--no-fund", ...tarballs], folder);
}

/** A file of an installed tool, beside its manifest. */
export function toolFile(manifest: string, file: string): string {
  return path.join(path.dirname(manifest), file);
}

export function npm(args: readonly string[], cwd: string): Promise<string> {
  return execute(process.platform === "win32" ? "npm.cmd" : "npm", args, { cwd });
}

/** Runs Node; what it printed where it succeeded. */
export function runNode(args: readonly string[], cwd: string): Promise<string> {
  return execute(process.execPath, args, { cwd });
}

/** Runs a program; what it printed where it succeeded. */
export async function execute(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string> {
  try {
    const options = { cwd, env, maxBuffer: 64 * 1024 * 1024, shell: process.platform === "win32" };
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[program, ...args].join(" ")}\n${stdout ?? ""}${stderr ?? ""}`, {
      cause: error,
    });
  }
}
