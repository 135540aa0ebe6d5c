/** `tq unlock` and `tq key`: the rack secret's uses. Neither ever shows a secret. */
import { fstatSync } from "node:fs";
import { isatty } from "node:tty";
import { parseBaseboardId } from "trust-quorum";
import type { BaseboardId } from "trust-quorum";
import type { KeyBody } from "@trust-quorum/api/schemas/key";
import type { LockAnswer } from "@trust-quorum/api/schemas/lock";
import {
  OperatorError,
  RefusedError,
  isOperatorError,
  messageOf,
} from "@trust-quorum/api/client/errors";
import { writeAll } from "@trust-quorum/sled-host/os/replace-file";
import { usageError } from "../context.ts";
import type { Context } from "../context.ts";
import { checkKeyFile, writeKeyFile } from "../key-file.ts";
import { serialOf } from "../rack.ts";

const UNLOCK_TIMEOUT_S = 60;
/** How long one call waits for a sled; the command asks again until its own time is up. */
const WAIT_MS = 2000;

/** `tq unlock`: loads the rack secret on sleds, and with --wait waits until they are unlocked. */
export async function unlock(
  context: Context,
  names: readonly string[],
  options: { readonly wait?: boolean },
): Promise<void> {
  const { rack, output } = context;
  const wanted = names.length === 0 ? rack.ids : names.map((name) => rack.find(name));
  const deadline = context.deadline(UNLOCK_TIMEOUT_S);
  const results = new Map<BaseboardId, LockAnswer | OperatorError>();
  await output.steps(
    wanted.map((id) => ({
      title: serialOf(id),
      task: async (_, task) => {
        const result = await unlockOne(
          context,
          id,
          options.wait === true ? deadline : null,
          (text) => {
            task.output = text;
          },
        );
        results.set(id, result);
        task.title = `${serialOf(id)} ${resultText(result)}`;
      },
    })),
    { concurrent: true },
  );
  const all = [...results];
  const unlocked = all.filter(([, result]) => stateOf(result) === "unlocked").length;
  const expected = all.filter(([, result]) => stateOf(result) !== "expunged").length;
  output.line(`${unlocked} of ${wanted.length} sleds are unlocked`);
  if (output.json) {
    const sleds = all.map(([id, result]) => ({
      id,
      state: stateOf(result),
      problem: result instanceof OperatorError ? result.message : null,
    }));
    output.value({ result: unlocked === expected ? "unlocked" : "locked", sleds });
  }
  if (unlocked >= expected) return;
  const text = "not every sled is unlocked yet; `tq status` shows what they wait for";
  throw new OperatorError("ERR_TQ_CLI_UNFINISHED", text);
}

async function unlockOne(
  context: Context,
  id: BaseboardId,
  deadline: number | null,
  onProgress: (text: string) => void,
): Promise<LockAnswer | OperatorError> {
  const api = context.rack.api(id);
  for (;;) {
    try {
      const left = deadline === null ? 0 : Math.max(0, deadline - Date.now());
      const lock = await api.unlock(Math.min(WAIT_MS, left));
      if (lock.state !== "locked" || left === 0) return lock;
      onProgress(waitingText(lock));
    } catch (error) {
      if (!isOperatorError(error)) throw error;
      const timedOut = error instanceof RefusedError && error.refusal === "ERR_TQD_UNLOCK_TIMEOUT";
      if (deadline === null || Date.now() >= deadline || !timedOut) return error;
      onProgress(waitingText(await api.lock()));
    }
  }
}

function waitingText({ collected, threshold, waitingFor }: LockAnswer): string {
  const whom = waitingFor.map(({ peer, text }) => `${serialOf(parseBaseboardId(peer))}: ${text}`);
  return `has ${collected.length} of ${threshold ?? "?"} shares; ${whom.join("; ")}`;
}

function stateOf(result: LockAnswer | OperatorError): string | null {
  return result instanceof OperatorError ? null : result.state;
}

function resultText(result: LockAnswer | OperatorError): string {
  if (result instanceof OperatorError) return `is not unlocked: ${result.message}`;
  return result.state === "locked" ? `is locked: ${waitingText(result)}` : `is ${result.state}`;
}

/** Options of `key`. */
export interface KeyOptions extends KeyChoice {
  readonly fd?: number;
  readonly output?: string;
  /** Whether a key that is in the file already is replaced. */
  readonly force?: boolean;
}

