/** What every command works with: the rack's folder, the output, limits; and how commands run. */
import path from "node:path";
import type { BaseboardId } from "trust-quorum";
import { CALL_TIMEOUT_MS } from "@trust-quorum/api/client/http";
import { OperatorError } from "@trust-quorum/api/client/errors";
import { ControlPlane } from "@trust-quorum/control-plane/control-plane";
import { openRackJournal } from "@trust-quorum/control-plane/journal-folder";
import { CHANGE_TIMEOUT_S, RACK_DEFAULT } from "./defaults.ts";
import { processOutput } from "./output.ts";
import type { Output } from "./output.ts";
import type { LocalSled } from "./processes.ts";
import { Rack, serialOf } from "./rack.ts";

/** Options that every command has. */
export interface CommonOptions {
  readonly rack?: string;
  readonly json?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

/** What a command works with: the rack's folder and its sleds, the output, the time limits. */
export class Context {
  readonly output: Output;
  /** Absolute. */
  readonly folder: string;
  readonly callTimeoutMs: number;
  readonly #given: CommonOptions;
  #rack: Rack | null = null;

  constructor(options: CommonOptions) {
    this.#given = options;
    this.output = processOutput({ json: options.json === true });
    const named = options.rack ?? process.env["TQ_RACK"];
    this.folder = path.resolve(named === undefined || named === "" ? RACK_DEFAULT : named);
    // No single call may take longer than the whole command.
    this.callTimeoutMs = Math.min(CALL_TIMEOUT_MS, this.#timeoutMs(CHANGE_TIMEOUT_S));
  }

  /** When this command gives up, in milliseconds since 1970. */
  deadline(defaultSeconds: number = CHANGE_TIMEOUT_S): number {
    return Date.now() + this.#timeoutMs(defaultSeconds);
  }

  /** The rack; opened once, closed by {@link close}. */
  get rack(): Rack {
    this.#rack ??= Rack.open(this.folder, this.callTimeoutMs);
    return this.#rack;
  }

  /** Takes a rack that was just made. */
  use(rack: Rack): void {
    this.#rack = rack;
  }

  /** A sled that this machine runs. */
  localSled(id: BaseboardId): LocalSled {
    const { rack } = this;
    const home = rack.home(id);
    const socket = rack.socket(id);
    // rack.toml is refused where a sled that runs here has none.
    if (socket === null) throw usageError(`${serialOf(id)} has no socket on this machine`);
    return { name: serialOf(id), home, socket, api: rack.api(id) };
  }

  /** Runs something as the rack's control plane, with its journal open and locked meanwhile. */
  async withControlPlane<T>(run: (controlPlane: ControlPlane) => Promise<T>): Promise<T> {
    const { rack } = this;
    const journal = openRackJournal(rack.paths.folder);
    try {
      return await run(
        new ControlPlane({ rackId: rack.rackId, store: journal, sleds: rack.sleds }),
      );
    } finally {
      journal.close();
    }
  }

  async close(): Promise<void> {
    await this.#rack?.close();
    this.#rack = null;
  }

  #timeoutMs(defaultSeconds: number): number {
    return (this.#given.timeout ?? defaultSeconds) * 1000;
  }
}

/** Invalid usage of the command line. */
export function usageError(text: string): OperatorError {
  return new OperatorError("ERR_TQ_CLI_USAGE", text);
}
