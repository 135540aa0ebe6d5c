/** `docs/load.md`: what the load tests printed, each block under the command that printed it. */
import { readFileSync, writeFileSync } from "node:fs";

const DOCUMENT = new URL("../../../../docs/load.md", import.meta.url);

/** A block's beginning, its lines and its end. */
const BLOCK = /(<!-- npm run load-test -- (.+) -->\n\n```text\n)([^`]*)(```)/g;

/** The lines that each command has printed. */
export function readBlocks(): ReadonlyMap<string, readonly string[]> {
  const blocks = readFileSync(DOCUMENT, "utf8").matchAll(BLOCK);
  return new Map(
    [...blocks].map(([, , command = "", text = ""]) => [command, text.trimEnd().split("\n")]),
  );
}

/** Puts lines into the block of a command; throws where there is none. */
export function writeBlock(command: string, lines: readonly string[]): void {
  if (!readBlocks().has(command)) throw new Error(`docs/load.md has no block for: ${command}`);
  const document = readFileSync(DOCUMENT, "utf8");
  const text = document.replaceAll(BLOCK, (all, begin: string, of: string, _, end: string) =>
    of === command ? `${begin}${lines.join("\n")}\n${end}` : all,
  );
  writeFileSync(DOCUMENT, text);
}