/** Which key is wanted, as on the command line. */
interface KeyChoice {
  readonly derivation?: keyof typeof KEY_LABELS;
  readonly purpose?: string;
  readonly disk?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly epoch?: number;
  readonly length?: number;
}

/** `tq key`: a disk's key as raw bytes, to a descriptor or a file that only its owner can read. */
export async function key(context: Context, name: string, options: KeyOptions): Promise<void> {
  const { request, text } = keyRequest(options);
  if ((options.fd === undefined) === (options.output === undefined)) {
    throw usageError("say where the key goes: either --fd N (an open descriptor) or --output FILE");
  }
  const { rack, output } = context;
  const id = rack.find(name);
  const target = targetOf(options);
  let wanted: { key: Uint8Array; epoch: number } | undefined;
  try {
    wanted = await rack.api(id).key(request);
    target.write(wanted.key);
  } finally {
    wanted?.key.fill(0);
  }
  const { epoch } = wanted;
  output.note(`wrote ${text}, from epoch ${epoch}`);
  if (!output.json) return;
  if (options.fd === 1) {
    process.stderr.write(`${JSON.stringify({ result: "written", epoch })}\n`);
  } else output.value({ result: "written", epoch });
}

/** The options that each derivation needs, and those that it does not use. */
const KEY_LABELS = {
  "trust-quorum": { needed: ["purpose", "disk"], refused: ["vendor", "model", "serial"] },
  original: { needed: ["vendor", "model", "serial"], refused: ["purpose", "disk", "length"] },
} as const;

/**
 * The request for a key, and the key in words. Labels that a derivation does not use are refused: a key
 * that is not derived from what was typed would not open the disk that was meant.
 */
function keyRequest(choice: KeyChoice): { readonly request: KeyBody; readonly text: string } {
  const derivation = choice.derivation ?? "trust-quorum";
  const { needed, refused } = KEY_LABELS[derivation];
  const missing = needed.filter((name) => choice[name] === undefined);
  if (missing.length > 0) {
    throw usageError(`--derivation ${derivation} needs ${flags(missing)}`);
  }
  const unused = refused.filter((name) => choice[name] !== undefined);
  if (unused.length > 0) {
    throw usageError(`--derivation ${derivation} does not take ${flags(unused)}`);
  }
  const { purpose = "", disk = "", vendor = "", model = "", serial = "", length } = choice;
  const epoch = choice.epoch === undefined ? {} : { epoch: choice.epoch };
  if (derivation === "original") {
    return {
      request: { derivation, vendor, model, serial, ...epoch },
      text: `the original's key of ${vendor} ${model} ${serial}`,
    };
  }
  return {
    request: { purpose, diskId: disk, ...epoch, ...(length !== undefined && { length }) },
    text: `the key for ${purpose} of ${disk}`,
  };
}

function flags(names: readonly string[]): string {
  return names.map((name) => `--${name}`).join(", ");
}

/** Where a key goes; what can be refused is refused before there is one. */
interface KeyTarget {
  /** @throws OperatorError `ERR_TQ_CLI_OUTPUT` */
  write(key: Uint8Array): void;
}

function targetOf({ fd, output, force = false }: KeyOptions): KeyTarget {
  if (output !== undefined) {
    const target = { file: output, force };
    checkKeyFile(target);
    return { write: (key) => writeKeyFile(target, key) };
  }
  if (force) throw usageError("--force is for --output");
  const descriptor = fd ?? -1;
  if (isatty(descriptor)) throw usageError("a key is never written to a terminal");
  if (!isWritable(descriptor)) {
    throw usageError(`descriptor ${descriptor} is not open; e.g. \`--fd 3 3>FILE\``);
  }
  return { write: (key) => writeKey(descriptor, key) };
}

/** Whether a descriptor is one that a caller may have opened: the runtime has others of its own. */
function isWritable(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFile() || stat.isFIFO() || stat.isSocket() || stat.isCharacterDevice();
  } catch {
    return false;
  }
}

function writeKey(descriptor: number, bytes: Uint8Array): void {
  try {
    writeAll(descriptor, bytes);
  } catch (cause) {
    const text = `the key cannot be written to descriptor ${descriptor}: ${messageOf(cause)}`;
    throw new OperatorError("ERR_TQ_CLI_OUTPUT", text, { cause });
  }
}
