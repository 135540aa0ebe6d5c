/** Comments cite the protocol by section, and docs/protocol.md has them. */
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function sections(): Set<string> {
  const text = readFileSync(path.join(ROOT, "docs", "protocol.md"), "utf8");
  return new Set([...text.matchAll(/^##+ (\d+(?:\.\d+)?)\.? /gm)].map(([, number = ""]) => number));
}

/** The sections that the sources of TypeScript packages cite, each with one of the files. */
function cited(): Map<string, string> {
  const found = new Map<string, string>();
  for (const one of readdirSync(path.join(ROOT, "ts"))) {
    const folder = path.join(ROOT, "ts", one, "src");
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts")) continue;
      const text = readFileSync(path.join(folder, name), "utf8").replaceAll(/\n \* /g, " ");
      for (const [, list = ""] of text.matchAll(/protocol(?:'s)? sections? ([\d., and]*\d)/g)) {
        for (const [number] of list.matchAll(/\d+(?:\.\d+)?/g)) found.set(number, `${one}/${name}`);
      }
    }
  }
  return found;
}

test("every section of the protocol that a comment cites is in docs/protocol.md", () => {
  const known = sections();
  const citations = [...cited()];
  expect(citations.length).toBeGreaterThan(8);
  expect(citations.filter(([number]) => !known.has(number))).toEqual([]);
});
