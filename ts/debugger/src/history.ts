/** The history of the prompt, in a file of the user's state folder. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The most lines that are kept. */
export const HISTORY_LINES_MAX = 1000;
/** The most bytes of the file. */
export const HISTORY_BYTES_MAX = 256 * 1024;

/** The file of the history, below `XDG_STATE_HOME`, which is `~/.local/state` unless set. */
export function historyFile(env: NodeJS.ProcessEnv): string {
  const set = env["XDG_STATE_HOME"];
  const base = set !== undefined && set.startsWith("/") ? set : join(homedir(), ".local", "state");
  return join(base, "trust-quorum", "tq-debug-history");
}

/** The lines, newest first, as readline expects them; none if the file cannot be read. */
export function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, "utf8").slice(-HISTORY_BYTES_MAX).split("\n");
    return lines
      .filter((line) => line !== "")
      .slice(-HISTORY_LINES_MAX)
      .reverse();
  } catch {
    return [];
  }
}

/** Saves the lines, newest first; returns whether that was possible. */
export function writeHistory(file: string, lines: readonly string[]): boolean {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(0, HISTORY_LINES_MAX)) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > HISTORY_BYTES_MAX) break;
    kept.push(line);
  }
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(
      file,
      kept
        .reverse()
        .map((line) => `${line}\n`)
        .join(""),
      { mode: 0o600 },
    );
    return true;
  } catch {
    return false;
  }
}
