/**
 * Why a connection was refused or has ended: one table, whose names are counters of the mesh and
 * labels of the metrics. docs/operators/network.md says what to do about each; a test holds the two
 * together.
 */

/** The table: for each reason what it means. */
export const MESH_REASONS = {
  // Before anyone is known
  address_limit: "the address had too many connections that were not authenticated yet",
  pending_limit: "there were too many connections that were not authenticated yet",
  connect_failed: "the peer's address could not be reached",
  handshake_failed: "what came was no TLS 1.3 handshake of this mesh",
  handshake_timeout: "the handshake or the first frame took too long",
  closed_in_handshake: "the other end hung up before its first frame",
  // Not authenticated
  no_certificate: "no certificate was shown",
  untrusted_certificate: "the certificate does not come from a trusted authority",
  certificate_expired: "the certificate has expired",
  certificate_not_yet_valid: "the certificate is not valid yet",
  invalid_identity: "the certificate names no sled in the one accepted form",
  resumed_session: "an old TLS session was presented in place of a certificate",
  // Authenticated, but not accepted
  own_identity: "the other end presented this sled's own identity",
  unknown_peer: "the sled is not among the configured peers",
  unexpected_identity: "another sled answered at the peer's address",
  wrong_direction: "the sled dialed although it is for this sled to dial",
  // An established connection
  replaced: "the same sled has connected anew",
  silent: "nothing was heard for too long",
  frame_stalled: "a frame was begun and not finished for too long",
  write_stalled: "the peer read nothing for too long",
  queue_overflow: "more was waiting for the peer than may",
  flooding: "the peer sent more than it may",
  frame_too_large: "a frame announced more bytes than a frame can have",
  undecodable_frames: "too many frames were no message",
  closed_by_peer: "the peer has closed the connection",
  connection_error: "the connection broke",
  peer_removed: "the peer was removed from the configuration",
  shutdown: "this sled is stopping",
} as const satisfies Record<string, string>;

/** A reason's stable name. */
export type MeshReason = keyof typeof MESH_REASONS;

/** Every reason, in the table's order. */
export const MESH_REASON_NAMES = Object.keys(MESH_REASONS) as readonly MeshReason[];

/** How one connection or attempt ended. */
export interface CloseReason {
  readonly reason: MeshReason;
  /** What there is to say besides, for people. */
  readonly problem?: string | undefined;
}
