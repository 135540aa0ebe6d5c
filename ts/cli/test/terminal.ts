/** A person at a terminal: `script` of util-linux gives a command a real one. */
import { spawn, spawnSync } from "node:child_process";

/** Why no terminal can be had here; null where one can. */
export const NO_TERMINAL: string | null = hasScript()
  ? null
  : "there is no script(1) of util-linux";

function hasScript(): boolean {
  const { status, stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
  return status === 0 && stdout.includes("util-linux");
}

/** One exchange: what the terminal has to show, and what is typed then. */
export interface Typed {
  readonly after: string;
  readonly type: string;
}

/** Runs a command at a terminal; the terminal shows all it prints, and what is typed. */
export function atTerminal(
  command: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly typed: readonly Typed[];
  },
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const { cwd, env } = options;
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return new Promise((resolve, reject) => {
    const child = spawn("script", ["-qec", line, "/dev/null"], { cwd, env });
    const waiting = [...options.typed];
    let shown = "";
    child.stdout.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
      const [next] = waiting;
      if (next === undefined || !shown.includes(next.after)) return;
      waiting.shift();
      child.stdin.write(`${next.type}\r`);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, shown }));
  });
}
