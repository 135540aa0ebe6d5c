/**
 * Parts of documents that programs write, between two markers. It lies in this package, and not beside
 * the scripts that use it as well, because a script may import a package's source and no package may
 * import a script.
 */

/** Where what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->` begins and ends. */
export interface Block {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds a block.
 *
 * @throws Error where the document, which `file` names, has no such block
 */
export function blockOf(document: string, name: string, file: string): Block {
  const [begin, finish] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, end] = [document.indexOf(begin), document.indexOf(finish)];
  if (from < 0 || end < from) throw new Error(`${file} has no section ${name}`);
  return { start: from + begin.length, end };
}

/**
 * The document with other content in a block.
 *
 * @throws Error as {@link blockOf}
 */
export function withBlock(document: string, name: string, content: string, file: string): string {
  const { start, end } = blockOf(document, name, file);
  return `${document.slice(0, start)}\n\n${content}\n\n${document.slice(end)}`;
}
