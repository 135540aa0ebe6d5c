/** `tq log`: collects the event logs of sleds into one folder, as `tq-debug` opens them. */
import { mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { OperatorError, isOperatorError, messageOf } from "@trust-quorum/api/client/errors";
import type { SledApi } from "@trust-quorum/api/client/api";
import type { Context } from "../context.ts";
import { serialOf } from "../rack.ts";

interface Collected {
  readonly sled: string;
  readonly files: { readonly file: string; readonly bytes: number }[];
  problem: string | null;
}

/** `tq log` */
export async function log(
  context: Context,
  names: readonly string[],
  options: { readonly output: string },
): Promise<void> {
  const { rack, output } = context;
  const wanted = names.length === 0 ? rack.ids : names.map((name) => rack.find(name));
  const folder = path.resolve(options.output);
  const all: Collected[] = [];
  await output.steps(
    wanted.map((id) => ({
      title: serialOf(id),
      task: async (_, task) => {
        const collected: Collected = { sled: id, files: [], problem: null };
        all.push(collected);
        try {
          await collect(rack.api(id), path.join(folder, serialOf(id)), collected);
        } catch (error) {
          if (!isOperatorError(error)) throw error;
          collected.problem = error.message;
        }
        task.title = `${serialOf(id)}: ${collected.problem ?? `${collected.files.length} files`}`;
      },
    })),
    { concurrent: true },
  );
  const files = all.flatMap((collected) => collected.files);
  output.line(`${files.length} files in ${options.output}; \`npx tq-debug FILE\` opens one`);
  if (output.json) output.value({ result: "collected", folder, sleds: all });
  const failed = all.filter(({ problem }) => problem !== null);
  if (failed.length === 0) return;
  const text = `${failed.length} of ${all.length} sleds gave no log: ${failed[0]?.problem ?? ""}`;
  throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
}

async function collect(api: SledApi, folder: string, collected: Collected): Promise<void> {
  const { files } = await api.logFiles();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name } of files) {
    // The name comes from a sled: it must not lead out of the folder.
    if (path.basename(name) !== name || name.startsWith(".")) {
      throw new OperatorError(
        "ERR_TQ_CLI_BAD_ANSWER",
        `a log's file is called ${JSON.stringify(name)}`,
      );
    }
    const file = path.join(folder, name);
    collected.files.push({ file, bytes: await save(api, name, file) });
  }
}

async function save(api: SledApi, name: string, file: string): Promise<number> {
  let handle;
  try {
    handle = await open(file, "wx", 0o600);
  } catch (cause) {
    const text = `${file} cannot be made: ${messageOf(cause)}; choose another --output`;
    throw new OperatorError("ERR_TQ_CLI_OUTPUT", text, { cause });
  }
  let bytes = 0;
  try {
    for await (const chunk of api.logFile(name)) {
      await handle.writeFile(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    // Half a log would pass for a whole one.
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return bytes;
}
