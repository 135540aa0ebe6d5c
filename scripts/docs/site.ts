/**
 * The documents as a static site: the API reference of the published library, from its docstrings, and
 * README.md, `docs/` and their like as pages of it, with a search that needs no server. Nothing is
 * fetched while it is made, nor by the pages.
 */
import path from "node:path";
import { Application, Converter, LogLevel, Logger, ReflectionKind } from "typedoc";
import type { DocumentReflection, TypeDocOptions } from "typedoc";
import { entryPoints } from "./entry-points.ts";
import { documentsOf } from "./links.ts";

/** The groups of the pages beside the reference, each with the paths that belong to it. */
const GROUPS: readonly (readonly [group: string, paths: RegExp])[] = [
  ["For operators", /^docs\/operators\//],
  ["Decisions", /^docs\/decisions\//],
  ["Documents", /^(docs\/)?[^/]+$/],
];

/** What must have a docstring: what is exported, and what can be called on it. */
const DOCUMENTED: NonNullable<TypeDocOptions["requiredToBeDocumented"]> = [
  "Variable",
  "Function",
  "Class",
  "Interface",
  "TypeAlias",
  "Enum",
  "Method",
  "Accessor",
];

/** The languages of the documents' code. */
const LANGUAGES = ["typescript", "javascript", "json", "toml", "sh", "console"];

/** Types that only spell another one out where it stands, as an editor shows it. */
const NOT_EXPORTED = ["Branded", "ErrorTable", "Sha3"];

/** Keeps what is wrong and drops the rest. */
class Faults extends Logger {
  readonly found: string[] = [];

  override log(message: string, level: LogLevel): void {
    super.log(message, level);
    if (level >= LogLevel.Warn) this.found.push(message);
  }
}

/**
 * Writes the site.
 *
 * @param root The repository's folder; its packages are compiled
 * @param out The folder to write; what was in it is removed
 * @returns What is wrong, one sentence each: exports without a docstring, dead links. Where there is
 *   anything, nothing is written
 */
export async function buildSite(root: string, out: string): Promise<string[]> {
  const faults = new Faults();
  const documents = documentsOf(root).filter(
    (file) => file !== "README.md" && GROUPS.some(([, paths]) => paths.test(file)),
  );
  const app = await Application.bootstrap({
    name: "trust-quorum",
    entryPoints: entryPoints(root),
    tsconfig: path.join(root, "ts/core/tsconfig.json"),
    basePath: root,
    readme: path.join(root, "README.md"),
    projectDocuments: documents.map((file) => path.join(root, file)),
    groupOrder: ["Modules", "Documents", "For operators", "Decisions", "*"],
    searchInDocuments: true,
    highlightLanguages: LANGUAGES,
    requiredToBeDocumented: DOCUMENTED,
    intentionallyNotExported: NOT_EXPORTED,
    validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
    treatWarningsAsErrors: true,
    // Links into a host of repositories would name one.
    disableSources: true,
    logLevel: "Warn",
  });
  app.logger = faults;
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document: DocumentReflection) => {
    const file = document.project.files.getReflectionPath(document);
    if (file !== undefined) nameDocument(document, path.relative(root, file));
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      module.name = module.name.replace(/^ts\/core\/src/, "trust-quorum");
    }
  });
  const project = await app.convert();
  if (project === undefined) return ["the sources do not compile", ...faults.found];
  app.validate(project);
  if (faults.found.length === 0) await app.generateDocs(project, out);
  return faults.found;
}

/** A page is called what its heading says, and stands with those of its folder. */
function nameDocument(document: DocumentReflection, file: string): void {
  const heading = document.content.map(({ text }) => text).join("");
  document.name = /^# (.+)$/m.exec(heading)?.[1]?.replaceAll("`", "") ?? file;
  document.frontmatter["group"] = GROUPS.find(([, paths]) => paths.test(file))?.[0];
}
