/** Completion scripts, made from the command tree: what can be typed is what is completed. */
import type { Command, Option } from "commander";

/** The shells that are known. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
/** A shell that a script can be made for. */
export type Shell = (typeof SHELLS)[number];

interface Node {
  /** The names on the way to it, without the program's: `["member", "add"]`. */
  readonly path: readonly string[];
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Option[];
}

/** The script for a shell. */
export function completionScript(root: Command, shell: Shell): string {
  const nodes = walk(root, []);
  switch (shell) {
    case "bash":
      return bash(nodes);
    case "zsh":
      return zsh(nodes);
    case "fish":
      return fish(nodes);
    default:
      return shell satisfies never;
  }
}

function walk(command: Command, path: readonly string[]): Node[] {
  const children = [...command.commands];
  const options = command.createHelp().visibleOptions(command);
  return [
    {
      path,
      options,
      children: children.map((child) => ({
        name: child.name(),
        description: child.description(),
      })),
    },
    ...children.flatMap((child) => walk(child, [...path, child.name()])),
  ];
}

function words({ children, options }: Node): string[] {
  const flags = options.flatMap(({ short, long }) => [short, long].filter((flag) => flag != null));
  return [...children.map(({ name }) => name), ...flags];
}

/** A word list for each path; the path is what was typed so far, without options. */
function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(
    (node) => `    "${node.path.join(" ")}") words="${words(node).join(" ")}" ;;`,
  );
  return `# bash completion for tq: source <(tq completion bash)
_tq() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${nodes
        .filter(({ path }) => path.length > 0)
        .map(({ path }) => `"${path.join(" ")}"`)
        .join("|")}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tq tq
`;
}

function zsh(nodes: readonly Node[]): string {
  const cases = nodes.map((node) => {
    const described = [
      ...node.children.map(({ name, description }) => entry(name, description)),
      ...node.options.map(({ long, description }) => entry(long ?? "", description)),
    ];
    return `    "${node.path.join(" ")}") items=(${described.join(" ")}) ;;`;
  });
  const paths = nodes.filter(({ path }) => path.length > 0);
  return `#compdef tq
# zsh completion for tq: source <(tq completion zsh)
_tq() {
  local path_="" word
  local -a items
  for word in "\${words[@]:1:$((CURRENT - 2))}"; do
    case "\${path_:+$path_ }$word" in
      ${paths.map(({ path }) => `"${path.join(" ")}"`).join("|")}) path_="\${path_:+$path_ }$word" ;;
    esac
  done
  case "$path_" in
${cases.join("\n")}
  esac
  _describe -o tq items || _files
}
compdef _tq tq
`;
}

function entry(name: string, description: string): string {
  return quote(`${name}:${description.replaceAll(":", "\\:")}`);
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const condition = fishCondition(node);
    return [
      ...node.children.map(
        ({ name, description }) =>
          `complete -c tq -f -n ${quote(condition)} -a ${name} -d ${quote(description)}`,
      ),
      ...node.options.map(({ short, long, description, required }) => {
        const flags = [
          short == null ? "" : `-s ${short.slice(1)}`,
          long == null ? "" : `-l ${long.slice(2)}`,
          required ? "-r" : "",
        ];
        return `complete -c tq -n ${quote(condition)} ${flags.filter((flag) => flag !== "").join(" ")} -d ${quote(description)}`;
      }),
    ];
  });
  return `# fish completion for tq: tq completion fish | source\n${lines.join("\n")}\n`;
}

/** Exactly this path was typed: its words were, and none of its children's. */
function fishCondition({ path, children }: Node): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const none =
    children.length === 0
      ? []
      : [`not __fish_seen_subcommand_from ${children.map(({ name }) => name).join(" ")}`];
  const all = path.length === 0 ? none : [...seen, ...none];
  return all.length === 0 ? "true" : all.join("; and ");
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
