/** `tq verify`: has sleds read their ledgers again. */
import { OperatorError, isOperatorError } from "@trust-quorum/api/client/errors";
import type { VerifyAnswer } from "@trust-quorum/api/schemas/verify";
import type { BaseboardId } from "trust-quorum";
import type { Context } from "../context.ts";
import { serialOf } from "../rack.ts";

/** `tq verify`: both replicas of each sled, which mends one from the other where that is safe. */
export async function verify(context: Context, names: readonly string[]): Promise<void> {
  const { rack, output } = context;
  const wanted = names.length === 0 ? rack.ids : names.map((name) => rack.find(name));
  const results = new Map<BaseboardId, VerifyAnswer | OperatorError>();
  await output.steps(
    wanted.map((id) => ({
      title: serialOf(id),
      task: async (_, task) => {
        const result = await verifyOne(context, id);
        results.set(id, result);
        task.title = `${serialOf(id)} ${resultText(result)}`;
      },
    })),
    { concurrent: true },
  );
  const all = wanted.flatMap((id) => {
    const result = results.get(id);
    return result === undefined ? [] : [{ id, result }];
  });
  for (const { id, result } of all) {
    if (result instanceof OperatorError) continue;
    for (const { folder, problem, outcome, keptAside } of result.replicas) {
      if (problem === null) continue;
      output.line(`${serialOf(id)} ${folder}: ${outcome}: ${problem}`);
      for (const name of keptAside) output.line(`  what was there is kept as ${name}`);
    }
  }
  const good = all.filter(({ result }) => isGood(result)).length;
  output.line(`${good} of ${wanted.length} sleds hold what they saved`);
  if (output.json) {
    const sleds = all.map(({ id, result }) =>
      result instanceof OperatorError
        ? { id, problem: result.message }
        : { id, problem: null, ...result },
    );
    output.value({ result: good === wanted.length ? "ok" : "failed", sleds });
  }
  if (good === wanted.length) return;
  const text =
    "not every sled was found to hold what it saved; docs/operators/recover.md says what to do";
  throw new OperatorError("ERR_TQ_CLI_NOT_DONE", text);
}

async function verifyOne(context: Context, id: BaseboardId): Promise<VerifyAnswer | OperatorError> {
  try {
    return await context.rack.api(id).verify();
  } catch (error) {
    if (isOperatorError(error)) return error;
    throw error;
  }
}

function isGood(result: VerifyAnswer | OperatorError): boolean {
  return (
    !(result instanceof OperatorError) &&
    (result.outcome === "sound" || result.outcome === "mended")
  );
}

function resultText(result: VerifyAnswer | OperatorError): string {
  if (result instanceof OperatorError) return result.message;
  const { outcome, bytes, seconds } = result;
  return `${outcome} (2 × ${bytes} bytes in ${seconds.toFixed(2)} s)`;
}
