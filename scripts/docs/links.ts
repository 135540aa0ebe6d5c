/**
 * The links of the documents: to files of the repository, to headings within them, and from every
 * document below `docs/` to a reader who starts at README.md. Addresses of other hosts are not asked.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";

type Token = ReturnType<MarkdownIt["parse"]>[number];

/** One document's links and the names of its headings, as GitHub makes them. */
interface Parsed {
  readonly links: readonly { readonly target: string; readonly line: number }[];
  readonly anchors: ReadonlySet<string>;
}

const markdown = new MarkdownIt({ html: true });

/** The folders with documents, each with everything below it or with its own files only. */
const FOLDERS = [
  { folder: ".", recursive: false },
  { folder: "bindings", recursive: false },
  { folder: "docs", recursive: true },
  { folder: "packaging", recursive: true },
];

/** The documents of the repository, by their paths within it, in order. */
export function documentsOf(root: string): string[] {
  const packages = readdirSync(path.join(root, "ts")).map((name) => `ts/${name}`);
  return [...FOLDERS, ...packages.map((folder) => ({ folder, recursive: false }))]
    .flatMap(({ folder, recursive }) =>
      readdirSync(path.join(root, folder), { recursive, encoding: "utf8" }).map((file) =>
        path.posix.join(folder, file),
      ),
    )
    .filter((file) => file.endsWith(".md"))
    .toSorted();
}

/**
 * What is wrong with the links of some documents, one sentence each, with file and line.
 *
 * @param files Paths within `root`; a link to any other Markdown file is read too
 */
export function brokenLinks(root: string, files: readonly string[]): string[] {
  const parsed = new Map<string, Parsed>();
  const read = (file: string): Parsed => {
    let found = parsed.get(file);
    if (found === undefined) {
      found = parse(readFileSync(path.join(root, file), "utf8"));
      parsed.set(file, found);
    }
    return found;
  };
  const faults: string[] = [];
  for (const file of files) {
    for (const { target, line } of read(file).links) {
      const fault = faultOf(root, file, target, read);
      if (fault !== undefined) faults.push(`${file}:${line}: ${fault}`);
    }
  }
  return faults;
}

/** The documents below `docs/` that no chain of links reaches from the first of `starts`. */
export function unreachable(root: string, files: readonly string[], start: string): string[] {
  const seen = new Set([start]);
  for (const file of seen) {
    for (const { target } of parse(readFileSync(path.join(root, file), "utf8")).links) {
      const to = path.posix.join(path.posix.dirname(file), target.replace(/#.*$/, ""));
      if (to.endsWith(".md") && existsSync(path.join(root, to))) seen.add(to);
    }
  }
  return files.filter((file) => file.startsWith("docs/") && !seen.has(file));
}

function faultOf(
  root: string,
  file: string,
  target: string,
  read: (file: string) => Parsed,
): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined;
  const [name = "", anchor] = decodeURI(target).split("#");
  const to = name === "" ? file : path.posix.join(path.posix.dirname(file), name);
  if (name.startsWith("/") || to.startsWith("../")) return `${target} leads out of the repository`;
  if (!existsSync(path.join(root, to))) return `there is no ${to}`;
  if (anchor === undefined || !to.endsWith(".md")) return undefined;
  return read(to).anchors.has(anchor) ? undefined : `${to} has no heading #${anchor}`;
}

function parse(text: string): Parsed {
  const slugger = new GithubSlugger();
  const links: { target: string; line: number }[] = [];
  const anchors = new Set<string>();
  const tokens = markdown.parse(text, {});
  for (const [i, token] of tokens.entries()) {
    if (token.type === "heading_open") anchors.add(slugger.slug(plainText(tokens[i + 1])));
    const line = (token.map?.[0] ?? 0) + 1;
    for (const child of token.children ?? []) {
      const target = child.attrGet("href") ?? child.attrGet("src");
      if (target !== null) links.push({ target, line });
    }
  }
  return { links, anchors };
}

function plainText(heading: Token | undefined): string {
  const parts = (heading?.children ?? []).filter(({ type }) => /^(text|code_inline)$/.test(type));
  return parts.map(({ content }) => content).join("");
}
