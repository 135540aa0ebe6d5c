/** Two replica folders on the real disk, which go when the test ends. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Two blank folders, and the folder that both are in. */
export function realFolders(): { readonly root: string; readonly folders: [string, string] } {
  const root = mkdtempSync(join(tmpdir(), "tq-store-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folders: [string, string] = [join(root, "a"), join(root, "b")];
  for (const folder of folders) mkdirSync(folder, { mode: 0o700 });
  return { root, folders };
}
