/** Type-checks modules as the workspace's tests are, in one program over the packages' sources. */
import path from "node:path";
import ts from "typescript";
import { sourceOf } from "../vitest/sources.mjs";
import { workspaces } from "../workspaces.mjs";

/**
 * What the compiler says of some modules, by their files; nothing of those that are right. The packages
 * that they import are read from their sources, and are not checked themselves.
 *
 * @param root The folder of the workspace, absolute
 * @param files Absolute
 * @param globals A declaration file with what they find without an import, absolute
 */
export function checkTypes(
  root: string,
  files: readonly string[],
  globals: string,
): Map<string, ts.Diagnostic[]> {
  const options = { ...optionsOf(root), incremental: false, types: ["node"] };
  delete options.tsBuildInfoFile;
  const host = ts.createCompilerHost(options);
  const packages = workspaces(root);
  const cache = ts.createModuleResolutionCache(root, (name) => name, options);
  host.resolveModuleNameLiterals = (literals, containing, redirected, _, file) =>
    literals.map((literal) => {
      const source = sourceOf(packages, literal.text, containing);
      if (source !== undefined) {
        const resolved = { resolvedFileName: source, extension: ts.Extension.Ts };
        return { resolvedModule: { ...resolved, isExternalLibraryImport: false } };
      }
      const mode = ts.getModeForUsageLocation(file, literal, options);
      const from = containing.startsWith(root) ? containing : path.join(root, "example.ts");
      const { text } = literal;
      return ts.resolveModuleName(text, from, options, host, cache, redirected, mode);
    });

  const program = ts.createProgram([...files, globals], options, host);
  const found = new Map<string, ts.Diagnostic[]>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    if (diagnostics.length > 0) found.set(file, diagnostics);
  }
  return found;
}

/** What the workspace's tests are compiled with. */
function optionsOf(root: string): ts.CompilerOptions {
  const file = path.join(root, "tsconfig.test.json");
  const { config } = ts.readConfigFile(file, (name) => ts.sys.readFile(name)) as { config: object };
  const parsed = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  const [error] = parsed.errors.filter(({ code }) => code !== NO_INPUTS);
  if (error !== undefined)
    throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  return parsed.options;
}

/** "The 'files' list in config file is empty." */
const NO_INPUTS = 18002;

/** One line for a diagnostic. */
export function textOf({ file, start, messageText }: ts.Diagnostic, firstLine: number): string {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line;
  return `line ${String(firstLine + line)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
}
