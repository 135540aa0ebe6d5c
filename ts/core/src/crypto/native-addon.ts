/**
 * Loads the native addon, from wherever this code runs: as modules of Node, Deno or Bun, within Jest or
 * vitest, and in a bundle. docs/runtimes.md has the recipes.
 */
import { createRequire } from "node:module";
import type * as Addon from "@trust-quorum/native";
import { TrustQuorumError } from "../base/errors.ts";

/** What the platforms of one operating system and processor add to their addon's file name. */
const LIBRARIES = ["", "-gnu", "-musl", "-msvc"];

/**
 * The addon of this platform.
 *
 * @throws TrustQuorumError `ERR_TQ_NATIVE_UNAVAILABLE`, with the code and the text of what kept it from
 * loading; `cause` is that error
 */
export function loadAddon(): typeof Addon {
  // A bundle in CommonJS has no `import.meta.url` where esbuild made it.
  const file = (import.meta.url as string | undefined) ?? __filename;
  try {
    const require = createRequire(file);
    return addonBeside(require) ?? (require("@trust-quorum/native") as typeof Addon);
  } catch (cause) {
    throw new TrustQuorumError(
      "ERR_TQ_NATIVE_UNAVAILABLE",
      { problem: reason(cause, file) },
      { cause },
    );
  }
}

/** The addon from its file beside this one, as a bundle may have it, if it is there. */
function addonBeside(require: NodeJS.Require): typeof Addon | undefined {
  const failures: unknown[] = [];
  for (const library of LIBRARIES) {
    const file = `./trust-quorum.${process.platform}-${process.arch}${library}.node`;
    try {
      return require(file) as typeof Addon;
    } catch (error) {
      if (codeOf(error) !== "MODULE_NOT_FOUND") failures.push(error);
    }
  }
  // The first is the telling one: what is tried after it is for another C library.
  if (failures.length > 0) throw failures[0];
  return undefined;
}

/** Why the addon did not load, in one line. */
function reason(cause: unknown, file: string): string {
  // Not `instanceof`: the error may be of another realm. Those of Deno have a name and no code.
  const { name, message } = Object(cause) as { name?: unknown; message?: unknown };
  const code = codeOf(cause);
  const text = /^.*?(?=\.?$)/m.exec(String(message ?? cause))?.[0] ?? "";
  const from = code === "MODULE_NOT_FOUND" ? ` from ${file}` : "";
  return `${code ?? String(name)}: ${text}${from}; without it there is only referenceCrypto()`;
}

function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
