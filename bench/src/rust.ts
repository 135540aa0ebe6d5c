/** Builds and starts `bench/rust`, the benchmark's Rust program. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { WorkerProcess } from "./worker-process.ts";
import { ROOT } from "./machine.ts";
import type { Side } from "./measure.ts";

/**
 * Builds `bench/rust` where it is not up to date, which takes two minutes the first time, and starts it.
 *
 * @returns the worker process, or one sentence with the reason why there is none
 */
export async function startRust(): Promise<WorkerProcess | string> {
  const target = path.join(ROOT, "target");
  const manifest = path.join(ROOT, "bench/rust/Cargo.toml");
  const args = ["build", "--release", "--locked", "--manifest-path", manifest];
  const build = spawnSync("cargo", args, {
    cwd: ROOT,
    env: { ...process.env, CARGO_TARGET_DIR: target },
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (build.error !== undefined) return `cargo cannot be started (${build.error.message})`;
  if (build.status !== 0) {
    const reason = build.stderr.split("\n").find((line) => line.startsWith("error"));
    return `bench/rust does not build (${reason ?? "cargo failed"})`;
  }
  const suffix = process.platform === "win32" ? ".exe" : "";
  const program = path.join(target, "release", `trust-quorum-bench${suffix}`);
  try {
    return await WorkerProcess.start([program, "--serve"], { side });
  } catch (error) {
    return `${program} does not start (${error instanceof Error ? error.message : String(error)})`;
  }
}

function side(subject: string): Side {
  return subject === "Rust" ? "rust-own" : "rust";
}
