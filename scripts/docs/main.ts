/**
 * `npm run docs`: checks the links of all documents and the docstrings of the library, and
 * writes the documents and the API reference as a static site to `target/docs`. Ends with 1 where
 * something is wrong.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brokenLinks, documentsOf, unreachable } from "./links.ts";
import { buildSite } from "./site.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OUT = path.join(ROOT, "target", "docs");

const documents = documentsOf(ROOT);
const faults = [
  ...brokenLinks(ROOT, documents),
  ...unreachable(ROOT, documents, "README.md").map((file) => `no document links to ${file}`),
  ...(await buildSite(ROOT, OUT)),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error(`${faults.length} faults`);
  process.exitCode = 1;
} else {
  console.log(`open ${path.relative(process.cwd(), path.join(OUT, "index.html"))}`);
}
