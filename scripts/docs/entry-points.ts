/** The modules of the published library that programs import. */
import { readFileSync } from "node:fs";
import path from "node:path";

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
}

/** The sources of every subpath that `trust-quorum` exports, by its `package.json`. */
export function entryPoints(root: string): string[] {
  const folder = path.join(root, "ts/core");
  const text = readFileSync(path.join(folder, "package.json"), "utf8");
  const { exports } = JSON.parse(text) as Manifest;
  return Object.values(exports)
    .filter((target) => typeof target !== "string")
    .map(({ types }) => {
      const source = types.replace(/^\.\/dist\//, "src/").replace(/\.d\.ts$/, ".ts");
      return path.join(folder, source);
    });
}
