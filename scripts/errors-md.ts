/**
 * Writes ERRORS.md, the published list of error codes and refusal reasons, and the table of errors in
 * docs/event-log.md from the tables in the code: `npm run errors`. Tests fail where a document is not what
 * this makes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import ts from "typescript";
import { ERRORS } from "../ts/core/src/base/errors.ts";
import type { ErrorCode } from "../ts/core/src/base/errors.ts";
import { REFUSAL_REASONS } from "../ts/core/src/protocol/diagnostics.ts";
import { OPERATOR_ERRORS } from "../ts/api/src/client/errors.ts";
import { DAEMON_ERRORS } from "../ts/sled-host/src/errors.ts";
import type { DaemonErrorCode } from "../ts/sled-host/src/errors.ts";
import { LOG_ERRORS } from "../ts/event-log/src/errors.ts";
import type { LogErrorCode } from "../ts/event-log/src/errors.ts";
import { withBlock } from "../bench/src/report/block.ts";

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The document's file. */
export const ERRORS_MD = path.join(ROOT, "ERRORS.md");

/** The document of event logs, which has a table of their errors between two markers. */
export const EVENT_LOG_MD = path.join(ROOT, "docs", "event-log.md");

/** The interface that declares the details of a table's codes. */
interface Declaration {
  readonly file: string;
  readonly details: string;
}

/** A table of errors: where its details are declared, and how its texts are made. */
interface ErrorTable extends Declaration {
  readonly text: (code: string, details: never) => string;
}

const CORE: ErrorTable = {
  file: path.join(ROOT, "ts/core/src/base/errors.ts"),
  details: "ErrorDetails",
  text: (code, details) => ERRORS[code as ErrorCode].text(details),
};

/** The daemon's and the command line's own errors. */
export const DAEMON: ErrorTable = {
  file: path.join(ROOT, "ts/sled-host/src/errors.ts"),
  details: "DaemonErrorDetails",
  text: (code, details) => DAEMON_ERRORS[code as DaemonErrorCode].text(details),
};

const EVENT_LOG: ErrorTable = {
  file: path.join(ROOT, "ts/event-log/src/errors.ts"),
  details: "LogErrorDetails",
  text: (code, details) => LOG_ERRORS[code as LogErrorCode].text(details),
};

/** The codes of the command line. */
export const OPERATOR_CODES: readonly string[] = Object.keys(OPERATOR_ERRORS);

/** One code as `ErrorDetails` declares it. */
export interface DeclaredError {
  readonly code: string;
  /** The comment above the group of codes that it belongs to. */
  readonly group: string;
  /** The details by name, each with its type as written. */
  readonly details: ReadonlyMap<string, string>;
}

/** The text of the document. */
export async function errorsDocument(): Promise<string> {
  const lines = [
    "<!-- Generated from the tables in the code by `npm run errors`; not to be edited. -->",
    "",
    "# Errors",
    "",
    "Everything that is the caller's fault is thrown as a `TrustQuorumError`. Match on its `code`: codes",
    "are stable, texts are for people. `details` holds what the third column names; in a text, `<name>`",
    "stands for the detail of that name. No error ever holds a secret or a share.",
  ];
  lines.push(...sections(CORE));
  lines.push(
    "",
    "# Refused messages",
    "",
    "What a peer does wrong is never thrown. It is counted, and kept in the diagnostics, under one of",
    "these reasons. A request that is refused is counted there too, under its error's code.",
    "",
    "| Reason | Meaning |",
    "| --- | --- |",
    ...Object.entries(REFUSAL_REASONS).map(([reason, text]) => row([`\`${reason}\``, text])),
    "",
    "# Errors of the daemon",
    "",
    "What `tqd` and `tq` add: a `DaemonError` in code, `{code, message, details}` over HTTP.",
    ...sections(DAEMON),
    "",
    "# Errors of the command line",
    "",
    "What `tq` adds: an `OperatorError`, `{error: {code, message}}` with `--json`, and its exit code.",
    "",
    "| Code | Meaning | Exit |",
    "| --- | --- | --- |",
    ...Object.entries(OPERATOR_ERRORS).map(([code, { meaning, exit }]) =>
      row([`\`${code}\``, meaning, String(exit)]),
    ),
    "",
  );
  return formatted(lines.join("\n"));
}

/**
 * The document of event logs with its table of errors as the code has them now.
 *
 * @throws Error where the document has no place for it
 */
