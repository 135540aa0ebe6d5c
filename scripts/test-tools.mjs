// @ts-check
/**
 * What the tests need besides Node, npm and Rust: packages of Debian. Installed where the machine has
 * apt-get and this process may use it. Elsewhere the tests that need them say why they are skipped.
 */
import { existsSync } from "node:fs";
import { run } from "./commands.mjs";

/**
 * Each package, and a file that shows that it is there.
 *
 * @type {readonly { name: string, file: string }[]}
 */
const PACKAGES = [{ name: "chromium", file: "/usr/bin/chromium" }];

/** Installs what is missing; says what it does, and what it could not do. */
export async function installTestTools() {
  const missing = PACKAGES.filter(({ file }) => !existsSync(file)).map(({ name }) => name);
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) {
    console.log(`not installed, and not by this script here: ${missing.join(", ")}`);
    return;
  }
  console.log(`installing ${missing.join(", ")} with apt-get`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run(["apt-get", "update", "-qq"], { env, minutesMax: 5 });
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...missing];
  await run(install, { env, minutesMax: 10 });
}
