/** What is kept of a recorded bootstore rack; bytes are lower-case hex. */
export interface RecordedRack {
  readonly rackId: string;
  /** How many LRTQ shares rebuild the secret. */
  readonly threshold: number;
  /** 32 bytes. */
  readonly secret: string;
  /** The digests of all shares, spare ones included: 32 bytes each, ascending. */
  readonly shareDigests: string;
  /** In the protocol's order; `share` (33 bytes) is null where a sled never got one. */
  readonly sleds: readonly { readonly id: string; readonly share: string | null }[];
}
