/** Runs the real `tq`, which starts real `tqd` processes, in a folder that is cleaned up afterwards. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { atTerminal } from "./terminal.ts";
import type { Typed } from "./terminal.ts";

/** The program, as npm installs it. */
const TQ = fileURLToPath(new URL("../bin/tq.js", import.meta.url));
/** The bootstore ledgers that come with the project. */
export const LEDGERS = fileURLToPath(
  new URL("../../../testdata/lrtq-ledgers/5-sleds", import.meta.url),
);

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Killed (-9) after this many milliseconds. */
  readonly killAfterMs?: number;
  /** What the descriptors from 3 on are. */
  readonly descriptors?: readonly number[];
}

/** A folder with a rack in it, or to be. */
export class TryRack {
  readonly folder = mkdtempSync(path.join(tmpdir(), "tq-"));

  get rack(): string {
    return path.join(this.folder, "rack");
  }

  /** The environment that `tq` runs in. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, TQ_RACK: this.rack, NO_COLOR: "1", FORCE_COLOR: undefined };
  }

  /** Runs `tq` on this rack at a terminal. */
  atTerminal(args: readonly string[], typed: readonly Typed[]): ReturnType<typeof atTerminal> {
    const { folder: cwd, env } = this;
    return atTerminal([process.execPath, TQ, ...args], { cwd, env, typed });
  }

  /** Starts `tq` on this rack, and leaves it to the test. */
  start(args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [TQ, ...args], { cwd: this.folder, env: this.env });
  }

  /** Runs `tq` on this rack. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const { descriptors = [], killAfterMs, env } = options;
      const child = spawn(process.execPath, [TQ, ...args], {
        cwd: this.folder,
        env: { ...this.env, ...env },
        stdio: ["ignore", "pipe", "pipe", ...descriptors],
      });
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
      const kill = () => child.kill("SIGKILL");
      const timer = killAfterMs === undefined ? undefined : setTimeout(kill, killAfterMs);
      child.once("error", reject);
      child.once("close", (code, signal) => {
        clearTimeout(timer);
        const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString("utf8");
        resolve({ code, signal, stdout: text(out), stderr: text(err) });
      });
    });
  }

  /** Runs `tq`, which has to succeed; its standard output. */
  async ok(...args: string[]): Promise<string> {
    const ended = await this.run(args);
    if (ended.code === 0) return ended.stdout;
    const { code, stdout, stderr } = ended;
    throw new Error(`tq ${args.join(" ")} ended with ${code ?? "a signal"}: ${stderr}${stdout}`);
  }

  /** Runs `tq … --json`, which has to succeed; what it printed. */
  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.ok(...args, "--json"));
  }

  async status(): Promise<Status> {
    return (await this.json("status")) as Status;
  }

  /** Looks until it is so: daemons do their part in their own time. */
  async until(done: (seen: Status) => boolean): Promise<Status> {
    for (;;) {
      const seen = await this.status();
      if (done(seen)) return seen;
    }
  }

  /** Stops what runs and removes the folder. */
  async clean(): Promise<void> {
    await this.run(["down", "--force"]);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What `tq status --json` shows, as far as tests look at it. */
export interface Status {
  readonly epoch: number | null;
  readonly threshold: number | null;
  readonly members: readonly string[];
  readonly unlocked: boolean;
  readonly missing: readonly string[];
  readonly unfinished: string | null;
  readonly sleds: readonly {
    readonly id: string;
    readonly lock: string | null;
    readonly committed: number | null;
    readonly alarms: readonly string[];
  }[];
}
