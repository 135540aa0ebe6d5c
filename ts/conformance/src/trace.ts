/** The lines of a trace, parsed (see the description of the traces beside the fixtures). */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The first line. */
export interface TraceHeader {
  readonly trace: number;
  readonly seed: number;
  readonly rack_id: string;
  readonly nodes: readonly string[];
  readonly initial: Readonly<Record<string, JsonState>>;
}

/** A persistent state as JSON, keys in any order. */
export interface JsonState {
  readonly lrtq: {
    readonly rack_uuid: string;
    readonly epoch: number;
    readonly threshold: number;
    readonly share: readonly number[];
    readonly share_digests: readonly (readonly number[])[];
  } | null;
  readonly configs: readonly JsonConfiguration[];
  readonly shares: Readonly<
    Record<string, { x_coordinate: number; y_coordinates: readonly number[] }>
  >;
  readonly commits: readonly number[];
  readonly expunged: { epoch: number; from: JsonBaseboardId } | null;
}

export interface JsonBaseboardId {
  readonly part_number: string;
  readonly serial_number: string;
}

export interface JsonConfiguration {
  readonly rack_id: string;
  readonly epoch: number;
  readonly coordinator: JsonBaseboardId;
  readonly members: readonly (readonly [JsonBaseboardId, string])[];
  readonly threshold: number;
  readonly encrypted_rack_secrets: { readonly salt: string; readonly data: string } | null;
}

interface ReconfigureArgs {
  readonly rack_id: string;
  readonly epoch: number;
  readonly members: readonly JsonBaseboardId[];
  readonly threshold: number;
}

/** The calls of a trace with their arguments. */
export type TraceCall =
  | { readonly call: "onConnect" | "onDisconnect"; readonly args: { readonly peer: string } }
  | { readonly call: "restart" | "clearSecrets" }
  | { readonly call: "handle"; readonly args: { readonly from: string; readonly msg: string } }
  | {
      readonly call: "coordinateReconfiguration";
      readonly args: ReconfigureArgs & { readonly last_committed_epoch: number | null };
    }
  | { readonly call: "coordinateUpgradeFromLrtq"; readonly args: ReconfigureArgs }
  | { readonly call: "commit"; readonly args: { readonly rack_id: string; readonly epoch: number } }
  | { readonly call: "prepareAndCommit"; readonly args: { readonly config: JsonConfiguration } }
  | { readonly call: "loadRackSecret"; readonly args: { readonly epoch: number } };

/** What came of a call. */
export interface TraceOutcome {
  readonly result?: "ok" | "pending" | { readonly secret: string } | { readonly error: string };
  readonly sent?: readonly { readonly to: string; readonly msg: string }[];
  readonly state_sha3?: string;
  readonly coordinating?: {
    readonly epoch: number;
    readonly op: string;
    readonly acked: readonly string[];
  };
  readonly computing_share?: boolean;
  readonly random?: {
    readonly rack_secret?: string;
    readonly shares?: readonly string[];
    readonly salt?: string;
  };
}

/** One call on one node. */
export type TraceStep = TraceCall & TraceOutcome & { readonly node: string };

/** How a node ended. */
export interface TraceFinal {
  readonly state_sha3: string;
  readonly commits: readonly number[];
  readonly expunged: boolean;
  readonly alarms: number;
}

export interface Trace {
  readonly header: TraceHeader;
  readonly steps: readonly TraceStep[];
  readonly final: Readonly<Record<string, TraceFinal>>;
}

/** Reads a trace, compressed or not. Throws an `Error` whose text says what is wrong with the file. */
export function readTrace(path: string): Trace {
  const raw = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(raw) : raw).toString("utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  const [first, ...rest] = lines;
  const last = rest.pop();
  if (first === undefined || last === undefined) throw new Error("it has no first or last line");
  const header = JSON.parse(first) as TraceHeader;
  if (header.trace !== 1) throw new Error("its first line is not the header of a version 1 trace");
  const { final } = JSON.parse(last) as { final?: Trace["final"] };
  if (final === undefined) throw new Error("its last line does not say how the nodes ended");
  return { header, steps: rest.map((line) => JSON.parse(line) as TraceStep), final };
}
