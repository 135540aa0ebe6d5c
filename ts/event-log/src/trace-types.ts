/** The lines of a trace of the original implementation. */

/** The first line. */
export interface TraceHeader {
  readonly trace: number;
  readonly seed: number;
  readonly rack_id: string;
  readonly nodes: readonly string[];
  readonly initial: Readonly<Record<string, TraceState>>;
}

/** A persistent state, keys in any order. */
export interface TraceState {
  readonly lrtq: {
    readonly rack_uuid: string;
    readonly epoch: number;
    readonly threshold: number;
    readonly share: readonly number[];
    readonly share_digests: readonly (readonly number[])[];
  } | null;
  readonly configs: readonly TraceConfig[];
  readonly shares: Readonly<
    Record<string, { x_coordinate: number; y_coordinates: readonly number[] }>
  >;
  readonly commits: readonly number[];
  readonly expunged: { readonly epoch: number; readonly from: TraceId } | null;
}

export interface TraceId {
  readonly part_number: string;
  readonly serial_number: string;
}

export interface TraceConfig {
  readonly rack_id: string;
  readonly epoch: number;
  readonly coordinator: TraceId;
  readonly members: readonly (readonly [TraceId, string])[];
  readonly threshold: number;
  readonly encrypted_rack_secrets: { readonly salt: string; readonly data: string } | null;
}

/** One call with what it did. */
export interface TraceStep {
  readonly node: string;
  readonly call: string;
  readonly args?: {
    readonly peer?: string;
    readonly from?: string;
    readonly msg?: string;
    readonly rack_id?: string;
    readonly epoch?: number;
    readonly members?: readonly TraceId[];
    readonly threshold?: number;
    readonly last_committed_epoch?: number | null;
    readonly config?: TraceConfig;
  };
  readonly result?: unknown;
  readonly sent?: readonly { readonly to: string; readonly msg: string }[];
  readonly state_sha3?: string;
  readonly computing_share?: boolean;
  readonly random?: {
    readonly rack_secret?: string;
    readonly shares?: readonly string[];
    readonly salt?: string;
  };
}
