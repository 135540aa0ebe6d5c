/**
 * An example as a module that a test can run: where a statement is followed by `// => value`, it compares
 * both.
 *
 * The statement is an expression, and its value is what is compared; of `console.log(x)` it is `x`. The
 * value is an expression too, in the same line. Line numbers stay as they are in the example.
 */
import path from "node:path";
import ts from "typescript";
import type { Example } from "./collect.ts";

/** The name of the function that modules of examples call with a line, what there is and what should be. */
export const EXPECT = "expectExample";

const ARROW = /\/\/\s*=>(?<value>.*)$/u;

/** An example that can run. */
export interface ExampleModule {
  readonly text: string;
  /** The lines whose values are compared; each is to be reached. */
  readonly compared: readonly number[];
}

/**
 * Relative imports are those of the file that shows the example.
 *
 * @param root The folder that the example's file is below, absolute
 * @throws Error where a `// =>` follows no expression, or is followed by none
 */
export function moduleOf(root: string, example: Example): ExampleModule {
  const { code, file } = example;
  const source = ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);
  const edits: Edit[] = [];
  const arrows = new Map<number, number>();

  const fault = (position: number, problem: string): Error => {
    const line = example.line + source.getLineAndCharacterOfPosition(position).line;
    return new Error(`${file}:${String(line)}: ${problem}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node)) {
      const comment = arrowBehind(code, node);
      if (comment !== undefined) {
        const value = comment.value.trim();
        if (!isExpression(value)) throw fault(comment.pos, `"${value}" is not an expression`);
        const line = example.line + source.getLineAndCharacterOfPosition(node.getStart()).line;
        arrows.set(comment.pos, line);
        const [start, end] = [node.getStart(), comment.end];
        const actual = shown(node.expression).getText();
        edits.push({ start, end, text: `${EXPECT}(${String(line)}, ${actual}, ${value});` });
      }
    }
    const specifier = specifierOf(node);
    if (specifier?.text.startsWith(".") === true) {
      const absolute = path.resolve(root, path.dirname(file), specifier.text);
      const [start, end] = [specifier.getStart(), specifier.getEnd()];
      edits.push({ start, end, text: JSON.stringify(absolute) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);

  for (const { index } of code.matchAll(/\/\/\s*=>/gu)) {
    if (!arrows.has(index))
      throw fault(index, "`// =>` stands behind no statement of one expression");
  }
  // Makes it a module, whatever it holds.
  return { text: `${edited(code, edits)}export {};\n`, compared: [...arrows.values()] };
}

/** A part of a text, and what stands there afterwards. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { start, end, text: inserted } of edits.toSorted((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + inserted + result.slice(end);
  }
  return result;
}

/** The `// =>` behind a statement, in its last line. */
function arrowBehind(
  code: string,
  node: ts.Node,
): { pos: number; end: number; value: string } | undefined {
  for (const { pos, end } of ts.getTrailingCommentRanges(code, node.getEnd()) ?? []) {
    const value = ARROW.exec(code.slice(pos, end))?.groups?.["value"];
    if (value !== undefined) return { pos, end, value };
  }
  return undefined;
}

function isExpression(text: string): boolean {
  const wrapped = `(${text}\n);`;
  const { diagnostics = [] } = ts.transpileModule(wrapped, { reportDiagnostics: true });
  const source = ts.createSourceFile("value.ts", wrapped, ts.ScriptTarget.Latest, true);
  const [statement, ...others] = source.statements;
  if (statement === undefined || others.length > 0 || diagnostics.length > 0) return false;
  // What closes the parenthesis itself would be something else: `1) + (2`.
  return ts.isExpressionStatement(statement) && ts.isParenthesizedExpression(statement.expression);
}

/** What a statement shows: of `console.log(x)` x, of anything else its own value. */
function shown(expression: ts.Expression): ts.Node {
  if (ts.isCallExpression(expression) && expression.expression.getText() === "console.log") {
    const [argument, ...others] = expression.arguments;
    if (argument !== undefined && others.length === 0) return argument;
  }
  return expression;
}

function specifierOf(node: ts.Node): ts.StringLiteral | undefined {
  const named = ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
  const specifier = named ? node.moduleSpecifier : undefined;
  return specifier !== undefined && ts.isStringLiteral(specifier) ? specifier : undefined;
}
