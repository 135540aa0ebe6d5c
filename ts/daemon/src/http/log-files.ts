/** The files of the event log, as the API lists and serves them. */
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { DaemonError } from "@trust-quorum/sled-host/errors";
import type { LogAnswer } from "@trust-quorum/api/schemas/log";

/** The files of a folder, oldest first. */
export async function logFiles(folder: string): Promise<LogAnswer> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const found = await Promise.all(
    names.map(async (name) => {
      const stat = await lstat(path.join(folder, name)).catch(() => undefined);
      if (stat?.isFile() !== true) return [];
      return [{ name, bytes: stat.size, modifiedAt: stat.mtime.toISOString() }];
    }),
  );
  const files = found
    .flat()
    .sort((a, b) => a.modifiedAt.localeCompare(b.modifiedAt) || a.name.localeCompare(b.name));
  return { folder, files };
}

/**
 * One file of it, by its bare name.
 *
 * @throws DaemonError `ERR_TQD_NOT_FOUND`
 */
export async function findLogFile(
  folder: string,
  name: string,
): Promise<{ readonly file: string; readonly bytes: number }> {
  const { files } = await logFiles(folder);
  const found = files.find((file) => file.name === name);
  if (found === undefined) {
    throw new DaemonError("ERR_TQD_NOT_FOUND", { method: "GET", path: `/v1/log/${name}` });
  }
  return { file: path.join(folder, name), bytes: found.bytes };
}
