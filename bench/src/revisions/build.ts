/** Builds another revision of this repository, to be measured beside this one. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../machine.ts";

/** A revision whose packages and programs are built. */
export interface BuiltRevision {
  /** All 40 digits. */
  readonly commit: string;
  /** How it is shown: the beginning of the commit. */
  readonly name: string;
  /** The folder of its workspace. */
  readonly root: string;
}

/** Digits of a commit that are shown, and that name its folder. */
const NAME_DIGITS = { shown: 7, folder: 12 };

/**
 * Checks a revision out as a git worktree in `target/revisions/`, installs its dependencies and builds it,
 * which takes minutes. What was built before is used again. Progress and output go to standard error.
 *
 * @param revision anything that git understands, e.g. `origin/main`
 * @throws Error where git does not know the revision, or a step fails
 */
export function buildRevision(
  revision: string,
  options: {
    /** Takes lines of progress for people. */
    readonly say: (line: string) => void;
    /** A folder of the repository; by default this workspace. */
    readonly repository?: string;
  },
): BuiltRevision {
  const { say, repository = ROOT } = options;
  const commit = commitOf(revision, repository);
  const folder = path.join(repository, "target/revisions");
  const root = path.join(folder, commit.slice(0, NAME_DIGITS.folder));
  const built = { commit, name: commit.slice(0, NAME_DIGITS.shown), root };
  // Only a build that was finished has it.
  const stamp = `${root}.built`;
  if (existsSync(stamp) && existsSync(root)) return built;
  mkdirSync(folder, { recursive: true });
  rmSync(stamp, { force: true });
  rmSync(root, { recursive: true, force: true });
  const step = (command: readonly [string, ...string[]], cwd: string) => {
    say(`${built.name}: ${command.join(" ")}`);
    run(command, cwd);
  };
  run(["git", "worktree", "prune"], repository);
  step(["git", "worktree", "add", "--force", "--detach", root, commit], repository);
  step(["npm", "ci"], root);
  step(["npm", "run", "build"], root);
  writeFileSync(stamp, `${commit}\n`);
  return built;
}

/** @throws Error where git does not know the revision */
function commitOf(revision: string, repository: string): string {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
  const { status, stdout, error } = spawnSync("git", args, {
    cwd: repository,
    env: environment(),
    encoding: "utf8",
  });
  if (error !== undefined) throw new Error(`git cannot be started (${error.message})`);
  const commit = stdout.trim();
  if (status === 0 && /^[0-9a-f]{40}$/.test(commit)) return commit;
  throw new Error(`git knows no revision ${JSON.stringify(revision)} here`);
}

function run([program, ...args]: readonly [string, ...string[]], cwd: string): void {
  const { status, error } = spawnSync(program, args, {
    cwd,
    env: environment(),
    // Standard output is for the report.
    stdio: ["ignore", process.stderr, process.stderr],
    // npm is a command file on Windows.
    shell: process.platform === "win32",
  });
  if (error !== undefined) throw new Error(`${program} cannot be started (${error.message})`);
  if (status !== 0) throw new Error(`\`${[program, ...args].join(" ")}\` failed in ${cwd}`);
}

/** This process's environment without what npm and git say of this workspace. */
function environment(): NodeJS.ProcessEnv {
  const own = /^(?:npm_(?:package|lifecycle|command|config_local_prefix)|INIT_CWD$|GIT_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}