export async function eventLogDocument(document: string): Promise<string> {
  const rows = declaredErrors(EVENT_LOG).map((declared) => {
    const { when } = LOG_ERRORS[declared.code as LogErrorCode];
    return row([`\`${declared.code}\``, when, template(declared, EVENT_LOG)]);
  });
  const table = ["| Code | When | Text |", "| --- | --- | --- |", ...rows].join("\n");
  return formatted(withBlock(document, "errors", table, "docs/event-log.md"));
}

async function formatted(markdown: string): Promise<string> {
  return format(markdown, { ...(await resolveConfig(ERRORS_MD)), parser: "markdown" });
}

/**
 * The codes of a table's interface of details, as its source declares them: first those of the interfaces that
 * it extends, in the files that they are imported from, then its own.
 */
export function declaredErrors({ file, details }: Declaration = CORE): DeclaredError[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const declaration = source.statements
    .filter(ts.isInterfaceDeclaration)
    .find(({ name }) => name.text === details);
  if (declaration === undefined) throw new Error(`${file} declares no ${details}`);
  const extended = (declaration.heritageClauses ?? []).flatMap(({ types }) => types);
  const inherited = extended.flatMap(({ expression }) => {
    const name = expression.getText(source);
    return declaredErrors({ file: importedFrom(source, name), details: name });
  });
  let group = "";
  const own = declaration.members.filter(ts.isPropertySignature).map((member) => {
    group = commentAbove(source, member) ?? group;
    const type = member.type;
    const fields: readonly ts.TypeElement[] =
      type !== undefined && ts.isTypeLiteralNode(type) ? type.members : [];
    const details = fields.filter(ts.isPropertySignature).map((field): [string, string] => {
      const optional = field.questionToken === undefined ? "" : "?";
      return [`${field.name.getText(source)}${optional}`, field.type?.getText(source) ?? ""];
    });
    return { code: member.name.getText(source), group, details: new Map(details) };
  });
  return [...inherited, ...own];
}

/** The file that a source imports this name from. */
function importedFrom(source: ts.SourceFile, name: string): string {
  for (const statement of source.statements.filter(ts.isImportDeclaration)) {
    const names = statement.importClause?.namedBindings;
    if (names === undefined || !ts.isNamedImports(names)) continue;
    if (!names.elements.some((element) => element.name.text === name)) continue;
    const { moduleSpecifier } = statement;
    if (!ts.isStringLiteral(moduleSpecifier)) continue;
    return path.resolve(path.dirname(source.fileName), moduleSpecifier.text);
  }
  throw new Error(`${source.fileName} does not import ${name}`);
}

/**
 * A code's text with `<name>` where it shows a detail.
 *
 * @throws Error where the text shows a detail that the code does not have
 */
export function template({ code, details }: DeclaredError, table: ErrorTable = CORE): string {
  const placeholders = new Proxy(
    {},
    {
      get(_target, name) {
        const known = details.has(String(name)) || details.has(`${String(name)}?`);
        if (!known) throw new Error(`the text of ${code} shows ${String(name)}, which it has not`);
        return `<${String(name)}>`;
      },
    },
  );
  return table.text(code, placeholders as never);
}

/** A heading and a table for each group of codes. */
function sections(table: ErrorTable): string[] {
  const lines: string[] = [];
  let group = "";
  for (const declared of declaredErrors(table)) {
    if (declared.group !== group) {
      group = declared.group;
      // "Ledgers: `offset` is …": what follows the heading is a remark on the whole group.
      const [heading = "", remark] = group.split(": ");
      lines.push("", `## ${heading}`, "", ...(remark === undefined ? [] : [`${remark}.`, ""]));
      lines.push("| Code | Text | Details |", "| --- | --- | --- |");
    }
    lines.push(row([`\`${declared.code}\``, template(declared, table), details(declared)]));
  }
  return lines;
}

function details({ details }: DeclaredError): string {
  return [...details].map(([name, type]) => `\`${name}: ${type}\``).join(", ");
}

/** The line comment directly above a member: the heading of the group that begins with it. */
function commentAbove(source: ts.SourceFile, node: ts.Node): string | undefined {
  const text = source.getFullText();
  const comments = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  const lines = comments.map(({ pos, end }) => text.slice(pos, end).replace(/^\/\/ ?/, ""));
  return lines.length === 0 ? undefined : lines.join(" ");
}

/** A row of a table. What looks like markup stands for itself. */
function row(cells: readonly string[]): string {
  const escaped = cells.map((cell) =>
    cell.startsWith("`") ? cell.replaceAll("|", "\\|") : cell.replaceAll(/[<|*_]/g, "\\$&"),
  );
  return `| ${escaped.join(" | ")} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(ERRORS_MD, await errorsDocument());
  writeFileSync(EVENT_LOG_MD, await eventLogDocument(readFileSync(EVENT_LOG_MD, "utf8")));
}
